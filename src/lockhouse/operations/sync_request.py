"""One sync of an environment, as it is asked: the same for those who look for drift, build, install and take down."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from packaging.utils import NormalizedName

    from lockhouse.model.spec import EnvironmentSpec
    from lockhouse.storage.lockfiles import LockFiles
    from lockhouse.storage.trees.tree import ProjectTree


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncRequest:
    """One environment that is to match its lock.

    :ivar spec: the environment
    :ivar files: where its lock lies; it is known to be fresh
    :ivar root: the project's folder
    :ivar python: the interpreter of the environment
    :ivar skip_project: somebody else installs the project; it is neither installed nor removed
    :ivar environment: marker environment that the lock is checked for, None for all that are declared
    :ivar tree: gives the files of a project, by its path relative to the one under test
    :ivar variables: environment variables of the user that the build of the project sees
    :ivar through_sdist: whether the wheel of the project is built from its sdist
    """

    spec: EnvironmentSpec
    files: LockFiles
    root: Path
    python: Path
    tree: Callable[[str], ProjectTree]
    variables: Mapping[str, str] = field(default_factory=dict)
    through_sdist: bool = False
    skip_project: bool = False
    environment: Mapping[str, str] | None = None

    @property
    def project_name(self) -> NormalizedName | None:
        """Give the project's name where the project is to be in the environment."""
        if self.spec.installs_project or self.skip_project:
            return self.spec.project_name
        return None

    @property
    def installs_project(self) -> bool:
        """Tell whether the project is ours to install."""
        return self.spec.installs_project and not self.skip_project
