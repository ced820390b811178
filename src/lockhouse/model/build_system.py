"""How a project wants to be built (PEP 517, PEP 518)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lockhouse.model.spec import DeclaredRequirement, Origin

#: What builds a project that does not say.
LEGACY_BACKEND = "setuptools.build_meta:__legacy__"
LEGACY_REQUIRES = ("setuptools>=40.8.0",)


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildSystem:
    """The table ``[build-system]`` of a project, or what stands for it.

    :ivar requires: static build requirements
    :ivar backend: the build backend, as an object reference
    :ivar backend_path: folders within the project in which the backend is
    """

    requires: tuple[str, ...] = LEGACY_REQUIRES
    backend: str = LEGACY_BACKEND
    backend_path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredBuild:
    """The same of the project under test, with its places.

    :ivar requires: static build requirements, in canonical form
    :ivar backend: the build backend, as an object reference
    :ivar origin: where the table stands
    :ivar versioned: whether the version comes from version control
    :ivar runs_code: whether code of the project itself may be run in the build, which may ask the interpreter
    :ivar files: what of the project its metadata is made by, or its editable install: files, folders with all modules
        below them, and patterns of modules, relative to the project
    """

    requires: tuple[DeclaredRequirement, ...]
    backend: str
    origin: Origin
    versioned: bool = False
    runs_code: bool = False
    files: tuple[str, ...] = ()
