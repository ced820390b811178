"""Direct references: a URL, a checkout or a path in the place of a version."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qs, urlsplit

from lockhouse.model.lock import ArtifactKind

if TYPE_CHECKING:
    from lockhouse.model.lock import Artifact, LockedPackage
    from lockhouse.model.spec import DeclaredRequirement


class VcsReference(NamedTuple):
    """A VCS address taken apart.

    :ivar vcs: name of the system (``git``)
    :ivar url: address of the repository
    :ivar revision: what stands after ``@``, or None
    :ivar subdirectory: the project's folder in the checkout, or None
    """

    vcs: str
    url: str
    revision: str | None
    subdirectory: str | None


def parse_vcs(url: str) -> VcsReference | None:
    """Take apart a VCS address such as ``git+https://index.example/a.git@v1#subdirectory=b``.

    :param url: any address
    :return: its parts, or None where it is no VCS address
    """
    scheme, plus, rest = url.partition("+")
    if not plus or "://" not in rest or "/" in scheme:
        return None
    address, _, fragment = rest.partition("#")
    path_start = address.index("://") + 3
    slash = address.find("/", path_start)
    at = address.rfind("@")
    revision = None
    if at > slash >= 0:
        address, revision = address[:at], address[at + 1 :]
    subdirectory = parse_qs(fragment).get("subdirectory", [None])[0]
    return VcsReference(scheme, address, revision, subdirectory)


def same_reference(declared: DeclaredRequirement, artifact: Artifact) -> bool:
    """Tell whether a locked artifact is what a declared requirement refers to.

    :param declared: a requirement with a URL or a path
    :param artifact: the artifact in the lock
    """
    if declared.path is not None:
        return _same_path(declared.path, artifact.path) and declared.editable == artifact.editable
    url = declared.requirement.url or ""
    reference = parse_vcs(url)
    if reference is None:
        return artifact.url is not None and _bare(url) == _bare(artifact.url)
    wanted = reference.revision
    return (
        artifact.kind is ArtifactKind.VCS
        and _bare(reference.url) == _bare(artifact.url or "")
        and (wanted is None or wanted in {artifact.requested_revision, artifact.commit_id})
        and (wanted is not None or artifact.requested_revision is None)
        and reference.subdirectory == artifact.subdirectory
    )


def describe_reference(package: LockedPackage) -> str:
    """Name where a locked package comes from, for a message.

    :param package: an entry of the lock
    """
    for artifact in package.artifacts:
        if artifact.kind is ArtifactKind.VCS:
            return f"{package.name} at commit {artifact.commit_id} of {artifact.url}"
        if artifact.kind in {ArtifactKind.ARCHIVE, ArtifactKind.DIRECTORY}:
            return f"{package.name} from {artifact.path or artifact.url}"
    return package.label


def _same_path(one: str, other: str | None) -> bool:
    return other is not None and one.strip("/").removeprefix("./") == other.strip("/").removeprefix("./")


def _bare(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2], fragment="").geturl().rstrip("/")
