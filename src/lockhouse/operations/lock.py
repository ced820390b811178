"""Lock: spec → lock file. Seeded by the present lock, so that nothing moves that need not."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from lockhouse.errors import (
    ArtifactUnavailableError,
    LockhouseError,
    LockInvalidError,
    LockRefusedError,
    ResolutionError,
)
from lockhouse.interfaces import ResolveRequest
from lockhouse.model.builds import build_key, needs_build
from lockhouse.model.changes import build_changes_between, changes_between
from lockhouse.model.declared_hashes import hash_reasons, uncompared_hashes, with_declared_hashes
from lockhouse.model.freshness import Fresh, Stale, edits_of
from lockhouse.model.lock import ArtifactKind, Lock, LockRecord
from lockhouse.operations.build_lock import BuildLocking, BuildLocks
from lockhouse.operations.build_room import BuildTools
from lockhouse.operations.build_source import BuildSources
from lockhouse.operations.check import judge_lock
from lockhouse.operations.checkout import Checkouts
from lockhouse.operations.edges import complete_edges
from lockhouse.operations.fetch import fetch_artifacts
from lockhouse.operations.held import Holding
from lockhouse.operations.located import locator
from lockhouse.operations.lock_outcome import LockOutcome, LockStatus
from lockhouse.operations.misnamed import misnamed_wheels, without_wheels
from lockhouse.operations.source_locks import SourceLocks, is_static
from lockhouse.operations.stand_ins import StandIns, with_told_versions
from lockhouse.operations.targets import python_for_builds
from lockhouse.operations.untold import untold_hashes, with_untold_hashes
from lockhouse.storage.files import write_atomically

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from packaging.utils import NormalizedName

    from lockhouse.fetchers import Fetcher
    from lockhouse.interfaces import CommandRunner, Installer, Reporter, Resolution, Resolver, StoredFile
    from lockhouse.model.indexes import IndexOptions
    from lockhouse.model.lock import Artifact, LockedPackage
    from lockhouse.model.spec import DeclaredRequirement, EnvironmentSpec
    from lockhouse.model.target import Target
    from lockhouse.plugins import Plugins
    from lockhouse.storage.lockfiles import LockFiles
    from lockhouse.storage.store import Store
    from lockhouse.storage.trees.tree import ProjectTree


@dataclass(frozen=True, slots=True, kw_only=True)
class LockRequest:
    """What is asked of :func:`lock_environment`.

    :ivar spec: the environment
    :ivar files: where its lock lies
    :ivar target: the one target to lock for; None where the resolver is universal
    :ivar upgrade_all: move everything to its newest allowed version
    :ivar upgrade: names to move to their newest allowed version
    :ivar dry_run: write nothing
    """

    spec: EnvironmentSpec
    files: LockFiles
    target: Target | None = None
    upgrade_all: bool = False
    upgrade: frozenset[NormalizedName] = frozenset()
    dry_run: bool = False


@dataclass(frozen=True, kw_only=True)
class LockTools:
    """What locking works with.

    :ivar root: the project's folder
    :ivar resolver: who resolves
    :ivar installer: who furnishes the environments of builds
    :ivar describe: asks an interpreter what it accepts, and remembers nothing
    :ivar indexes: the index options in effect, with credentials
    :ivar run: starts processes
    :ivar fetcher: how metadata and files are had
    :ivar store: where files go
    :ivar plugins: who has a say
    :ivar reporter: where to say what happens
    :ivar project_tree: gives the files of a project, by its path relative to the one under test
    :ivar environ: the user's environment variables
    """

    root: Path
    resolver: Resolver
    installer: Installer
    describe: Callable[[Path], Target]
    indexes: IndexOptions
    run: CommandRunner
    fetcher: Fetcher
    store: Store
    plugins: Plugins
    reporter: Reporter
    project_tree: Callable[[EnvironmentSpec, str], ProjectTree]
    environ: Mapping[str, str] = field(default_factory=dict)


def lock_environment(request: LockRequest, tools: LockTools) -> LockOutcome:
    """Lock one environment: resolve, complete, judge, and only then write.

    :param request: what to lock
    :param tools: what to work with
    :raises LockInvalidError: the present lock cannot be read, and is not to be forgotten
    :raises ResolutionError: nothing satisfies the inputs
    :raises LockRefusedError: what was resolved must not be written
    :raises LockhouseError: a tool, an index or the disk failed; nothing is written then
    """
    spec, files = request.spec, request.files
    present = _present_lock(request, tools)
    if present is not None and _nothing_to_do(request, present, tools):
        return _outcome(request, present, LockStatus.UNCHANGED)
    computed: list[str] = []
    builds = BuildLocks(_build_locking(request, present, computed, tools))
    told = SourceLocks(builds).lock()
    resolution = _resolve(request, () if present is None else present.packages, tools, told)
    lock = _complete(request, resolution, builds, computed, tools)
    if present is not None and not request.upgrade_all:
        upgrade, indexes = request.upgrade, tools.indexes
        Holding(
            spec=spec,
            place=files.place,
            present=present,
            lock=lock,
            upgrade=upgrade,
            indexes=indexes,
            edited=not files.quick_look().intact,
        ).require()
    projects = with_told_versions(spec.local_projects, told)
    _require_accepted(replace(request, spec=replace(spec, local_projects=projects)), lock, tools.plugins)
    rendered = files.render(spec, lock)
    status = _write(rendered, dry_run=request.dry_run)
    if status is LockStatus.WRITTEN:
        tools.plugins.lock_written(spec, lock, present)
    recorded = () if lock.record is None else lock.record.computed_hashes
    outcome = _outcome(request, lock, status)
    return replace(
        outcome,
        changes=changes_between(present, lock),
        build_changes=build_changes_between(present, lock),
        computed_hashes=recorded,
    )


def _outcome(request: LockRequest, lock: Lock, status: LockStatus) -> LockOutcome:
    names = frozenset(package.name for package in lock.packages)
    builds = {} if lock.record is None else lock.record.builds
    for build in builds.values():
        names |= {package.name for package in build.packages}
    return LockOutcome(
        spec=request.spec,
        place=request.files.place,
        status=status,
        packages=len(lock.packages),
        names=names,
        uncompared=uncompared_hashes(request.spec.hashes, lock.packages),
        built=tuple(
            _built_words(package, request.spec)
            for package in lock.packages
            if build_key(package) in builds and any(map(needs_build, package.artifacts))
        ),
    )


def _built_words(package: LockedPackage, spec: EnvironmentSpec) -> str:
    if all(artifact.kind is not ArtifactKind.VCS for artifact in package.artifacts):
        return f"{package.label} is built from its sdist"
    allowed = package.name in spec.allow_unhashed
    condition = "" if allowed else f', once allow-unhashed = ["{package.name}"] allows it,'
    return f"{package.label}{condition} is built from its commit"


def _present_lock(request: LockRequest, tools: LockTools) -> Lock | None:
    if not request.files.exists():
        return None
    try:
        return request.files.read()
    except LockInvalidError as error:
        if not request.upgrade_all:
            raise
        tools.reporter.warning(f"{request.files.place} is not read, and made anew: {error.what}")
        return None


def _nothing_to_do(request: LockRequest, present: Lock, tools: LockTools) -> bool:
    if request.upgrade_all or request.upgrade:
        return False
    look = request.files.quick_look()
    if not look.is_of(request.spec.inputs) or _has_local_sources(present, request.spec):
        return False
    if not isinstance(_judged(request, present, tools.plugins), Fresh):
        return False
    return SourceLocks(BuildLocks(_build_locking(request, present, [], tools))).are_as_locked()


def _has_local_sources(lock: Lock, spec: EnvironmentSpec) -> bool:
    """Tell whether files of this machine are locked, or folders that do not say all: they may have changed since."""
    files = [a for package in lock.packages for a in package.artifacts if a.kind is ArtifactKind.ARCHIVE]
    return any(file.path is not None for file in files) or not all(map(is_static, spec.local_projects))


def _resolve(
    request: LockRequest,
    present: tuple[LockedPackage, ...],
    tools: LockTools,
    told: Mapping[NormalizedName, str],
) -> Resolution:
    spec = request.spec
    with (
        tempfile.TemporaryDirectory(prefix="lockhouse-") as scratch,
        tempfile.TemporaryDirectory(prefix="lockhouse-") as folder,
    ):
        stand_ins = StandIns(Path(folder), spec.local_projects, told)
        asked = ResolveRequest(
            root=tools.root,
            scratch=Path(scratch),
            requirements=stand_ins.declared(spec.requirements),
            constraints=spec.constraints,
            requires_python=spec.requires_python,
            target=request.target,
            indexes=tools.indexes,
            prereleases=spec.prereleases,
            exclude_newer=spec.exclude_newer,
            present=present,
            upgrade_all=request.upgrade_all,
            upgrade=request.upgrade,
            environ=tools.environ,
        )
        try:
            with tools.reporter.progress(_title(request, tools.resolver)):
                resolution = tools.resolver.resolve(asked, tools.run)
        except LockhouseError as error:  # a resolver knows requirements, not environments, and no stand-ins
            misnamed = _misnamed(error, spec, tools) if isinstance(error, ResolutionError) else ()
            error.why = (*map(stand_ins.words, error.why), *misnamed)
            error.fix = None if error.fix is None else stand_ins.words(error.fix)
            raise error.within(f'environment "{spec.name}"') from error
        return replace(resolution, packages=stand_ins.restored(resolution.packages))


def _misnamed(error: ResolutionError, spec: EnvironmentSpec, tools: LockTools) -> tuple[str, ...]:
    """Say which wheels of the declared packages that an error speaks of were passed over for their names."""
    text = "\n".join((error.what, *error.why))
    words = {canonicalize_name(word) for word in re.findall(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?", text)}
    try:
        return misnamed_wheels((item.name for item in spec.requirements if item.name in words), tools.fetcher)
    except ArtifactUnavailableError:  # what the resolver said counts for more
        return ()


def _title(request: LockRequest, resolver: Resolver) -> str:
    place = "" if request.target is None else f" for Python {request.target.markers['python_version']}"
    return f"Locking {request.spec.name}{place} with {resolver.name}"


# -- completing what was resolved ---------------------------------------------------------------------------------


def _complete(
    request: LockRequest, resolution: Resolution, builds: BuildLocks, computed: list[str], tools: LockTools
) -> Lock:
    spec, target, present = request.spec, request.target, builds.locking.present
    untold = untold_hashes(resolution.packages, present=present, fetcher=tools.fetcher)
    hashed, more = with_untold_hashes(resolution.packages, root=tools.root, fetcher=tools.fetcher, store=tools.store)
    computed.extend(more)
    hashed = _with_declared_hashes(request, hashed)

    def wheel(package: LockedPackage, artifact: Artifact) -> Path:
        return _stored([(package, artifact)], tools)[0].path

    for line in misnamed_wheels(without_wheels(hashed), tools.fetcher):
        tools.reporter.warning(line)
    packages = builds.lock_all(complete_edges(hashed, present=present, fetcher=tools.fetcher, wheel=wheel))
    bounds = spec.requires_python if target is None else f"=={target.markers['python_version']}.*"
    record = LockRecord(
        inputs=spec.inputs,
        plugins=tuple(sorted(spec.fingerprints)),
        computed_hashes=tuple(sorted({*resolution.computed_hashes, *untold, *computed})),
        target=None if target is None else target.label,
        builds=builds.builds,
    )
    return Lock(
        requires_python=bounds,
        environments=() if target is None else (_target_marker(target),),
        packages=tuple(sorted(packages, key=lambda p: (p.name, p.version or "", p.marker or ""))),
        record=record,
    )


def _with_declared_hashes(request: LockRequest, packages: Sequence[LockedPackage]) -> tuple[LockedPackage, ...]:
    """Keep only files with a declared hash where some are declared; more files may have been uploaded since."""
    declared = request.spec.hashes
    kept = tuple(with_declared_hashes(declared, package) for package in packages)
    environment = None if request.target is None else request.target.markers
    if problems := list(hash_reasons(declared, kept, environment)):
        places = ", ".join(dict.fromkeys(str(reason.origin) for reason in problems))
        raise LockRefusedError(
            f'{request.files.place}: what was resolved for environment "{request.spec.name}" is not written',
            why=map(str, problems),
            fix=f"ask yourself whether the index has the files that you mean; if so, correct the hashes ({places}), or "
            "remove them: a lock has its own; then lock again",
        )
    return kept


def _build_locking(request: LockRequest, present: Lock | None, computed: list[str], tools: LockTools) -> BuildLocking:
    def resolve(
        requirements: Sequence[DeclaredRequirement], before: Sequence[LockedPackage]
    ) -> tuple[LockedPackage, ...]:
        # what the environment's own requirements are bound by has no say in how a package is built
        spec = replace(
            request.spec, requirements=tuple(requirements), constraints=(), prereleases=False, local_projects=()
        )
        resolution = _resolve(replace(request, spec=spec), tuple(before), tools, {})
        hashed, more = with_untold_hashes(
            resolution.packages, root=tools.root, fetcher=tools.fetcher, store=tools.store
        )
        computed.extend(more)
        return tuple(sorted(hashed, key=lambda p: (p.name, p.version or "", p.marker or "")))

    return BuildLocking(
        spec=request.spec,
        place=request.files.place,
        present=present,
        python=python_for_builds(request.spec, request.target, tools.environ),
        resolve=resolve,
        sources=BuildSources(
            fetch=lambda wanted: _stored(wanted, tools, present),
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
            describe=tools.describe,
            run=tools.run,
            reporter=tools.reporter,
            root=tools.root,
            cache=tools.store.root,
            environ=tools.environ,
            give_up=tools.fetcher.cancel,
            given_up=tools.fetcher.is_cancelled,
        ),
        copy=lambda path, folder: tools.project_tree(request.spec, path).copy(folder)[0],
        variables={name: tools.environ[name] for name in request.spec.project_build.variables if name in tools.environ},
        moves=None if request.upgrade_all else request.upgrade,
    )


def _target_marker(target: Target) -> str:
    names = ("implementation_name", "python_version", "sys_platform", "platform_machine")
    return " and ".join(f'{name} == "{target.markers[name]}"' for name in names)


def _stored(
    wanted: Sequence[tuple[LockedPackage, Artifact]], tools: LockTools, present: Lock | None = None
) -> tuple[StoredFile, ...]:
    """Bring files into the store; what the present lock kept may have no address."""
    first = tools.plugins.locate_artifact
    return fetch_artifacts(
        wanted,
        store=tools.store,
        fetcher=tools.fetcher,
        locate=first if present is None else locator(first, present, tools.fetcher),
        reporter=tools.reporter,
        root=tools.root,
    )


# -- what may be written ------------------------------------------------------------------------------------------


def _judged(request: LockRequest, lock: Lock, plugins: Plugins) -> Fresh | Stale:
    environment = None if request.target is None else request.target.markers
    return judge_lock(request.spec, lock, plugins=plugins, environment=environment)


def _require_accepted(request: LockRequest, lock: Lock, plugins: Plugins) -> None:
    verdict = _judged(request, lock, plugins)
    if isinstance(verdict, Stale):
        raise LockRefusedError(
            f'{request.files.place}: what was resolved for environment "{request.spec.name}" is not written',
            why=map(str, verdict.reasons),
            fix=f"{edits_of(verdict.reasons) or 'change the inputs so that these hold'}, and lock again",
        )


def _write(rendered: Mapping[Path, bytes], *, dry_run: bool) -> LockStatus:
    changed = {path: data for path, data in rendered.items() if _bytes_of(path) != data}
    if not changed:
        return LockStatus.UNCHANGED
    if dry_run:
        return LockStatus.WOULD_CHANGE
    for path, data in changed.items():
        write_atomically(path, data)
    return LockStatus.WRITTEN


def _bytes_of(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
