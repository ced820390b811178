"""Builds of sdists in a lock: which there are, and what tells one from another."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from lockhouse.model.lock import ArtifactKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockhouse.model.build_policy import BuildPolicy
    from lockhouse.model.lock import Artifact, BuildLock, LockedPackage


def needs_build(artifact: Artifact) -> bool:
    """Tell whether a file is an sdist, from an index or from an address.

    :param artifact: the lock's entry
    """
    if artifact.kind is ArtifactKind.SDIST:
        return True
    return artifact.kind is ArtifactKind.ARCHIVE and not (artifact.filename or "").endswith(".whl")


def sdist_to_build(package: LockedPackage, policy: BuildPolicy) -> Artifact | None:
    """Give the sdist that a lock must be able to build a package from; None where a wheel will do.

    :param package: the lock's entry
    :param policy: what is built
    """
    sdist = next((artifact for artifact in package.artifacts if needs_build(artifact)), None)
    has_wheel = any(artifact.kind is ArtifactKind.WHEEL for artifact in package.artifacts)
    if sdist is None or policy.refuses(package.name) or (has_wheel and not policy.demands(package.name)):
        return None
    return sdist


def build_key(package: LockedPackage) -> str:
    """Give the key under which a lock holds the build lock of a package.

    :param package: the package
    """
    return package.name if package.version is None else f"{package.name}=={package.version}"


def build_lock_digest(key: str, builds: Mapping[str, BuildLock]) -> str:
    """Give a sha256 over what a build may be made with: names, versions, markers, hashes; not where they come from.

    What has to be built for the build in its turn counts with its own build lock.

    :param key: of :func:`build_key`
    :param builds: all build locks of the lock
    """
    text = json.dumps(_canonical(key, builds, ()), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _canonical(key: str, builds: Mapping[str, BuildLock], above: tuple[str, ...]) -> Any:
    build = builds.get(key)
    if build is None or key in above:
        return None
    packages = [
        {
            "name": package.name,
            "version": package.version,
            "marker": package.marker,
            "hashes": sorted(":".join(item) for a in package.artifacts for item in a.hashes.items()),
            "build": _canonical(build_key(package), builds, (*above, key)),
        }
        for package in build.packages
    ]
    return {"requires": sorted(build.requires), "packages": packages}
