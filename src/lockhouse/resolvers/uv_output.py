"""What ``uv pip compile`` writes: read into packages."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from packaging.utils import canonicalize_name

from lockhouse.errors import BackendFailedError
from lockhouse.model.indexes import recordable_url
from lockhouse.model.lock import Artifact, ArtifactKind, LockedPackage
from lockhouse.model.pythons import lower_bound
from lockhouse.resolvers.addresses import repository_address

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from packaging.utils import NormalizedName

    from lockhouse.resolvers.inputs import LocalPaths

_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)")
_FROM = re.compile(r"^\s+# from (\S+)$")


class PylockReader:
    """Reads the pylock file that uv wrote."""

    def __init__(self, *, scratch: Path, requires_python: str, secrets: tuple[str, ...], paths: LocalPaths) -> None:
        """Set what the reading depends on.

        :param scratch: the folder that relative paths in the file start from
        :param requires_python: the bounds that uv was given; markers that repeat them are dropped
        :param secrets: strings known to be secret
        :param paths: turns absolute paths into relative ones
        """
        self._scratch = scratch
        self._secrets = secrets
        self._paths = paths
        low = lower_bound(requires_python)
        self._implied = {f"{name} >= '{low}'" for name in ("python_full_version", "python_version")}

    def read(self, file: Path) -> tuple[LockedPackage, ...]:
        """Read it.

        :param file: the pylock file
        :raises BackendFailedError: it is not what was expected
        """
        try:
            content = tomllib.loads(file.read_text(encoding="utf-8"))
            packages = [self._package(entry) for entry in content.get("packages", [])]
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise BackendFailedError(
                "uv wrote a lock that cannot be read", why=f"{type(error).__name__}: {error}"
            ) from error
        return tuple(sorted(packages, key=lambda p: (p.name, p.version or "", p.marker or "")))

    def _package(self, entry: Mapping[str, Any]) -> LockedPackage:
        name = canonicalize_name(entry["name"])
        return LockedPackage(
            name=name,
            version=entry.get("version"),
            marker=self._marker(entry.get("marker")),
            requires_python=entry.get("requires-python"),
            artifacts=tuple(self._artifacts(name, entry)),
        )

    def _marker(self, marker: str | None) -> str | None:
        """Drop what the lock's own lower bound says already; uv repeats it at every package once it has to fork."""
        if marker is None or " or " in marker or "(" in marker:
            return marker
        return " and ".join(part for part in marker.split(" and ") if part not in self._implied) or None

    def _artifacts(self, name: NormalizedName, entry: Mapping[str, Any]) -> Iterator[Artifact]:
        if "vcs" in entry:
            yield self._checkout(entry["vcs"])
        if "directory" in entry:
            yield Artifact(
                kind=ArtifactKind.DIRECTORY,
                path=self._relative(name, entry["directory"]["path"]),
                subdirectory=entry["directory"].get("subdirectory"),
                editable=self._paths.is_editable(name),
            )
        if "archive" in entry:
            yield self._file(name, ArtifactKind.ARCHIVE, entry["archive"])
        if "sdist" in entry:
            yield self._file(name, ArtifactKind.SDIST, entry["sdist"])
        wheels = [self._file(name, ArtifactKind.WHEEL, wheel) for wheel in entry.get("wheels", [])]
        yield from sorted(wheels, key=lambda wheel: wheel.filename or "")

    def _checkout(self, entry: Mapping[str, Any]) -> Artifact:
        return Artifact(
            kind=ArtifactKind.VCS,
            vcs=entry["type"],
            url=repository_address(entry["url"], self._secrets),
            requested_revision=entry.get("requested-revision"),
            commit_id=entry["commit-id"],
            subdirectory=entry.get("subdirectory"),
        )

    def _file(self, name: NormalizedName, kind: ArtifactKind, entry: Mapping[str, Any]) -> Artifact:
        url, path = _place(entry)
        return Artifact(
            kind=kind,
            filename=entry.get("name") or _last_part(url, path),
            url=None if url is None else recordable_url(url, self._secrets),
            path=None if path is None else self._relative(name, path),
            size=entry.get("size"),
            upload_time=utc_text(entry.get("upload-time")),
            hashes={algorithm.lower(): digest.lower() for algorithm, digest in sorted(entry.get("hashes", {}).items())},
            subdirectory=entry.get("subdirectory"),
        )

    def _relative(self, name: NormalizedName, path: str) -> str:
        return self._paths.relative(name, str(self._scratch / path))


def _place(entry: Mapping[str, Any]) -> tuple[str | None, str | None]:
    """Give where a file is, as (address, path); only one of them is set."""
    url: str | None = entry.get("url")
    if url is not None and url.startswith("file:"):
        return None, url2pathname(str(urlsplit(url).path))
    return url, None if url is not None else str(entry["path"])


def _last_part(url: str | None, path: str | None) -> str:
    whole = unquote(urlsplit(url).path) if url is not None else str(path).replace("\\", "/")
    return whole.rpartition("/")[2]


def utc_text(time: datetime | None) -> str | None:
    """Spell a time as RFC 3339 in UTC.

    :param time: a time; without a zone it is taken for UTC, as PEP 751 says
    """
    if time is None:
        return None
    aware = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
    return aware.isoformat().replace("+00:00", "Z")


def read_index_annotations(text: str) -> dict[tuple[str, str], str]:
    """Read which index each pin came from, out of requirements written with ``--emit-index-annotation``.

    :param text: the content of the requirements file
    :return: (normalised name, version) → address as uv prints it
    """
    found: dict[tuple[str, str], str] = {}
    pin: tuple[str, str] | None = None
    for line in text.splitlines():
        if match := _PIN.match(line):
            pin = (canonicalize_name(match[1]), match[2])
        elif pin is not None and (match := _FROM.match(line)):
            found[pin] = match[1]
        elif line and not line[0].isspace():
            pin = None
    return found
