"""``[tool.uv.sources]``: which of the requirements of a project are folders or files of the repository."""

from __future__ import annotations

import fnmatch
import os
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from lockhouse.config.malformed import NO_SUCH_FILE, malformed
from lockhouse.config.pyproject import PYPROJECT, Pyproject
from lockhouse.config.requirement_lines import relative_path
from lockhouse.config.setup_cfg import static_name
from lockhouse.errors import InvalidRequirementError
from lockhouse.model.canonical import normalized
from lockhouse.model.indexes import hide

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from packaging.utils import NormalizedName

    from lockhouse.model.spec import DeclaredRequirement, Origin
    from lockhouse.trace.looks import Looks

_Source = TypeVar("_Source")

_SOURCES = ("tool", "uv", "sources")
_WORKSPACE = ("tool", "uv", "workspace")
#: What a source says of where to take a package from: one of these.
_KINDS = frozenset({"git", "index", "path", "url", "workspace"})
_WILD = frozenset("*?[")
#: Folders in which no member of a workspace lies.
_TOOLS = frozenset({"__pycache__", "node_modules"})


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class UvSources:
    """The local sources that hold for one project: its own, and those of the workspace that it is a member of.

    :ivar folder: the project's folder
    :ivar pyproject: its ``pyproject.toml``
    :ivar root: the folder of the project under test: paths are spelled relative to it
    :ivar looks: takes down what is read
    """

    folder: Path
    pyproject: Pyproject
    root: Path
    looks: Looks

    @cached_property
    def names(self) -> frozenset[NormalizedName]:
        """Give the names that have a local source."""
        return frozenset(self._tables)

    def applied(self, item: DeclaredRequirement) -> DeclaredRequirement:
        """Give a requirement with its local source, if it has one; one with an address or a path keeps that.

        :param item: the requirement
        :raises InvalidRequirementError: the source cannot be used
        """
        if item.path is not None or item.url is not None:
            return item
        found = self._tables.get(item.name)
        if found is None:
            self._require_no_address(item.name)
            return item
        table, base, origin = found
        if table.get("workspace") is True:
            place, editable = self._member(item.name, origin), table.get("editable", True)
        else:
            place, editable = Path(os.path.normpath(base / str(table["path"]))), table.get("editable", False)
        kind = self.looks.kind(place)
        shown = relative_path(place, self.root)
        if not kind:
            raise malformed(shown, origin, NO_SUCH_FILE, fix=f"correct the path at {origin}")
        if editable is True and kind != "folder":
            raise malformed(shown, origin, "only a directory can be installed editable")
        return replace(item, path=shown, editable=editable is True, origin=item.origin)

    def is_behind(self, item: DeclaredRequirement) -> bool:
        """Tell whether the path of a requirement is that of its local source, whoever wrote it there.

        :param item: a requirement, with its source applied
        """
        if item.path is None or item.name not in self.names:
            return False
        return self.applied(replace(item, text=item.name, path=None)).path == item.path

    @cached_property
    def workspace(self) -> Workspace | None:
        """Give the workspace that the project belongs to, None where it belongs to none."""
        for above in (self.folder, *self.folder.parents):
            if self.looks.kind(above / PYPROJECT) == "file":
                place = relative_path(above / PYPROJECT, self.root)
                pyproject = self.pyproject if above == self.folder else Pyproject.read(above, self.looks, place=place)
                if pyproject.table(*_WORKSPACE):
                    found = Workspace(folder=above, pyproject=pyproject, looks=self.looks)
                    return found if above == self.folder or self.folder in found.folders else None
            if self.looks.kind(above / ".git"):
                break
        return None

    @cached_property
    def _tables(self) -> Mapping[NormalizedName, tuple[Mapping[str, Any], Path, Origin]]:
        """Give the local sources: table, the folder that its path is relative to, and its place."""
        found = self._all_of(_local_sources)
        for name, (table, base, origin) in found.items():
            self._require_own_name(name, table, base, origin)
        return found

    def _require_own_name(self, name: NormalizedName, table: Mapping[str, Any], base: Path, origin: Origin) -> None:
        """Refuse a source under a name that its project has not: that of the project would be taken from an index."""
        if table.get("workspace") is True:
            return  # its folder is found by the name
        place = Path(os.path.normpath(base / str(table["path"])))
        shown = relative_path(place, self.root)
        own = static_name(place, self.looks, shown=shown) if self.looks.kind(place) == "folder" else None
        if own is not None and normalized(own) != name:
            raise InvalidRequirementError(
                f'{origin}: {shown} is the project "{own}", not "{name}"',
                why=f"without a source of its own name, {own} would be taken from an index",
                fix=f"write {own} instead of {name}, there and in the requirements, or correct the path",
            )

    def _require_no_address(self, name: NormalizedName) -> None:
        """Refuse a package that a source has from elsewhere: passed over, another one of its name would be locked."""
        found = self._addresses.get(name)
        if found is None:
            return
        address, origin = found
        raise InvalidRequirementError(
            f"{origin}: the source of {name} is an address, which is not taken from there",
            why="without it, what an index has under this name would be locked",
            fix=f'write it into the requirement: "{name} @ {hide(address)}"',
        )

    @cached_property
    def _addresses(self) -> Mapping[NormalizedName, tuple[str, Origin]]:
        """Give the sources that are a repository or an address: as a requirement spells it, and its place."""
        return self._all_of(_addresses)

    def _all_of(
        self, read: Callable[[Pyproject, Path], Iterator[tuple[NormalizedName, _Source]]]
    ) -> dict[NormalizedName, _Source]:
        """Give what the sources of the workspace say, and in their place those of the project itself."""
        above = self.workspace
        found = {} if above is None or above.folder == self.folder else dict(read(above.pyproject, above.folder))
        own = {normalized(key) for key in self.pyproject.table(*_SOURCES)}
        return {name: value for name, value in found.items() if name not in own} | dict(
            read(self.pyproject, self.folder)
        )

    def _member(self, name: NormalizedName, origin: Origin) -> Path:
        found = () if self.workspace is None else self.workspace.members.get(name, ())
        if not found:
            known = [] if self.workspace is None else sorted(self.workspace.members)
            raise InvalidRequirementError(
                f"{origin}: {name} is no member of the workspace",
                why=f"it has {', '.join(known) or 'none'}"
                if self.workspace is not None
                else f"no {PYPROJECT} of this folder or above has [{'.'.join(_WORKSPACE)}] with it as a member",
                fix=f"add its folder to members in [{'.'.join(_WORKSPACE)}], or name it by its path",
            )
        if len(found) > 1:
            assert self.workspace is not None  # noqa: S101 - for the type checker
            places = (relative_path(place, self.workspace.folder) for place in found)
            raise InvalidRequirementError(
                f"{origin}: two members of the workspace have the name {name}",
                why=" and ".join(places),
                fix="rename one of them, or name the one that is meant by its path",
            )
        return found[0]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Workspace:
    """A workspace of uv.

    :ivar folder: its root
    :ivar pyproject: the ``pyproject.toml`` there
    :ivar looks: takes down what is read
    """

    folder: Path
    pyproject: Pyproject
    looks: Looks

    @cached_property
    def folders(self) -> tuple[Path, ...]:
        """Give the folders of its members, its own among them."""
        table = self.pyproject.table(*_WORKSPACE)
        out = {path for pattern in _strings(table.get("exclude")) for path in self._matching(pattern)}
        found = [path for pattern in _strings(table.get("members")) for path in self._matching(pattern)]
        projects = (path for path in found if path not in out and self.looks.kind(path / PYPROJECT) == "file")
        return tuple(dict.fromkeys((self.folder, *projects)))

    @cached_property
    def members(self) -> Mapping[NormalizedName, tuple[Path, ...]]:
        """Give the folders of the members that say their name; uv wants one of each."""
        found: dict[NormalizedName, tuple[Path, ...]] = {}
        for folder in self.folders:
            name = static_name(folder, self.looks, shown=relative_path(folder, self.folder))
            if name is not None:
                found[normalized(name)] = (*found.get(normalized(name), ()), folder)
        return found

    def _matching(self, pattern: str) -> Iterator[Path]:
        found = [self.folder]
        for part in pattern.strip("/").split("/"):
            if part == "**":
                found = [path for folder in found for path in self._below(folder)]
            elif set(part) & _WILD:
                found = [path for folder in found for path in self._named(folder, part)]
            else:
                found = [Path(os.path.normpath(folder / part)) for folder in found]
        yield from found

    def _named(self, folder: Path, pattern: str) -> Iterator[Path]:
        names = self.looks.names(folder)
        yield from (folder / name for name in names if fnmatch.fnmatchcase(name, pattern))

    def _below(self, folder: Path) -> Iterator[Path]:
        """Give a folder and all below it, hidden ones and those of tools left out."""
        yield folder
        for name in self.looks.names(folder):
            if not name.startswith(".") and name not in _TOOLS and self.looks.kind(folder / name) == "folder":
                yield from self._below(folder / name)


def _local_sources(
    pyproject: Pyproject, folder: Path
) -> Iterator[tuple[NormalizedName, tuple[Mapping[str, Any], Path, Origin]]]:
    for name, said in pyproject.table(*_SOURCES).items():
        listed = said if isinstance(said, list) else [said]
        tables = [table for table in listed if isinstance(table, dict) and table.keys() & _KINDS]
        if len(tables) < len(listed):  # passed over, it would be taken from an index
            raise InvalidRequirementError(
                f"{pyproject.origin((*_SOURCES, name))}: that is no source of {name}",
                why=f"it is no table with one of {', '.join(sorted(_KINDS))}",
                fix=f'write {name} = {{ path = "../{name}" }}',
            )
        local = [table for table in tables if "path" in table or table.get("workspace") is True]
        if not local:
            continue  # an address, or an index
        origin = pyproject.origin((*_SOURCES, name))
        if len(tables) > 1 or local[0].keys() & {"marker", "extra", "group"}:
            raise InvalidRequirementError(
                f"{origin}: {name} has a local source under a condition",
                why="one environment installs a project of the repository from one place",
                fix=f'write {name} = {{ path = "../{name}" }}, and put the condition into the requirement',
            )
        if not isinstance(local[0].get("path", ""), str):
            raise InvalidRequirementError(f"{origin}: its path is not a string", fix='write path = "../library"')
        yield normalized(name), (local[0], folder, origin)


def _addresses(pyproject: Pyproject, _: Path) -> Iterator[tuple[NormalizedName, tuple[str, Origin]]]:
    for name, said in pyproject.table(*_SOURCES).items():
        for table in said if isinstance(said, list) else [said]:
            if not isinstance(table, dict) or not table.keys() & {"git", "url"}:
                continue
            address = f"git+{table['git']}" if "git" in table else f"{table['url']}"
            reference = next((table[key] for key in ("rev", "tag", "branch") if key in table), None)
            folder = table.get("subdirectory")
            address += ("" if reference is None else f"@{reference}") + (
                "" if folder is None else f"#subdirectory={folder}"
            )
            yield normalized(name), (address, pyproject.origin((*_SOURCES, name)))


def _strings(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
