"""Build: a locked sdist → a wheel with the record that proves it. Each is built once, whoever asks first."""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import Version

from lockhouse.confinement import Network
from lockhouse.errors import BuildFailedError, BuildVariesError, SelectionError
from lockhouse.interfaces import StoredFile
from lockhouse.model.builds import build_key, build_lock_digest, needs_build, told_below
from lockhouse.model.closure import walk
from lockhouse.model.plan import select
from lockhouse.model.provenance import Provenance
from lockhouse.operations.build_room import build_room, from_sdist
from lockhouse.storage.built import BuiltWheels
from lockhouse.storage.wheel_difference import wheel_differences

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from lockhouse.model.build_policy import BuildOptions, BuildPolicy
    from lockhouse.model.lock import Artifact, BuildLock, Lock, LockedPackage
    from lockhouse.model.plan import Plan, PlannedPackage
    from lockhouse.model.target import Target
    from lockhouse.operations.build_room import BuildRoom, BuildTools, Product
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
    """Builds the sdists of a lock for one interpreter.

    :param lock: the lock, with its build locks
    :param place: the lock file, for messages
    :param target: the interpreter that the wheels are for
    :param python: its path
    :param policy: what may be built, and may use the network
    :param fetch: brings files into the store, verified
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
        fetch: Callable[[Sequence[tuple[LockedPackage, Artifact]]], tuple[StoredFile, ...]],
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
        self._fetch = fetch
        self._wheels = BuiltWheels(store)
        self._tools = tools
        self._lock_command = lock_command

    def wheels(self, items: Sequence[PlannedPackage], sdists: Iterable[StoredFile]) -> tuple[BuiltFile, ...]:
        """Give a wheel for each sdist: one that was built before, by whomever, or a new one.

        :param items: what was planned
        :param sdists: the verified sdist of each, in the same order
        :raises BuildError: an sdist cannot be built
        :raises StoreError: a build requirement cannot be had, or is not what the lock says
        """
        return tuple(self._wheel(item, sdist) for item, sdist in zip(items, sdists, strict=True))

    def files(self, items: Sequence[PlannedPackage]) -> tuple[tuple[StoredFile, ...], tuple[Provenance, ...]]:
        """Give what is to be installed for a plan: its wheels, and those built from its sdists.

        :param items: what was planned
        :return: a file for each item, in the same order, and what proves those that were built
        :raises BuildError: an sdist cannot be built
        :raises StoreError: a file cannot be had, or is not what the lock says
        """
        stored = self._fetch([(item.package, item.artifact) for item in items])
        pairs = [(item, file) for item, file in zip(items, stored, strict=True) if needs_build(item.artifact)]
        built = self.wheels([item for item, _ in pairs], [file for _, file in pairs])
        by_name = {item.package.name: made for (item, _), made in zip(pairs, built, strict=True)}
        files = tuple(by_name[file.name].file if file.name in by_name else file for file in stored)
        return files, tuple(made.provenance for made in built)

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

    def _wheel(self, item: PlannedPackage, sdist: StoredFile) -> BuiltFile:
        package = item.package
        allowed, options = package.name in self._policy.allow_network, self._policy.options_of(package.name)
        digest = build_lock_digest(build_key(package), self._builds)
        key = self._key(item, sdist, digest, options, allow_network=allowed)
        found = self._wheels.find(key)
        if found is None:
            with self._wheels.lock(key, what=f"the build of {package.label}"):
                found = self._wheels.find(key) or self._build(item, sdist, digest, key)
        wheel, record = found
        algorithm, _, wheel_digest = record.wheel.partition(":")
        file = StoredFile(
            name=package.name, version=record.version, path=wheel, algorithm=algorithm, digest=wheel_digest
        )
        return BuiltFile(file=file, provenance=record)

    def _key(
        self, item: PlannedPackage, sdist: StoredFile, build_lock: str, options: BuildOptions, *, allow_network: bool
    ) -> str:
        """Give a digest of all that decides a wheel."""
        parts = [
            _FORM,
            f"{sdist.algorithm}:{sdist.digest}",
            item.artifact.subdirectory,
            build_lock,
            machine_tag(self._target),
            self._target.label,
            allow_network,
            options.text,
            self.told_below(build_key(item.package)),
        ]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    def told_below(self, key: str) -> str:
        """Give what the settings say of the build requirements that may be built in their turn.

        :param key: of what is to be built
        """
        return told_below(key, self._builds, self._policy)

    def require_reproducible(
        self, items: Sequence[PlannedPackage], sdists: Iterable[StoredFile], built: Iterable[BuiltFile]
    ) -> None:
        """Build each sdist once more, and see that the wheel has the same bytes.

        :param items: what was planned
        :param sdists: the verified sdist of each, in the same order
        :param built: the wheel of each
        :raises BuildVariesError: one has other bytes; all that differ are named
        :raises BuildError: an sdist cannot be built
        """
        why: list[str] = []
        for item, sdist, made in zip(items, sdists, built, strict=True):
            with self._made(item, sdist, made.provenance.build_lock) as (again, _):
                why += [f"{item.package.label}: {line}" for line in wheel_differences(made.file.path, again)]
        if why:
            raise BuildVariesError(
                "two builds of the same sdist gave other bytes",
                why=why,
                fix="tell the authors of the package; without --verify-reproducible, the first wheel is taken",
            )

    def _build(self, item: PlannedPackage, sdist: StoredFile, build_lock: str, key: str) -> tuple[Path, Provenance]:
        with self._made(item, sdist, build_lock) as (wheel, record):
            place = self._wheels.add(key, wheel, record)
        self._tell(item.package, record)
        return place, record

    @contextmanager
    def _made(self, item: PlannedPackage, sdist: StoredFile, build_lock: str) -> Iterator[tuple[Path, Provenance]]:
        """Build a wheel; it is gone afterwards."""
        package, tools = item.package, self._tools
        requirements = self.requirements_of(package)
        with (
            tools.reporter.progress(f"Building {package.label}"),
            build_room(
                package,
                from_sdist(item.artifact, sdist.path),
                python=self._python,
                tools=tools,
                policy=self._policy,
            ) as room,
        ):
            room.furnish(requirements)
            self.require_locked(package, room)
            wheel = room.build()
            record = Provenance(
                name=package.name,
                version=require_expected(package, wheel, self._target),
                source=f"{sdist.algorithm}:{sdist.digest}",
                source_name=sdist.path.name,
                build_lock=build_lock,
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

    def _tell(self, package: LockedPackage, record: Provenance) -> None:
        message = f"built {package.label} from its sdist; the network was {record.network}"
        if record.network == Network.ALLOWED:
            self._tools.reporter.warning(f"{message}, as allow-network says: its hash does not tell what it fetched")
        elif record.network == Network.WATCHED:
            self._tools.reporter.info(f"{message}: programs other than Python are not held back here")
        else:
            self._tools.reporter.info(message)

    def requirements_of(self, package: LockedPackage) -> tuple[StoredFile, ...]:
        """Bring the build requirements into the store; what of them has no wheel is built first.

        :param package: what is to be built
        :raises BuildError: one of them cannot be built
        :raises StoreError: one of them cannot be had, or is not what the lock says
        """
        return self.files(self._plan_of(package).files)[0]

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


def require_expected(package: LockedPackage, wheel: Path, target: Target) -> str:
    """See that a wheel is of the locked package, and fits the interpreter; give its version.

    :param package: what was to be built
    :param wheel: what was built
    :param target: the interpreter
    :raises BuildFailedError: it is another package, or does not fit
    """
    try:
        name, version, _, tags = parse_wheel_filename(wheel.name)
    except InvalidWheelFilename as error:
        raise BuildFailedError(f"{package.label}: its backend built {wheel.name}", why=str(error)) from error
    if canonicalize_name(name) != package.name or (package.version and version != Version(package.version)):
        raise BuildFailedError(f"{package.label}: its backend built something else", why=f"it built {wheel.name}")
    if not {str(tag) for tag in tags} & {*target.tags}:
        raise BuildFailedError(
            f"{package.label}: its backend built a wheel that does not fit {target.label}", why=f"it built {wheel.name}"
        )
    return str(version)


def machine_tag(target: Target) -> str:
    """Give the tag that says most of an interpreter: on Linux the one that names the C library and its version.

    :param target: the interpreter
    """
    told = (tag for tag in target.tags if "manylinux" in tag or "musllinux" in tag)
    return next(told, target.tags[0])


def builder_name() -> str:
    """Give who builds, with the versions that decide how."""
    from importlib import metadata  # noqa: PLC0415 - only where something is built

    return f"lockhouse {metadata.version('lockhouse')}, pyproject-hooks {metadata.version('pyproject-hooks')}"


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
