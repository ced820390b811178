"""What ``pip install --dry-run --report`` writes: read into packages."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from packaging.utils import canonicalize_name

from lockhouse.backends.output import explanation
from lockhouse.errors import BackendFailedError
from lockhouse.model.indexes import recordable_url, strip_userinfo
from lockhouse.model.lock import Artifact, ArtifactKind, LockedPackage
from lockhouse.resolvers.addresses import IndexAddresses, repository_address

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from packaging.utils import NormalizedName

    from lockhouse.model.indexes import IndexOptions
    from lockhouse.resolvers.inputs import LocalPaths

_SKIPPED = "Could not fetch URL"
_FOUND = re.compile(r"Found link (\S+) \(from (\S+)\)")


def read_found_links(log: Path) -> dict[str, str]:
    """Read from pip's log on which page it found each file: the report does not tell.

    :param log: the log, which holds much else
    :return: address of the file → address of the page, both without a user part; of several pages the first
    """
    found: dict[str, str] = {}
    if not log.exists():
        return found
    with log.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if match := _FOUND.search(line):
                found.setdefault(_bare(match[1]), strip_userinfo(match[2]))
    return found


def read_skipped_pages(log: Path, secrets: tuple[str, ...]) -> tuple[str, ...]:
    """Read from pip's log which pages of an index it could not get: it tells so nowhere else.

    A page that is not there (404) means that the index has no such package, and is left out.

    :param log: the log
    :param secrets: strings known to be secret
    """
    if not log.exists():
        return ()
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    skipped = [line[line.index(_SKIPPED) :] for line in lines if _SKIPPED in line and "404 Client Error" not in line]
    return explanation("\n".join(dict.fromkeys(skipped)), secrets)


def _bare(url: str) -> str:
    return strip_userinfo(url).partition("#")[0]


class ReportReader:
    """Reads pip's installation report."""

    def __init__(self, *, indexes: IndexOptions, found: Mapping[str, str], paths: LocalPaths) -> None:
        """Set what the reading depends on.

        :param indexes: the indexes that pip was given
        :param found: address of a file → address of the page that it was found on
        :param paths: turns absolute paths into relative ones
        """
        self._indexes = IndexAddresses(indexes)
        self._secrets = indexes.secrets
        self._found = found
        self._paths = paths

    def read(self, report: Path) -> tuple[LockedPackage, ...]:
        """Read it.

        :param report: the JSON file
        :raises BackendFailedError: it is not what was expected
        """
        try:
            content = json.loads(report.read_text(encoding="utf-8"))
            packages = [self._package(item) for item in content["install"]]
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise BackendFailedError(
                "pip wrote a report that cannot be read", why=f"{type(error).__name__}: {error}"
            ) from error
        return tuple(sorted(packages, key=lambda package: package.name))

    def _package(self, item: Mapping[str, Any]) -> LockedPackage:
        metadata = item["metadata"]
        name = canonicalize_name(metadata["name"])
        artifact = self._artifact(name, item["download_info"], is_direct=bool(item.get("is_direct")))
        page = None if item.get("is_direct") else self._found.get(_bare(item["download_info"]["url"]))
        return LockedPackage(
            name=name,
            # the version of a directory may come from its history, which is no change of what was asked
            version=None if artifact.kind is ArtifactKind.DIRECTORY else metadata["version"],
            requires_python=metadata.get("requires_python"),
            index=None if page is None else self._indexes.public_of(page),
            artifacts=(artifact,),
            requires=tuple(metadata.get("requires_dist", ())),
        )

    def _artifact(self, name: NormalizedName, info: Mapping[str, Any], *, is_direct: bool) -> Artifact:
        url = info["url"]
        path = url2pathname(str(urlsplit(url).path)) if url.startswith("file:") else None
        if "vcs_info" in info:
            return self._checkout(url, info)
        if "dir_info" in info:
            return Artifact(
                kind=ArtifactKind.DIRECTORY,
                path=self._paths.relative(name, str(path)),
                subdirectory=info.get("subdirectory"),
                editable=self._paths.is_editable(name),
            )
        filename = unquote(urlsplit(url).path).rpartition("/")[2]
        kind = ArtifactKind.WHEEL if filename.endswith(".whl") else ArtifactKind.SDIST
        return Artifact(
            kind=ArtifactKind.ARCHIVE if is_direct else kind,
            filename=filename,
            url=recordable_url(_bare(url), self._secrets) if path is None else None,
            path=None if path is None else self._paths.relative(name, path),
            hashes=_hashes(info.get("archive_info", {})),
            subdirectory=info.get("subdirectory"),
        )

    def _checkout(self, url: str, info: Mapping[str, Any]) -> Artifact:
        vcs = info["vcs_info"]
        return Artifact(
            kind=ArtifactKind.VCS,
            vcs=vcs["vcs"],
            url=repository_address(url, self._secrets),
            requested_revision=vcs.get("requested_revision"),
            commit_id=vcs["commit_id"],
            subdirectory=info.get("subdirectory"),
        )


def _hashes(archive: Mapping[str, Any]) -> dict[str, str]:
    """Give the hashes; before pip 23.1 there is one, as ``algorithm=digest``."""
    hashes: dict[str, str] = dict(archive.get("hashes", {}))
    algorithm, _, digest = archive.get("hash", "").partition("=")
    if digest:
        hashes.setdefault(algorithm, digest)
    return {algorithm.lower(): hashes[algorithm].lower() for algorithm in sorted(hashes)}
