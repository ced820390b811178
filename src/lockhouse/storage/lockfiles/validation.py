"""What the record beside hashed requirements must look like."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from packaging.markers import Marker
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from lockhouse.errors import LockInvalidError
from lockhouse.model.unparsed import UNPARSED, why_unparsed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_STRINGS = ("name", "index", "directory", "archive", "requested-revision")


def validate_record(document: Mapping[str, Any], place: str) -> None:
    """See that a record file has the form in which Lockhouse writes it.

    The table of Lockhouse's own is not looked at: whoever reads it validates it.

    :param document: what the file holds
    :param place: the record file, for messages
    :raises LockInvalidError: it has another form; every problem is named
    """
    problems = list(_problems(document))
    if problems:
        raise LockInvalidError(f"{place} is damaged", why=problems)


def _problems(document: Mapping[str, Any]) -> Iterator[str]:
    yield from _checked(document.get("requires-python", ""), SpecifierSet, "requires-python")
    environments = document.get("environments", [])
    if isinstance(environments, list):
        for number, marker in enumerate(environments):
            yield from _checked(marker, Marker, f"environments[{number}]")
    else:
        yield f"environments: expected a list, found {environments!r}"
    packages = document.get("packages", [])
    if isinstance(packages, list):
        for number, package in enumerate(packages):
            yield from _package_problems(package, f"packages[{number}]")
    else:
        yield f"packages: expected a list of tables, found {packages!r}"
    if not isinstance(document.get("tool", {}), dict):
        yield f"tool: expected a table, found {document['tool']!r}"


def _package_problems(package: object, where: str) -> Iterator[str]:
    if not isinstance(package, dict):
        yield f"{where}: expected a table, found {package!r}"
        return
    if "name" not in package:
        yield f"{where}: it has no name"
    for key in _STRINGS:
        if not isinstance(package.get(key, ""), str):
            yield f"{where}.{key}: expected a string, found {package[key]!r}"
    yield from _checked(package.get("requires-python", ""), SpecifierSet, f"{where}.requires-python")
    yield from _checked(package.get("version", "0"), Version, f"{where}.version")
    files = package.get("files", {})
    if not isinstance(files, dict) or not all(isinstance(digest, str) for digest in files.values()):
        yield f"{where}.files: expected file names with their hashes, found {files!r}"


def _checked(value: object, parse: Callable[[str], object], where: str) -> Iterator[str]:
    """Have packaging parse a string; all of its errors are ValueErrors."""
    if not isinstance(value, str):
        yield f"{where}: expected a string, found {value!r}"
        return
    try:
        parse(value)
    except UNPARSED as error:
        yield f"{where}: {why_unparsed(error)}"
