"""Builds of sdists and checkouts in a lock: which there are, and what tells one from another."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from lockhouse.model.lock import ArtifactKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from packaging.utils import NormalizedName

    from lockhouse.model.build_policy import BuildPolicy
    from lockhouse.model.lock import Artifact, BuildLock, LockedPackage


def needs_build(artifact: Artifact) -> bool:
    """Tell whether something is built: an sdist, from an index or from an address, or a checkout.

    :param artifact: the lock's entry
    """
    if artifact.kind in {ArtifactKind.SDIST, ArtifactKind.VCS}:
        return True
    return artifact.kind is ArtifactKind.ARCHIVE and not (artifact.filename or "").endswith(".whl")


def source_to_build(package: LockedPackage, policy: BuildPolicy) -> Artifact | None:
    """Give the sdist or checkout that a lock must be able to build a package from; None where a wheel will do.

    :param package: the lock's entry
    :param policy: what is built
    """
    source = next((artifact for artifact in package.artifacts if needs_build(artifact)), None)
    has_wheel = any(artifact.kind is ArtifactKind.WHEEL for artifact in package.artifacts)
    if source is None or policy.refuses(package.name) or (has_wheel and not policy.demands(package.name)):
        return None
    return source


def recorded_source(artifact: Artifact) -> str | None:
    """Give what a record says of the source of a build: ``algorithm:digest`` of an sdist, ``git:commit`` of a checkout.

    :param artifact: the lock's entry
    :return: None where nothing holds it to its content
    """
    if artifact.kind is ArtifactKind.VCS:
        return None if artifact.commit_id is None else f"{artifact.vcs}:{artifact.commit_id}"
    return None if artifact.strong_hash is None else ":".join(artifact.strong_hash)


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


def told_below(key: str, builds: Mapping[str, BuildLock], policy: BuildPolicy) -> str:
    """Give what the settings say of the build requirements that may have to be built, and of theirs.

    :param key: of :func:`build_key`
    :param builds: all build locks of the lock
    :param policy: the settings
    :return: the one spelling that stands in records; empty where all build requirements have wheels
    """
    return _told_to(_built_below(key, builds, ()), policy)


def told_again(below: str, policy: BuildPolicy) -> str:
    """Give what the settings say now of the build requirements that a record names.

    :param below: what :func:`told_below` gave
    :param policy: the settings as they are now
    """
    return _told_to({canonicalize_name(name) for name, _, _, _ in _read(below)}, policy)


def words_below(below: str) -> str:
    """Give what build requirements were told in words; empty where nothing was.

    :param below: what :func:`told_below` gave
    """
    words = []
    for name, options, online, demanded in _read(below):
        words += [f"{name} was told {options}"] if options else []
        words += [f"the build of {name} might use the network"] if online else []
        words += [f"{name} had to be built"] if demanded else []
    return "; ".join(words)


def _read(below: str) -> list[tuple[str, str, bool, bool]]:
    """Read what a record says; anybody may have written it, and what cannot be read says nothing."""
    try:
        told = json.loads(below or "{}")
        return [
            (name, str(options), bool(online), bool(demanded)) for name, (options, online, demanded) in told.items()
        ]
    except (ValueError, TypeError, AttributeError, RecursionError):
        return []


def _told_to(names: Iterable[NormalizedName], policy: BuildPolicy) -> str:
    told = {
        name: [policy.options_of(name).text, name in policy.allow_network, policy.demands(name)]
        for name in sorted(names)
    }
    return json.dumps(told) if told else ""


def _built_below(key: str, builds: Mapping[str, BuildLock], above: tuple[str, ...]) -> set[NormalizedName]:
    build = builds.get(key)
    found: set[NormalizedName] = set()
    if build is None or key in above:
        return found
    for package in build.packages:
        if build_key(package) in builds:
            found |= {package.name, *_built_below(build_key(package), builds, (*above, key))}
    return found


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
