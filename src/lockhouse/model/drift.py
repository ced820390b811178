"""Drift: does the environment still hold what its receipt says? A pure rule over values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeAlias

from lockhouse.model.canonical import SEED
from lockhouse.model.receipt import DOUBLED

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from packaging.utils import NormalizedName

    from lockhouse.model.interpreter import InterpreterIdentity
    from lockhouse.model.receipt import InstalledPackage, Receipt

#: So many files of one package are named.
_TOLD = 3


class DriftCode(StrEnum):
    """Why an environment does not match. The codes are stable; each has a section in the reference."""

    NEVER_SYNCED = "never-synced"
    LOCK_CHANGED = "lock-changed"
    INTERPRETER_CHANGED = "interpreter-changed"
    PACKAGE_MISSING = "package-missing"
    PACKAGE_EXTRA = "package-extra"
    PACKAGE_CHANGED = "package-changed"
    FILE_CHANGED = "file-changed"
    FILE_EXTRA = "file-extra"
    SOURCE_CHANGED = "source-changed"
    SOURCE_REFUSED = "source-refused"
    BUILD_REFUSED = "build-refused"
    BUILD_CHANGED = "build-changed"


#: What is no news of a lock or a source that was edited, but a repair of what somebody did to the environment.
REPAIRED = frozenset(
    {
        DriftCode.INTERPRETER_CHANGED,
        DriftCode.PACKAGE_MISSING,
        DriftCode.PACKAGE_EXTRA,
        DriftCode.PACKAGE_CHANGED,
        DriftCode.FILE_CHANGED,
        DriftCode.FILE_EXTRA,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftReason:
    """One reason why an environment does not match.

    :ivar code: its stable code
    :ivar message: the fact in one line
    :ivar package: the package that it is about, or None
    :ivar file: the file that it is about, relative to the environment, or None; of several, the first
    """

    code: DriftCode
    message: str
    package: NormalizedName | None = None
    file: str | None = None

    def __str__(self) -> str:
        """Give the message."""
        return self.message


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """What became of one installed file.

    :ivar path: its path relative to the environment, with forward slashes
    :ivar missing: whether it is gone; else it has other content
    :ivar added: whether it was not installed
    """

    path: str
    missing: bool
    added: bool = False

    def __str__(self) -> str:
        """Say it in words."""
        return f"{self.path} {'is missing' if self.missing else 'was added' if self.added else 'was edited'}"


@dataclass(frozen=True, slots=True)
class Matching:
    """The environment holds what its receipt says, and the receipt is of this lock.

    :ivar touched: packages whose files have other times than the receipt says, and the content that they must have
    """

    touched: tuple[NormalizedName, ...] = ()


@dataclass(frozen=True, slots=True)
class Drifted:
    """The environment does not match.

    :ivar reasons: every reason, in a stable order
    """

    reasons: tuple[DriftReason, ...]


Drift: TypeAlias = Matching | Drifted


def compare(
    receipt: Receipt | None,
    *,
    lock_digest: str,
    interpreter: InterpreterIdentity,
    installed: Iterable[InstalledPackage],
    sources: Mapping[NormalizedName, str],
    source_changes: Mapping[str, str] = MappingProxyType({}),
    rebuilt: Iterable[NormalizedName | None] = (),
    refused: Collection[NormalizedName] = (),
    refused_builds: Collection[NormalizedName] = (),
    changed_builds: Collection[NormalizedName] = (),
    ignore: Collection[NormalizedName] = (),
    changed_files: Mapping[NormalizedName, Sequence[FileChange]] = MappingProxyType({}),
    extra_files: Iterable[str] = (),
    touched: Iterable[NormalizedName] = (),
) -> Drift:
    """Compare a receipt with the lock as it is now and the environment as it is now.

    :param receipt: the receipt, or None where there is none that can be read
    :param lock_digest: sha256 of the lock file's bytes
    :param interpreter: which interpreter the environment has
    :param installed: what its ``site-packages`` hold
    :param sources: name → identity now, of all that has to be installed from directories and checkouts
    :param source_changes: name → what changed of a source, in words, where that is known
    :param rebuilt: names of sources that are built again each time, whatever their identity
    :param refused: names of sources that may no longer be installed without a hash
    :param refused_builds: names of packages that were built with the network, which is no longer allowed for them
    :param changed_builds: names of packages whose backend is told something else now
    :param ignore: names that somebody else takes care of (the project under tox)
    :param changed_files: by package, its files that are gone or have other content
    :param extra_files: files that would be imported and belong to no package, relative to the environment
    :param touched: packages whose files have other times and no other content
    """
    if receipt is None:
        message = "it has no receipt: Lockhouse did not install what is in it"
        return Drifted((DriftReason(code=DriftCode.NEVER_SYNCED, message=message),))
    reasons: list[DriftReason] = []
    if receipt.lock_digest != lock_digest:
        reasons.append(
            DriftReason(code=DriftCode.LOCK_CHANGED, message="the lock changed since the environment was synced")
        )
    if receipt.interpreter != interpreter:
        reasons.append(_interpreter_reason(receipt.interpreter, interpreter))
    present = {package.name: package for package in installed if package.name not in ignore}
    expected = {package.name: package for package in receipt.packages if package.name not in ignore}
    reasons += package_reasons(expected, present)
    told = {reason.package for reason in reasons}
    reasons += [_files_reason(name, files) for name, files in sorted(changed_files.items()) if name not in told]
    reasons += [
        DriftReason(code=DriftCode.FILE_EXTRA, message=f"{path} belongs to no installed package", file=path)
        for path in extra_files
    ]
    reasons += _source_reasons({source.name: source.identity for source in receipt.sources}, sources, source_changes)
    reasons += [
        DriftReason(
            code=DriftCode.SOURCE_CHANGED, message=f'{name} is built again, as rebuild = "always" says', package=name
        )
        for name in rebuilt
    ]
    reasons += [
        _package_reason(DriftCode.SOURCE_REFUSED, name, f"{name} is no longer allowed to be installed without a hash")
        for name in refused
    ]
    reasons += [
        _package_reason(DriftCode.BUILD_REFUSED, name, f"{name} was built with the network, which is no longer allowed")
        for name in refused_builds
    ]
    reasons += [
        _package_reason(DriftCode.BUILD_CHANGED, name, f"{name} was built with other settings or variables")
        for name in changed_builds
    ]
    return Drifted(tuple(reasons)) if reasons else Matching(tuple(touched))


def _files_reason(name: NormalizedName, files: Sequence[FileChange]) -> DriftReason:
    told = map(str, files[:_TOLD])
    more = f", and {len(files) - _TOLD} more" if len(files) > _TOLD else ""
    message = f"{name}: {', '.join(told)}{more}"
    return DriftReason(code=DriftCode.FILE_CHANGED, message=message, package=name, file=files[0].path)


def _source_reasons(
    before: Mapping[NormalizedName, str], now: Mapping[NormalizedName, str], changes: Mapping[str, str]
) -> Iterable[DriftReason]:
    for name in sorted(before.keys() | now.keys()):
        if before.get(name) != now.get(name):
            words = "was not installed" if name not in before else "changed since it was installed"
            told = f": {changes[name]}" if name in changes else ""
            yield _package_reason(DriftCode.SOURCE_CHANGED, name, f"the source of {name} {words}{told}")


def package_reasons(
    expected: Mapping[NormalizedName, InstalledPackage], present: Mapping[NormalizedName, InstalledPackage]
) -> list[DriftReason]:
    """Compare what is expected in an environment with what is there.

    :param expected: by name, from a receipt
    :param present: by name, from the environment
    """
    reasons: list[DriftReason] = []
    for name in sorted(expected.keys() | present.keys()):
        want, have = expected.get(name), present.get(name)
        if want is None and have is not None:
            if name == SEED and have.record_size == DOUBLED:
                message = f"{name} is there more than once"
                reasons.append(_package_reason(DriftCode.PACKAGE_EXTRA, name, message))
            elif name != SEED:
                reasons.append(_package_reason(DriftCode.PACKAGE_EXTRA, name, f"{name} {have.version} is not locked"))
        elif have is None and want is not None:
            reasons.append(_package_reason(DriftCode.PACKAGE_MISSING, name, f"{name} {want.version} is missing"))
        elif want is not None and have is not None and _differs(want, have):
            message = (
                f"{name} {have.version} is installed, {want.version} is locked"
                if want.version != have.version
                else f"{name} {have.version} was reinstalled or changed by hand"
            )
            reasons.append(_package_reason(DriftCode.PACKAGE_CHANGED, name, message))
    return reasons


def _differs(want: InstalledPackage, have: InstalledPackage) -> bool:
    return (want.version, want.dist_info, want.record_size, want.record_mtime_ns) != (
        have.version,
        have.dist_info,
        have.record_size,
        have.record_mtime_ns,
    )


def _package_reason(code: DriftCode, name: NormalizedName, message: str) -> DriftReason:
    return DriftReason(code=code, message=message, package=name)


def _interpreter_reason(before: InterpreterIdentity, now: InterpreterIdentity) -> DriftReason:
    if replace(before, system_packages=now.system_packages) == now:
        sees = "sees" if now.system_packages else "no longer sees"
        message = f"the environment {sees} the packages of its base interpreter (include-system-site-packages)"
        return DriftReason(code=DriftCode.INTERPRETER_CHANGED, message=message)
    detail = f"{before.version} to {now.version}" if before.version != now.version else now.executable
    return DriftReason(code=DriftCode.INTERPRETER_CHANGED, message=f"the interpreter changed: {detail}")
