"""Sync: lock and interpreter → environment. Installed from stored files only; no index is asked."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from lockhouse.errors import NoCompatibleArtifactError
from lockhouse.interfaces import InstallRequest
from lockhouse.interpreters import identify, prefix_of, site_packages_of
from lockhouse.interpreters.identity import lost_config
from lockhouse.model.canonical import SEED
from lockhouse.model.drift import REPAIRED, DriftCode, Drifted, Matching
from lockhouse.model.outcomes import SyncOutcome
from lockhouse.model.receipt import DOUBLED
from lockhouse.operations.complete import Completeness
from lockhouse.operations.drift import find_drift, not_ours
from lockhouse.operations.receipt import receipt_of, with_project_of
from lockhouse.operations.source_builds import SourceBuilds, kept_projects
from lockhouse.storage.files import file_lock
from lockhouse.storage.installed_files import (
    files_of,
    files_of_nobody,
    remove_file_of_nobody,
    unknown_at_top,
    with_known_times,
)
from lockhouse.storage.mismatch import EditedLock
from lockhouse.storage.receipts import read_receipt, remove_receipt, write_receipt
from lockhouse.storage.site_packages import installed_packages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from packaging.utils import NormalizedName

    from lockhouse.fetchers import Fetcher
    from lockhouse.interfaces import ArtifactLocation, CommandRunner, Installer, Reporter, StoredFile
    from lockhouse.model.lock import Artifact, Lock, LockedPackage
    from lockhouse.model.plan import Plan
    from lockhouse.model.provenance import Provenance
    from lockhouse.model.receipt import InstalledPackage, Receipt
    from lockhouse.model.target import Target
    from lockhouse.operations.build import Builder
    from lockhouse.operations.from_wheelhouse import WheelhouseSource
    from lockhouse.operations.project_build import ProjectBuilder
    from lockhouse.operations.sync_request import SyncRequest
    from lockhouse.plugins import Plugins
    from lockhouse.storage.store import Store


@dataclass(frozen=True, kw_only=True)
class SyncTools:
    """What syncing works with; made only where something has to be done.

    :ivar installer: who installs
    :ivar describe: asks an interpreter what it accepts
    :ivar describe_anew: the same, and remembers nothing
    :ivar run: starts processes
    :ivar fetcher: how files are had that the store lacks
    :ivar store: the store
    :ivar plugins: who has a say
    :ivar reporter: where to say what happens
    :ivar environ: the user's environment variables
    :ivar wheelhouse: the folder or archive that files come from; then nothing is looked for elsewhere. None for the
        indexes
    """

    installer: Installer
    describe: Callable[[Path], Target]
    describe_anew: Callable[[Path], Target]
    run: CommandRunner
    fetcher: Fetcher
    store: Store
    plugins: Plugins
    reporter: Reporter
    environ: Mapping[str, str] = field(default_factory=dict)
    wheelhouse: Path | None = None


def sync_environment(request: SyncRequest, tools: Callable[[], SyncTools], *, deep: bool = False) -> SyncOutcome:
    """Bring an environment in line with its lock, with the smallest change.

    :param request: the environment
    :param tools: gives what to work with; called only where something has to be done
    :param deep: read every installed file to see what has to be done
    :raises InterpreterError: the environment's interpreter is gone, or installs into another place
    :raises SelectionError: the lock does not serve the interpreter
    :raises StoreError: a file cannot be had, or is not what the lock says
    :raises LockStaleError: a locked file requires what the lock lacks
    :raises BackendError: the installer failed
    :raises BuildError: an sdist cannot be built
    """
    prefix = prefix_of(request.python)
    with file_lock(prefix / ".lockhouse.lock", what=f'environment "{request.spec.name}"'):
        drift = find_drift(request, deep=deep, to_sync=True)
        if isinstance(drift, Matching):
            _remember_times(prefix, drift)
            return SyncOutcome(changed=False)
        return Syncing(request, tools()).run(drift)


def _remember_times(prefix: Path, drift: Matching) -> None:
    """Take down the new times of files whose content is right, so that the next look is quick again."""
    receipt = read_receipt(prefix)
    if receipt is None or not drift.touched:
        return
    folders = site_packages_of(prefix)
    present = {package.name: package for package in installed_packages(folders) if package.name in drift.touched}
    packages = tuple(
        replace(present.get(package.name, package), artifact=package.artifact) for package in receipt.packages
    )
    files = tuple(
        (each.name in present and files_of(prefix, folders, present[each.name])) or each for each in receipt.files
    )
    write_receipt(prefix, replace(receipt, packages=packages, files=files))


class Syncing:
    """One sync, while the environment is held.

    :param request: the environment
    :param tools: what to work with
    :raises InterpreterError: its interpreter installs into another place
    """

    def __init__(self, request: SyncRequest, tools: SyncTools) -> None:
        self.request = request
        self.tools = tools
        self.prefix = prefix_of(request.python)
        self.target = tools.describe(request.python)
        if not _is_same_folder(self.target.prefix, self.prefix):  # all would go into the Python that it was made from
            raise lost_config(request.python, Path(self.target.prefix))
        # before the lock is read: a lock that changes while we install is found by the next run
        look = request.files.quick_look()
        self.lock_digest = look.digest
        place, command = request.files.place, request.spec.lock_command
        self.edited = None if look.intact else EditedLock(place=place, lock_command=command)
        self.wheelhouse = self._wheelhouse()

    def _wheelhouse(self) -> WheelhouseSource | None:
        if self.tools.wheelhouse is None:
            return None
        from lockhouse.operations.from_wheelhouse import WheelhouseSource  # noqa: PLC0415 - only where there is one

        return WheelhouseSource(self.tools.wheelhouse, self.request.files, self.lock_digest)

    def project_builder(self) -> ProjectBuilder:
        """Give what builds the project from its build lock."""
        from lockhouse.operations.project_build import ProjectBuilder  # noqa: PLC0415 - only where it is built

        return ProjectBuilder(self.request, self._builder(self._lock()), self.tools.store)

    def source_builds(self) -> SourceBuilds:
        """Give what builds the projects that the environment has from their folders."""
        lock = self._lock()
        return self._source_builds(self._plan(lock), self._builder(lock))

    def run(self, drift: Drifted) -> SyncOutcome:
        """Bring the environment in line.

        :param drift: what is not as it must be
        """
        lock = self._lock()
        plan = self._plan(lock)
        builder = self._builder(lock)
        files, built = builder.files(plan.files)
        if self.wheelhouse is not None:
            built = self.wheelhouse.proofs(plan, self.tools.reporter)
        self._completeness.require_files(plan, {file.name: file.path for file in files})
        return self._apply(plan, files, drift, built, builder)

    def _lock(self) -> Lock:
        from lockhouse.operations.located import with_files_named  # noqa: PLC0415

        if self.wheelhouse is not None:
            return self.wheelhouse.lock(self.target, self.request.spec)
        return with_files_named(self.request.files.read(), self.tools.fetcher)

    def _plan(self, lock: Lock) -> Plan:
        from lockhouse.model.build_policy import NEVER_BUILD  # noqa: PLC0415 - likewise
        from lockhouse.model.plan import select  # noqa: PLC0415 - only where something has to be done

        name = self.request.project_name
        try:
            return select(
                lock,
                self.target,
                place=self.request.files.place,
                allow_unhashed=self.request.spec.allow_unhashed,
                leave_out=() if name is None else (name,),
                policy=self.request.spec.builds if self.wheelhouse is None else NEVER_BUILD,
            )
        except NoCompatibleArtifactError as error:
            if self.wheelhouse is None:
                raise
            raise self.wheelhouse.lacking(self.request.spec, self.target, error) from error

    def _builder(self, lock: Lock) -> Builder:
        from lockhouse.operations.build import Builder  # noqa: PLC0415 - only where something has to be done
        from lockhouse.operations.build_room import BuildTools  # noqa: PLC0415 - likewise
        from lockhouse.operations.build_source import BuildSources  # noqa: PLC0415 - likewise
        from lockhouse.operations.checkout import Checkouts  # noqa: PLC0415 - likewise

        request, tools = self.request, self.tools
        return Builder(
            lock,
            place=request.files.place,
            target=self.target,
            python=request.python,
            policy=request.spec.builds,
            sources=BuildSources(
                fetch=self._fetch_of(lock),
                checkouts=Checkouts(
                    store=tools.store,
                    run=tools.run,
                    reporter=tools.reporter,
                    environ=tools.environ,
                    declared=request.spec.requirements,
                ),
            ),
            store=tools.store,
            tools=BuildTools(
                installer=tools.installer,
                describe=tools.describe_anew,
                run=tools.run,
                reporter=tools.reporter,
                root=request.root,
                cache=tools.store.root,
                environ=tools.environ,
                give_up=tools.fetcher.cancel,
                given_up=tools.fetcher.is_cancelled,
            ),
            lock_command=request.spec.lock_command,
        )

    def _source_builds(self, plan: Plan, builder: Builder) -> SourceBuilds:
        return SourceBuilds(self.request, plan, builder, self.tools.store, self._completeness)

    def _fetch_of(self, lock: Lock) -> Callable[[Sequence[tuple[LockedPackage, Artifact]]], tuple[StoredFile, ...]]:
        from lockhouse.operations.fetch import fetch_artifacts  # noqa: PLC0415

        tools, wheelhouse = self.tools, self.wheelhouse
        locate = self._locate(lock)

        def fetch(wanted: Sequence[tuple[LockedPackage, Artifact]]) -> tuple[StoredFile, ...]:
            if wheelhouse is not None:
                given_up = tools.fetcher.is_cancelled
                wheelhouse.take_in(wanted, store=tools.store, reporter=tools.reporter, given_up=given_up)
            return fetch_artifacts(
                wanted,
                store=tools.store,
                fetcher=tools.fetcher,
                locate=locate,
                reporter=tools.reporter,
                root=self.request.root,
                edited=self.edited,
            )

        return fetch

    def _locate(self, lock: Lock) -> Callable[[Artifact], ArtifactLocation | None]:
        """Give who says where a file is that the store lacks; from a wheelhouse, all of them are brought there."""
        from lockhouse.operations.located import locator  # noqa: PLC0415

        if self.wheelhouse is None:
            return locator(self.tools.plugins.locate_artifact, lock, self.tools.fetcher)
        return self.wheelhouse.nowhere

    @property
    def _completeness(self) -> Completeness:
        return Completeness(
            spec=self.request.spec,
            files=self.request.files,
            target=self.target,
            own=self.request.project_name,
            plugins=self.tools.plugins,
            environment=self.request.environment,
        )

    def _apply(
        self,
        plan: Plan,
        files: tuple[StoredFile, ...],
        drift: Drifted,
        built: tuple[Provenance, ...],
        builder: Builder,
    ) -> SyncOutcome:
        receipt = read_receipt(self.prefix)
        present = self._installed()
        if receipt is not None:
            present = with_known_times(self.prefix, present, receipt)
        before = {package.name: package for package in present}
        edited = {reason.package for reason in drift.reasons if reason.code is DriftCode.FILE_CHANGED}
        intact = {name: package for name, package in before.items() if name not in edited}
        made = self._source_builds(plan, builder).built(receipt, intact, drift)
        files, sources = (*files, *made.files), made.sources
        wanted = _artifacts(files)
        good = _already_good(wanted, intact, receipt, self.request.python)
        to_install = tuple(file for file in files if file.name not in good)
        planned = {*wanted, *(source.name for source in sources)}
        is_doubled = any(each.name == SEED and each.record_size == DOUBLED for each in present)
        keep = {*not_ours(self.request), *(() if SEED in planned or is_doubled else (SEED,))}
        remove = tuple(
            sorted(
                name
                for name in before
                if name not in keep and name not in good and (name not in planned or name in wanted)
            )
        )
        for reason in drift.reasons:
            if reason.code is DriftCode.FILE_EXTRA and reason.file is not None:
                remove_file_of_nobody(self.prefix / reason.file)  # while the receipt is there: it may not be possible
        remove_receipt(self.prefix)
        with tempfile.TemporaryDirectory(prefix="lockhouse-") as scratch:
            self.tools.installer.install(
                InstallRequest(
                    target=self.target,
                    root=self.request.root,
                    scratch=Path(scratch),
                    cache=self.tools.store.root,
                    remove=remove,
                    files=to_install,
                    environ=self.tools.environ,
                ),
                self.tools.run,
            )
        kept, proofs = kept_projects(sources, wanted, receipt)
        now = receipt_of(
            self.request,
            plan,
            wanted={**wanted, **kept},
            sources=sources,
            built=(*built, *made.proofs, *proofs),
            lock_digest=self.lock_digest,
            target=self.target,
            installer=self.tools.installer.name,
        )
        if receipt is not None and receipt.interpreter == now.interpreter:
            # what was edited since the first sync does not become right by a further one
            now = replace(now, seeded=receipt.seeded)
        receipt = now if receipt is None or not self.request.skip_project else with_project_of(receipt, now)
        swept = self._sweep(receipt)
        write_receipt(self.prefix, receipt)
        self.tools.plugins.environment_synced(self.request.spec, receipt)
        installed = [f"{file.name} {file.version}" for file in to_install]
        return SyncOutcome(
            changed=True,
            installed=tuple(sorted(installed)),
            removed=(*(f"{n} {before[n].version}" for n in remove if n not in wanted), *swept),
            reasons=tuple(map(str, drift.reasons)),
            repairs=tuple(str(reason) for reason in drift.reasons if reason.code in REPAIRED),
        )

    def _sweep(self, receipt: Receipt) -> tuple[str, ...]:
        """Remove what lies at the top of ``site-packages`` and belongs to nobody, and give its paths.

        What a removal left of which no record told is there, and what was there before the first sync.
        """
        folders = site_packages_of(self.prefix)
        tops = unknown_at_top(folders, receipt, (package.name for package in self._installed()))
        found = files_of_nobody(self.prefix, folders, receipt.seeded, tops=tops) if tops else ()
        for path in found:
            remove_file_of_nobody(self.prefix / path)
        return found

    def _installed(self) -> tuple[InstalledPackage, ...]:
        return installed_packages(site_packages_of(self.prefix))


def _is_same_folder(one: str, other: Path) -> bool:
    try:
        return os.path.samefile(one, other)  # noqa: PTH121 - text
    except OSError:
        return False


# -- files --------------------------------------------------------------------------------------------------------


def _artifacts(files: Iterable[StoredFile]) -> dict[NormalizedName, str]:
    return {file.name: f"{file.algorithm}:{file.digest}" for file in files}


def _already_good(
    wanted: Mapping[NormalizedName, str],
    before: Mapping[NormalizedName, InstalledPackage],
    receipt: Receipt | None,
    python: Path,
) -> set[NormalizedName]:
    """Name what a receipt vouches for: installed by us from the wanted file, and not touched since."""
    if receipt is None or receipt.interpreter != identify(python):
        return set()
    return {
        package.name
        for package in receipt.packages
        if wanted.get(package.name) == package.artifact
        and package.name in before
        and replace(before[package.name], artifact=package.artifact) == package
    }
