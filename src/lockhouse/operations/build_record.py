"""What is said of a build: by its record, and in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import Version

from lockhouse.confinement import Network
from lockhouse.errors import BuildError, BuildFailedError
from lockhouse.model.lock import ArtifactKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lockhouse.errors import LockhouseError
    from lockhouse.interfaces import Reporter
    from lockhouse.model.lock import LockedPackage
    from lockhouse.model.plan import PlannedPackage
    from lockhouse.model.provenance import Provenance
    from lockhouse.model.target import Target


def require_expected(package: LockedPackage, wheel: Path, target: Target) -> str:
    """See that a wheel is of the locked package, and fits the interpreter; give its version.

    :param package: what was to be built
    :param wheel: what was built
    :param target: the interpreter
    :raises BuildFailedError: it is another package, or does not fit
    """
    try:
        name, version, _, tags = parse_wheel_filename(wheel.name)
    except InvalidWheelFilename as error:
        raise BuildFailedError(f"{package.label}: its backend built {wheel.name}", why=str(error)) from error
    if canonicalize_name(name) != package.name or (package.version and version != Version(package.version)):
        raise BuildFailedError(
            f"{package.label}: its backend built something else",
            why=f"it built {wheel.name}",
            fix=_fix_of_another(package),
        )
    if not {str(tag) for tag in tags} & {*target.tags}:
        raise BuildFailedError(
            f"{package.label}: its backend built a wheel that does not fit {target.label}", why=f"it built {wheel.name}"
        )
    return str(version)


def _fix_of_another(package: LockedPackage) -> str | None:
    if all(artifact.kind is not ArtifactKind.VCS for artifact in package.artifacts):
        return None
    return (
        "where its version comes from tags, these have changed since it was locked: "
        f"lockhouse lock --upgrade-package {package.name} (where uv sees no new tag: uv cache clean)"
    )


def machine_tag(target: Target) -> str:
    """Give the tag that says most of an interpreter: on Linux the one that names the C library and its version.

    :param target: the interpreter
    """
    told = (tag for tag in target.tags if "manylinux" in tag or "musllinux" in tag)
    return next(told, target.tags[0])


def builder_name() -> str:
    """Give who builds, with the versions that decide how."""
    from importlib import metadata  # noqa: PLC0415 - only where something is built

    return f"lockhouse {metadata.version('lockhouse')}, pyproject-hooks {metadata.version('pyproject-hooks')}"


def tell_of(item: PlannedPackage, record: Provenance, reporter: Reporter) -> None:
    """Say what was built, from what, and what kept it from the network.

    :param item: what was planned
    :param record: the record of its wheel
    :param reporter: where to say it
    """
    artifact = item.artifact
    source = f"commit {artifact.commit_id}" if artifact.kind is ArtifactKind.VCS else "its sdist"
    message = f"built {item.package.label} from {source}; the network was {record.network}"
    if record.network == Network.ALLOWED:
        reporter.warning(f"{message}, as allow-network says: its hash does not tell what it fetched")
    elif record.network == Network.WATCHED:
        reporter.info(f"{message}: programs other than Python are not held back here")
    else:
        reporter.info(message)


def joined(failures: Sequence[LockhouseError]) -> LockhouseError:
    """Make one error of those of several builds, in a stable order.

    :param failures: one or more
    """
    distinct = {str(failure): failure for failure in sorted(failures, key=lambda failure: failure.what)}
    first, *others = distinct.values()
    if not others:
        return first
    why = [line for failure in distinct.values() for line in (failure.what, *(f"  {each}" for each in failure.why))]
    kinds = {type(failure) for failure in distinct.values()}
    return (kinds.pop() if len(kinds) == 1 else BuildError)(
        f"{len(distinct)} packages cannot be built", why=why, fix=first.fix
    )
