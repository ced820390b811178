"""Protocols and requests that several rooms share.

Effects are parameters: who resolves, installs or fetches is handed the runner, the progress display and the
configuration that it may use.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Protocol, runtime_checkable

from lockhouse.model.indexes import IndexOptions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from packaging.utils import NormalizedName

    from lockhouse.model.lock import LockedPackage
    from lockhouse.model.spec import DeclaredRequirement
    from lockhouse.model.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A process to run.

    :ivar argv: program and arguments; nothing secret may stand here, other users see it
    :ivar env: the whole environment of the process
    :ivar cwd: its working directory, or None for ours
    :ivar timeout: seconds, or None for no limit
    """

    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path | None = None
    timeout: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandResult:
    """What a process left.

    :ivar returncode: its exit code; negative for a signal
    :ivar stdout: decoded as UTF-8, undecodable bytes replaced
    :ivar stderr: likewise
    """

    returncode: int
    stdout: str
    stderr: str


class CommandRunner(Protocol):
    """Runs a command and waits for it."""

    def __call__(self, command: Command) -> CommandResult:
        """Run it.

        :raises BackendNotFoundError: the program is not there
        :raises BackendFailedError: it took longer than its limit
        """
        ...


class Progress(Protocol):
    """Shows long work while it goes on; any thread may call it."""

    def start(self, name: str, total: int | None) -> None:
        """Announce one piece of work: a file of ``total`` bytes, or of unknown length."""
        ...

    def advance(self, name: str, amount: int) -> None:
        """Say that ``amount`` more bytes of it are done."""
        ...

    def finish(self, name: str) -> None:
        """Say that it is done, or given up."""
        ...


class Reporter(Protocol):
    """Where operations say what they did, in words; a frontend decides how that looks."""

    def info(self, message: str) -> None:
        """Say something worth knowing."""
        ...

    def detail(self, message: str) -> None:
        """Say something that only verbose output has."""
        ...

    def warning(self, message: str) -> None:
        """Say something that the user should look at."""
        ...

    def progress(self, title: str) -> AbstractContextManager[Progress]:
        """Show long work under a title; shows nothing where the output is no terminal."""
        ...


@dataclass(frozen=True, kw_only=True)
class ResolveRequest:
    """What a resolver is asked.

    :ivar root: the project's folder; relative paths of requirements stand below it
    :ivar scratch: an empty folder for the resolver's own files, removed afterwards
    :ivar requirements: what must be installed
    :ivar constraints: bounds on what else comes in
    :ivar requires_python: Python bounds, a specifier set
    :ivar target: the interpreter to resolve for; None for a universal resolver
    :ivar indexes: where to look, with credentials
    :ivar prereleases: whether pre-releases are allowed everywhere
    :ivar exclude_newer: the cut-off date (RFC 3339), or None
    :ivar present: the packages of the present lock: nothing moves that need not
    :ivar upgrade_all: forget the present lock
    :ivar upgrade: names to move to their newest allowed version
    :ivar environ: the user's environment variables
    """

    root: Path
    scratch: Path
    requirements: tuple[DeclaredRequirement, ...]
    constraints: tuple[DeclaredRequirement, ...] = ()
    requires_python: str
    target: Target | None = None
    indexes: IndexOptions = field(default_factory=IndexOptions)
    prereleases: bool = False
    exclude_newer: str | None = None
    present: tuple[LockedPackage, ...] = ()
    upgrade_all: bool = False
    upgrade: frozenset[NormalizedName] = frozenset()
    environ: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Resolution:
    """What a resolver answers.

    :ivar packages: exactly one entry a package, version and marker, with its artifacts. Addresses carry no
        credentials. ``requires`` may be None: Lockhouse then reads it from the metadata of an artifact
    :ivar computed_hashes: file names whose hash the index did not give
    """

    packages: tuple[LockedPackage, ...]
    computed_hashes: tuple[str, ...] = ()


@runtime_checkable
class Resolver(Protocol):
    """Turns requirements into pinned packages with hashes.

    A resolver is a translator: it turns the request into commands and their output into a value. It runs nothing by
    itself, and writes below ``request.scratch`` only.

    :cvar name: the name by which settings choose it
    :cvar universal: whether one resolution serves all Pythons and platforms of an environment
    """

    name: ClassVar[str]
    universal: ClassVar[bool]

    def resolve(self, request: ResolveRequest, run: CommandRunner) -> Resolution:
        """Resolve.

        :raises ResolutionError: no set of versions satisfies the request
        :raises BackendError: the tool underneath is missing, too old, or failed
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A verified file, ready to be installed.

    :ivar name: normalised name of its package
    :ivar version: version of its package
    :ivar path: where it lies; its name is that of the artifact
    :ivar algorithm: hash algorithm
    :ivar digest: lower-case hex digest, just verified
    """

    name: NormalizedName
    version: str
    path: Path
    algorithm: str
    digest: str


@dataclass(frozen=True, kw_only=True)
class InstallRequest:
    """What an installer is asked to do, in this order: remove, install files.

    :ivar target: the interpreter of the environment
    :ivar root: the project's folder
    :ivar scratch: an empty folder for the installer's own files, removed afterwards
    :ivar cache: a folder that the installer may keep between runs, shared by any number of processes
    :ivar remove: names of distributions to uninstall first
    :ivar files: verified files to install, without looking at dependencies
    :ivar environ: the user's environment variables
    """

    target: Target
    root: Path
    scratch: Path
    cache: Path
    remove: tuple[NormalizedName, ...] = ()
    files: tuple[StoredFile, ...] = ()
    environ: Mapping[str, str] = field(default_factory=dict)


@runtime_checkable
class Installer(Protocol):
    """Puts stored files into an environment, with no index and no network.

    Like a resolver, it is a translator: it turns the request into commands.

    :cvar name: the name by which settings choose it
    """

    name: ClassVar[str]

    def install(self, request: InstallRequest, run: CommandRunner) -> None:
        """Do what the request says; all of it, or raise.

        :raises HashMismatchError: a file is not the one that the request names
        :raises BackendError: the tool underneath is missing, too old, or failed
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtifactLocation:
    """Where the bytes of an artifact can be had.

    :ivar url: an http, https or file address, with credentials if it needs them
    :ivar headers: headers to send with the request
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
