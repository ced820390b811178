"""The receipt of an environment that was just synced: what is there, held against what was to be there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from packaging.version import Version

from lockhouse.errors import BackendFailedError
from lockhouse.interpreters import identify, prefix_of, site_packages_of
from lockhouse.model.receipt import DOUBLED, NO_RECORD, Receipt
from lockhouse.operations.sources import PROJECT
from lockhouse.storage.installed_files import files_of, seeded_files
from lockhouse.storage.site_packages import installed_packages

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from packaging.utils import NormalizedName

    from lockhouse.model.plan import Plan
    from lockhouse.model.provenance import Provenance
    from lockhouse.model.receipt import InstalledPackage, InstalledSource
    from lockhouse.model.target import Target
    from lockhouse.operations.sync_request import SyncRequest


def receipt_of(
    request: SyncRequest,
    plan: Plan,
    *,
    wanted: Mapping[NormalizedName, str],
    sources: tuple[InstalledSource, ...],
    built: Iterable[Provenance],
    lock_digest: str,
    target: Target,
    installer: str,
) -> Receipt:
    """Make the receipt.

    :param request: the environment
    :param plan: what was to be in it
    :param wanted: name → ``algorithm:digest`` of the file that it was installed from
    :param sources: what was installed from directories and checkouts
    :param built: what proves the wheels that were built here
    :param lock_digest: of the lock file
    :param target: what the interpreter accepts
    :param installer: name of the installer
    :raises BackendFailedError: something is not there, or is not what it was to be
    """
    prefix, folders = prefix_of(request.python), site_packages_of(prefix_of(request.python))
    expected = {*wanted, *(source.name for source in sources)}
    found = tuple(
        replace(package, artifact=wanted.get(package.name, ""))
        for package in installed_packages(folders)
        if package.name in expected
    )
    versions = {item.package.name: item.package.version for item in plan.files}
    wrong = [f"{name} is not there" for name in sorted(expected - {package.name for package in found})]
    wrong += [problem for package in found if (problem := _problem(package, versions.get(package.name)))]
    if wrong:
        raise BackendFailedError(
            f"the installer {installer} ended well, and did not do what it was asked",
            why=wrong,
            fix=f"remove the folder {prefix}, and run again",
        )
    files = (files_of(prefix, folders, package) for package in found)
    return Receipt(
        environment=request.spec.name,
        lock_digest=lock_digest,
        target=target.label,
        interpreter=identify(request.python),
        installer=installer,
        packages=found,
        sources=sources,
        files=tuple(each for each in files if each is not None),
        seeded=seeded_files(prefix, folders),
        skip_project=request.skip_project,
        built=tuple(sorted(built, key=lambda record: record.name)),
    )


def with_project_of(before: Receipt, now: Receipt) -> Receipt:
    """Carry over what is known of the project, where this sync left it alone: it is still what it was built from.

    :param before: the receipt of before
    :param now: the one of the sync that passed the project over
    """
    source = next((each for each in before.sources if each.path == PROJECT), None)
    if source is None or any(each.path == PROJECT for each in now.sources):
        return now
    sources = tuple(sorted((*now.sources, source), key=lambda each: each.name))
    if before.interpreter != now.interpreter:  # it has to be installed anew: nothing vouches for its files
        return replace(now, sources=sources)
    packages = (*now.packages, *(each for each in before.packages if each.name == source.name))
    files = (*now.files, *(each for each in before.files if each.name == source.name))
    built = (*now.built, *(each for each in before.built if each.name == source.name))
    return replace(
        now,
        sources=sources,
        packages=tuple(sorted(packages, key=lambda each: each.name)),
        files=files,
        built=tuple(sorted(built, key=lambda each: each.name)),
    )


def _problem(package: InstalledPackage, version: str | None) -> str | None:
    """Say what is wrong with a distribution that was just installed, if anything is."""
    if package.record_size == DOUBLED:
        return f"{package.name} is there more than once"
    if package.record_size == NO_RECORD:
        return f"{package.name} {package.version} has no RECORD"
    if version is not None and Version(package.version) != Version(version):
        return f"{package.name} {package.version} is there, {version} is locked"
    return None
