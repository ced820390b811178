"""Wheelhouse: locks and targets → a folder or an archive from which they can be installed without any network."""

from __future__ import annotations

from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from lockhouse.errors import InterpreterError, NoCompatibleArtifactError, SelectionError, WheelhouseInvalidError
from lockhouse.interpreters import find_interpreter
from lockhouse.model.build_policy import NEVER_BUILD
from lockhouse.model.indexes import public_url
from lockhouse.model.lock import BuildLock
from lockhouse.model.plan import Plan, select
from lockhouse.model.pythons import minor_of, minors_within
from lockhouse.model.wheelhouse import (
    Manifest,
    ServedEnvironment,
    ServedTarget,
    WheelhouseFile,
    problems_of,
    requirements_text,
)
from lockhouse.operations.complete import Completeness
from lockhouse.operations.fetch import fetch_artifacts
from lockhouse.operations.located import locator, with_files_named
from lockhouse.storage.archives import require_writable
from lockhouse.storage.wheelhouse import require_replaceable, save_archive, save_folder

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from lockhouse.fetchers import Fetcher
    from lockhouse.interfaces import Reporter
    from lockhouse.model.lock import Artifact, Lock, LockedPackage
    from lockhouse.model.spec import EnvironmentSpec
    from lockhouse.model.target import Target
    from lockhouse.plugins import Plugins
    from lockhouse.storage.lockfiles import LockFiles
    from lockhouse.storage.store import Store


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
    :ivar store: the store
    :ivar plugins: who has a say
    :ivar reporter: where to say what happens
    """

    root: Path
    fetcher: Callable[[EnvironmentSpec], Fetcher]
    store: Store
    plugins: Plugins
    reporter: Reporter


def build_wheelhouse(parts: Sequence[WheelhousePart], *, path: Path, archive: bool, tools: WheelhouseTools) -> Manifest:
    """Build a wheelhouse that is complete for all that is asked, or none. The same locks give the same bytes.

    :param parts: what it is to be complete for
    :param path: the folder or archive to write
    :param archive: whether it is an archive
    :param tools: what to work with
    :return: what it says of itself
    :raises SelectionError: a target lacks wheels; all that is missing is named, before anything is fetched
    :raises LockStaleError: a locked file requires what the lock lacks
    :raises StoreError: a file cannot be had, is not what the lock says, or the place cannot be written
    """
    if archive:
        require_writable(path)
    else:
        require_replaceable(path)
    planned = _plans(parts, tools)
    stored: dict[str, Path] = {}
    for each in planned:
        stored |= each.fetch(tools)
        each.require_complete(stored, tools.plugins)
    contents: dict[str, bytes | Path] = {**stored, **{each.part.requirements: each.text for each in planned}}
    manifest = _manifest(planned, contents)
    with tools.reporter.progress("Writing") as progress:
        (save_archive if archive else save_folder)(path, manifest, contents, progress)
    return manifest


def default_pythons(spec: EnvironmentSpec, running: Path, environ: Mapping[str, str]) -> tuple[Path, ...]:
    """Give the interpreters that a wheelhouse is built for where no target is named: those of this machine.

    :param spec: the environment; where it lists its Pythons, these, else the newest that its lock is for
    :param running: the interpreter that runs us, which is taken first where none is listed
    :param environ: the user's environment variables
    :raises InterpreterError: a listed Python is not here, or none is
    """
    listed = tuple(dict.fromkeys(minor_of(version) for version in spec.pythons))
    if listed:
        found = {version: find_interpreter(version, environ) for version in listed}
        missing = [version for version, python in found.items() if python is None]
        if not missing:
            return tuple(python for python in found.values() if python is not None)
        raise _no_python(spec, missing)
    import platform  # noqa: PLC0415 - only here

    minors = minors_within(spec.requires_python)
    if minor_of(platform.python_version()) in minors:
        return (running,)
    for version in reversed(minors):
        newest = find_interpreter(version, environ)
        if newest is not None:
            return (newest,)
    raise _no_python(spec, minors)


def _no_python(spec: EnvironmentSpec, versions: Iterable[str]) -> InterpreterError:
    return InterpreterError(
        f'environment "{spec.name}" needs Python {", ".join(versions)}, which is not installed here',
        why="without --target, a wheelhouse is for this machine",
        fix="install it, or name the targets, such as --target cp312-manylinux_2_28_x86_64",
    )


# -- plans --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _Planned:
    """One part, and what each of its targets needs: to be installed, and for the build of the project."""

    part: WheelhousePart
    digest: str
    lock: Lock
    plans: tuple[Plan, ...]
    builds: tuple[Plan, ...]

    @property
    def wanted(self) -> list[tuple[LockedPackage, Artifact]]:
        """Give every file once."""
        by_name = {
            item.artifact.filename or "": (item.package, item.artifact)
            for plan in (*self.plans, *self.builds)
            for item in plan.files
        }
        return [by_name[name] for name in sorted(by_name)]

    @property
    def labels(self) -> tuple[str, ...]:
        return tuple(plan.target.wheel_label for plan in self.plans)

    @property
    def text(self) -> bytes:
        return requirements_text(
            self.plans, name=self.part.requirements, lock=self.part.files.place, targets=self.labels
        )

    def fetch(self, tools: WheelhouseTools) -> dict[str, Path]:
        fetcher = tools.fetcher(self.part.spec)
        wanted = self.wanted
        files = fetch_artifacts(
            wanted,
            store=tools.store,
            fetcher=fetcher,
            locate=locator(tools.plugins.locate_artifact, self.lock, fetcher),
            reporter=tools.reporter,
            root=tools.root,
        )
        return {artifact.filename or "": file.path for (_, artifact), file in zip(wanted, files, strict=True)}

    def require_complete(self, stored: Mapping[str, Path], plugins: Plugins) -> None:
        """Hold each plan against the metadata of the files: where there is no index, it would be too late."""
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
            paths = {item.package.name: stored[item.artifact.filename or ""] for item in plan.files}
            completeness.require_files(plan, paths)


def _plans(parts: Iterable[WheelhousePart], tools: WheelhouseTools) -> list[_Planned]:
    """Choose all files, and name all that cannot be chosen at once."""
    planned: list[_Planned] = []
    problems: dict[str, None] = {}
    kinds: set[type[SelectionError]] = set()
    for part in parts:
        digest = part.files.quick_look().digest
        lock = with_files_named(part.files.read(), tools.fetcher(part.spec))
        plans, builds = [], []
        for target in part.targets:
            try:
                plans.append(_plan(part, lock, target))
                builds.append(_build_plan(part, lock, target))
            except SelectionError as error:
                kinds.add(type(error))
                problems |= dict.fromkeys(f"{part.spec.name} on {target.wheel_label}: {line}" for line in error.why)
        planned.append(_Planned(part=part, digest=digest, lock=lock, plans=tuple(plans), builds=tuple(builds)))
    if problems:
        raise (kinds.pop() if len(kinds) == 1 else NoCompatibleArtifactError)(
            "the wheelhouse would not be complete; nothing was fetched",
            why=problems,
            fix="choose versions that have wheels for these targets, or leave the targets out",
        )
    return planned


def _plan(part: WheelhousePart, lock: Lock, target: Target) -> Plan:
    name = part.spec.project_name if part.spec.installs_project else None
    plan = select(
        lock,
        target,
        place=part.files.place,
        allow_unhashed=[package.name for package in lock.packages],  # told below, together with the rest
        leave_out=() if name is None else (name,),
        policy=NEVER_BUILD,
    )
    if plan.sources:
        raise NoCompatibleArtifactError(
            part.files.place,
            why=[
                f"{item.package.label} is a {item.artifact.kind.value}, not a wheel; building is not supported yet"
                for item in plan.sources
            ],
        )
    return plan


def _build_plan(part: WheelhousePart, lock: Lock, target: Target) -> Plan:
    """Choose what the project is built with where it is installed: it is no file of the wheelhouse."""
    name = part.spec.project_name
    builds = {} if lock.record is None else lock.record.builds
    build = builds.get(name, BuildLock()) if name is not None and part.spec.installs_project else BuildLock()
    place = f"{part.files.place} (builds of {name})"
    return select(replace(lock, packages=build.packages), target, place=place, policy=NEVER_BUILD)


# -- manifest -----------------------------------------------------------------------------------------------------


def _manifest(planned: Sequence[_Planned], contents: Mapping[str, bytes | Path]) -> Manifest:
    wheels = {
        (file.name, file.hash): file
        for each in planned
        for package, artifact in each.wanted
        for file in (_wheel(package, artifact, contents),)
    }
    texts = [_text(name, content) for name, content in contents.items() if isinstance(content, bytes)]
    manifest = Manifest(
        environments=tuple(_served(each) for each in planned),
        files=tuple(sorted((*wheels.values(), *texts), key=lambda file: (file.name, file.hash))),
    )
    if problems := tuple(problems_of(manifest)):
        raise WheelhouseInvalidError(
            "these environments cannot be in one wheelhouse", why=problems, fix="build a wheelhouse for each of them"
        )
    return manifest


def _served(planned: _Planned) -> ServedEnvironment:
    return ServedEnvironment(
        name=planned.part.spec.name,
        lock=planned.part.files.place,
        digest=planned.digest,
        requirements=planned.part.requirements,
        targets=tuple(
            ServedTarget(
                name=label,
                files=tuple(sorted({item.artifact.filename or "" for item in (*plan.files, *build.files)})),
            )
            for label, plan, build in zip(planned.labels, planned.plans, planned.builds, strict=True)
        ),
    )


def _wheel(package: LockedPackage, artifact: Artifact, contents: Mapping[str, bytes | Path]) -> WheelhouseFile:
    name = artifact.filename or ""
    path = contents[name]
    address = package.index or (artifact.url if package.version is None else None)
    return WheelhouseFile(
        name=name,
        size=path.stat().st_size if isinstance(path, Path) else len(path),
        hash=":".join(artifact.strong_hash or ()),
        package=package.label,
        origin=None if address is None else public_url(address),
    )


def _text(name: str, content: bytes) -> WheelhouseFile:
    return WheelhouseFile(name=name, size=len(content), hash=f"sha256:{sha256(content).hexdigest()}")


def distinct_targets(targets: Iterable[Target]) -> tuple[Target, ...]:
    """Leave out targets that are named twice.

    :param targets: targets
    """
    return tuple({target.wheel_label: target for target in targets}.values())
