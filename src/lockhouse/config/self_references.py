"""Requirements that name the project itself: ``dev = ["pkg[test]"]``, ``-e .[test]``.

Nothing can be downloaded for them: they mean the project's own dependencies, and the extras that they name.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lockhouse.errors import InvalidRequirementError
from lockhouse.model.spec import DeclaredRequirement, ProjectMode, canonical_requirement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lockhouse.config.metadata import ProjectMetadata

_HERE = "."
#: What a requirement must hold to have bounds, an address or a marker.
_MORE_THAN_A_NAME = frozenset("<>=!~@;")


@dataclass(frozen=True, kw_only=True)
class Expanded:
    """Requirements without any that names the project.

    :ivar requirements: the others, and what the project's own stand for
    :ivar named: whether any named the project
    :ivar mode: how the project must get in where one named it by its path (``.``, ``-e .``), else None
    """

    requirements: tuple[DeclaredRequirement, ...]
    named: bool
    mode: ProjectMode | None


def expand_self_references(requirements: Iterable[DeclaredRequirement], metadata: ProjectMetadata) -> Expanded:
    """Put what the project's own requirements stand for in their place.

    :param requirements: requirements as they were declared
    :param metadata: the project
    :raises InvalidRequirementError: an extra is missing, or another version of the project is asked for
    :raises ConfigError: what is asked for is not static
    """
    given = tuple(requirements)
    own = [item for item in given if _names_project(item, metadata)]
    by_path = [item for item in own if item.path == _HERE]
    mode = None
    if by_path:
        mode = ProjectMode.EDITABLE if any(item.editable for item in by_path) else ProjectMode.WHEEL
    walk = _Walk(metadata)
    return Expanded(requirements=tuple(walk.expand(given, frozenset())), named=bool(own), mode=mode)


class _Walk:
    """One expansion. An extra is taken once for each set of markers under which it is reached, so that it ends."""

    def __init__(self, metadata: ProjectMetadata) -> None:
        self._metadata = metadata
        self._taken: dict[str, list[frozenset[str]]] = {}

    def expand(
        self, requirements: Iterable[DeclaredRequirement], markers: frozenset[str]
    ) -> Iterator[DeclaredRequirement]:
        for item in requirements:
            if not _names_project(item, self._metadata):
                yield _under(item, markers)
                continue
            _require_own_version(item, self._metadata)
            marker = item.requirement.marker if ";" in item.text else None
            inner = markers if marker is None else markers | {str(marker)}
            if self._enter("", inner):
                yield from self.expand(self._metadata.dependencies, inner)
            for extra in item.extras:
                if self._enter(extra, inner):
                    yield from self.expand(self._metadata.extra_requirements(extra, item.origin), inner)

    def _enter(self, extra: str, markers: frozenset[str]) -> bool:
        """Tell whether it was not yet taken under these markers or fewer."""
        taken = self._taken.setdefault(extra, [])
        if any(known <= markers for known in taken):
            return False
        taken.append(markers)
        return True


def _names_project(item: DeclaredRequirement, metadata: ProjectMetadata) -> bool:
    return item.path == _HERE or (item.path is None and metadata.name is not None and item.name == metadata.name)


def _require_own_version(item: DeclaredRequirement, metadata: ProjectMetadata) -> None:
    if not _MORE_THAN_A_NAME.intersection(item.text):
        return
    requirement = item.requirement
    if requirement.url is not None:
        raise InvalidRequirementError(
            f"{item.origin}: {item.recorded!r} asks for the project itself from another place",
            why="the project under test is the one in this folder",
            fix=f"write {metadata.name}",
        )
    if metadata.version is None or requirement.specifier.contains(metadata.version, prereleases=True):
        return
    raise InvalidRequirementError(
        f"{item.origin}: {item.recorded!r} asks for another version of the project itself",
        why=f"the project under test is {metadata.name} {metadata.version}",
        fix=f"write {metadata.name} without a version",
    )


def _under(item: DeclaredRequirement, markers: frozenset[str]) -> DeclaredRequirement:
    if not markers:
        return item
    from packaging.markers import Marker  # noqa: PLC0415 - much to import, and rare

    requirement = item.requirement
    own = [] if requirement.marker is None else [str(requirement.marker)]
    joined = Marker(" and ".join(f"({text})" for text in sorted({*markers, *own})))
    copy = type(requirement)(str(requirement))
    copy.marker = joined
    return replace(item, text=canonical_requirement(copy))
