"""What a sync installs from folders: which of it is stale, and the wheels that are built here of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from packaging.requirements import Requirement

from lockhouse.interpreters.identity import prefix_of, site_packages_of
from lockhouse.model.drift import DriftCode
from lockhouse.model.lock import LockedPackage
from lockhouse.operations.edges import requires_in, wheel_metadata
from lockhouse.operations.project_build import ProjectBuilder
from lockhouse.operations.sources import PROJECT, project_source, source_now
from lockhouse.storage.site_packages import installed_packages

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from packaging.utils import NormalizedName

    from lockhouse.interfaces import StoredFile
    from lockhouse.model.drift import Drifted
    from lockhouse.model.plan import Plan
    from lockhouse.model.provenance import Provenance
    from lockhouse.model.receipt import InstalledPackage, InstalledSource, Receipt
    from lockhouse.operations.build import Builder, BuiltFile
    from lockhouse.operations.complete import Completeness
    from lockhouse.operations.sync_request import SyncRequest
    from lockhouse.storage.store import Store


@dataclass(frozen=True, kw_only=True)
class BuiltSources:
    """What a sync has of its sources once the stale ones were built.

    :ivar sources: all of them, as they were when they were built
    :ivar files: the wheels of those that were built anew
    :ivar proofs: what proves these wheels
    """

    sources: tuple[InstalledSource, ...]
    files: tuple[StoredFile, ...] = ()
    proofs: tuple[Provenance, ...] = ()


class SourceBuilds:
    """The sources of one sync.

    :param request: the environment
    :param plan: what is to be in it
    :param builder: brings build requirements
    :param store: where wheels are kept
    :param completeness: judges whether all that is required is there
    """

    def __init__(
        self, request: SyncRequest, plan: Plan, builder: Builder, store: Store, completeness: Completeness
    ) -> None:
        self._request = request
        self._plan = plan
        self._builder = builder
        self._store = store
        self._completeness = completeness

    def built(
        self, receipt: Receipt | None, intact: Mapping[NormalizedName, InstalledPackage], drift: Drifted
    ) -> BuiltSources:
        """Build what is stale, and see that all that the projects require is there.

        :param receipt: the receipt of the environment, or None
        :param intact: what is installed, and was not touched since
        :param drift: what is not as it must be
        :raises BuildError: a project cannot be built
        :raises StoreError: a build requirement cannot be had, or is not what the lock says
        :raises LockStaleError: a project requires what the lock lacks, or the lock does not say what it is built with
        """
        sources = self.sources()
        stale = _stale(sources, receipt, intact, _again(drift))
        made = {source.name: self._build(source) for source in stale}
        self._require_complete(sources, {name: file for name, (_, file) in made.items()})
        return BuiltSources(
            sources=tuple(made[source.name][0] if source.name in made else source for source in sources),
            files=tuple(file.file for _, file in made.values()),
            proofs=tuple(file.provenance for _, file in made.values()),
        )

    def sources(self) -> tuple[InstalledSource, ...]:
        """Give all projects as they are now that the environment has from their folders, by name."""
        found: list[InstalledSource] = []
        for item in self._plan.sources:
            name, artifact = item.package.name, item.artifact
            found.append(source_now(self._request, name, artifact.path or PROJECT, editable=artifact.editable))
        project = project_source(self._request)
        if project is not None:
            found.append(project)
        with_locks = (replace(source, build_lock=self._builder.build_lock_of(source.name)) for source in found)
        return tuple(sorted(with_locks, key=lambda source: source.name))

    def builder_of(self, source: InstalledSource) -> ProjectBuilder:
        """Give what builds one of the projects from its build lock.

        :param source: one that :meth:`sources` gave
        """
        return ProjectBuilder(self._request, self._builder, self._store, name=source.name, path=source.path)

    def _build(self, source: InstalledSource) -> tuple[InstalledSource, BuiltFile]:
        """Build a project, and give it as it was when it was built: it may be edited at any moment."""
        builder = self.builder_of(source)
        content, *told = source.identity.split("\n")
        if source.editable:
            built = builder.editable()
            after = source_now(self._request, source.name, source.path, editable=True).identity
            content = content if after == source.identity else "editable: edited while it was built"
        else:
            built = builder.wheel()
            content = built.provenance.source
        return replace(source, identity="\n".join([content, *told])), built

    def _require_complete(self, sources: Iterable[InstalledSource], built: Mapping[NormalizedName, BuiltFile]) -> None:
        """Hold what the projects require against the plan, those included that stay as they are."""
        packages = self._pins()
        also: list[Requirement] = []
        for source in sources:
            file = built.get(source.name)
            if file is not None:
                metadata = wheel_metadata(file.file.path)
                self._completeness.require_python(source.name, metadata)
                requires = requires_in(metadata)
                package = LockedPackage(name=source.name, version=file.file.version, requires=requires)
            else:
                kept = self._installed(source.name)
                package = kept or LockedPackage(name=source.name, version=None, requires=())
            packages.append(package)
            if source.path == PROJECT:
                extras = self._request.spec.extras
                also.append(Requirement(f"{source.name}[{','.join(extras)}]" if extras else source.name))
        self._completeness.require_closed(packages, also=also)

    def _pins(self) -> list[LockedPackage]:
        return [replace(item.package, marker=None, requires=()) for item in self._plan.files]

    def _installed(self, name: NormalizedName) -> LockedPackage | None:
        """Give what is installed under a name, with what its metadata requires; None where nothing is."""
        folders = site_packages_of(prefix_of(self._request.python))
        package = next((each for each in installed_packages(folders) if each.name == name), None)
        if package is None:
            return None
        texts = [folder / package.dist_info / "METADATA" for folder in folders]
        text = next((path.read_text("utf-8", "replace") for path in texts if path.is_file()), "")
        return LockedPackage(name=name, version=package.version, requires=requires_in(text))


def kept_projects(
    sources: Iterable[InstalledSource], wanted: Mapping[NormalizedName, str], receipt: Receipt | None
) -> tuple[dict[NormalizedName, str], tuple[Provenance, ...]]:
    """Give what the receipt says of projects that were not installed anew: their wheels, and what proves these.

    :param sources: all of the sync
    :param wanted: what was to be installed from files
    :param receipt: the receipt of before, or None
    """
    names = {source.name for source in sources if source.name not in wanted}
    if receipt is None or not names:
        return {}, ()
    artifacts = {package.name: package.artifact for package in receipt.packages if package.name in names}
    return artifacts, tuple(record for record in receipt.built if record.name in names)


def _stale(
    sources: Iterable[InstalledSource],
    receipt: Receipt | None,
    before: Mapping[NormalizedName, InstalledPackage],
    again: Collection[NormalizedName],
) -> tuple[InstalledSource, ...]:
    good: set[InstalledSource] = set()
    if receipt is not None:
        good = {
            source
            for source in receipt.sources
            if before.get(source.name) in receipt.packages and source.name not in again
        }
    return tuple(source for source in sources if source not in good)


def _again(drift: Drifted) -> Collection[NormalizedName]:
    """Name the sources that something changed of, or that are built each time."""
    again = {
        DriftCode.SOURCE_CHANGED,
        DriftCode.BUILD_REFUSED,
        DriftCode.BUILD_CHANGED,
        DriftCode.INTERPRETER_CHANGED,
    }
    return {reason.package for reason in drift.reasons if reason.code in again and reason.package is not None}
