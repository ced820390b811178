"""The wheelhouse: what its manifest says, and the pure rules about it."""

from __future__ import annotations

import re
from dataclasses import astuple, dataclass, replace
from typing import TYPE_CHECKING

from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from lockhouse.model.lock import Artifact, ArtifactKind
from lockhouse.model.proof import misfit, objections
from lockhouse.model.provenance import Provenance  # noqa: TC001 - msgspec reads the annotations

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lockhouse.model.build_policy import BuildPolicy
    from lockhouse.model.lock import Lock, LockedPackage
    from lockhouse.model.plan import Plan
    from lockhouse.model.target import Target

#: Name of the manifest in a wheelhouse; in an archive it is the first member.
MANIFEST_NAME = "lockhouse-wheelhouse.json"

#: The version of the manifest; a higher one is refused.
MANIFEST_VERSION = 1

# Nothing else may stand in a wheelhouse: no folder, no link out of it, no name that a system takes for a device.
_WHEEL_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.+!]*(?:-[A-Za-z0-9_.+!]+){4,5}\.whl")
_TEXT_NAME = re.compile(r"requirements-[A-Za-z0-9_-]+\.txt")
# Escapes, line ends, and what turns the direction of writing: who writes a manifest does not write our messages.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
_HASH = re.compile(r"sha256:[0-9a-f]{64}|sha384:[0-9a-f]{96}|sha512:[0-9a-f]{128}")


@dataclass(frozen=True, slots=True, kw_only=True)
class WheelhouseFile:
    """One file of a wheelhouse.

    :ivar name: its file name
    :ivar size: length in bytes
    :ivar hash: ``algorithm:digest``; for a wheel the hash that the lock has, unless it was built
    :ivar package: name and version of its package; None for a list of requirements
    :ivar origin: where the lock has it, or its sdist, from: an index or an address, without credentials; None for the
        default index
    :ivar built: for a wheel that was built, what proves it: a record for each build lock,
        sdist and set of options of its locks, and for each way to the network
    """

    name: str
    size: int
    hash: str
    package: str | None = None
    origin: str | None = None
    built: tuple[Provenance, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedTarget:
    """One target for which an environment is complete.

    :ivar name: label of the target, such as ``cp312-manylinux_2_28_x86_64``
    :ivar files: names of the wheels that the environment needs there, sorted
    """

    name: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedEnvironment:
    """One environment, from one lock.

    :ivar name: name of the environment
    :ivar lock: path of its lock relative to the project, with forward slashes
    :ivar digest: digest of that lock
    :ivar requirements: name of the file with its hashed requirements
    :ivar targets: the targets, sorted by name
    """

    name: str
    lock: str
    digest: str
    requirements: str
    targets: tuple[ServedTarget, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a wheelhouse says of itself. It is no signature.

    What protects an install are the hashes of the lock; for wheels that were built, it is that the manifest is the
    one that somebody wrote down elsewhere, by its ``check``.

    :ivar version: version of this form
    :ivar check: sha256 over the rest, so that damage is found
    :ivar environments: what it is complete for
    :ivar files: all files but the manifest, sorted by name
    """

    version: int = MANIFEST_VERSION
    check: str = ""
    environments: tuple[ServedEnvironment, ...]
    files: tuple[WheelhouseFile, ...]

    @property
    def served(self) -> tuple[str, ...]:
        """Give the environments and their targets in words, one a line."""
        return tuple(
            f"{each.name} on {', '.join(target.name for target in each.targets)} ({each.lock}, sha256:{each.digest})"
            for each in self.environments
        )

    @property
    def built(self) -> tuple[Provenance, ...]:
        """Give what proves the wheels that were built."""
        return tuple(record for file in self.files for record in file.built)

    def of_lock(self, digest: str) -> tuple[ServedEnvironment, ...]:
        """Give what it has for a lock.

        :param digest: digest of the lock
        """
        return tuple(each for each in self.environments if each.digest == digest)


def problems_of(manifest: Manifest) -> Iterator[str]:
    """Find what no manifest may say, whoever wrote it.

    :param manifest: as it was read
    """
    acted_upon = (word for word in _words_of(manifest) if _CONTROL.search(word))
    yield from (f"{word!r} has characters that a terminal acts upon" for word in acted_upon)
    seen: set[str] = set()
    for file in manifest.files:
        if not (_WHEEL_NAME.fullmatch(file.name) or _TEXT_NAME.fullmatch(file.name)):
            yield f"{file.name!r} is no name of a wheel or of a list of requirements"
        if file.name.casefold() in seen:
            yield f"{file.name} is listed twice"
        if file.size < 0 or not _HASH.fullmatch(file.hash):
            yield f"{file.name} has no usable size and hash"
        yield from _problems_of_wheel(file)
        seen.add(file.name.casefold())
    known = {file.name for file in manifest.files}
    for environment in manifest.environments:
        named = {environment.requirements, *(name for target in environment.targets for name in target.files)}
        yield from (f"{environment.name} needs {name}, which is not listed" for name in sorted(named - known))


def _words_of(manifest: Manifest) -> Iterator[str]:
    """Give all that is shown of a manifest."""
    for environment in manifest.environments:
        yield from (environment.name, environment.lock, environment.digest, *(t.name for t in environment.targets))
    for file in manifest.files:
        yield from (file.name, file.package or "", file.origin or "")
        yield from (str(value) for record in file.built for value in astuple(record))


def _problems_of_wheel(file: WheelhouseFile) -> Iterator[str]:
    if not file.name.endswith(".whl"):
        if file.built:
            yield f"{file.name} is no wheel, and has the record of one"
        return
    try:
        name, version, _, _ = parse_wheel_filename(file.name)
    except InvalidWheelFilename as error:
        yield f"{file.name!r} is no name of a wheel: {error}"
        return
    known = (name, str(version), file.name, file.hash)
    if any((record.name, record.version, record.wheel_name, record.wheel) != known for record in file.built):
        yield f"{file.name} has the record of another wheel"


# -- completeness -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Incomplete:
    """A target for which an environment lacks wheels.

    :ivar environment: name of the environment
    :ivar target: label of the target
    :ivar files: names of the wheels that are missing or damaged
    """

    environment: str
    target: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What is really in a wheelhouse, held against its manifest.

    :ivar manifest: what it should be
    :ivar missing: names of files that are listed and not there
    :ivar damaged: names of files whose bytes are not those of their hash
    :ivar extra: names of what is there and not listed
    """

    manifest: Manifest
    missing: tuple[str, ...]
    damaged: tuple[str, ...]
    extra: tuple[str, ...]

    @property
    def good(self) -> bool:
        """Tell whether everything is there, as it should be, and nothing else."""
        return not (self.missing or self.damaged or self.extra)

    @property
    def incomplete(self) -> tuple[Incomplete, ...]:
        """Give the targets for which something is missing or damaged."""
        bad = {*self.missing, *self.damaged}
        return tuple(
            Incomplete(environment=each.name, target=target.name, files=tuple(sorted(bad.intersection(target.files))))
            for each in self.manifest.environments
            for target in each.targets
            if bad.intersection(target.files)
        )


def held_against(manifest: Manifest, found: Mapping[str, bool]) -> Contents:
    """Hold what was found against the manifest.

    :param manifest: what should be there
    :param found: name of each file that is there, without the manifest → whether its bytes are the right ones
    """
    listed = [file.name for file in manifest.files]
    return Contents(
        manifest=manifest,
        missing=tuple(name for name in listed if name not in found),
        damaged=tuple(name for name in listed if found.get(name) is False),
        extra=tuple(sorted(found.keys() - set(listed))),
    )


# -- locks --------------------------------------------------------------------------------------------------------


def lock_within(lock: Lock, manifest: Manifest, target: Target, policy: BuildPolicy) -> Lock:
    """Give the lock with those of its files alone that a wheelhouse has, all of them named.

    In the place of an sdist stands the wheel that was built from it, if there is one whose record the lock accepts.
    So it is with a checkout. Directories stay: no wheelhouse has them, and they were allowed by name.

    :param lock: a lock
    :param manifest: the manifest of the wheelhouse
    :param target: where it is to be installed
    :param policy: what may be built, must be built, and might use the network
    """
    names = {file.hash: file.name for file in manifest.files if not file.built}

    def artifacts(package: LockedPackage) -> Iterator[Artifact]:
        for artifact in _kept(package.artifacts, names):
            if artifact.kind is not ArtifactKind.WHEEL or not policy.demands(package.name):
                yield artifact
        for file, record in accepted_wheels(package, lock, manifest, target, policy):
            yield built_artifact(record, size=file.size)

    record = lock.record
    if record is not None:  # what the project under test is built with
        builds = {
            key: replace(
                build,
                packages=tuple(replace(each, artifacts=tuple(_kept(each.artifacts, names))) for each in build.packages),
            )
            for key, build in record.builds.items()
        }
        record = replace(record, builds=builds)
    packages = tuple(replace(package, artifacts=tuple(artifacts(package))) for package in lock.packages)
    return replace(lock, packages=packages, record=record)


def accepted_wheels(
    package: LockedPackage, lock: Lock, manifest: Manifest, target: Target, policy: BuildPolicy
) -> Iterator[tuple[WheelhouseFile, Provenance]]:
    """Give the built wheels of a wheelhouse whose record a lock accepts for one of its packages.

    :param package: the package
    :param lock: the lock
    :param manifest: the manifest of the wheelhouse
    :param target: where it is to be installed
    :param policy: what may be built, must be built, and might use the network
    """
    for file, record in _records_of(package, manifest):
        if not _why_refused(record, package, lock, target, policy):
            yield file, record


def refused_wheels(lock: Lock, manifest: Manifest, target: Target, policy: BuildPolicy) -> Iterator[str]:
    """Say which built wheels of a wheelhouse are not taken, and why: a wheel a line.

    :param lock: a lock
    :param manifest: the manifest of the wheelhouse
    :param target: where it is to be installed
    :param policy: what may be built, must be built, and might use the network
    """
    for package in lock.packages:
        for file, record in _records_of(package, manifest):
            if why := _why_refused(record, package, lock, target, policy):
                yield f"{file.name} is not taken: {'; '.join(why)}"


def built_artifact(record: Provenance, *, size: int | None = None) -> Artifact:
    """Give what stands for a built wheel in the place of its sdist.

    :param record: what proves it
    :param size: its length in bytes
    """
    algorithm, _, digest = record.wheel.partition(":")
    return Artifact(kind=ArtifactKind.WHEEL, filename=record.wheel_name, size=size, hashes={algorithm: digest})


def _records_of(package: LockedPackage, manifest: Manifest) -> Iterator[tuple[WheelhouseFile, Provenance]]:
    return ((file, record) for file in manifest.files for record in file.built if record.name == package.name)


def _why_refused(
    record: Provenance, package: LockedPackage, lock: Lock, target: Target, policy: BuildPolicy
) -> list[str]:
    unfit = misfit(record, target)
    return [*objections(record, package, lock, policy), *([] if unfit is None else [unfit])]


def _kept(artifacts: Iterable[Artifact], names: Mapping[str, str]) -> Iterator[Artifact]:
    for artifact in artifacts:
        if artifact.kind is ArtifactKind.DIRECTORY:
            yield artifact
        elif artifact.strong_hash is not None and (name := names.get(":".join(artifact.strong_hash))) is not None:
            if artifact.filename not in {None, name}:  # its tags say where it may be used: the lock counts
                continue
            yield replace(artifact, kind=_kind_in_wheelhouse(artifact), filename=name)


def _kind_in_wheelhouse(artifact: Artifact) -> ArtifactKind:
    # hashed requirements without a record do not say what a hash is of
    return artifact.kind if artifact.filename is not None else ArtifactKind.WHEEL


def requirements_text(plans: Iterable[Plan], *, name: str, lock: str, targets: Iterable[str]) -> bytes:
    """Give hashed requirements with which plain pip installs an environment from a wheelhouse.

    :param plans: what each target needs
    :param name: name of the file
    :param lock: path of the lock, for the comment
    :param targets: labels of the targets, for the comment
    """
    hashes: dict[str, set[str]] = {}
    for plan in plans:
        for item in plan.files:
            algorithm, digest = item.artifact.strong_hash or ("", "")
            hashes.setdefault(_pin(item.package, item.artifact), set()).add(f"{algorithm}:{digest}")
    lines = [
        f"# Made by Lockhouse from {lock} for {', '.join(targets)}. To install, in this folder:",
        f"# pip install --no-index --find-links . --require-hashes -r {name}",
    ]
    for pin, found in sorted(hashes.items()):
        lines += [f"{pin} \\", " \\\n".join(f"    --hash={each}" for each in sorted(found))]
    return "".join(f"{line}\n" for line in lines).encode()


def _pin(package: LockedPackage, artifact: Artifact) -> str:
    version = package.version or str(parse_wheel_filename(artifact.filename or "")[1])
    return f"{package.name}=={version}" + (f" ; {package.marker}" if package.marker else "")
