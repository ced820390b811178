"""Which environment a folder on disk belongs to, by its receipt or else by its name."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from nox.sessions import _normalize_path

from lockhouse.cli.verifying import not_found, require_all_found
from lockhouse.errors import ConfigError
from lockhouse.model.drift import Matching
from lockhouse.model.interpreter import InterpreterIdentity
from lockhouse.model.receipt import Receipt
from lockhouse.operations.verify import MadeEnvironment, Verified, made_environments
from lockhouse.storage.receipts import write_receipt
from tests.model.making import spec

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.model.spec import EnvironmentSpec

PYTHON = InterpreterIdentity(executable="python", size=1, mtime_ns=2, version="3.12.4")


def make(folder: Path, environment: str | None = None) -> Path:
    folder.mkdir(parents=True)
    (folder / "pyvenv.cfg").write_text("")
    if environment is not None:
        receipt = Receipt(
            environment=environment, lock_digest="", target="", interpreter=PYTHON, installer="uv", packages=()
        )
        write_receipt(folder, receipt)
    return folder


def named(*names: str) -> list[EnvironmentSpec]:
    return [replace(spec(), name=name) for name in names]


def found(root: Path, specs: list[EnvironmentSpec], *folders: Path) -> list[Verified]:
    return [Verified(made=each, verdict=Matching()) for each in made_environments(root, specs, folders, {})]


def made(verified: list[Verified]) -> list[MadeEnvironment]:
    return [each.made for each in verified]


def told(root: Path, specs: list[EnvironmentSpec], *folders: Path) -> list[tuple[str, str]]:
    environments = made(found(root, specs, *folders))
    return [(each.folder.relative_to(root).as_posix(), each.spec.name) for each in environments]


@pytest.mark.parametrize("python", ["", "3", "3.11", "3.13t", "python3.11", "python3", "pypy3.10", "pypy-3.10", "pypy"])
@pytest.mark.parametrize("name", ["tests", "Té_sts", "tests(django='4.2', db='pg')"])
def test_a_folder_that_nox_made_is_known_without_a_receipt(tmp_path: Path, python: str, name: str) -> None:
    base, bracket, rest = name.partition("(")
    friendly = f"{base}-{python}{bracket}{rest}" if python else name
    folder = _normalize_path("", friendly)
    make(tmp_path / ".nox" / folder)
    assert told(tmp_path, named("other", name)) == [(f".nox/{folder}", name)]
    assert told(tmp_path, named("test", "sts")) == []


def test_the_nearest_name_counts(tmp_path: Path) -> None:
    make(tmp_path / ".nox/tests-3-11")
    make(tmp_path / ".nox/tests-lint")
    assert told(tmp_path, named("tests", "tests-3.11")) == [(".nox/tests-3-11", "tests-3.11")]
    assert told(tmp_path, named("tests")) == [(".nox/tests-3-11", "tests")]


def test_a_folder_of_environments_that_is_named_may_be_of_either_tool(tmp_path: Path) -> None:
    make(tmp_path / "env/py3.11")
    make(tmp_path / "env/tests-3-11")
    make(tmp_path / "env/foreign")
    specs = named("py3.11", "tests")
    assert told(tmp_path, specs, tmp_path / "env") == [("env/py3.11", "py3.11"), ("env/tests-3-11", "tests")]
    assert told(tmp_path, named("py3.11"), tmp_path / "env") == [("env/py3.11", "py3.11")]


def test_a_folder_that_was_named_must_give_an_answer(tmp_path: Path) -> None:
    good, lost, bogus = make(tmp_path / "a", "tests"), make(tmp_path / "b"), tmp_path / "bogus"
    one = named("tests")
    assert told(tmp_path, one, good, lost, lost) == [("a", "tests"), ("b", "tests")]
    require_all_found((), made(found(tmp_path, one, good, lost)), [good, lost])
    require_all_found((), made(found(tmp_path, one, tmp_path)), [tmp_path])
    with pytest.raises(ConfigError, match=r"in .*bogus no environment was found"):
        require_all_found((), made(found(tmp_path, one, good, bogus)), [good, bogus])
    two = named("tests", "lint")
    verified = found(tmp_path, two, good, lost)
    assert [each.made.folder for each in verified] == [good]
    with pytest.raises(ConfigError, match=r"of lint no environment was found, and in .*b no environment") as error:
        require_all_found(["tests", "lint"], made(verified), [good, lost])
    assert str(good) not in error.value.what
    assert not_found(two, verified) == "not found: lint"
    assert not_found(one, verified) == ""
