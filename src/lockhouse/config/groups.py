"""Dependency groups (PEP 735), with the place of each requirement."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from lockhouse.config.malformed import joined, unparsed
from lockhouse.config.nearest import nearest
from lockhouse.config.requirement_lines import read_requirement
from lockhouse.errors import InvalidRequirementError
from lockhouse.model.canonical import canonical_if_plain, normalized

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path
    from typing import Any

    from packaging.dependency_groups import DependencyGroupResolver

    from lockhouse.config.pyproject import Pyproject
    from lockhouse.model.spec import DeclaredRequirement, Origin
    from lockhouse.trace.looks import Looks

_TABLE = "dependency-groups"
_INCLUDE = "include-group"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class DependencyGroups:
    """The dependency groups of a project.

    :ivar root: the project's folder
    :ivar pyproject: its ``pyproject.toml``
    :ivar looks: takes down what is read
    """

    root: Path
    pyproject: Pyproject
    looks: Looks

    def expand(self, name: str, origin: Origin) -> tuple[DeclaredRequirement, ...]:
        """Give the requirements of a group and of all groups that it includes.

        :param name: the group, in any spelling
        :param origin: where it is asked for
        :raises InvalidRequirementError: a group is missing, malformed or includes itself
        """
        known = self._expanded.get(name)
        if known is None:
            problems: list[InvalidRequirementError] = []
            known = tuple(self._walk(name, origin, (), problems))
            if problems:
                raise joined(problems, f"{origin}: {len(problems)} dependency groups of {name!r} cannot be used")
            self._expanded[name] = known
        return known

    def _walk(
        self, name: str, origin: Origin, chain: tuple[str, ...], problems: list[InvalidRequirementError]
    ) -> Iterator[DeclaredRequirement]:
        wanted = normalized(name)
        spelled = self._spellings.get(wanted)
        if spelled is None:
            guess = nearest(wanted, self._spellings)
            problems.append(
                InvalidRequirementError(
                    f"{origin}: there is no dependency group {name!r}",
                    why=f"[{_TABLE}] has {', '.join(self._spellings.values()) or 'none'}",
                    fix=f"write {self._spellings[normalized(guess)]!r} instead of {name!r}" if guess else None,
                )
            )
            return
        if wanted in chain:
            cycle = (*chain[chain.index(wanted) :], wanted)
            raise InvalidRequirementError(
                f"{origin}: the dependency group {name!r} includes itself",
                why=" → ".join(cycle),
                fix=f"remove the include at {origin}",
            )
        for text, included in self._entries(spelled):
            place = self.pyproject.origin((_TABLE, spelled), text, source=f'dependency group "{spelled}"')
            if included:
                yield from self._walk(text, place, (*chain, wanted), problems)
            else:
                yield read_requirement(text, place, root=self.root, looks=self.looks)

    def _entries(self, spelled: str) -> list[tuple[str, bool]]:
        """Give each entry of a group, and whether it is the name of an included group."""
        plain = self._plain_entries(spelled)
        if plain is not None:
            return plain
        from packaging.dependency_groups import DependencyGroupInclude  # noqa: PLC0415 - loaded with the resolver

        try:
            parsed = self._resolver.lookup(spelled)
        except (ExceptionGroup, RecursionError) as group:
            place = self.pyproject.origin((_TABLE, spelled), source=f'dependency group "{spelled}"')
            problems = list(self._problems(spelled, place))
            if not problems:
                if isinstance(group, RecursionError):
                    raise
                raise _malformed(f"{place} is malformed", group, fix=f'write {spelled} = ["pytest>=8"]') from None
            raise joined(problems, f"{len(problems)} entries of {place} cannot be used") from None
        return [
            (entry.include_group, True) if isinstance(entry, DependencyGroupInclude) else (str(raw), False)
            for raw, entry in zip(self._table[spelled], parsed, strict=True)
        ]

    def _plain_entries(self, spelled: str) -> list[tuple[str, bool]] | None:
        """Give the entries of a group in which there is nothing to judge, or None."""
        entries = self._table[spelled]
        if not isinstance(entries, list) or len(self._spellings) < len(self._table):
            return None
        found: list[tuple[str, bool]] = []
        for entry in entries:
            if isinstance(entry, str) and canonical_if_plain(entry) is not None:
                found.append((entry, False))
            elif isinstance(entry, dict) and list(entry) == [_INCLUDE] and isinstance(entry[_INCLUDE], str):
                found.append((entry[_INCLUDE], True))
            else:
                return None
        return found

    def _problems(self, spelled: str, place: Origin) -> Iterator[InvalidRequirementError]:
        """Look at each entry by itself: the library tells neither the text nor its place."""
        from packaging.requirements import InvalidRequirement, Requirement  # noqa: PLC0415 - errors only

        entries = self._table[spelled]
        for entry in entries if isinstance(entries, list) else ():
            if isinstance(entry, str):
                try:
                    Requirement(entry)
                except (InvalidRequirement, RecursionError) as error:
                    here = self.pyproject.origin((_TABLE, spelled), entry, source=place.source)
                    yield unparsed(entry, here, error)
            elif not (isinstance(entry, dict) and list(entry) == [_INCLUDE] and isinstance(entry[_INCLUDE], str)):
                yield InvalidRequirementError(
                    f"{place}: {entry!r} is no entry of a dependency group",
                    why=f"an entry is a requirement in quotes, or names another group to include; found {entry!r}",
                    fix='write a string such as "pytest>=8", or {include-group = "NAME"}',
                )

    @cached_property
    def _expanded(self) -> dict[str, tuple[DeclaredRequirement, ...]]:
        return {}  # a group is the same whoever asks for it

    @cached_property
    def _table(self) -> Mapping[str, Any]:
        return self.pyproject.table(_TABLE)

    @cached_property
    def _spellings(self) -> Mapping[str, str]:
        return {normalized(name): name for name in self._table}

    @cached_property
    def _resolver(self) -> DependencyGroupResolver:
        from packaging.dependency_groups import DependencyGroupResolver  # noqa: PLC0415 - not all projects have groups

        try:
            return DependencyGroupResolver(self._table)
        except ExceptionGroup as group:
            place = self.pyproject.origin((_TABLE,))
            raise _malformed(f"{place} is malformed", group, fix="keep one spelling of the name") from None


def _malformed(what: str, group: ExceptionGroup[Exception], *, fix: str) -> InvalidRequirementError:
    return InvalidRequirementError(what, why=[str(error).splitlines()[0] for error in group.exceptions], fix=fix)
