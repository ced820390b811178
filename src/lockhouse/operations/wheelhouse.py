"""Wheelhouse: locks and targets → a folder or an archive from which they can be installed without any network."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from lockhouse.errors import InterpreterError, WheelhouseInvalidError
from lockhouse.interpreters import find_interpreter
from lockhouse.model.indexes import public_url
from lockhouse.model.lock import ArtifactKind
from lockhouse.model.pythons import minor_of, minors_within
from lockhouse.model.wheelhouse import Manifest, ServedEnvironment, ServedTarget, WheelhouseFile, problems_of
from lockhouse.operations.wheelhouse_plans import plan_parts, require_fitting
from lockhouse.storage.archives import require_writable
from lockhouse.storage.wheelhouse import require_replaceable, save_archive, save_folder, sealed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lockhouse.model.lock import Artifact, LockedPackage
    from lockhouse.model.provenance import Provenance
    from lockhouse.model.spec import EnvironmentSpec
    from lockhouse.model.target import Target
    from lockhouse.operations.wheelhouse_plans import PlannedPart, WheelhousePart, WheelhouseTools


@dataclass(frozen=True, kw_only=True)
class MadeWheelhouse:
    """A wheelhouse that was made.

    :ivar manifest: what it says of itself
    :ivar texts: name → content of its lists of requirements
    :ivar parts: what it is complete for
    :ivar is_told_by_locks: whether no index was asked which files belong to hashes of the locks
    """

    manifest: Manifest
    texts: Mapping[str, bytes]
    parts: tuple[WheelhousePart, ...]
    is_told_by_locks: bool


def build_wheelhouse(
    parts: Sequence[WheelhousePart], *, path: Path, archive: bool, tools: WheelhouseTools, twice: bool = False
) -> MadeWheelhouse:
    """Build a wheelhouse that is complete for all that is asked, or none. The same locks give the same bytes.

    In which order environments and targets were named does not matter.

    :param parts: what it is to be complete for
    :param path: the folder or archive to write
    :param archive: whether it is an archive
    :param tools: what to work with
    :param twice: whether to build each sdist once more, and to see that its wheel has the same bytes
    :return: what was made
    :raises SelectionError: a target lacks wheels; all that is missing is named, before anything is fetched
    :raises BuildError: an sdist cannot be built
    :raises LockStaleError: a locked file requires what the lock lacks
    :raises StoreError: a file cannot be had, is not what the lock says, or the place cannot be written
    """
    if archive:
        require_writable(path)
    else:
        require_replaceable(path)
    ordered = sorted(parts, key=lambda part: part.requirements)  # no two have one
    planned = plan_parts(ordered, tools)
    fetched = [each.fetched() for each in planned]  # apart: two indexes may have other bytes under one name
    complete = [each.built(files, twice=twice) for each, files in zip(planned, fetched, strict=True)]
    require_fitting(complete)
    _require_one_of_each_name(complete)
    paths = {name: file.path for files in fetched for name, file in files.items()}
    for each in complete:
        each.require_complete(paths, tools.plugins)
    contents: dict[str, bytes | Path] = {
        artifact.filename or "": paths[artifact.filename or ""] for each in complete for _, artifact in each.wanted
    }
    texts = {each.part.requirements: each.text for each in complete}
    contents |= texts
    manifest = sealed(_manifest(complete, contents))
    with tools.reporter.progress("Writing") as progress:
        (save_archive if archive else save_folder)(path, manifest, contents, progress)
    return MadeWheelhouse(
        manifest=manifest,
        texts=texts,
        parts=tuple(ordered),
        is_told_by_locks=all(each.is_told_by_lock for each in planned),
    )


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


# -- manifest -----------------------------------------------------------------------------------------------------


def _manifest(planned: Sequence[PlannedPart], contents: Mapping[str, bytes | Path]) -> Manifest:
    records = _records(planned)
    wheels = {
        (file.name, file.hash): file
        for each in planned
        for package, artifact in each.wanted
        for file in (_wheel(package, artifact, contents, records),)
    }
    texts = [_text(name, content) for name, content in contents.items() if isinstance(content, bytes)]
    manifest = Manifest(
        environments=tuple(sorted(map(_served, planned), key=lambda served: (served.name, served.lock))),
        files=tuple(sorted((*wheels.values(), *texts), key=lambda file: (file.name, file.hash))),
    )
    if problems := tuple(problems_of(manifest)):
        raise _apart(problems)
    return manifest


def _require_one_of_each_name(planned: Iterable[PlannedPart]) -> None:
    """Refuse two files of one name: a folder holds one of them, and the other would not be missed."""
    hashes: dict[str, set[str]] = {}
    for each in planned:
        for _, artifact in each.wanted:
            hashes.setdefault(artifact.filename or "", set()).add(":".join(artifact.strong_hash or ()))
    several = {name: found for name, found in sorted(hashes.items()) if len(found) > 1}
    if several:
        raise _apart(
            f"{name} is needed with different bytes: {', '.join(sorted(found))}" for name, found in several.items()
        )


def _apart(why: Iterable[str]) -> WheelhouseInvalidError:
    return WheelhouseInvalidError(
        "these environments and targets cannot be in one wheelhouse",
        why=tuple(why),
        fix="build a wheelhouse for each environment, and with one --target for each Python",
    )


def _records(planned: Iterable[PlannedPart]) -> dict[str, tuple[Provenance, ...]]:
    """Give for each built wheel, by its hash, one record of each kind that a lock or a setting may tell apart."""
    found: dict[str, dict[tuple[str, str, str, str, bool], Provenance]] = {}
    for each in planned:
        for record in each.records:
            kind = (record.build_lock, record.source, record.options, record.below, record.is_online)
            found.setdefault(record.wheel, {}).setdefault(kind, record)
    return {wheel: tuple(records[key] for key in sorted(records)) for wheel, records in found.items()}


def _served(planned: PlannedPart) -> ServedEnvironment:
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


def _wheel(
    package: LockedPackage,
    artifact: Artifact,
    contents: Mapping[str, bytes | Path],
    records: Mapping[str, tuple[Provenance, ...]],
) -> WheelhouseFile:
    name, strong = artifact.filename or "", ":".join(artifact.strong_hash or ())
    path = contents[name]
    address = package.index or next((a.url for a in package.artifacts if a.kind is ArtifactKind.VCS), None)
    address = address or (artifact.url if package.version is None else None)
    return WheelhouseFile(
        name=name,
        size=path.stat().st_size if isinstance(path, Path) else len(path),
        hash=strong,
        package=package.label,
        origin=None if address is None else public_url(address),
        built=records.get(strong, ()),
    )


def _text(name: str, content: bytes) -> WheelhouseFile:
    return WheelhouseFile(name=name, size=len(content), hash=f"sha256:{sha256(content).hexdigest()}")


def distinct_targets(targets: Iterable[Target]) -> tuple[Target, ...]:
    """Leave out targets that are named twice, and put them in the one order that counts.

    :param targets: targets
    """
    by_label = {target.wheel_label: target for target in targets}
    return tuple(by_label[label] for label in sorted(by_label))
