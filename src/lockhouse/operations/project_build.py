"""Build a project of the repository: once per content, from a copy of its files, with nothing but its build lock."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name, parse_wheel_filename

from lockhouse.errors import BuildFailedError, LockStaleError
from lockhouse.interfaces import StoredFile
from lockhouse.model.build_policy import Rebuild
from lockhouse.model.builds import build_key
from lockhouse.model.lock import LockedPackage
from lockhouse.model.project_info import PURE, ExpectedWheel
from lockhouse.model.provenance import Provenance
from lockhouse.operations.build import BuiltFile
from lockhouse.operations.build_record import builder_name, machine_tag, require_expected
from lockhouse.operations.build_room import build_room
from lockhouse.operations.editable_wheel import require_self_reliant
from lockhouse.operations.sdist_repository import commit_all
from lockhouse.operations.sources import PROJECT
from lockhouse.storage.built import BuiltWheels
from lockhouse.storage.sdists import unpack_sdist

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from contextlib import AbstractContextManager

    from packaging.utils import NormalizedName

    from lockhouse.operations.build import Builder
    from lockhouse.operations.build_room import BuildRoom, Product
    from lockhouse.operations.sync_request import SyncRequest
    from lockhouse.storage.store import Store
    from lockhouse.storage.trees.record import TreeRecord

#: The form of a build: raised when the same project would be built in another way.
_FORM = 4

#: Scripts that run in a build though nothing names them, and may ask the interpreter: what one says, another does not.
_SCRIPTS = frozenset({"hatch_build.py", "pdm_build.py", "setup.py"})

#: Seconds after which a wheel goes that nobody asked for: each edit of a project makes another one.
_UNUSED = 30 * 24 * 3600.0


class ProjectBuilder:
    """Builds a project of an environment: the one under test, or another one of the repository.

    :param request: the environment; how and where it is
    :param builder: brings the build requirements
    :param store: where wheels are kept
    :param name: the project's name; that of the project under test when not given
    :param path: its folder, relative to the project under test
    """

    def __init__(
        self,
        request: SyncRequest,
        builder: Builder,
        store: Store,
        *,
        name: NormalizedName | None = None,
        path: str = PROJECT,
    ) -> None:
        self._request = request
        self._builder = builder
        self._wheels = BuiltWheels(store, "projects")
        known = name or request.spec.project_name or canonicalize_name(PROJECT)
        self._package = LockedPackage(name=known, version=None)
        self._tree = request.tree(path)
        self._build_system = request.spec.build_of(path)
        self._through_sdist = request.through_sdist and path == PROJECT

    def wheel(self) -> BuiltFile:
        """Give the wheel of the project as it is now: one that was built before, by whomever, or a new one.

        :raises BuildError: it cannot be built
        :raises StoreError: a build requirement cannot be had, or is not what the lock says
        :raises LockStaleError: the lock does not say what it is built with
        """
        self._require_build_lock()
        seen = self._tree.look()
        self._tree.remember(seen)
        digest = seen.digest
        shared, own = self._keys_of(seen)
        if self._request.spec.project_build.rebuild is Rebuild.ALWAYS:
            return self._build(digest, lambda record: _digest([own, record.wheel]))
        found = self._found(shared, own)
        if found is None:
            with self._wheels.lock(shared, what=f"the build of {self._package.name}"):
                found = self._found(shared, own)
                if found is None:
                    return self._build(digest, lambda record: shared if _is_pure(record.wheel_name) else own)
        return _file(*found)

    def expected(self) -> ExpectedWheel:
        """Say which wheel :meth:`wheel` would give now, and what decides that. Nothing is built, and no file is read.

        :raises LockStaleError: the lock does not say what it is built with
        """
        self._require_build_lock()
        seen = self._tree.look()
        shared, own = self._keys_of(seen)
        pure, other = None if shared == own else self._wheels.record(shared), self._wheels.record(own)
        kept = pure or other
        return ExpectedWheel(
            wheel=None if kept is None else kept.wheel_name,
            source=seen.digest,
            files=len(seen.files),
            scm=seen.scm,
            build_lock=self._build_lock,
            interpreter=machine_tag(self._builder.target) if pure is None else PURE,
        )

    def editable(self) -> BuiltFile:
        """Build an editable wheel of the project's own folder; one at a time, for its backend may write there.

        :raises BuildError: it cannot be built
        :raises StoreError: a build requirement cannot be had, or is not what the lock says
        :raises LockStaleError: the lock does not say what it is built with
        """
        self._require_build_lock()
        root = self._tree.root
        key = hashlib.sha256(str(root.resolve()).encode("utf-8", "surrogateescape")).hexdigest()
        with self._wheels.lock(key, what=f"the editable build of {self._package.name}"):
            return self._made(
                "editable", lambda _: root, lambda record: _digest([key, record.wheel]), source=f"editable:{key}"
            )

    def sdist(self, folder: Path) -> Path:
        """Build an sdist of the project.

        :param folder: where it goes
        :return: the file
        :raises LockhouseError: as for :meth:`wheel`
        """
        self._require_build_lock()
        return self._sdist(self._filling(self._tree.look().digest), folder)

    def wheel_of(self, sdist: Path) -> BuiltFile:
        """Build the wheel of an sdist that somebody else made of the project.

        :param sdist: the file
        :raises LockhouseError: as for :meth:`wheel`
        """
        self._require_build_lock()
        _, own = self._keys(_sha256(sdist))
        return self._made(
            "wheel",
            lambda folder: unpack_sdist(sdist, folder),
            lambda record: _digest([own, record.wheel]),
            source=f"sha256:{_sha256(sdist)}",
        )

    # -- building -------------------------------------------------------------------------------------------------

    def _build(self, digest: str, key: Callable[[Provenance], str]) -> BuiltFile:
        """Build a wheel from a copy."""
        fill = self._filling(digest)
        if not self._through_sdist:
            return self._made("wheel", fill, key, source=f"tree:{digest}")
        with tempfile.TemporaryDirectory(prefix="lockhouse-") as scratch:
            sdist = self._sdist(fill, Path(scratch))
            return self._made("wheel", lambda folder: unpack_sdist(sdist, folder), key, source=f"tree:{digest}")

    def _filling(self, digest: str) -> Callable[[Path], Path]:
        """Give what copies the project, and sees that the copy is of what was looked at."""
        package = self._package

        def fill(folder: Path) -> Path:
            project, copied = self._tree.copy(folder)
            if copied != digest:
                raise BuildFailedError(
                    f"{package.name} was edited while it was copied to be built",
                    why="what is built has to be one state of its files",
                    fix="run again",
                )
            return project

        return fill

    def _sdist(self, fill: Callable[[Path], Path], folder: Path) -> Path:
        with self._room(fill) as room:
            room.furnish(self._builder.requirements_of(self._package))
            self._builder.require_locked(self._package, room, "sdist")
            commit_all(room)
            built = room.build("sdist")
            return Path(shutil.copy(built, folder / built.name))

    def _made(
        self,
        product: Product,
        fill: Callable[[Path], Path],
        key: Callable[[Provenance], str],
        *,
        source: str,
    ) -> BuiltFile:
        """Build a wheel, and keep it under the key that its record gets."""
        package, target = self._package, self._builder.target
        with self._builder.tools.reporter.progress(f"Building {package.name}"), self._room(fill) as room:
            room.furnish(self._builder.requirements_of(package))
            self._builder.require_locked(package, room, product)
            wheel = room.build(product)
            if product == "editable":
                require_self_reliant(wheel, room)
            record = Provenance(
                name=package.name,
                version=require_expected(package, wheel, target),
                source=source,
                source_name=PROJECT,
                build_lock=self._build_lock,
                interpreter=machine_tag(target),
                platform=target.label,
                network=str(room.network),
                builder=builder_name(),
                wheel_name=wheel.name,
                wheel=f"sha256:{_sha256(wheel)}",
                options=room.options.text,
                below=self._builder.told_below(build_key(package)),
            )
            path = self._wheels.add(key(record), wheel, record)
        self._wheels.forget_unused(_UNUSED)
        what = "" if product == "wheel" else f" ({product})"
        told = f"built {package.name} {record.version}{what} from its source; the network was {record.network}"
        self._builder.tools.reporter.info(told)
        return _file(path, record)

    def _room(self, fill: Callable[[Path], Path]) -> AbstractContextManager[BuildRoom]:
        return build_room(
            self._package,
            fill,
            python=self._request.python,
            tools=self._builder.tools,
            policy=self._request.spec.builds,
            variables=self._request.variables,
        )

    # -- keeping --------------------------------------------------------------------------------------------------

    @property
    def _build_lock(self) -> str:
        return self._builder.build_lock_of(build_key(self._package))

    def _keys_of(self, seen: TreeRecord) -> tuple[str, str]:
        """Give the digests for the files of the project; twice the same where its own code may ask the interpreter."""
        shared, own = self._keys(seen.digest)
        runs_code = self._build_system is None or self._build_system.runs_code
        return (own if runs_code or not _SCRIPTS.isdisjoint(seen.files) else shared), own

    def _keys(self, digest: str) -> tuple[str, str]:
        """Give digests of all that decides a wheel: without and with the interpreter."""
        parts = [
            _FORM,
            self._package.name,
            digest,
            self._through_sdist,
            self._build_lock,
            sorted(self._request.variables.items()),
            self._package.name in self._request.spec.builds.allow_network,
            self._request.spec.builds.options_of(self._package.name).text,
            self._builder.told_below(build_key(self._package)),
        ]
        return _digest(parts), _digest([*parts, machine_tag(self._builder.target), self._builder.target.label])

    def _found(self, shared: str, own: str) -> tuple[Path, Provenance] | None:
        return self._wheels.find(shared) or self._wheels.find(own)

    def _require_build_lock(self) -> None:
        if not self._builder.has_build_lock(build_key(self._package)):
            raise LockStaleError(
                f"{self._request.files.place} does not say what {self._package.name} itself is built with",
                why="what is not locked is not used for a build",
                fix=self._request.spec.lock_command,
            )


def _digest(parts: Sequence[object]) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _is_pure(wheel_name: str) -> bool:
    *_, tags = parse_wheel_filename(wheel_name)
    return all(tag.abi == "none" and tag.platform == "any" for tag in tags)


def _file(path: Path, record: Provenance) -> BuiltFile:
    algorithm, _, digest = record.wheel.partition(":")
    file = StoredFile(
        name=canonicalize_name(record.name), version=record.version, path=path, algorithm=algorithm, digest=digest
    )
    return BuiltFile(file=file, provenance=record)
