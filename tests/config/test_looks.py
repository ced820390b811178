"""Whatever decides a declaration is looked at by one way, which takes it down."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import lockhouse.config
from lockhouse.config.project import ProjectConfig

from .declaring import declare

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

#: What only locking and messages need: no verdict rests on it.
_FREE = {
    "file_lines",
    "index_addresses",  # spells paths, and looks at none
    "pip_configuration",
    "project_above",
    "requirement_files",  # likewise
    "requirement_lines",  # asks for the home folder, and takes it down
    "user_files",
    "user_indexes",
    "uv_configuration",
}
_DISK = re.compile(
    r"\.(?:read_bytes|read_text|open|exists|is_file|is_dir|is_symlink|iterdir|glob|rglob|stat|resolve|expanduser)\("
    r"|(?<![\w.])open\(|\bos\.(?:environ|path\.(?!normpath|relpath|expanduser)|stat|listdir|scandir|getenv)"
)
_VARIABLES = "def expand_user"


def test_no_other_module_of_the_configuration_touches_the_disk() -> None:
    found = {path.stem for path in _modules() if _DISK.search(path.read_text("utf-8"))}
    assert found <= _FREE
    for name in ("index_addresses", "requirement_files"):
        assert name not in found
    lines = Path(_folder(), "requirement_lines.py").read_text("utf-8")
    before, _, rest = lines.partition(_VARIABLES)
    assert not _DISK.search(before + rest.partition("\n\n\n")[2])


def _folder() -> str:
    return os.path.dirname(lockhouse.config.__file__)  # noqa: PTH120


def _modules() -> Iterator[Path]:
    return Path(_folder()).glob("*.py")


_OPENED: list[str] = []
_LISTENING: list[bool] = []


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open" and _LISTENING and isinstance(arguments[0], (str, os.PathLike)):
        _OPENED.append(os.path.abspath(os.fspath(arguments[0])))  # noqa: PTH100


def test_every_file_that_is_opened_for_a_declaration_is_taken_down(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    files = {
        "pyproject.toml": '[project]\nname = "demo"\nversion = "1"\nrequires-python = ">=3.11"\n'
        'dynamic = ["dependencies"]\n[tool.setuptools.dynamic]\ndependencies = { file = ["run.in"] }\n'
        '[dependency-groups]\ntest = ["one"]\n',
        "run.in": "two\n-r more/three.in\n",
        "more/three.in": "three\n-c ../bounds.in\n",
        "bounds.in": "three<4\n",
        "one.in": "--find-links wheels\n-r ~/home.in\n-e lib\n",
        "home/home.in": "four\n",
        "lib/setup.cfg": "[metadata]\nname = lib\n",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    sys.addaudithook(_hook)
    _LISTENING.append(True)
    try:
        config = ProjectConfig.read(tmp_path, os.environ)
        config.expand(declare(groups=["test"], requirement_files=["one.in"], project="dependencies"))
    finally:
        _LISTENING.clear()
    seen = config.looks.seen(os.environ)
    assert seen is not None
    taken_down = {subject for kind, subject, _ in seen if kind == "file"}
    opened = {path for path in _OPENED if path.startswith(str(tmp_path))}
    assert opened >= {str(tmp_path / name) for name in files}
    assert opened <= taken_down
    assert ("variable", "HOME") in {(kind, subject) for kind, subject, _ in seen}
    assert ("kind", str(tmp_path / "wheels")) in {(kind, subject) for kind, subject, _ in seen}


def test_what_changed_while_it_was_read_is_not_relied_on(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("", encoding="utf-8")
    config = ProjectConfig.read(tmp_path, {})
    assert config.looks.seen({}) is not None
    (tmp_path / "pyproject.toml").write_text("# edited\n", encoding="utf-8")
    assert config.looks.seen({}) is None
    config.looks.file(tmp_path / "pyproject.toml")
    (tmp_path / "pyproject.toml").write_text("", encoding="utf-8")
    assert config.looks.seen({}) is None, "it was seen in two ways"


def test_who_asks_for_all_variables_loses_track(tmp_path: Path) -> None:
    config = ProjectConfig.read(tmp_path, {"NAME": "value"})
    assert config.environ.get("NAME") == "value"
    assert config.looks.seen({"NAME": "value"}) is not None
    assert config.looks.seen({"NAME": "other"}) is None
    assert dict(config.environ) == {"NAME": "value"}
    assert config.looks.seen({"NAME": "value"}) is None
