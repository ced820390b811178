"""What is known of the build of a project in a folder for one environment."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.utils import NormalizedName

    from lockhouse.model.spec import ProjectMode

#: What stands for the interpreter of a wheel that serves all of them.
PURE = "pure"


class BuildState(StrEnum):
    """What the next sync of an environment would do about a project."""

    #: what is installed is what would be built now
    INSTALLED = "installed"
    #: a wheel of the files as they are is kept, and would be installed
    KEPT = "kept"
    #: it would be built
    TO_BUILD = "to-build"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedWheel:
    """The wheel that would be used now, and all that decides which one that is.

    :ivar wheel: file name of the one that is kept, or None
    :ivar source: digest of the project's files
    :ivar files: how many they are
    :ivar scm: digest of the state of version control; empty where the build does not look at it
    :ivar build_lock: digest of what it is built with
    :ivar interpreter: ``pure``, or the tag of the interpreter; before there is a wheel nobody knows whether it is pure
    """

    wheel: str | None
    source: str
    files: int
    scm: str
    build_lock: str
    interpreter: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectInfo:
    """The same for one environment, and what changed since the project was installed there.

    :ivar name: the project's name
    :ivar path: its folder, relative to the project under test
    :ivar mode: as a wheel or editable
    :ivar state: what the next sync would do
    :ivar expected: the wheel that would be used; None where it is editable: then there is none to keep
    :ivar variables: names of the variables that the build sees; those that are not set with ``(not set)`` behind
    :ivar through_sdist: whether the wheel is built from an sdist
    :ivar changes: why it is not as it was installed, a fact a line; empty where it is
    """

    name: NormalizedName
    path: str
    mode: ProjectMode
    state: BuildState
    expected: ExpectedWheel | None
    variables: tuple[str, ...]
    through_sdist: bool
    changes: tuple[str, ...]
