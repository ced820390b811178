"""What of a project takes part in its own build: code that its backend runs, and files that it reads metadata from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lockhouse.model.build_system import LEGACY_BACKEND

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from lockhouse.config.pyproject import Pyproject
    from lockhouse.trace.looks import Looks

#: Backends that run no code of a project but what is found below. Of all others nothing is known: ``meson.build``,
#: ``CMakeLists.txt`` and ``build.rs`` are code of the project, too.
_KNOWN = frozenset(
    {
        "flit_core.buildapi", "flit_scm:buildapi", "hatchling.build", "pdm.backend", "poetry.core.masonry.api",
        "poetry_dynamic_versioning.backend", "setuptools.build_meta", LEGACY_BACKEND, "uv_build",
    }
)  # fmt: skip

#: Those that import the project to find its version, where they cannot read it.
_IMPORTING = frozenset({"flit_core.buildapi", "flit_scm:buildapi"})

#: Hooks of hatchling that write the version into a file, and nothing else.
_VERSION_HOOKS = frozenset({"vcs", "version"})

_HATCH_TOML = "hatch.toml"
_SETUP_CFG = "setup.cfg"

#: In ``setup.cfg``: what names code of the project, and what names files.
_CODE = re.compile(r"^[ \t]*(?:cmdclass|command_packages|setup[-_]hooks)\b|[=:]\s*attr:", re.MULTILINE)
_FILES = re.compile(r"[=:]\s*file:([^\n]*(?:\n[ \t]+[^\n]*)*)")
_ATTR = re.compile(r"[=:]\s*attr:\s*([\w.]+)")

#: All modules at the top of a project.
_MODULES = "*.py"


@dataclass(frozen=True, kw_only=True)
class BuildCode:
    """What of a project takes part in its own build.

    :ivar runs: whether code of the project may be run
    :ivar files: files, folders with all modules below them, and patterns of modules, relative to the project
    """

    runs: bool
    files: tuple[str, ...]


def build_code(pyproject: Pyproject, root: Path, looks: Looks, *, backend: str, paths: Sequence[str]) -> BuildCode:
    """Find it, by what is declared: no code is read.

    :param pyproject: the project's ``pyproject.toml``
    :param root: the project's folder
    :param looks: takes down what is read
    :param backend: the build backend, as an object reference
    :param paths: folders within the project in which the backend is
    """
    tool = _table(pyproject.data, "tool")
    hatch, is_clear = _hatch_toml(root, looks)
    found = _Found(runs=bool(paths) or backend not in _KNOWN or not is_clear, files=[])
    found.files += _of_backend(backend, paths)
    for table in (_table(tool, "hatch"), hatch):
        _add_hatch(found, table)
    _add_pdm(found, _table(tool, "pdm"))
    _add_poetry(found, _table(tool, "poetry"))
    _add_setuptools(found, _table(tool, "setuptools"))
    _add_setup_cfg(found, text_of(root / _SETUP_CFG, looks))
    project = _table(pyproject.data, "project")
    if backend in _IMPORTING and (not project or project.get("dynamic")):
        found.runs = True
        found.files += _of_flit(_table(tool, "flit"), project)
    found.runs |= any(isinstance(_table(tool, "versioningit").get(step), Mapping) and
                      isinstance(_table(tool, "versioningit", step).get("method"), Mapping)
                      for step in _table(tool, "versioningit"))  # fmt: skip
    return BuildCode(runs=found.runs, files=tuple(sorted({*found.files})))


def text_of(path: Path, looks: Looks) -> str:
    """Read a file that the build reads; empty where it cannot be read.

    :param path: its path
    :param looks: takes down what is read
    """
    try:
        return looks.file(path).decode("utf-8", "replace")
    except (OSError, ValueError):
        return ""


@dataclass(kw_only=True)
class _Found:
    runs: bool
    files: list[str]


def _of_backend(backend: str, paths: Sequence[str]) -> Iterator[str]:
    """Name the code of a backend that is in the project: its folders, or, at the top of the project, its modules."""
    module = backend.partition(":")[0].partition(".")[0]
    for path in paths:
        if path.strip("/") in {"", "."}:
            yield from (_MODULES, module)
        elif path.isprintable():
            yield path


def _of_flit(flit: Mapping[str, Any], project: Mapping[str, Any]) -> Iterator[str]:
    """Name the module that flit reads version and description from."""
    named = [*_strings(_table(flit, "module").get("name")), *_strings(_table(flit, "metadata").get("module"))]
    for name in named or _strings(project.get("name")):
        yield from _places_of(name.replace("-", "_"))


def _places_of(module: str) -> Iterator[str]:
    """Name the files that may be a module of the project."""
    path = module.replace(".", "/")
    for folder in ("", "src/"):
        yield from (f"{folder}{path}.py", f"{folder}{path}/__init__.py")


def _module_of(attribute: object) -> Iterator[str]:
    """Name the files that may be the module of an attribute, as ``demo.about`` of ``demo.about.VERSION``."""
    for text in _strings(attribute):
        module = text.strip().rpartition(".")[0]
        if all(part.isidentifier() for part in module.split(".")):
            yield from _places_of(module)


def _hatch_toml(root: Path, looks: Looks) -> tuple[Mapping[str, Any], bool]:
    """Read ``hatch.toml``, and tell whether it can be read; hatchling says what is wrong with it."""
    text = text_of(root / _HATCH_TOML, looks)
    if not text:
        return {}, True
    import tomllib  # noqa: PLC0415 - few projects have it

    try:
        return tomllib.loads(text), True
    except tomllib.TOMLDecodeError:
        return {}, False


def _add_hatch(found: _Found, hatch: Mapping[str, Any]) -> None:
    build, version = _table(hatch, "build"), _table(hatch, "version")
    found.runs |= version.get("source") == "code"
    found.files += _strings(version.get("path"))
    hooks = [_table(build, "hooks"), *(_table(build, "targets", name, "hooks") for name in _table(build, "targets"))]
    for name, hook in (pair for table in hooks for pair in table.items()):
        found.runs |= name not in _VERSION_HOOKS
        if name == "custom":
            found.files += _strings(_table({"hook": hook}, "hook").get("path"))
    for name, hook in _table(hatch, "metadata", "hooks").items():
        found.runs |= name == "custom"
        for key in ("path", "files", "filename"):
            found.files += _strings(_table({"hook": hook}, "hook").get(key))
        for listed in _table({"hook": hook}, "hook", "optional-dependencies").values():
            found.files += _strings(listed)


def _add_pdm(found: _Found, pdm: Mapping[str, Any]) -> None:
    build, version = pdm.get("build"), _table(pdm, "version")
    scripts = [*_strings(build)]  # the form of old
    if isinstance(build, Mapping):
        scripts += [*_strings(build.get("custom-hook")), *_strings(build.get("setup-script"))]
    found.runs |= bool(scripts) or version.get("source") == "call"
    found.files += [*scripts, *_strings(version.get("path"))]


def _add_poetry(found: _Found, poetry: Mapping[str, Any]) -> None:
    build = poetry.get("build")
    script = build.get("script") if isinstance(build, Mapping) else build
    found.runs |= bool(build)
    found.files += _strings(script)


def _add_setuptools(found: _Found, setuptools: Mapping[str, Any]) -> None:
    found.runs |= bool(setuptools.get("cmdclass"))
    dynamic = _table(setuptools, "dynamic")
    groups = _table(dynamic, "optional-dependencies")
    for table in (*dynamic.values(), *groups.values()):
        if isinstance(table, Mapping):
            found.runs |= "attr" in table
            found.files += _module_of(table.get("attr"))
            found.files += _strings(table.get("file"))


def _add_setup_cfg(found: _Found, text: str) -> None:
    found.runs |= _CODE.search(text) is not None
    for match in _FILES.finditer(text):
        found.files += filter(None, map(str.strip, re.split(r"[,\n]", match[1])))
    for match in _ATTR.finditer(text):
        found.files += _module_of(match[1])


def _table(data: Mapping[str, Any], *path: str) -> Mapping[str, Any]:
    """Give a table of somebody else; empty where there is none, or something else stands there."""
    for key in path:
        below = data.get(key)
        if not isinstance(below, Mapping):
            return {}
        data = below
    return data


def _strings(value: object) -> list[str]:
    listed = value if isinstance(value, list) else [value]
    return [item for item in listed if isinstance(item, str) and item.isprintable() and item]
