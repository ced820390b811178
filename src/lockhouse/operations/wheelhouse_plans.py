"""What a wheelhouse is to hold: for each lock and target a file a package, and who builds what has only an sdist."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from lockhouse.errors import NoCompatibleArtifactError, SelectionError, UnverifiableArtifactError
from lockhouse.interpreters import find_interpreter
from lockhouse.model.build_policy import NEVER_BUILD
from lockhouse.model.builds import needs_build
from lockhouse.model.lock import ArtifactKind, BuildLock
from lockhouse.model.plan import Plan, select
from lockhouse.model.proof import builds_for, misfit
from lockhouse.model.wheelhouse import built_artifact, requirements_text
from lockhouse.operations.build import Builder
from lockhouse.operations.build_source import BuildSources
from lockhouse.operations.checkout import Checkouts
from lockhouse.operations.complete import Completeness
from lockhouse.operations.fetch import fetch_artifacts
from lockhouse.operations.located import locator, with_files_named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from lockhouse.fetchers import Fetcher
    from lockhouse.interfaces import Reporter, StoredFile
    from lockhouse.model.lock import Artifact, Lock, LockedPackage
    from lockhouse.model.provenance import Provenance
    from lockhouse.model.spec import EnvironmentSpec
    from lockhouse.model.target import Target
    from lockhouse.operations.build_room import BuildTools
    from lockhouse.plugins import Plugins
    from lockhouse.storage.lockfiles import LockFiles
    from lockhouse.storage.store import Store

#: What mends a plan that lacks files.
_FIX = "choose versions that have wheels for these targets, leave these out, or build it on such a machine"


@dataclass(frozen=True, kw_only=True)
class WheelhousePart:
    """One environment, one of its locks, and the targets that it is to be complete for.

    :ivar spec: the environment
    :ivar files: where the lock lies; it is known to be fresh
    :ivar targets: the targets
    :ivar requirements: name of the file with its hashed requirements
    :ivar environment: marker environment that the lock was checked for, None for all that are declared
    """

    spec: EnvironmentSpec
    files: LockFiles
    targets: tuple[Target, ...]
    requirements: str
    environment: Mapping[str, str] | None


@dataclass(frozen=True, kw_only=True)
class WheelhouseTools:
    """What building works with.

    :ivar root: the project's folder
    :ivar fetcher: gives who has the files of an environment that the store lacks
    :ivar build_tools: gives what the sdists of an environment are built with
    :ivar describe: asks an interpreter what it accepts
    :ivar store: the store
    :ivar plugins: who has a say
    :ivar reporter: where to say what happens
    :ivar environ: the user's environment variables
    """

    root: Path
    fetcher: Callable[[EnvironmentSpec], Fetcher]
    build_tools: Callable[[EnvironmentSpec], BuildTools]
    describe: Callable[[Path], Target]
    store: Store
    plugins: Plugins
    reporter: Reporter
    environ: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class PlannedPart:
    """One part, and what each of its targets needs.

    :ivar part: the part
    :ivar digest: digest of its lock
    :ivar plans: what each target needs, in their order
    :ivar builds: what the project is built with where it is installed, for each of them
    :ivar builders: who builds for each of them; None where nothing is built
    :ivar records: what proves the wheels that were built
    :ivar is_told_by_lock: whether no index was asked which files belong to hashes of the lock
    """

    part: WheelhousePart
    digest: str
    plans: tuple[Plan, ...]
    builds: tuple[Plan, ...]
    builders: tuple[Builder | None, ...]
    records: tuple[Provenance, ...] = ()
    is_told_by_lock: bool
    fetch: Callable[[Sequence[tuple[LockedPackage, Artifact]]], tuple[StoredFile, ...]]

    @property
    def wanted(self) -> list[tuple[LockedPackage, Artifact]]:
        """Give every file once; two of one name that differ are two."""
        found = {
            (item.artifact.filename or "", item.artifact.strong_hash or ()): (item.package, item.artifact)
            for plan in (*self.plans, *self.builds)
            for item in plan.files
            if item.artifact.kind is not ArtifactKind.VCS  # what is built of it, is a file later
        }
        return [found[key] for key in sorted(found)]

    @property
    def labels(self) -> tuple[str, ...]:
        """Give the labels of the targets."""
        return tuple(plan.target.wheel_label for plan in self.plans)

    @property
    def text(self) -> bytes:
        """Give the hashed requirements for plain pip."""
        return requirements_text(
            self.plans, name=self.part.requirements, lock=self.part.files.place, targets=self.labels
        )

    def fetched(self) -> dict[str, StoredFile]:
        """Bring all files into the store.

        :raises StoreError: a file cannot be had, or is not what the lock says
        """
        wanted = self.wanted
        return {a.filename or "": file for (_, a), file in zip(wanted, self.fetch(wanted), strict=True)}

    def built(self, files: dict[str, StoredFile], *, twice: bool) -> PlannedPart:
        """Build what has only an sdist, and put the wheels in the place of the sdists.

        :param files: the stored files by name; the built wheels are added
        :param twice: whether to build everything once more, and to see that it has the same bytes
        :raises BuildError: an sdist cannot be built
        """
        plans, records = [], []
        for plan, builder in zip(self.plans, self.builders, strict=True):
            items = [item for item in plan.files if needs_build(item.artifact)]
            if builder is None or not items:
                plans.append(plan)
                continue
            made = builder.wheels(items)
            if twice:
                builder.require_reproducible(items, made)
            files |= {each.provenance.wheel_name: each.file for each in made}
            records += [each.provenance for each in made]
            wheels = {
                item.package.name: replace(item, artifact=built_artifact(each.provenance))
                for item, each in zip(items, made, strict=True)
            }
            plans.append(replace(plan, files=tuple(wheels.get(item.package.name, item) for item in plan.files)))
        return replace(self, plans=tuple(plans), records=tuple(records))

    def require_complete(self, paths: Mapping[str, Path], plugins: Plugins) -> None:
        """Hold each plan against the metadata of the files: where there is no index, it would be too late.

        :param paths: the stored files by name
        :param plugins: who has a say
        :raises LockStaleError: a file requires what the lock lacks
        """
        spec = self.part.spec
        for plan in self.plans:
            completeness = Completeness(
                spec=spec,
                files=self.part.files,
                target=plan.target,
                own=spec.project_name if spec.installs_project else None,
                plugins=plugins,
                environment=self.part.environment,
            )
            found = {item.package.name: paths[item.artifact.filename or ""] for item in plan.files}
            completeness.require_files(plan, found)


def plan_parts(parts: Iterable[WheelhousePart], tools: WheelhouseTools) -> list[PlannedPart]:
    """Choose all files, and name all that cannot be had or built at once, before anything is fetched.

    :param parts: what the wheelhouse is to be complete for
    :param tools: what to work with
    :raises SelectionError: a target lacks files
    :raises LockInvalidError: a lock cannot be read
    """
    planned: list[PlannedPart] = []
    problems: dict[str, None] = {}
    kinds: set[type[SelectionError]] = set()
    fixes: dict[str | None, None] = {}
    for part in parts:
        digest = part.files.quick_look().digest
        work = _Planning(part, tools)
        chosen = []
        for target in part.targets:
            try:
                chosen.append(work.plan(target))
            except SelectionError as error:
                kinds.add(type(error))
                fixes[error.fix] = None
                problems |= dict.fromkeys(f"{part.spec.name} on {target.wheel_label}: {line}" for line in error.why)
        planned.append(
            PlannedPart(
                part=part,
                digest=digest,
                plans=tuple(plan for plan, _, _ in chosen),
                builds=tuple(builds for _, builds, _ in chosen),
                builders=tuple(builder for _, _, builder in chosen),
                fetch=work.fetch,
                is_told_by_lock=work.is_told_by_lock,
            )
        )
    if problems:
        told = "; ".join(fix for fix in fixes if fix) if kinds == {UnverifiableArtifactError} else _FIX
        kind = kinds.pop() if len(kinds) == 1 else NoCompatibleArtifactError
        raise kind("the wheelhouse would not be complete; nothing was fetched", why=problems, fix=told)
    return planned


def require_fitting(parts: Iterable[PlannedPart]) -> None:
    """Refuse what was built here and may not run on the target that it was built for.

    :param parts: what was built
    :raises NoCompatibleArtifactError: a wheel was made with a newer C library than the target has
    """
    problems = dict.fromkeys(
        f"{each.part.spec.name} on {plan.target.wheel_label}: {problem}"
        for each in parts
        for plan in each.plans
        for record in each.records
        if any(item.artifact.filename == record.wheel_name for item in plan.files)
        if (problem := misfit(record, plan.target)) is not None
    )
    if problems:
        raise NoCompatibleArtifactError(
            "the wheelhouse would not be complete: what was built here does not fit all targets",
            why=problems,
            fix="build it on a machine with the C library of the target, or name a target with that of this machine",
        )


class _Planning:
    """Chooses the files of one part."""

    def __init__(self, part: WheelhousePart, tools: WheelhouseTools) -> None:
        self._part = part
        self._tools = tools
        self._fetcher = tools.fetcher(part.spec)
        lock = part.files.read()
        self._lock: Lock = with_files_named(lock, self._fetcher)
        self.is_told_by_lock = self._lock is lock

    def plan(self, target: Target) -> tuple[Plan, Plan, Builder | None]:
        """Choose wheels; where that does not do, and an interpreter of this machine builds for the target, sdists, too.

        :return: what is installed, what the project is built with, and who builds
        :raises SelectionError: something cannot be had or built
        """
        project = self._select_for_project(target)
        try:
            return self._select(target, builds=False), project, None
        except NoCompatibleArtifactError:
            here = self._interpreter_for(target)
            if here is None:
                raise
        plan = self._select(target, builds=True)
        builder = self._builder(here)
        if obstacles := tuple(builder.obstacles(plan.files)):
            raise NoCompatibleArtifactError(self._part.files.place, why=obstacles)
        return plan, project, builder

    def fetch(self, wanted: Sequence[tuple[LockedPackage, Artifact]]) -> tuple[StoredFile, ...]:
        tools = self._tools
        return fetch_artifacts(
            wanted,
            store=tools.store,
            fetcher=self._fetcher,
            locate=locator(tools.plugins.locate_artifact, self._lock, self._fetcher),
            reporter=tools.reporter,
            root=tools.root,
        )

    def _select(self, target: Target, *, builds: bool) -> Plan:
        spec = self._part.spec
        plan = select(
            self._lock,
            target,
            place=self._part.files.place,
            allow_unhashed=[package.name for package in self._lock.packages],  # told below, together with the rest
            leave_out=(spec.project_name,) if spec.installs_project and spec.project_name is not None else (),
            policy=replace(spec.builds, wheels_only=not builds),
        )
        folders = [f"{item.package.label} is a directory, which no wheelhouse can have" for item in plan.sources]
        refused = [
            item.package
            for item in plan.files
            if item.artifact.kind is ArtifactKind.VCS and item.package.name not in spec.allow_unhashed
        ]
        why = [f"{package.label} comes from a checkout, and allow-unhashed does not name it" for package in refused]
        if folders:
            raise NoCompatibleArtifactError(self._part.files.place, why=[*folders, *why])
        if refused:
            names = ", ".join(f'"{package.name}"' for package in refused)
            raise UnverifiableArtifactError(
                self._part.files.place, why=why, fix=f"allow it by name: allow-unhashed = [{names}]"
            )
        return plan

    def _select_for_project(self, target: Target) -> Plan:
        """Choose what the project is built with where it is installed: wheels alone."""
        spec, record = self._part.spec, self._lock.record
        name = spec.project_name
        known = {} if record is None or name is None or not spec.installs_project else record.builds
        build = known.get(name or "", BuildLock())
        place = f"{self._part.files.place} (builds of {name})"
        return select(replace(self._lock, packages=build.packages), target, place=place, policy=NEVER_BUILD)

    def _interpreter_for(self, target: Target) -> Target | None:
        if target.executable:
            return target
        python = find_interpreter(target.markers["python_version"], self._tools.environ)
        here = None if python is None else self._tools.describe(python)
        return here if here is not None and builds_for(here, target) else None

    def _builder(self, here: Target) -> Builder:
        spec, tools = self._part.spec, self._tools
        return Builder(
            self._lock,
            place=self._part.files.place,
            target=here,
            python=Path(here.executable),
            policy=spec.builds,
            sources=BuildSources(
                fetch=self.fetch,
                checkouts=Checkouts(
                    store=tools.store,
                    run=tools.build_tools(spec).run,
                    reporter=tools.reporter,
                    environ=tools.environ,
                    declared=spec.requirements,
                ),
            ),
            store=tools.store,
            tools=tools.build_tools(spec),
            lock_command=spec.lock_command,
        )
