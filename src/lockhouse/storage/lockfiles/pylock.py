"""The PEP 751 format: ``pylock.<name>.toml``."""

from __future__ import annotations

import posixpath
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from lockhouse.errors import LockInvalidError
from lockhouse.model.lock import Artifact, ArtifactKind, Lock, LockedPackage
from lockhouse.storage.lockfiles.record import record_from_dict, record_to_dict, with_edges

if TYPE_CHECKING:
    from collections.abc import Mapping

    from packaging.pylock import Package


def to_toml(lock: Lock, directory: str) -> bytes:
    """Give the body of the file.

    :param lock: the lock
    :param directory: folder of the file relative to the project, with forward slashes
    """
    import tomli_w  # noqa: PLC0415

    document: dict[str, Any] = {"lock-version": "1.0"}
    if lock.environments:
        document["environments"] = list(lock.environments)
    document["requires-python"] = lock.requires_python
    document["created-by"] = "lockhouse"
    document["packages"] = [_package_to_dict(package, directory) for package in lock.packages]
    if lock.record is not None:
        document["tool"] = {"lockhouse": record_to_dict(lock, lock.record)}
    return tomli_w.dumps(document).encode()


def from_document(document: Mapping[str, Any], place: str, directory: str) -> Lock:
    """Read a parsed file.

    :param document: what the file holds
    :param place: the file, for messages
    :param directory: folder of the file relative to the project, with forward slashes
    :raises LockInvalidError: it breaks a rule of PEP 751, or is of a newer version
    """
    from packaging.pylock import Pylock, PylockUnsupportedVersionError, PylockValidationError  # noqa: PLC0415

    try:
        pylock = Pylock.from_dict(document)
    except PylockUnsupportedVersionError as error:
        raise LockInvalidError(
            f"{place}: the format is newer than this Lockhouse", why=str(error), fix="upgrade Lockhouse"
        ) from error
    except PylockValidationError as error:
        raise LockInvalidError(f"{place} breaks a rule of the pylock format (PEP 751)", why=str(error)) from error
    packages = tuple(_package_from(package, directory) for package in pylock.packages)
    lock = Lock(
        requires_python=str(pylock.requires_python or ""),
        environments=tuple(map(str, pylock.environments or ())),
        packages=packages,
    )
    table = dict(pylock.tool or {}).get("lockhouse")
    if table is None:
        return lock
    record, edges = record_from_dict(table, place)
    return replace(lock, packages=tuple(with_edges(packages, edges)), record=record)


# -- writing ------------------------------------------------------------------------------------------------------


def _package_to_dict(package: LockedPackage, directory: str) -> dict[str, Any]:
    table: dict[str, Any] = {"name": package.name}
    optional = {
        "version": package.version,
        "marker": package.marker,
        "requires-python": package.requires_python,
        "index": package.index,
    }
    table |= {key: value for key, value in optional.items() if value is not None}
    wheels = [a for a in package.artifacts if a.kind is ArtifactKind.WHEEL]
    for artifact in package.artifacts:
        if artifact.kind is not ArtifactKind.WHEEL:
            table[artifact.kind.value] = _artifact_to_dict(artifact, directory)
    if wheels:
        table["wheels"] = [_artifact_to_dict(artifact, directory) for artifact in wheels]
    return table


def _artifact_to_dict(artifact: Artifact, directory: str) -> dict[str, Any]:
    path = None if artifact.path is None else posixpath.relpath(artifact.path, directory)
    table: dict[str, Any] = {
        "type": artifact.vcs,
        "name": artifact.filename if artifact.kind in {ArtifactKind.WHEEL, ArtifactKind.SDIST} else None,
        "upload-time": None if artifact.upload_time is None else datetime.fromisoformat(artifact.upload_time),
        "url": artifact.url,
        "path": path,
        "editable": artifact.editable or None,
        "requested-revision": artifact.requested_revision,
        "commit-id": artifact.commit_id,
        "subdirectory": artifact.subdirectory,
        "size": artifact.size,
        "hashes": dict(sorted(artifact.hashes.items())) or None,
    }
    return {key: value for key, value in table.items() if value is not None}


# -- reading ------------------------------------------------------------------------------------------------------


def _package_from(package: Package, directory: str) -> LockedPackage:
    artifacts: list[Artifact] = [
        _artifact_from(ArtifactKind(kind), found, directory)
        for kind in ("vcs", "directory", "archive", "sdist")
        if (found := getattr(package, kind)) is not None
    ]
    artifacts += [_artifact_from(ArtifactKind.WHEEL, wheel, directory) for wheel in package.wheels or ()]
    return LockedPackage(
        name=package.name,
        version=None if package.version is None else str(package.version),
        marker=None if package.marker is None else str(package.marker),
        requires_python=None if package.requires_python is None else str(package.requires_python),
        index=package.index,
        artifacts=tuple(artifacts),
    )


def _artifact_from(kind: ArtifactKind, found: Any, directory: str) -> Artifact:
    path = getattr(found, "path", None)
    url = getattr(found, "url", None)
    upload_time: datetime | None = getattr(found, "upload_time", None)
    return Artifact(
        kind=kind,
        filename=_filename(kind, found, path or url),
        url=url,
        path=None if path is None else posixpath.normpath(posixpath.join(directory, path)),
        size=getattr(found, "size", None),
        upload_time=None if upload_time is None else as_utc(upload_time),
        hashes={algorithm: digest.lower() for algorithm, digest in (getattr(found, "hashes", None) or {}).items()},
        vcs=getattr(found, "type", None),
        requested_revision=getattr(found, "requested_revision", None),
        commit_id=getattr(found, "commit_id", None),
        subdirectory=getattr(found, "subdirectory", None),
        editable=bool(getattr(found, "editable", None)),
    )


def _filename(kind: ArtifactKind, found: Any, address: str | None) -> str | None:
    if kind in {ArtifactKind.WHEEL, ArtifactKind.SDIST}:
        return str(found.filename)
    if kind is ArtifactKind.ARCHIVE and address is not None:
        return unquote(posixpath.basename(urlsplit(address).path))
    return None


def as_utc(moment: datetime) -> str:
    """Spell a moment as RFC 3339 in UTC; one without a zone is taken as UTC.

    :param moment: the moment
    """
    aware = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    return aware.isoformat().replace("+00:00", "Z")
