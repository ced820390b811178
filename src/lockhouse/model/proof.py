"""Wheels that somebody else built: whether a lock accepts them, and where they may be used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import parse_wheel_filename
from packaging.version import Version

from lockhouse.model.builds import build_key, build_lock_digest, needs_build, recorded_source, told_below, words_below

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockhouse.model.build_policy import BuildPolicy
    from lockhouse.model.lock import Lock, LockedPackage
    from lockhouse.model.provenance import Provenance
    from lockhouse.model.target import Target


def objections(record: Provenance, package: LockedPackage, lock: Lock, policy: BuildPolicy) -> Iterator[str]:
    """Find why a lock does not accept a built wheel for one of its packages: a reason a line, none where it does.

    :param record: what is said of the wheel
    :param package: the package
    :param lock: the lock
    :param policy: what may be built, and might use the network
    """
    if record.source not in {recorded_source(artifact) for artifact in package.artifacts if needs_build(artifact)}:
        yield f"it was built from {record.source_name}, {record.source}, which the lock does not have"
    if package.version is not None and Version(record.version) != Version(package.version):
        yield f"it is version {record.version}, {package.version} is locked"
    builds = {} if lock.record is None else lock.record.builds
    if record.build_lock != build_lock_digest(build_key(package), builds):
        yield "it was built with other build requirements than the lock has"
    if record.options != (wanted := policy.options_of(package.name).text):
        yield f"its backend was told {record.options or 'nothing'}, here it is told {wanted or 'nothing'}"
    if record.below != (below := told_below(build_key(package), builds, policy)):
        was, now = (words_below(text) or "nothing" for text in (record.below, below))
        yield f"what its build requirements were told is not what is declared here: {was}, here {now}"
    if policy.refuses(package.name):
        yield "only-binary forbids to build it"
    if record.is_online and package.name not in policy.allow_network:
        yield "its build might use the network, and allow-network does not name it"


def misfit(record: Provenance, target: Target) -> str | None:
    """Say why a built wheel may not be used on a target; None where it may.

    A tag such as ``linux_x86_64`` says nothing of the C library. There the one counts that it was built with.

    :param record: what proves the wheel
    :param target: where it is to be installed
    """
    _, _, _, tags = parse_wheel_filename(record.wheel_name)
    fitting = [tag for tag in tags if str(tag) in target.tags]
    if not fitting:
        return f"{record.wheel_name} does not fit {target.wheel_label}"
    built_on = record.interpreter.rpartition("-")[2]
    if not all(tag.platform.startswith("linux_") for tag in fitting) or built_on in _platforms(target):
        return None
    return f"{record.wheel_name} was built on {built_on}, and is not known to run on {target.wheel_label}"


def builds_for(here: Target, target: Target) -> bool:
    """Tell whether what an interpreter builds is meant for a target: the same Python on the same kind of platform.

    :param here: an interpreter of this machine
    :param target: the target
    """
    return _kind(here) == _kind(target)


def _kind(target: Target) -> tuple[str, str, str]:
    interpreter, _, platform = target.wheel_label.partition("-")
    return interpreter, target.label, "musl" if platform.startswith("musllinux") else ""


def _platforms(target: Target) -> set[str]:
    return {tag.rpartition("-")[2] for tag in target.tags}
