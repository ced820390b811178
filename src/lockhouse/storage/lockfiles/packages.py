"""Packages as PEP 751 spells them, in a lock and in the build locks of both formats."""

from __future__ import annotations

import posixpath
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from lockhouse.model.lock import Artifact, ArtifactKind, LockedPackage

if TYPE_CHECKING:
    from packaging.pylock import Package

# -- writing ------------------------------------------------------------------------------------------------------


def package_to_dict(package: LockedPackage, directory: str) -> dict[str, Any]:
    """Give the table of a package.

    :param package: the package
    :param directory: folder of the lock file relative to the project, with forward slashes
    """
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


def package_from(package: Package, directory: str) -> LockedPackage:
    """Read a package.

    :param package: as ``packaging`` read it
    :param directory: folder of the lock file relative to the project, with forward slashes
    """
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
