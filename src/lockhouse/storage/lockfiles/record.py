"""Our own table in a lock: inputs, dependency edges, resolver. One form for both formats."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from lockhouse.errors import LockInvalidError
from lockhouse.model.lock import RECORD_VERSION, Artifact, ArtifactKind, BuildLock, Lock, LockedPackage, LockRecord
from lockhouse.model.spec import LockInputs
from lockhouse.model.unparsed import why_unparsed
from lockhouse.storage.lockfiles.packages import package_from, package_to_dict

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


#: What an index lists: such a file can be found again by its name and its hash.
_LISTED = {ArtifactKind.WHEEL, ArtifactKind.SDIST}


def record_to_dict(lock: Lock, record: LockRecord, directory: str, *, addresses: bool = True) -> dict[str, Any]:
    """Give the table.

    :param lock: the lock, for its dependency edges
    :param record: what is recorded
    :param directory: folder of the lock file relative to the project, with forward slashes
    :param addresses: whether build locks say where the files of an index are
    """
    table: dict[str, Any] = {"version": RECORD_VERSION, "resolver": record.inputs.resolver}
    if record.target is not None:
        table["target"] = record.target
    if record.plugins:
        table["plugins"] = list(record.plugins)
    if record.computed_hashes:
        table["computed-hashes"] = list(record.computed_hashes)
    table["inputs"] = record.inputs.to_dict()
    table["requires"] = {
        edge_key(package): list(package.requires) for package in lock.packages if package.requires is not None
    }
    if record.builds:
        table["builds"] = {
            key: _build_to_dict(build, directory, addresses=addresses) for key, build in sorted(record.builds.items())
        }
    return table


def _build_to_dict(build: BuildLock, directory: str, *, addresses: bool) -> dict[str, Any]:
    table: dict[str, Any] = {"requires": list(build.requires)}
    if build.packages:
        table["packages"] = [
            package_to_dict(package, directory)
            if addresses or any(artifact.kind not in _LISTED for artifact in package.artifacts)
            else _without_addresses(package)
            for package in build.packages
        ]
    return table


def _without_addresses(package: LockedPackage) -> dict[str, Any]:
    optional = {
        "version": package.version,
        "marker": package.marker,
        "requires-python": package.requires_python,
        "index": package.index,
    }
    files = {artifact.filename: ":".join(artifact.strong_hash or ()) for artifact in package.artifacts}
    return {
        "name": package.name,
        **{key: value for key, value in optional.items() if value is not None},
        "files": files,
    }


def _listed_package(table: Mapping[str, Any]) -> LockedPackage:
    """Read what :func:`_without_addresses` wrote."""
    artifacts = []
    for filename, told in dict(table["files"]).items():
        kind = ArtifactKind.WHEEL if filename.endswith(".whl") else ArtifactKind.SDIST
        algorithm, _, digest = str(told).partition(":")
        artifacts.append(Artifact(kind=kind, filename=filename, hashes={algorithm: digest.lower()}))
    texts = {key: None if table.get(key) is None else str(table[key]) for key in ("marker", "requires-python", "index")}
    return LockedPackage(
        name=canonicalize_name(str(table["name"])),
        version=str(table["version"]),
        marker=texts["marker"],
        requires_python=texts["requires-python"],
        index=texts["index"],
        artifacts=tuple(artifacts),
    )


def record_from_dict(table: object, place: str, directory: str) -> tuple[LockRecord, Mapping[str, tuple[str, ...]]]:
    """Read the table.

    :param table: what stands in the file; a table, where nobody damaged it
    :param place: the file, for messages
    :param directory: its folder relative to the project, with forward slashes
    :return: the record, and the dependency edges by :func:`edge_key`
    :raises LockInvalidError: it is of a newer version, or not of this form
    """
    if not isinstance(table, dict):
        raise _damaged(place, f"a table was expected, not {table!r}")
    version = table.get("version")
    if isinstance(version, int) and version > RECORD_VERSION:
        raise LockInvalidError(
            f"{place} was written by a newer Lockhouse",
            why=f"its record has version {version}, this Lockhouse reads up to {RECORD_VERSION}",
            fix="upgrade Lockhouse",
        )
    try:
        record = LockRecord(
            inputs=LockInputs.from_dict(table["inputs"]),
            plugins=tuple(map(str, table.get("plugins", ()))),
            computed_hashes=tuple(map(str, table.get("computed-hashes", ()))),
            target=None if table.get("target") is None else str(table["target"]),
            builds={
                str(key): _build_from_dict(build, directory) for key, build in dict(table.get("builds", {})).items()
            },
        )
        SpecifierSet(record.inputs.requires_python)
        edges = {str(key): tuple(map(_requirement_line, lines)) for key, lines in dict(table["requires"]).items()}
    except RecursionError as error:
        raise _damaged(place, why_unparsed(error)) from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _damaged(place, f"{type(error).__name__}: {error}") from error
    return record, edges


def _build_from_dict(table: Mapping[str, Any], directory: str) -> BuildLock:
    requires = tuple(map(_requirement_line, table["requires"]))
    found = list(table.get("packages", ()))
    if not found:
        return BuildLock(requires=requires)
    from packaging.pylock import Pylock, PylockValidationError  # noqa: PLC0415 - only for a lock that has to build

    spelled = [package for package in found if "files" not in package]
    document = {"lock-version": "1.0", "created-by": "lockhouse", "packages": spelled}
    try:
        others = iter([package_from(package, directory) for package in Pylock.from_dict(document).packages])
    except PylockValidationError as error:
        raise ValueError(str(error)) from error
    packages = tuple(_listed_package(package) if "files" in package else next(others) for package in found)
    return BuildLock(requires=requires, packages=packages)


def _requirement_line(line: str) -> str:
    Requirement(line)
    return line


def _damaged(place: str, why: str) -> LockInvalidError:
    return LockInvalidError(f"{place}: the record in [tool.lockhouse] is damaged", why=why)


def edge_key(package: LockedPackage) -> str:
    """Give the key under which the dependencies of a package stand: a version has its own.

    :param package: the package
    """
    return package.name if package.version is None else f"{package.name}=={package.version}"


def with_edges(packages: Iterable[LockedPackage], edges: Mapping[str, tuple[str, ...]]) -> Iterable[LockedPackage]:
    """Give the packages with their recorded dependencies.

    A pin that somebody moved has none recorded; those of the version that was locked stand in for them, so that what a
    bot bumped is judged by content. At sync the metadata of the real file is looked at.

    :param packages: packages as the file lists them
    :param edges: what :func:`record_from_dict` gave
    """
    by_name: dict[str, tuple[str, ...]] = {}
    for key, lines in edges.items():
        by_name.setdefault(key.partition("==")[0], lines)
    for package in packages:
        key = edge_key(package)
        if key in edges:
            yield replace(package, requires=edges[key])
        elif package.name in by_name:
            yield replace(package, requires=by_name[package.name], requires_assumed=True)
        else:
            yield package
