"""Requirement files in pip's format, with all the files that they include.

``pip-requirements-parser`` reads this format as well, but has had no release since 2022 and keeps no chain of files.

The hashes of a lock come from the index, for all files of a version; they are held against the ``--hash`` of an input.
Hashes are checked in every install, so ``--require-hashes`` says nothing new.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from lockhouse.config.file_lines import FileLines
from lockhouse.config.index_addresses import declared_index, declared_links
from lockhouse.config.malformed import as_written, joined
from lockhouse.config.requirement_lines import expand_user, read_requirement, refuse_variables, relative_path
from lockhouse.config.requirement_text import (
    Line,
    OptionError,
    decode,
    expand_variables,
    hashes_of,
    logical_lines,
    split_options,
)
from lockhouse.errors import InvalidRequirementError, InvalidSettingError
from lockhouse.model.indexes import IndexOptions, hide
from lockhouse.model.spec import DeclaredHashes, DeclaredRequirement, Origin

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockhouse.trace.looks import Looks


@dataclass(frozen=True, kw_only=True)
class RequirementInputs:
    """What requirement files ask for.

    :ivar requirements: what must be installed
    :ivar constraints: bounds on what else comes in
    :ivar hashes: the hashes that stand beside some of them
    :ivar indexes: where to look
    :ivar prereleases: whether one of them holds ``--pre``
    """

    requirements: tuple[DeclaredRequirement, ...] = ()
    constraints: tuple[DeclaredRequirement, ...] = ()
    hashes: tuple[DeclaredHashes, ...] = ()
    indexes: IndexOptions = field(default_factory=IndexOptions)
    prereleases: bool = False


class RequirementReader:
    """Reads files and texts; what they ask for adds up.

    Paths behind ``-r`` and ``-c`` are relative to the file in which they stand, as for pip; paths of local projects
    and archives are relative to the project's folder, where pip takes the working directory.

    :param root: the project's folder, absolute
    :param environ: variables for ``${NAME}``
    :param looks: takes down what is read
    """

    def __init__(self, *, root: Path, environ: Mapping[str, str], looks: Looks) -> None:
        self._root = root
        self._environ = environ
        self._looks = looks
        self._requirements: list[DeclaredRequirement] = []
        self._constraints: list[DeclaredRequirement] = []
        self._hashes: list[DeclaredHashes] = []
        self._indexes = IndexOptions()
        self._prereleases = False
        self._problems: list[InvalidRequirementError] = []

    def file(self, path: str, *, origin: Origin, constraint: bool = False) -> None:
        """Read a file.

        :param path: its path, relative to the project's folder
        :param origin: where it is named
        :param constraint: whether its lines are constraints
        """
        self._file(path, self._root, origin, constraint=constraint, chain=())

    def text(self, text: str, origin: Origin, *, constraint: bool = False) -> None:
        """Read a text, such as the ``deps`` of tox.

        :param text: lines as in a requirement file
        :param origin: where it stands; its line, if any, is that of the first line of the text. Without one, each line
            is looked for in its file
        :param constraint: whether its lines are constraints
        """
        file = None if origin.file is None else self._root / origin.file
        folder = self._root if file is None else file.parent
        lines = None if file is None or origin.line is not None else FileLines(file)
        for line in logical_lines(text):
            if lines is not None:
                place = replace(origin, line=lines.of(line.text))
            else:
                place = origin if origin.line is None else replace(origin, line=origin.line + line.number - 1)
            self._line(line, place, folder, constraint=constraint, chain=())

    def result(self) -> RequirementInputs:
        """Give all that was read.

        :raises InvalidRequirementError: something could not be read; every problem is named
        """
        if self._problems:
            raise joined(self._problems, f"{len(self._problems)} lines of requirement files cannot be used")
        return RequirementInputs(
            requirements=tuple(self._requirements),
            constraints=tuple(self._constraints),
            hashes=tuple(self._hashes),
            indexes=self._indexes,
            prereleases=self._prereleases,
        )

    def _file(
        self,
        name: str,
        folder: Path,
        origin: Origin,
        *,
        constraint: bool,
        chain: tuple[Path, ...],
        named: str | None = None,
    ) -> None:
        """Read a file; ``named`` is how messages name it where a variable stands in its path."""
        if "://" in name:
            self._problem(
                f"{origin}: {hide(named or name)} is an address",
                "files of inputs must be local, so that a check needs no network",
            )
            return
        path = Path(os.path.normpath(folder / expand_user(name, self._looks)))
        shown = relative_path(path, self._root)
        if path in chain:
            names = [relative_path(each, self._root) for each in (*chain[chain.index(path) :], path)]
            self._problem(f"{origin}: {shown} includes itself", " → ".join(names), f"remove the line at {origin}")
            return
        try:
            content = self._looks.file(path)
        except (OSError, ValueError) as error:  # ValueError: no path can be like that
            why = (isinstance(error, OSError) and error.strerror) or str(error)
            shown = named or shown
            self._problem(f"{origin}: {shown} cannot be read", why, f"make {shown}, or correct the path at {origin}")
            return
        try:
            text = decode(content)
        except (UnicodeDecodeError, LookupError) as error:
            self._problem(f"{origin}: {shown} cannot be decoded", str(error), f"save {shown} as UTF-8")
            return
        for line in logical_lines(text):
            place = Origin(source=shown, file=shown, line=line.number)
            self._line(line, place, path.parent, constraint=constraint, chain=(*chain, path))

    def _line(self, line: Line, place: Origin, folder: Path, *, constraint: bool, chain: tuple[Path, ...]) -> None:
        try:
            requirement, options = split_options(line.text)
            hashes = hashes_of(options)
            if requirement:
                declared = self._requirement(requirement, place, constraint=constraint)
                if hashes:
                    self._hashes.append(DeclaredHashes(requirement=declared, hashes=hashes))
            elif hashes:
                self._problem(f"{place}: --hash stands beside no requirement", (), "put it behind its requirement")
        except OptionError as error:
            self._problem(f"{place}: {error}", (), error.fix)
            return
        except InvalidRequirementError as error:
            self._problems.append(error)
            return
        for name, value in options:
            try:
                self._option(name, value, place, folder, constraint=constraint, chain=chain)
            except InvalidRequirementError as error:
                self._problems.append(error)
            except InvalidSettingError as error:
                self._problem(error.what, error.why, error.fix)

    def _option(
        self, name: str, value: str, place: Origin, folder: Path, *, constraint: bool, chain: tuple[Path, ...]
    ) -> None:
        match name:
            case "--requirement" | "--constraint":
                # as for pip, the option decides, not the kind of the file in which it stands
                path = expand_variables(value, self._environ)
                named = value if path != value else None
                self._file(path, folder, place, constraint=name == "--constraint", chain=chain, named=named)
            case "--editable":
                self._requirement(value, place, constraint=constraint, editable=True)
            case "--pre":
                self._prereleases = True
            case "--hash" | "--require-hashes":
                pass
            case _:
                self._indexes = self._with_option(name, value, place, folder)

    def _requirement(
        self, text: str, place: Origin, *, constraint: bool, editable: bool = False
    ) -> DeclaredRequirement:
        refuse_variables(text, place)
        expanded = expand_variables(text, self._environ)
        try:
            declared = read_requirement(expanded, place, root=self._root, looks=self._looks, editable=editable)
        except InvalidRequirementError as error:
            if expanded == text:
                raise
            raise as_written(error, text, place) from None
        self._add(declared, constraint=constraint)
        return declared

    def _add(self, declared: DeclaredRequirement, *, constraint: bool) -> None:
        if not constraint:
            self._requirements.append(declared)
        elif declared.requirement.extras or declared.editable:
            self._problem(f"{declared.origin}: a constraint has neither extras nor -e", f"found {declared.recorded}")
        else:
            self._constraints.append(declared)

    def _problem(self, what: str, why: str | tuple[str, ...], fix: str | None = None) -> None:
        self._problems.append(InvalidRequirementError(what, why=why, fix=fix))

    def _with_option(self, name: str, value: str, place: Origin, folder: Path) -> IndexOptions:
        known = self._indexes
        match name:
            case "--index-url":
                return replace(known, default=declared_index(value, environ=self._environ, origin=place))
            case "--extra-index-url":
                index = declared_index(value, environ=self._environ, origin=place)
                return replace(known, extra=(*known.extra, index))
            case "--find-links":
                return replace(known, find_links=(*known.find_links, self._find_links(value, place, folder)))
            case "--trusted-host":
                return replace(known, trusted_hosts=(*known.trusted_hosts, expand_variables(value, self._environ)))
            case _:  # --no-index
                return replace(known, no_index=True)

    def _find_links(self, value: str, place: Origin, folder: Path) -> str:
        """Take a folder beside the file where there is one, else what was written (pip's rule)."""
        expanded = expand_variables(value, self._environ)
        beside = "://" not in expanded and bool(self._looks.kind(folder / expanded))
        return declared_links(
            expanded, folder=folder if beside else self._root, root=self._root, environ={}, origin=place
        )
