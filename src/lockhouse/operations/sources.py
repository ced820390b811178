"""What projects are now that an environment installs from their folders: the one under test, and others beside it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lockhouse.model.build_policy import Rebuild
from lockhouse.model.receipt import InstalledSource
from lockhouse.model.spec import ProjectMode
from lockhouse.storage.source_trees import edited_folder, is_editable, source_identity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from packaging.utils import NormalizedName

    from lockhouse.model.receipt import Receipt
    from lockhouse.operations.sync_request import SyncRequest

#: The path by which a receipt names the project under test.
PROJECT = "."

#: What the identity of a project says of what its backend is told.
_OPTIONS = "options"

#: What the identity of a project says that is built through its sdist.
_SDIST = "through sdist"

#: So many files of a project are named.
_TOLD = 3


def project_source(request: SyncRequest) -> InstalledSource | None:
    """Give the project under test as it is now, where it is ours to install.

    :param request: the environment
    """
    spec, name = request.spec, request.spec.project_name
    if not request.installs_project or name is None:
        return None
    return source_now(request, name, PROJECT, editable=spec.project is ProjectMode.EDITABLE)


def source_now(request: SyncRequest, name: NormalizedName, path: str, *, editable: bool) -> InstalledSource:
    """Give a project as it is now.

    :param request: the environment
    :param name: the project's name
    :param path: its folder, relative to the project under test
    :param editable: whether it is installed editable
    """
    if editable:
        build = request.spec.build_of(path)
        content = source_identity(request.root / path, () if build is None else build.files)
    else:
        content = f"tree:{request.tree(path).look().digest}"
    told = [f"{variable}={value}" for variable, value in sorted(request.variables.items())]
    options = request.spec.builds.options_of(name).text
    through = [_SDIST] if request.through_sdist and path == PROJECT else []
    return InstalledSource(
        name=name,
        path=path,
        editable=editable,
        identity="\n".join([content, *through, *([f"{_OPTIONS} {options}"] if options else []), *told]),
    )


def sources_now(request: SyncRequest, receipt: Receipt) -> dict[NormalizedName, str]:
    """Look at all sources of a receipt again, and at the project under test as it is declared now.

    :param request: the environment
    :param receipt: its receipt
    """
    own = project_source(request)
    now: dict[NormalizedName, str] = {}
    for source in receipt.sources:
        if source.path == PROJECT:
            if request.skip_project:  # it stays as it is
                now[source.name] = source.identity
        else:
            now[source.name] = source_now(request, source.name, source.path, editable=source.editable).identity
    if own is not None:
        now[own.name] = own.identity
    return now


def source_changes(request: SyncRequest, receipt: Receipt, now: Mapping[NormalizedName, str]) -> dict[str, str]:
    """Say what changed of projects: how they are installed, and of wheels the files, or variables that builds see.

    :param request: the environment
    :param receipt: its receipt
    :param now: what :func:`sources_now` gave
    """
    found: dict[str, str] = {}
    for before in receipt.sources:
        if now.get(before.name) in {None, before.identity}:
            continue
        way = change_of_way(before.identity, now[before.name])
        after = replace(before, identity=now[before.name])
        words = [way] if way else changes_of_project(request, before, after)
        if words:
            more = f", and {len(words) - _TOLD} more" if len(words) > _TOLD else ""
            found[before.name] = f"{', '.join(words[:_TOLD])}{more}"
    return found


def change_of_way(before: str, now: str) -> str:
    """Say in words that a project is to be installed in another way, or from another folder, than it was.

    :param before: the identity of the project as it was installed
    :param now: its identity as it is declared
    :return: empty where both are the same
    """
    was, to_be = _way_of(before), _way_of(now)
    if was != to_be:
        return f"it was installed {was}, and is to be installed {to_be}"
    old, new = edited_folder(before), edited_folder(now)
    return "" if old == new or "" in {old, new} else f"it was installed from {old}, and now lies in {new}"


def _way_of(identity: str) -> str:
    if is_editable(identity):
        return "editable"
    return "as a wheel that is built through its sdist" if _SDIST in identity.split("\n") else "as a wheel"


def changes_of_project(request: SyncRequest, before: InstalledSource, now: InstalledSource) -> list[str]:
    """Say in words what changed of a project: files, state of version control, and variables that its build sees.

    :param request: the environment
    :param before: the project as it was installed; nothing is known of an editable one
    :param now: the project as it is
    """
    if before.editable or before.path is None:
        return []
    old, new = before.identity.split("\n"), now.identity.split("\n")
    tree = request.tree(before.path)
    words = [] if old[0] == new[0] else tree.changes_since(old[0].removeprefix("tree:"))
    variables = sorted(
        {
            line.partition("=")[0]
            for line in {*old[1:]} ^ {*new[1:]}
            if "=" in line and not line.startswith(f"{_OPTIONS} ")
        }
    )
    return [*words, *(f"the variable {name} changed" for name in variables)]


def always_rebuilt(request: SyncRequest, receipt: Receipt | None) -> Iterable[NormalizedName | None]:
    """Name the projects that are built again each time.

    :param request: the environment
    :param receipt: its receipt, or None
    """
    if request.spec.project_build.rebuild is not Rebuild.ALWAYS:
        return
    if request.installs_project:
        yield request.spec.project_name
    sources = () if receipt is None else receipt.sources
    yield from (source.name for source in sources if source.path != PROJECT)


def goes_through_sdist(receipt: Receipt) -> bool:
    """Tell whether the project was built through its sdist.

    :param receipt: of the environment
    """
    return any(source.path == PROJECT and _SDIST in source.identity.split("\n") for source in receipt.sources)
