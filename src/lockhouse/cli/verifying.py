"""What ``verify`` says of the environments on disk."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from lockhouse.errors import ConfigError, LockhouseError
from lockhouse.model.drift import DriftCode, Drifted
from lockhouse.model.spec import quoted
from lockhouse.project.answers import Answer, Why, of_error
from lockhouse.project.naming import option_for

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence
    from pathlib import Path

    from lockhouse.model.spec import EnvironmentSpec
    from lockhouse.operations.verify import MadeEnvironment, Verified

_PLAIN = re.compile(r"[\w./-]+")

#: What only reading every file finds; so only reading every file repairs it.
_DEEP = frozenset({DriftCode.FILE_CHANGED, DriftCode.FILE_EXTRA})


def answers_of(verified: Iterable[Verified], *, root: Path, deep: bool) -> list[Answer]:
    """Give the answers.

    :param verified: what is known of each environment
    :param root: the project's folder
    :param deep: whether every file was read
    """
    return [_answer(each, root, deep=deep) for each in verified]


def require_all_found(names: Collection[str], made: Sequence[MadeEnvironment], folders: Iterable[Path] = ()) -> None:
    """Refuse to say yes where there was nothing to look at.

    :param names: the names that the user gave
    :param made: what was looked at
    :param folders: the folders that the user gave
    :raises ConfigError: no environment is there, or none of one of these names, or none in one of these folders
    """
    from lockhouse.operations.verify import without_environment  # noqa: PLC0415 - only here

    found = {each.spec.name for each in made}
    missing = [name for name in names if not any(_called(name, each) for each in found)]
    empty = [str(folder) for folder in without_environment(folders, made)]
    if found and not missing and not empty:
        return
    what = f"of {', '.join(missing)} no environment was found" if missing else "no environment was found"
    if empty:
        in_them = f"in {', '.join(empty)} no environment was found"
        what = f"{what}, and {in_them}" if missing else in_them
    raise ConfigError(
        what,
        why="looked in .nox and .tox, and in what --in names; a folder without a receipt that can be read is known by "
        "its name, or where one environment alone is asked about",
        fix="run nox or tox once, or name the folder of the environment with --in, and the environment",
    )


def not_found(specs: Iterable[EnvironmentSpec], verified: Iterable[Verified]) -> str:
    """Name the environments of which nothing was found on disk, in one line; empty where all were found.

    :param specs: the environments
    :param verified: what was looked at
    """
    found = {each.made.spec.name for each in verified}
    missing = [spec.name for spec in specs if spec.name not in found]
    return f"not found: {', '.join(missing)}" if missing else ""


def not_declared(undeclared: Iterable[tuple[Path, str]], *, root: Path) -> Iterator[str]:
    """Name environments that nobody looked at, because what they were installed for is declared nowhere, a line each.

    :param undeclared: their folders, and what they were installed for
    :param root: the project's folder
    """
    for folder, name in undeclared:
        place = folder.relative_to(root).as_posix() if folder.is_relative_to(root) else str(folder)
        yield f'{place} is not looked at: it was installed for "{name}", which is declared nowhere that is read here'


def _called(name: str, environment: str) -> bool:
    return name == environment or environment.startswith(f"{name}(")


def _answer(verified: Verified, root: Path, *, deep: bool) -> Answer:
    made, verdict = verified.made, verified.verdict
    spec = made.spec
    place = made.folder.relative_to(root).as_posix() if made.folder.is_relative_to(root) else str(made.folder)
    if isinstance(verdict, LockhouseError):
        return replace(of_error(spec, verdict, os.environ), place=place)
    known = Answer(name=spec.name, lock=spec.lock_name, state="matching", origin=spec.origin, place=place)
    if not isinstance(verdict, Drifted):
        notes = tuple(f"other times, the same content: {name}" for name in verdict.touched)
        return replace(known, notes=notes)
    whys = tuple(
        Why(code=reason.code.value, message=reason.message, package=reason.package) for reason in verdict.reasons
    )
    hidden = deep and any(reason.code in _DEEP for reason in verdict.reasons)
    return replace(known, state="drifted", whys=whys, fix=_fix(made, root, place, deep=hidden))


def _fix(made: MadeEnvironment, root: Path, place: str, *, deep: bool) -> str:
    """Give the command that mends an environment, to be pasted in the present folder."""
    option = option_for(root)
    if made.tool == "tox":
        where = f"-c {option.removeprefix('-C ')} " if option else ""
        return f"tox run {where}{'-r ' if deep else ''}-e {quoted(made.folder.name)}"
    if option:
        option, place = f"{option} ", os.path.relpath(made.folder)
    into = place if _PLAIN.fullmatch(place) else quoted(place)
    return f"lockhouse sync {option}{quoted(made.spec.name)} --into {into}{' --deep' if deep else ''}"
