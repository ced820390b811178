"""The reference says what the code says."""

from __future__ import annotations

import configparser
import importlib.util
import re
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from lockhouse import errors
from lockhouse.cli.arguments import parser
from lockhouse.config.settings import EnvironmentSettings
from lockhouse.config.validation import parse_settings
from lockhouse.model.drift import DriftCode
from lockhouse.model.freshness import ReasonCode, WarningCode
from lockhouse.model.spec import Origin
from lockhouse.nox.keywords import NoxKeywords, SessionKeywords
from lockhouse.tox.keys import OWN_KEYS
from tests.docs.pages import DOCS

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.skipif(not DOCS.is_dir(), reason="the documentation is not part of this copy")

REFERENCE = DOCS / "reference"
GENERATED = (
    *("settings.md", "settings.schema.json", "hooks.md", "command-line.md"),
    *(
        "check.schema.json",
        "list.schema.json",
        "verify.schema.json",
        "build-info.schema.json",
        "freshness.md",
        "drift.md",
        "errors.md",
    ),
)


def _made() -> dict[str, str]:
    spec = importlib.util.spec_from_file_location("generate", DOCS / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    made: dict[str, str] = module.pages()
    return made


@pytest.mark.parametrize("name", GENERATED)
def test_a_generated_page_is_that_of_the_code(name: str) -> None:
    assert (REFERENCE / name).read_text(encoding="utf-8") == _made()[name], "run: python docs/generate.py"


def test_every_generated_page_is_compared() -> None:
    assert set(_made()) == set(GENERATED)


def test_every_hook_says_in_which_order_it_is_called_and_what_passes_through_it() -> None:
    _, *hooks = re.split(r"(?m)^## ", (REFERENCE / "hooks.md").read_text(encoding="utf-8"))
    assert len(hooks) == 8
    for hook in hooks:
        words = " ".join(hook.split())
        assert re.search("called,? in the order of their plugins' names", words), hook
        assert "raised anything but a Lockhouse error, which passes" in words, hook


def _sections(name: str) -> list[str]:
    return re.findall(r"(?m)^### `([^`]+)`$", (REFERENCE / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize(("page", "codes"), [("freshness.md", [*ReasonCode, *WarningCode]), ("drift.md", DriftCode)])
def test_every_reason_code_has_one_section_in_the_order_of_the_code(page: str, codes: Any) -> None:
    assert _sections(page) == [code.value for code in codes]


def _all_errors(base: type[errors.LockhouseError] = errors.LockhouseError) -> Iterator[type[errors.LockhouseError]]:
    yield base
    for below in base.__subclasses__():
        if below.__module__ == errors.__name__:
            yield from _all_errors(below)


def test_every_error_has_one_section_with_its_class_below_its_exit_code() -> None:
    text = (REFERENCE / "errors.md").read_text(encoding="utf-8")
    told = {}
    for part in re.split(r"(?m)^## ", text)[1:]:
        code = re.match(r".*: exit code (\d+)$", part.splitlines()[0])
        assert code is not None
        for section, name in re.findall(r"(?m)^### `([^`]+)`\n\n`([A-Za-z]+)`", part):
            assert section not in told
            told[section] = (name, int(code[1]))
    assert told == {error.code: (error.__name__, error.exit_code) for error in _all_errors()}


def test_the_tree_of_errors_is_drawn_whole() -> None:
    drawn = re.findall(r"(\w+Error)\b", (errors.__doc__ or "").partition("Every error")[0])
    assert sorted(drawn) == sorted(error.__name__ for error in _all_errors())


def test_the_exit_codes_are_told_in_the_same_words_by_the_help_and_the_page() -> None:
    page = (REFERENCE / "exit-codes.md").read_text(encoding="utf-8")
    told = {int(code): words for code, words in re.findall(r"(?m)^\| (\d+) \| (.+) \|$", page)}
    helped = {int(code): words for code, words in re.findall(r"(?m)^  (\d+) +(.+)$", parser().epilog or "")}
    assert told == helped == errors.EXIT_CODES
    ended = {errors.EXIT_OK, errors.EXIT_INTERRUPTED, errors.EXIT_TERMINATED}
    assert {*ended, *(error.exit_code for error in _all_errors())} == told.keys()


def test_the_page_of_nox_names_every_keyword_that_is_ours() -> None:
    page = (REFERENCE / "nox.md").read_text(encoding="utf-8")
    ours = SessionKeywords.__annotations__.keys() - NoxKeywords.__annotations__.keys()
    assert {name for name in ours if not re.search(rf"`{name}\b", page)} == set()
    inputs = set(EnvironmentSettings.__struct_fields__) - {"python", "pythons"}
    assert ours == inputs | {"environment", "on_install"}


def test_the_page_of_tox_names_every_key_that_is_ours() -> None:
    page = (REFERENCE / "tox.md").read_text(encoding="utf-8")
    assert set(re.findall(r"`lockhouse_(\w+)`", page)) == set(OWN_KEYS)


def _blocks(language: str) -> Iterator[tuple[str, str]]:
    for page in sorted(DOCS.rglob("*.md")):
        text = page.read_text(encoding="utf-8")
        for match in re.finditer(rf"(?ms)^```(?:{{code-block}} )?{language}\n(.*?)^```$", text):
            yield page.relative_to(DOCS).as_posix(), re.sub(r"\A:caption:.*\n\n?", "", match[1])


def test_every_setting_in_the_pages_is_one() -> None:
    seen = 0
    for page, block in _blocks("toml"):
        if "tool.lockhouse" in block:
            parse_settings(tomllib.loads(block)["tool"]["lockhouse"], Origin(source=page))
            seen += 1
    assert seen > 0


def test_every_tox_key_of_ours_in_the_pages_is_one() -> None:
    seen = set()
    for _, block in _blocks("ini"):
        made = configparser.ConfigParser(interpolation=None)
        made.read_string(block)
        for section in made.sections():
            keys = {key.removeprefix("lockhouse_") for key in made[section] if key.startswith("lockhouse_")}
            assert keys <= set(OWN_KEYS)
            seen |= keys
    assert seen


def test_every_variable_that_is_read_is_on_its_page() -> None:
    page = (REFERENCE / "environment-variables.md").read_text(encoding="utf-8")
    source = DOCS.parent / "src/lockhouse"
    named = {
        name
        for path in source.rglob("*.py")
        for name in re.findall(r"[\"'](LOCKHOUSE_[A-Z_]*[A-Z])[\"']", path.read_text(encoding="utf-8"))
    }
    assert named
    assert {name for name in named if f"`{name}`" not in page} == set()
