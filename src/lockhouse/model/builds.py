"""Builds of sdists: what is built at all, from what it is built, and what proves it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lockhouse.model.lock import ArtifactKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from packaging.utils import NormalizedName

    from lockhouse.model.lock import Artifact, BuildLock, LockedPackage

#: In a policy, the name that stands for every package.
ALL = ":all:"

#: What provenance says of the network where a build might use it.
NETWORK_ALLOWED = "allowed"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildPolicy:
    """What may be built, must be built, and may use the network meanwhile.

    A name beats ``:all:`` of the opposite list.

    :ivar only_binary: names of packages that are never built, or ``:all:``
    :ivar no_binary: names of packages that are built even where a wheel fits, or ``:all:``
    :ivar allow_network: names of packages whose build may use the network
    :ivar wheels_only: whether nothing can be built at all, whatever the names say
    """

    only_binary: tuple[str, ...] = ()
    no_binary: tuple[str, ...] = ()
    allow_network: tuple[str, ...] = ()
    wheels_only: bool = False

    def refuses(self, name: NormalizedName) -> bool:
        """Tell whether a package may not be built.

        :param name: its name
        """
        return self.wheels_only or name in self.only_binary or (ALL in self.only_binary and name not in self.no_binary)

    def demands(self, name: NormalizedName) -> bool:
        """Tell whether a package is built even where it has wheels.

        :param name: its name
        """
        return name in self.no_binary or (ALL in self.no_binary and name not in self.only_binary)


#: Where nothing can be built: in a wheelhouse, and from one.
NEVER_BUILD = BuildPolicy(wheels_only=True)


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What proves a built wheel: from what, with what, where and by what it was built.

    :ivar name: normalised name of the package
    :ivar version: its version
    :ivar source: ``algorithm:digest`` of the sdist
    :ivar source_name: file name of the sdist
    :ivar build_lock: digest of the build lock (:func:`build_lock_digest`)
    :ivar interpreter: the tag of the interpreter that built it; on Linux it names the C library and its version
    :ivar platform: label of the target
    :ivar network: how the build was kept from the network, or that it was allowed
    :ivar builder: who built it
    :ivar wheel_name: file name of the wheel
    :ivar wheel: ``sha256:digest`` of the wheel
    """

    name: NormalizedName
    version: str
    source: str
    source_name: str
    build_lock: str
    interpreter: str
    platform: str
    network: str
    builder: str
    wheel_name: str
    wheel: str

    @property
    def is_online(self) -> bool:
        """Tell whether the build might use the network."""
        return self.network == NETWORK_ALLOWED
