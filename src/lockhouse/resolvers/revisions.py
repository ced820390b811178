"""Branches and tags of the present lock: they stay at their commit, for a tool that would look for a newer one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit, urlunsplit

from lockhouse.model.lock import ArtifactKind
from lockhouse.resolvers.addresses import repository_address

if TYPE_CHECKING:
    from collections.abc import Iterable

    from packaging.requirements import Requirement
    from packaging.utils import NormalizedName

    from lockhouse.model.lock import Artifact, LockedPackage
    from lockhouse.model.spec import DeclaredRequirement


class HeldRevisions:
    """The commits that the present lock holds."""

    def __init__(self, packages: Iterable[LockedPackage], secrets: tuple[str, ...]) -> None:
        """Collect them.

        :param packages: packages of the present lock that shall not move
        :param secrets: strings known to be secret
        """
        self._secrets = secrets
        self._known: dict[NormalizedName, Artifact] = {
            package.name: artifact
            for package in packages
            for artifact in package.artifacts
            if artifact.kind is ArtifactKind.VCS
        }
        self._held: dict[NormalizedName, Artifact] = {}

    def line(self, declared: DeclaredRequirement, line: str) -> str:
        """Put the commit into the line of a requirement where the present lock holds the same repository and revision.

        :param declared: the requirement
        :param line: its line in a requirements file
        """
        artifact = self._known.get(declared.name)
        url = declared.requirement.url
        if artifact is None or url is None or "+" not in url:
            return line
        vcs, address, revision, fragment = _parts(url)
        asked = (vcs, repository_address(address, self._secrets), revision)
        if asked != (artifact.vcs, artifact.url, artifact.requested_revision):
            return line
        self._held[declared.name] = artifact
        return _with_url(declared.requirement, f"{vcs}+{address}@{artifact.commit_id}{fragment}")

    def restore(self, package: LockedPackage) -> LockedPackage:
        """Give a package the revision that was declared: the tool was asked for the commit.

        :param package: a package of the answer
        """
        held = self._held.get(package.name)
        if held is None:
            return package
        artifacts = (replace(item, requested_revision=held.requested_revision) for item in package.artifacts)
        return replace(package, artifacts=tuple(artifacts))


def _parts(url: str) -> tuple[str, str, str | None, str]:
    """Part ``git+https://host/path@revision#fragment`` into system, address, revision and ``#fragment``."""
    bare, mark, fragment = url.partition("#")
    vcs, _, address = bare.partition("+")
    parts = urlsplit(address)
    path, _, revision = parts.path.rpartition("@") if "@" in parts.path else (parts.path, "", "")
    return vcs, urlunsplit(parts._replace(path=path)), revision or None, mark + fragment


def _with_url(requirement: Requirement, url: str) -> str:
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    marker = f" ; {requirement.marker}" if requirement.marker else ""
    return f"{requirement.name}{extras} @ {url}{marker}"
