"""The whole error tree, and the exit code of each family.

::

    LockhouseError                  exit
    ├ ConfigError                      2
    │ ├ InvalidSettingError
    │ ├ InvalidRequirementError
    │ ├ UnknownEnvironmentError
    │ ├ EnvironmentConflictError
    │ └ UnlockedInstallError
    ├ LockError                        3
    │ ├ LockMissingError
    │ ├ LockInvalidError
    │ ├ LockStaleError
    │ └ LockRefusedError
    ├ SelectionError                   4
    │ ├ NoCompatibleArtifactError
    │ ├ UnsupportedTargetError
    │ └ UnverifiableArtifactError
    ├ StoreError                       5
    │ ├ HashMismatchError
    │ ├ ArtifactUnavailableError
    │ ├ StoreBusyError
    │ ├ WheelhouseInvalidError
    │ └ WheelhouseMismatchError
    ├ BackendError                     6
    │ ├ BackendNotFoundError
    │ ├ BackendTooOldError
    │ ├ BackendFailedError
    │ ├ ResolutionError
    │ └ InterpreterError
    ├ BuildError                       7
    │ ├ BuildFailedError
    │ ├ BuildBackendMissingError
    │ ├ NetworkDeniedError
    │ └ BuildVariesError
    ├ PluginError                      8
    │ ├ PluginLoadError
    │ ├ PluginConflictError
    │ └ HookFailedError
    └ EnvironmentDriftedError          1

Every error says *what* happened (a fact and its place), *why* (expected and found, a line each) and, where one
exists, the *fix*: one command to paste or one edit to make. Its ``code`` is stable and has a section in the
reference of error codes.
"""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Self

EXIT_OK = 0
EXIT_NO = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130
EXIT_TERMINATED = 143

#: What each exit code means, in the words of the help and of the reference.
EXIT_CODES: Mapping[int, str] = {
    EXIT_OK: "yes, or done",
    EXIT_NO: "the answer is no: a lock is stale or missing, an environment drifted",
    EXIT_USAGE: "usage or configuration",
    3: "a lock is missing, stale or invalid where a fresh one is needed, or may not be written as it is",
    4: "nothing in the lock fits the interpreter",
    5: "a file cannot be had, or its bytes are not those of the lock",
    6: "uv, pip or an interpreter failed, or nothing satisfies the inputs",
    7: "something could not be built",
    8: "a plugin is broken",
    EXIT_INTERRUPTED: "interrupted",
    EXIT_TERMINATED: "terminated",
}


class LockhouseError(Exception):
    """The base of all errors that Lockhouse raises on purpose.

    :param what: the fact and its place, in one line
    :param why: expected and found; a line each
    :param fix: one command or one edit that mends it
    """

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = EXIT_NO

    def __init__(self, what: str, *, why: str | Iterable[str] = (), fix: str | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.why: tuple[str, ...] = (why,) if isinstance(why, str) else tuple(why)
        self.fix = fix

    def __str__(self) -> str:
        """Give the three parts as text, without colour."""
        return self.told_as("error")

    def told_as(self, kind: str) -> str:
        """Give the three parts as text, without colour.

        :param kind: ``error``, or ``warning`` where things go on all the same
        """
        lines = [f"{kind}[{self.code}]: {self.what}"]
        lines += [f"  why: {line}" for line in self.why]
        if self.fix:
            lines.append(f"  fix: {self.fix}")
        return "\n".join(lines)

    def within(self, place: str) -> Self:
        """Give the same error with its place in front.

        :param place: where it happened, which whoever raised it could not know
        """
        return self.reworded(f"{place}: {self.what}", why=self.why, fix=self.fix)

    def reworded(self, what: str, *, why: Iterable[str], fix: str | None) -> Self:
        """Give the same error in other words; whatever else it knows stays.

        :param what: the fact and its place, in one line
        :param why: expected and found; a line each
        :param fix: one command or one edit that mends it
        """
        told = copy(self)
        told.args = (what,)
        told.what, told.why, told.fix = what, tuple(why), fix
        return told

    def __reduce__(self) -> tuple[object, ...]:
        """Keep all that the error knows where it is copied, or crosses a process or thread pool.

        It is not made anew from arguments: those of a subclass may be others.
        """
        return (_bare, (type(self), self.args), self.__dict__)


def _bare(kind: type[LockhouseError], arguments: tuple[object, ...]) -> LockhouseError:
    return kind.__new__(kind, *arguments)


class ConfigError(LockhouseError):
    """What was declared cannot be used as it stands."""

    code = "config"
    exit_code = EXIT_USAGE


class InvalidSettingError(ConfigError):
    """A setting is unknown, of the wrong type, or out of range."""

    code = "invalid-setting"


class InvalidRequirementError(ConfigError):
    """A requirement, a group, an extra or a requirement file cannot be read."""

    code = "invalid-requirement"


class UnknownEnvironmentError(ConfigError):
    """An environment was named that is declared nowhere."""

    code = "unknown-environment"


class EnvironmentConflictError(ConfigError):
    """One name is declared twice with different inputs."""

    code = "environment-conflict"


class UnlockedInstallError(ConfigError):
    """Something was to be installed into a locked environment that its lock does not name."""

    code = "unlocked-install"


class LockError(LockhouseError):
    """The lock does not serve."""

    code = "lock"
    exit_code = 3


class LockMissingError(LockError):
    """There is no lock for an environment that needs one."""

    code = "lock-missing"


class LockInvalidError(LockError):
    """The lock file cannot be read, or breaks a rule of its format."""

    code = "lock-invalid"


class LockStaleError(LockError):
    """The lock does not match what is declared."""

    code = "lock-stale"


class LockRefusedError(LockError):
    """A lock was resolved, but may not be written as it is."""

    code = "lock-refused"


class SelectionError(LockhouseError):
    """From this lock, nothing can be chosen for this target."""

    code = "selection"
    exit_code = 4


class NoCompatibleArtifactError(SelectionError):
    """A package has no artifact that the target could install."""

    code = "no-compatible-artifact"


class UnsupportedTargetError(SelectionError):
    """The lock does not cover the target."""

    code = "unsupported-target"


class UnverifiableArtifactError(SelectionError):
    """An entry cannot carry a strong hash, and was not allowed by name."""

    code = "unverifiable-artifact"


class StoreError(LockhouseError):
    """The store, or what was to go into it, is not as it must be."""

    code = "store"
    exit_code = 5


class HashMismatchError(StoreError):
    """The bytes of a file are not those that the lock names."""

    code = "hash-mismatch"


class ArtifactUnavailableError(StoreError):
    """A file cannot be had from where the lock says it is.

    :param host_fault: what is wrong with the whole host, where that is why; files that share it are reported together
    """

    code = "artifact-unavailable"

    def __init__(
        self, what: str, *, why: str | Iterable[str] = (), fix: str | None = None, host_fault: str | None = None
    ) -> None:
        super().__init__(what, why=why, fix=fix)
        self.host_fault = host_fault


class StoreBusyError(StoreError):
    """Another process holds what this one needs for too long."""

    code = "store-busy"


class WheelhouseInvalidError(StoreError):
    """A wheelhouse cannot be read, is damaged, or holds what none may hold."""

    code = "wheelhouse-invalid"


class WheelhouseMismatchError(StoreError):
    """A wheelhouse belongs to another lock, or has not what a target needs."""

    code = "wheelhouse-mismatch"


class BackendError(LockhouseError):
    """A tool underneath (uv, pip, an interpreter) did not do its part."""

    code = "backend"
    exit_code = 6


class BackendNotFoundError(BackendError):
    """The tool is not there."""

    code = "backend-not-found"


class BackendTooOldError(BackendError):
    """The tool lacks what is asked of it."""

    code = "backend-too-old"


class BackendFailedError(BackendError):
    """The tool ran and failed."""

    code = "backend-failed"


class ResolutionError(BackendError):
    """The resolver found no set of versions that satisfies the inputs."""

    code = "unsolvable"


class InterpreterError(BackendError):
    """An interpreter is missing, or gives no usable answer."""

    code = "interpreter"


class BuildError(LockhouseError):
    """Something had to be built, and was not."""

    code = "build"
    exit_code = 7


class BuildFailedError(BuildError):
    """The build backend failed."""

    code = "build-failed"


class BuildBackendMissingError(BuildError):
    """A build imports what its build requirements do not bring, such as the build backend itself."""

    code = "build-backend-missing"


class NetworkDeniedError(BuildError):
    """A build tried to reach the network, which is denied to builds."""

    code = "network-denied"


class BuildVariesError(BuildError):
    """Two builds of the same sdist gave other bytes, where the same ones were asked for."""

    code = "build-varies"


class PluginError(LockhouseError):
    """A plugin is broken, or two are at odds."""

    code = "plugin"
    exit_code = 8


class PluginLoadError(PluginError):
    """A plugin cannot be imported, has hooks that would not be called as they are, or registers what is of no use."""

    code = "plugin-load"


class PluginConflictError(PluginError):
    """Two plugins have one name, or register one."""

    code = "plugin-conflict"


class HookFailedError(PluginError):
    """A hook implementation, a resolver or an installer of a plugin raised."""

    code = "hook-failed"


class EnvironmentDriftedError(LockhouseError):
    """The environment does not match its lock, and installing was forbidden."""

    code = "environment-drifted"
    exit_code = EXIT_NO
