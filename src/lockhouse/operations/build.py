"""Build: a locked sdist or checkout → a wheel with the record that proves it. Each is built once, whoever asks."""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from packaging.requirements import Requirement

from lockhouse.errors import BuildFailedError, BuildVariesError, SelectionError
from lockhouse.interfaces import StoredFile
from lockhouse.model.builds import build_key, build_lock_digest, needs_build, recorded_source, told_below
from lockhouse.model.closure import walk
from lockhouse.model.lock import ArtifactKind
from lockhouse.model.plan import select
from lockhouse.model.provenance import Provenance
from lockhouse.operations.build_record import builder_name, joined, machine_tag, require_expected, tell_of
from lockhouse.operations.build_room import build_room
from lockhouse.operations.held_words import Held
from lockhouse.operations.parallel import in_threads, processors, settle
from lockhouse.silence import SilentReporter
from lockhouse.storage.built import BuiltWheels
from lockhouse.storage.wheel_difference import wheel_differences

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from threading import Event

    from lockhouse.model.build_policy import BuildPolicy
    from lockhouse.model.lock import Artifact, BuildLock, Lock, LockedPackage
    from lockhouse.model.plan import Plan, PlannedPackage
    from lockhouse.model.target import Target
    from lockhouse.operations.build_room import BuildRoom, BuildTools, Product
    from lockhouse.operations.build_source import BuildSources
    from lockhouse.storage.store import Store

#: The form of a build: raised when the same lock would be built in another way.
_FORM = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class BuiltFile:
    """A wheel that was built, now or before.

    :ivar file: the wheel, just verified
    :ivar provenance: what proves it
    """

    file: StoredFile
    provenance: Provenance


class Builder:
    """Builds the sdists and checkouts of a lock for one interpreter.

    :param lock: the lock, with its build locks
    :param place: the lock file, for messages
    :param target: the interpreter that the wheels are for
    :param python: its path
    :param policy: what may be built, and may use the network
    :param sources: brings what is to be built into the store, and files
    :param store: the store
    :param tools: what to work with
    :param lock_command: the command that locks the environment
    """

    def __init__(
        self,
        lock: Lock,
        *,
        place: str,
        target: Target,
        python: Path,
        policy: BuildPolicy,
        sources: BuildSources,
        store: Store,
        tools: BuildTools,
        lock_command: str,
    ) -> None:
        self._lock = lock
        self._builds: Mapping[str, BuildLock] = {} if lock.record is None else lock.record.builds
        self._place = place
        self._target = target
        self._python = python
        self._policy = policy
        self._sources = sources
        self._wheels = BuiltWheels(store)
        self._tools = tools
        self._lock_command = lock_command

    def wheels(self, items: Sequence[PlannedPackage]) -> tuple[BuiltFile, ...]:
        """Give a wheel for each package that has to be built: one that was built before, by whomever, or a new one.

        As many are built at a time as there are processors. Every failure is reported, not the first one only.

        :param items: what was planned
        :raises BuildError: one cannot be built
        :raises StoreError: a source or a build requirement cannot be had, or is not what the lock says
        """
        said = Held()
        try:
            return self._all(items, said)
        finally:
            said.tell(self._tools.reporter)

    def files(self, items: Sequence[PlannedPackage]) -> tuple[tuple[StoredFile, ...], tuple[Provenance, ...]]:
        """Give what is to be installed for a plan: its wheels, and those built from its sdists and checkouts.

        :param items: what was planned
        :return: a file for each item, in the same order, and what proves those that were built
        :raises BuildError: one cannot be built
        :raises StoreError: a file cannot be had, or is not what the lock says
        """
        said = Held()
        try:
            return self._files(items, said)
        finally:
            said.tell(self._tools.reporter)

    def requirements_of(self, package: LockedPackage) -> tuple[StoredFile, ...]:
        """Bring the build requirements into the store; what of them has no wheel is built first.

        :param package: what is to be built
        :raises BuildError: one of them cannot be built
        :raises StoreError: one of them cannot be had, or is not what the lock says
        """
        return self.files(self._plan_of(package).files)[0]

    def obstacles(self, items: Iterable[PlannedPackage]) -> Iterator[str]:
        """Find what would keep sdists from being built, as far as the lock tells; nothing is fetched.

        :param items: what was planned
        :return: a build requirement that cannot be had a line
        """
        for item in items:
            if not needs_build(item.artifact):
                continue
            try:
                plan = self._plan_of(item.package)
            except SelectionError as error:
                yield from (f"the build of {item.package.label}: {line}" for line in error.why)
            else:
                yield from self.obstacles(plan.files)

    def _files(
        self, items: Sequence[PlannedPackage], said: Held
    ) -> tuple[tuple[StoredFile, ...], tuple[Provenance, ...]]:
        listed = [item for item in items if item.artifact.kind is not ArtifactKind.VCS]
        stored = self._sources.fetch([(item.package, item.artifact) for item in listed])
        files = {item.package.name: file for item, file in zip(listed, stored, strict=True)}
        built = self._all([item for item in items if needs_build(item.artifact)], said)
        files |= {made.file.name: made.file for made in built}
        return tuple(files[item.package.name] for item in items), tuple(made.provenance for made in built)

    def _all(self, items: Sequence[PlannedPackage], said: Held) -> tuple[BuiltFile, ...]:
        keys = [self._key(item) for item in items]
        found = {key: wheel for key in keys if (wheel := self._wheels.find(key)) is not None}
        missing = [(item, key) for item, key in zip(items, keys, strict=True) if key not in found]
        found |= self._build_missing(missing, said)
        return tuple(_built_file(item.package, *found[key]) for item, key in zip(items, keys, strict=True))

    def _build_missing(
        self, missing: Sequence[tuple[PlannedPackage, str]], said: Held
    ) -> dict[str, tuple[Path, Provenance]]:
        """Build several at a time, once all that they need is in the store: what is fetched shows a bar of its own."""
        if not missing:
            return {}
        if not said.is_nested:
            self._bring(item for item, _ in missing)
        items = {key: item for item, key in missing}
        title = f"Building {len(items)} packages" if len(items) > 1 else f"Building {missing[0][0].package.label}"
        reporter = SilentReporter() if said.is_nested else self._tools.reporter
        with reporter.progress(title) as progress:

            def work(key: str, _: Event | None = None) -> tuple[Path, Provenance]:
                label = items[key].package.label
                progress.start(label, None)
                try:
                    return self._once(items[key], key, said.nested())
                finally:
                    progress.finish(label)

            if len(items) == 1 or said.is_nested:
                return {key: work(key) for key in items}
            tools = self._tools
            outcomes = in_threads(list(items), work, jobs=processors(), on_stop=tools.give_up, given_up=tools.given_up)
        made, failures = settle(outcomes)
        if failures:
            raise joined(failures)
        return made

    def _bring(self, items: Iterable[PlannedPackage]) -> None:
        """Bring sources, and all that they are built with, into the store."""
        wanted = dict(self._needed(items, {}))
        self._sources.fetch([pair for pair in wanted.values() if pair[1].kind is not ArtifactKind.VCS])
        for package, artifact in wanted.values():
            if artifact.kind is ArtifactKind.VCS:
                self._sources.of(package, artifact)

    def _needed(
        self, items: Iterable[PlannedPackage], known: dict[str, tuple[LockedPackage, Artifact]]
    ) -> dict[str, tuple[LockedPackage, Artifact]]:
        for item in items:
            name = f"{build_key(item.package)} {item.artifact.label}"
            if name not in known:
                known[name] = item.package, item.artifact
                if needs_build(item.artifact):
                    self._needed(self._plan_of(item.package).files, known)
        return known

    def _once(self, item: PlannedPackage, key: str, said: Held) -> tuple[Path, Provenance]:
        with self._wheels.lock(key, what=f"the build of {item.package.label}"):
            return self._wheels.find(key) or self._build(item, key, said)

    def _key(self, item: PlannedPackage) -> str:
        """Give a digest of all that decides a wheel."""
        name, own = item.package.name, build_key(item.package)
        parts = [
            _FORM,
            recorded_source(item.artifact),
            item.artifact.subdirectory,
            item.package.version,
            build_lock_digest(own, self._builds),
            machine_tag(self._target),
            self._target.label,
            name in self._policy.allow_network,
            self._policy.options_of(name).text,
            self.told_below(own),
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def told_below(self, key: str) -> str:
        """Give what the settings say of the build requirements that may be built in their turn.

        :param key: of what is to be built
        """
        return told_below(key, self._builds, self._policy)

    def require_reproducible(self, items: Sequence[PlannedPackage], built: Iterable[BuiltFile]) -> None:
        """Build each package once more, and see that the wheel has the same bytes.

        :param items: what was planned
        :param built: the wheel of each
        :raises BuildVariesError: one has other bytes; all that differ are named
        :raises BuildError: one cannot be built
        """
        why: list[str] = []
        for item, made in zip(items, built, strict=True):
            with (
                self._tools.reporter.progress(f"Building {item.package.label} once more"),
                self._made(item, self._tools, Held()) as (again, _),
            ):
                why += [f"{item.package.label}: {line}" for line in wheel_differences(made.file.path, again)]
        if why:
            raise BuildVariesError(
                "two builds of the same source gave other bytes",
                why=why,
                fix="tell the authors of the package; without --verify-reproducible, the first wheel is taken",
            )

    def _build(self, item: PlannedPackage, key: str, said: Held) -> tuple[Path, Provenance]:
        reporter = said.reporter_of(item.package.label)
        with self._made(item, self._tools.heard_by(reporter), said) as (wheel, record):
            place = self._wheels.add(key, wheel, record)
        tell_of(item, record, reporter)
        return place, record

    @contextmanager
    def _made(self, item: PlannedPackage, tools: BuildTools, said: Held) -> Iterator[tuple[Path, Provenance]]:
        """Build a wheel; it is gone afterwards."""
        package = item.package
        source = self._sources.of(package, item.artifact)
        requirements, _ = self._files(self._plan_of(package).files, said)
        with build_room(
            package,
            source.fill,
            moment=source.moment,
            python=self._python,
            tools=tools,
            policy=self._policy,
        ) as room:
            room.furnish(requirements)
            self.require_locked(package, room)
            wheel = room.build()
            record = Provenance(
                name=package.name,
                version=require_expected(package, wheel, self._target),
                source=source.identity,
                source_name=source.name,
                build_lock=self.build_lock_of(build_key(package)),
                interpreter=machine_tag(self._target),
                platform=self._target.label,
                network=str(room.network),
                builder=builder_name(),
                wheel_name=wheel.name,
                wheel=f"sha256:{_sha256(wheel)}",
                options=room.options.text,
                below=self.told_below(build_key(package)),
            )
            yield wheel, record

    def _plan_of(self, package: LockedPackage) -> Plan:
        """Choose a file for each of the build requirements."""
        build = self._builds[build_key(package)]
        lock = replace(self._lock, packages=build.packages)
        return select(lock, self._target, place=f"{self._place} (builds of {package.label})", policy=self._policy)

    @property
    def target(self) -> Target:
        """Give the interpreter that the wheels are for."""
        return self._target

    @property
    def tools(self) -> BuildTools:
        """Give what it works with."""
        return self._tools

    def has_build_lock(self, key: str) -> bool:
        """Tell whether the lock says what something is built with.

        :param key: of what is to be built
        """
        return key in self._builds

    def build_lock_of(self, key: str) -> str:
        """Give the digest of a build lock.

        :param key: of what it is for
        """
        return build_lock_digest(key, self._builds)

    def require_locked(self, package: LockedPackage, room: BuildRoom, product: Product = "wheel") -> None:
        """Hold what the backend asks for here against the build lock: on another platform it may ask for more.

        :param package: what is to be built
        :param room: where
        :param product: what the backend is to build
        :raises BuildError: the build lock lacks something, or the backend cannot be asked
        """
        build = self._builds[build_key(package)]
        asked = [Requirement(line) for line in (*room.system.requires, *room.asked_for(product))]
        found = walk(asked, build.packages, self._target.markers)
        lacking = [str(demand.requirement) for demand in found.unmet if demand.root is not None]
        lacking += [str(demand.requirement) for demand, _ in found.violated if demand.root is not None]
        if lacking:
            raise BuildFailedError(
                f"{package.label} cannot be built with what {self._place} has for it",
                why=[f'its build requires "{line}" on {self._target.label}' for line in dict.fromkeys(lacking)],
                fix=self._lock_command,
            )


def _built_file(package: LockedPackage, wheel: Path, record: Provenance) -> BuiltFile:
    algorithm, _, digest = record.wheel.partition(":")
    file = StoredFile(name=package.name, version=record.version, path=wheel, algorithm=algorithm, digest=digest)
    return BuiltFile(file=file, provenance=record)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
