"""The command ``build-info``: which wheels of local projects each environment would get, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.cli.commands import open_project, selected
from lockhouse.errors import EXIT_OK, LockhouseError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from lockhouse.cli.console import Console
    from lockhouse.model.project_info import ExpectedWheel, ProjectInfo
    from lockhouse.operations.project_info import Informed

#: So much of a digest tells it from others.
_SHOWN = 12


def build_info(options: argparse.Namespace, console: Console) -> int:
    """Say which wheel of the project, and of others in folders, each environment would get."""
    from lockhouse.cli.verifying import require_all_found  # noqa: PLC0415 - only here

    project = open_project(options, console)
    specs = selected(project, options.environments)
    folders = [options.directory / folder for folder in options.folders]
    informed = project.project_info(specs, folders=folders)
    require_all_found(options.environments, [each.made for each in informed], folders)
    code = EXIT_OK
    for each in informed:
        if isinstance(each.info, LockhouseError):
            error = each.info.within(f'environment "{each.made.spec.name}"')
            console.error(error)
            code = code or error.exit_code
        elif options.format == "text":
            for line in _lines(_place(each, project.root), each.made.spec.name, each.info):
                console.answer(line)
    if options.format == "json":
        from lockhouse.cli.records import build_info_report  # noqa: PLC0415 - only here

        console.record(build_info_report([(_place(each, project.root), each) for each in informed]))
    return code


def _place(informed: Informed, root: Path) -> str:
    folder = informed.made.folder
    return folder.relative_to(root).as_posix() if folder.is_relative_to(root) else str(folder)


def _lines(place: str, name: str, infos: Sequence[ProjectInfo]) -> Iterator[str]:
    if not infos:
        yield f"{name} ({place}): the project is not installed by Lockhouse"
    for info in infos:
        yield f"{name} ({place}): {_state(info)}"
        for change in info.changes:
            yield f"  because {change}"
        if info.expected is not None:
            yield from _parts(info, info.expected)


def _state(info: ProjectInfo) -> str:
    from lockhouse.model.project_info import BuildState  # noqa: PLC0415 - the parser of every command imports this file
    from lockhouse.operations.sources import PROJECT  # noqa: PLC0415 - likewise

    thing = f"{info.name} ({info.mode})" if info.path == PROJECT else f"{info.name} ({info.mode}) in {info.path}"
    if info.state is BuildState.INSTALLED:
        return f"{thing} is installed as it is now"
    if info.state is BuildState.TO_BUILD:
        return f"{thing} has to be built"
    return f"{thing} is built, and not installed yet"


def _parts(info: ProjectInfo, expected: ExpectedWheel) -> Iterator[str]:
    from lockhouse.model.project_info import PURE  # noqa: PLC0415 - likewise
    from lockhouse.project.words import quantity  # noqa: PLC0415 - likewise

    yield f"  wheel: {expected.wheel or 'none is kept'}"
    through = ", through its sdist" if info.through_sdist else ""
    yield f"  source: {expected.source[:_SHOWN]}, {quantity(expected.files, 'file')}{through}"
    yield f"  build lock: {expected.build_lock[:_SHOWN]}"
    yield f"  interpreter: {'any, for the wheel is pure' if expected.interpreter == PURE else expected.interpreter}"
    yield f"  variables: {', '.join(info.variables) or 'none'}"
    yield f"  version control: {expected.scm[:_SHOWN] or 'not looked at'}"
