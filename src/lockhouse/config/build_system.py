"""How the project under test wants to be built, as its ``pyproject.toml`` says it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lockhouse.config.build_code import build_code, text_of
from lockhouse.config.requirement_lines import read_requirement
from lockhouse.errors import ConfigError
from lockhouse.model.build_system import LEGACY_BACKEND, LEGACY_REQUIRES, DeclaredBuild
from lockhouse.model.spec import DeclaredRequirement, Origin

if TYPE_CHECKING:
    from pathlib import Path

    from packaging.utils import NormalizedName

    from lockhouse.config.pyproject import Pyproject
    from lockhouse.trace.looks import Looks

_TABLE = ("build-system",)
_REQUIRES = (*_TABLE, "requires")

#: A file by which a project carries with it what reads its version from version control.
_VERSIONEER = "versioneer.py"

#: Build requirements that take the version from tags and commits.
_READ_VERSION_CONTROL = frozenset(
    {
        "dunamai", "flit-scm", "hatch-vcs", "pbr", "poetry-dynamic-versioning", "setuptools-git",
        "setuptools-git-versioning", "setuptools-scm", "uv-dynamic-versioning", "vcs-versioning", "versioneer",
        "versioningit",
    }
)  # fmt: skip

#: Files that may ask for build requirements of their own, and how those are spelled there.
_SCRIPTS = ("setup.py", "setup.cfg")
_SPELLED = re.compile(
    r"\buse_scm_version\b|(?<![\w-])(?:{})(?![\w-])".format(
        "|".join(name.replace("-", "[-_.]") for name in sorted(_READ_VERSION_CONTROL))
    )
)


def declared_build(pyproject: Pyproject, root: Path, looks: Looks) -> DeclaredBuild:
    """Read the table ``[build-system]``; where there is none, setuptools builds, as PEP 517 has it.

    :param pyproject: the project's ``pyproject.toml``
    :param root: the project's folder
    :param looks: takes down what is read
    :raises ConfigError: the table breaks the rules
    :raises InvalidRequirementError: a build requirement cannot be read
    """
    if "build-system" not in pyproject.data:
        origin = Origin(source=f"{pyproject.place} has no [build-system]")
        requires = tuple(DeclaredRequirement(text=line, origin=origin) for line in LEGACY_REQUIRES)
        code = build_code(pyproject, root, looks, backend=LEGACY_BACKEND, paths=())
        return DeclaredBuild(
            requires=requires,
            backend=LEGACY_BACKEND,
            origin=origin,
            versioned=_is_versioned(pyproject, set(), root, looks),
            runs_code=code.runs,
            files=code.files,
        )
    table = pyproject.table(*_TABLE)
    lines, backend = table.get("requires"), table.get("build-backend", LEGACY_BACKEND)
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        place = pyproject.origin(_REQUIRES, source="[build-system] requires")
        raise ConfigError(
            f"{place} is not a list of strings",
            why="PEP 518 asks for it in every [build-system] table",
            fix='write for instance requires = ["hatchling"]',
        )
    if not isinstance(backend, str):
        place = pyproject.origin((*_TABLE, "build-backend"), source="[build-system] build-backend")
        raise ConfigError(f"{place} is not a string", fix='write for instance build-backend = "hatchling.build"')
    requires = tuple(
        read_requirement(
            line, pyproject.origin(_REQUIRES, line, source="[build-system] requires"), root=root, looks=looks
        )
        for line in lines
    )
    paths = table.get("backend-path")
    in_project = [path for path in paths if isinstance(path, str)] if isinstance(paths, list) else []
    code = build_code(pyproject, root, looks, backend=backend, paths=in_project)
    return DeclaredBuild(
        requires=requires,
        backend=backend,
        origin=pyproject.origin((*_TABLE, "build-backend"), source="[build-system]"),
        versioned=_is_versioned(pyproject, {item.name for item in requires}, root, looks),
        runs_code=code.runs,
        files=code.files,
    )


def _is_versioned(pyproject: Pyproject, requires: set[NormalizedName], root: Path, looks: Looks) -> bool:
    """Tell whether the version comes from version control: by what reads it there.

    What a ``setup.py`` asks for besides is known by its text: what it would say if it were run decides nothing here.
    """
    if requires & _READ_VERSION_CONTROL or looks.kind(root / _VERSIONEER):
        return True
    if any(_SPELLED.search(text_of(root / name, looks)) for name in _SCRIPTS):
        return True
    version = pyproject.table("tool", "pdm").get("version")
    return isinstance(version, dict) and version.get("source") == "scm"
