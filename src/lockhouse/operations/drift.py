"""Drift: does an environment still hold what was installed from its lock? Read-only; nothing is started or parsed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from lockhouse.errors import EnvironmentDriftedError
from lockhouse.interpreters.identity import identify, prefix_of, site_packages_of
from lockhouse.model.builds import told_again
from lockhouse.model.drift import DriftCode, Drifted, DriftReason, Matching, compare
from lockhouse.operations.sources import (
    PROJECT,
    always_rebuilt,
    change_of_way,
    project_source,
    source_changes,
    sources_now,
)
from lockhouse.storage.installed_files import (
    changes_of,
    files_of,
    files_of_nobody,
    looks_untouched,
    unknown_at_top,
    with_known_times,
)
from lockhouse.storage.receipts import read_receipt
from lockhouse.storage.site_packages import installed_packages

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from packaging.utils import NormalizedName

    from lockhouse.model.drift import Drift
    from lockhouse.model.receipt import InstalledPackage, Receipt
    from lockhouse.operations.sync_request import SyncRequest

#: So many files of the project are named.
_TOLD = 3


def find_drift(request: SyncRequest, *, deep: bool = False, to_sync: bool = False) -> Drift:
    """Say whether an environment still holds what its receipt says. Read-only; nothing is started or parsed.

    :param request: the environment
    :param deep: read every file and hold it against its hash; else sizes and times say which to read
    :param to_sync: whether it is about to be synced: then what is built again each time counts as changed
    :raises InterpreterError: its interpreter is gone
    """
    prefix = prefix_of(request.python)
    receipt = read_receipt(prefix)
    folders = site_packages_of(prefix)
    ignored = not_ours(request)
    files = [] if receipt is None else [each for each in receipt.files if each.name not in ignored]
    touched = {each.name for each in files if not looks_untouched(prefix, each)}
    present = installed_packages(folders)
    installed = present if receipt is None else with_known_times(prefix, present, receipt)
    touched |= {package.name for package, settled in zip(present, installed, strict=True) if package != settled}
    looked_at = {each.name: changes_of(prefix, each) for each in files if deep or each.name in touched}
    changed = {name: changes for name, changes in looked_at.items() if changes}
    sources = {} if receipt is None else sources_now(request, receipt)
    return compare(
        receipt,
        lock_digest=request.files.quick_look().digest,
        interpreter=identify(request.python),
        installed=installed,
        sources=sources,
        source_changes={} if receipt is None else source_changes(request, receipt, sources),
        rebuilt=always_rebuilt(request, receipt) if to_sync else (),
        refused=() if receipt is None else _refused(request, receipt),
        refused_builds=() if receipt is None else _refused_builds(request, receipt),
        changed_builds=() if receipt is None else _changed_builds(request, receipt),
        ignore=ignored,
        changed_files=changed,
        extra_files=() if receipt is None else _extra_files(prefix, folders, receipt, present, deep=deep),
        touched=sorted(touched - changed.keys()),
    )


def _extra_files(
    prefix: Path,
    folders: Collection[Path],
    receipt: Receipt,
    present: Iterable[InstalledPackage],
    *,
    deep: bool,
) -> Collection[str]:
    """List what belongs to no package: among all files, or among what is new at the top of the folders of packages."""
    tops = None if deep else unknown_at_top(folders, receipt, (package.name for package in present))
    if not deep and not tops:
        return ()
    return files_of_nobody(prefix, folders, receipt.seeded, tops=tops)


def _refused(request: SyncRequest, receipt: Receipt) -> Collection[NormalizedName]:
    """Name what was installed without a hash, and is not allowed to be any more."""
    allowed = {*request.spec.allow_unhashed, request.spec.project_name}
    names = [source.name for source in receipt.sources]
    names += [canonicalize_name(record.name) for record in receipt.built if record.of_checkout]
    return [name for name in names if name not in allowed]


def _refused_builds(request: SyncRequest, receipt: Receipt) -> Collection[NormalizedName]:
    """Name what was built with the network while that was allowed, and is not allowed any more."""
    allowed = request.spec.builds.allow_network
    passed_over = not_ours(request)
    names = {record.name for record in receipt.built if record.is_online and record.name not in allowed}
    return [package.name for package in receipt.packages if package.name in names and package.name not in passed_over]


def _changed_builds(request: SyncRequest, receipt: Receipt) -> Collection[NormalizedName]:
    """Name what was built, or whose build requirements were, with other settings than are declared now."""
    told = {record.name: (record.options, record.below) for record in receipt.built}
    builds, passed_over = request.spec.builds, not_ours(request)
    return [
        package.name
        for package in receipt.packages
        if package.name in told
        and package.name not in passed_over
        and told[package.name] != (builds.options_of(package.name).text, told_again(told[package.name][1], builds))
    ]


def require_matching(request: SyncRequest, *, fix: str | None) -> None:
    """Refuse an environment that does not match, where installing is forbidden.

    :param request: the environment
    :param fix: what mends it
    :raises EnvironmentDriftedError: it does not match
    """
    drift = find_drift(request)
    if isinstance(drift, Drifted):
        raise EnvironmentDriftedError(
            f'environment "{request.spec.name}" does not match {request.files.place}, and installing is forbidden',
            why=map(str, drift.reasons),
            fix=fix,
        )


def find_project_drift(request: SyncRequest) -> Drift:
    """Say whether the project, which is not installed in this run, is there and as its source has it. Read-only.

    Its files are held against its ``RECORD``; where a receipt says what it was built from, so is its source.

    :param request: the environment
    """
    name = request.spec.project_name
    if name is None:
        return Matching()
    prefix = prefix_of(request.python)
    folders = site_packages_of(prefix)
    package = next((each for each in installed_packages(folders) if each.name == name), None)
    if package is None:
        missing = DriftReason(code=DriftCode.PACKAGE_MISSING, message=f"{name} is not installed", package=name)
        return Drifted((missing,))
    files = files_of(prefix, folders, package)
    changes = () if files is None else changes_of(prefix, files)
    if not changes:
        stale = _stale_project(request, read_receipt(prefix))
        return Matching() if stale is None else Drifted((stale,))
    told = ", ".join(map(str, changes[:_TOLD]))
    more = f", and {len(changes) - _TOLD} more" if len(changes) > _TOLD else ""
    reason = DriftReason(
        code=DriftCode.FILE_CHANGED, message=f"{name}: {told}{more}", package=name, file=changes[0].path
    )
    return Drifted((reason,))


def _stale_project(request: SyncRequest, receipt: Receipt | None) -> DriftReason | None:
    """Tell of a project that is another one than was installed, or was installed in another way than is declared."""
    before = None if receipt is None else next((each for each in receipt.sources if each.path == PROJECT), None)
    now = None if before is None else project_source(replace(request, skip_project=False))
    if before is None or now is None or now.identity == before.identity:
        return None
    way = change_of_way(before.identity, now.identity)
    message = f"the source of {before.name} changed since it was installed{f': {way}' if way else ''}"
    return DriftReason(code=DriftCode.SOURCE_CHANGED, message=message, package=before.name)


def require_project(request: SyncRequest, *, may_be_missing: bool, fix: str | None) -> None:
    """Refuse an environment in which the project is missing or changed, where nobody installs it.

    :param request: the environment
    :param may_be_missing: it need not be there; where it is, it must be unchanged
    :param fix: what mends it
    :raises EnvironmentDriftedError: it is
    """
    drift = find_project_drift(request)
    if isinstance(drift, Drifted):
        if may_be_missing and drift.reasons[0].code is DriftCode.PACKAGE_MISSING:
            return
        raise EnvironmentDriftedError(
            f'environment "{request.spec.name}" does not hold the project, and installing it is forbidden',
            why=map(str, drift.reasons),
            fix=fix,
        )


def joined(*drifts: Drift) -> Drift:
    """Join what was found of several sides of one environment.

    :param drifts: one or more; notes are those of the first
    """
    reasons = tuple(reason for drift in drifts if isinstance(drift, Drifted) for reason in drift.reasons)
    return Drifted(reasons) if reasons else drifts[0]


def not_ours(request: SyncRequest) -> Collection[NormalizedName]:
    """Name what somebody else takes care of.

    :param request: the environment
    """
    name = request.spec.project_name
    return (name,) if request.skip_project and name is not None else ()
