"""Installing from a wheelhouse: its files → the store. Nothing is looked for elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.errors import ArtifactUnavailableError, WheelhouseMismatchError
from lockhouse.model.closure import applies, parse_marker
from lockhouse.model.lock import ArtifactKind
from lockhouse.model.plan import PlannedPackage, require_allowed
from lockhouse.model.spec import quoted
from lockhouse.model.wheelhouse import accepted_wheels, lock_within, refused_wheels
from lockhouse.storage.wheelhouse import open_wheelhouse

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path
    from typing import NoReturn

    from lockhouse.errors import NoCompatibleArtifactError
    from lockhouse.interfaces import Progress, Reporter
    from lockhouse.model.lock import Artifact, Lock, LockedPackage
    from lockhouse.model.plan import Plan
    from lockhouse.model.provenance import Provenance
    from lockhouse.model.spec import EnvironmentSpec
    from lockhouse.model.target import Target
    from lockhouse.storage.archives import Member
    from lockhouse.storage.lockfiles import LockFiles
    from lockhouse.storage.store import Store


class WheelhouseSource:
    """The wheelhouse that an environment is installed from.

    :param path: its folder or archive
    :param files: the lock of the environment
    :param digest: digest of that lock
    :raises WheelhouseInvalidError: it cannot be read
    :raises WheelhouseMismatchError: it was built from another lock
    """

    def __init__(self, path: Path, files: LockFiles, digest: str) -> None:
        self._opened = open_wheelhouse(path)
        self._proofs: dict[str, Provenance] = {}
        self._files = files
        if not self._opened.manifest.of_lock(digest):
            raise WheelhouseMismatchError(
                f"the wheelhouse {self._opened.path} was not built from {files.place}",
                why=[
                    *(f"it was built for {served}" for served in self._opened.manifest.served),
                    f"asked for is {files.place}, sha256:{digest}",
                ],
                fix=f"build it anew from the present lock: {self._command()}",
            )

    def lock(self, target: Target, spec: EnvironmentSpec) -> Lock:
        """Read the lock, and leave of it what the wheelhouse has for a target.

        :param target: the target
        :param spec: the environment: what of it may be built, and come from a checkout
        :raises LockInvalidError: it cannot be read
        :raises UnverifiableArtifactError: what was built from a checkout was not allowed by name
        """
        lock, manifest, policy = self._files.read(), self._opened.manifest, spec.builds
        require_allowed(_checkouts(lock, target), place=self._files.place, allow_unhashed=spec.allow_unhashed)
        self._proofs = {
            record.wheel: record
            for package in lock.packages
            for _, record in accepted_wheels(package, lock, manifest, target, policy)
        }
        return lock_within(lock, manifest, target, policy)

    def proofs(self, plan: Plan, reporter: Reporter) -> tuple[Provenance, ...]:
        """Give what proves those wheels of a plan that were built, and say it.

        :param plan: what is to be installed, from a lock of :meth:`lock`
        :param reporter: where to say it
        """
        hashes = (":".join(item.artifact.strong_hash or ()) for item in plan.files)
        found = tuple(self._proofs[wheel] for wheel in hashes if wheel in self._proofs)
        for record in found:
            (reporter.warning if record.is_online else reporter.info)(record.words)
        if found and not self._opened.is_pinned:
            reporter.info(
                f"what was built is vouched for by the wheelhouse alone: {self._opened.path}#sha256=DIGEST holds it to "
                "the digest that its build printed"
            )
        return found

    def lacking(
        self, spec: EnvironmentSpec, target: Target, error: NoCompatibleArtifactError
    ) -> WheelhouseMismatchError:
        """Say that it has not what a target needs.

        :param spec: the environment
        :param target: the target
        :param error: what was found to be missing
        """
        manifest = self._opened.manifest
        return WheelhouseMismatchError(
            f'the wheelhouse {self._opened.path} has not what environment "{spec.name}" needs on {target.wheel_label}',
            why=[
                *(f"it was built for {served}" for served in manifest.served),
                *error.why,
                *refused_wheels(self._files.read(), manifest, target, spec.builds),
            ],
            fix=f"build it for this target, too: {self._command(spec.name, target.wheel_label)}",
        )

    def _command(self, environment: str | None = None, target: str | None = None) -> str:
        """Give the command that builds it anew, with all that it is for now and with what is asked for."""
        served, path = self._opened.manifest.environments, self._opened.path
        names = dict.fromkeys([*(each.name for each in served), *([environment] if environment else [])])
        targets = dict.fromkeys([*(t.name for each in served for t in each.targets), *([target] if target else [])])
        words = [*map(quoted, names), *(f"--target {quoted(name)}" for name in targets)]
        place = f"{'--output' if path.is_dir() else '--archive'} {quoted(str(path))}"
        return " ".join(["lockhouse wheelhouse build", *words, place])

    def take_in(
        self,
        files: Iterable[tuple[LockedPackage, Artifact]],
        *,
        store: Store,
        reporter: Reporter,
        given_up: Callable[[], bool],
    ) -> None:
        """Bring files into the store, where it lacks them; their bytes are verified there.

        :param files: what is to be installed, or built with
        :param store: the store
        :param reporter: shows how far it is
        :param given_up: tells whether the user gave up where no signal arrives
        :raises HashMismatchError: bytes are not those that the lock names
        :raises WheelhouseInvalidError: the wheelhouse is damaged
        :raises ArtifactUnavailableError: it lacks a file that its manifest lists
        """
        wanted = {artifact.filename: (package, artifact) for package, artifact in files}
        missing = {name: pair for name, pair in wanted.items() if not _is_stored(store, pair[1])}
        if not missing:
            return
        with reporter.progress("Unpacking") as progress:
            for member in self._opened.members():
                found = missing.pop(member.name, None)
                if found is not None:
                    self._take(member, *found, store=store, progress=progress, given_up=given_up)
                if not missing:
                    return
        raise self._gone(name for name in missing if name is not None)

    def nowhere(self, artifact: Artifact) -> NoReturn:
        """Refuse to look for a file elsewhere.

        :param artifact: the file
        :raises ArtifactUnavailableError: always
        """
        raise self._gone(iter((artifact.label,)))

    def _take(
        self,
        member: Member,
        package: LockedPackage,
        artifact: Artifact,
        *,
        store: Store,
        progress: Progress,
        given_up: Callable[[], bool],
    ) -> None:
        algorithm, digest = artifact.strong_hash or ("", "")
        progress.start(member.name, member.size)
        try:
            with store.lock(algorithm, digest, what=f"the unpacking of {member.name}"):
                if _is_stored(store, artifact):
                    return
                store.add(
                    _watched(member, progress, given_up),
                    algorithm=algorithm,
                    digest=digest,
                    filename=member.name,
                    package_label=package.label,
                    source=str(self._opened.path),
                    size=artifact.size,
                )
        finally:
            progress.finish(member.name)

    def _gone(self, names: Iterator[str]) -> ArtifactUnavailableError:
        return ArtifactUnavailableError(
            f"the wheelhouse {self._opened.path} is not complete",
            why=[f"{name} is in its manifest, and is not there" for name in sorted(names)],
            fix="take it again from where it was built; lockhouse wheelhouse verify says all that is missing",
        )


def _checkouts(lock: Lock, target: Target) -> list[PlannedPackage]:
    """List what of a lock comes from checkouts on a target: a wheelhouse has wheels of them."""
    return [
        PlannedPackage(package=package, artifact=artifact)
        for package in lock.packages
        for artifact in package.artifacts
        if artifact.kind is ArtifactKind.VCS
        and (package.marker is None or applies(parse_marker(package.marker), target.markers))
    ]


def _is_stored(store: Store, artifact: Artifact) -> bool:
    algorithm, digest = artifact.strong_hash or ("", "")
    return store.find(algorithm, digest, artifact.filename or "") is not None


def _watched(member: Member, progress: Progress, given_up: Callable[[], bool]) -> Iterator[bytes]:
    for chunk in member.chunks:
        if given_up():
            raise KeyboardInterrupt
        progress.advance(member.name, len(chunk))
        yield chunk
