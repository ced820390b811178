"""How declared requirements are written down for a tool."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from lockhouse.backends.environ import absolute_path, file_address
from lockhouse.errors import InvalidRequirementError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from packaging.utils import NormalizedName

    from lockhouse.model.spec import DeclaredRequirement


def requirement_line(declared: DeclaredRequirement, root: Path) -> str:
    """Give one line of a requirements file; local paths become absolute.

    Whether a directory is to be editable is left out: it has no part in a resolution.

    :param declared: the requirement or constraint
    :param root: the project's folder
    :raises InvalidRequirementError: the local path does not exist
    """
    if declared.path is None:
        return declared.text
    place = absolute_path(declared.path, root)
    if not place.exists():
        raise InvalidRequirementError(
            f"{declared.origin}: {declared.path} does not exist",
            why=f'"{declared.recorded}" refers to {place}',
            fix=f"correct the path of {declared.name}, or create it",
        )
    requirement = declared.requirement
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    marker = f" ; {requirement.marker}" if requirement.marker else ""
    return f"{requirement.name}{extras} @ {file_address(place)}{marker}"


def write_lines(path: Path, lines: Iterable[str]) -> Path:
    """Write a requirements file.

    :param path: where
    :param lines: its lines
    """
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


class LocalPaths:
    """Turns the absolute paths of a tool's answer back into the relative ones of a lock."""

    def __init__(self, root: Path, declared: Iterable[DeclaredRequirement]) -> None:
        """Remember how the paths were declared.

        :param root: the project's folder
        :param declared: the requirements, of which some may name a path
        """
        self._root = root
        self._declared: dict[NormalizedName, str] = {}
        self._editable: set[NormalizedName] = set()
        for requirement in declared:
            if requirement.path is not None:
                self._declared.setdefault(requirement.name, requirement.path)
                if requirement.editable:
                    self._editable.add(requirement.name)

    def relative(self, name: NormalizedName, path: str) -> str:
        """Give a path relative to the project, with forward slashes; as declared where it was.

        :param name: the package
        :param path: an absolute path
        """
        declared = self._declared.get(name)
        if declared is not None:
            return declared
        try:
            return Path(os.path.relpath(path, self._root)).as_posix()
        except ValueError:  # another drive on Windows: there is no relative path
            return Path(path).as_posix()

    def is_editable(self, name: NormalizedName) -> bool:
        """Tell whether a package was declared editable.

        :param name: the package
        """
        return name in self._editable
