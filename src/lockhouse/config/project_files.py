"""The files of a project that decide what its environments hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from lockhouse.config.groups import DependencyGroups
from lockhouse.config.metadata import ProjectMetadata
from lockhouse.config.uv_sources import UvSources
from lockhouse.trace.looks import Looks

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lockhouse.config.pyproject import Pyproject
    from lockhouse.config.settings import LockhouseSettings


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ProjectFiles:
    """All that an expansion draws upon.

    :ivar root: the project's folder, absolute
    :ivar environ: the user's environment variables
    :ivar pyproject: its ``pyproject.toml``
    :ivar settings: its ``[tool.lockhouse]``
    :ivar looks: takes down all that was read of these files and variables
    """

    root: Path
    environ: Mapping[str, str]
    pyproject: Pyproject
    settings: LockhouseSettings
    looks: Looks = field(default_factory=Looks)

    @cached_property
    def metadata(self) -> ProjectMetadata:
        """Give the static metadata of the project."""
        return ProjectMetadata(root=self.root, pyproject=self.pyproject, looks=self.looks)

    @cached_property
    def sources(self) -> UvSources:
        """Give what its requirements have for local sources."""
        return UvSources(folder=self.root, pyproject=self.pyproject, root=self.root, looks=self.looks)

    @cached_property
    def groups(self) -> DependencyGroups:
        """Give the dependency groups of the project."""
        return DependencyGroups(root=self.root, pyproject=self.pyproject, looks=self.looks)
