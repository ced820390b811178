"""What is said of an install inside of a locked session, and what there is to do instead."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockhouse.errors import LockhouseError, UnlockedInstallError
from lockhouse.model.canonical import normalized

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from lockhouse.model.spec import EnvironmentSpec
    from lockhouse.nox.declaration import Declaration, Variant

#: The project as an installer is given it: ``.``, ``.[cli,docs]``, ``./``.
_PROJECT = re.compile(r"\.[/\\]?(?:\[(?P<extras>[^]]*)\])?")

#: The words of a command after which the requirements stand.
_VERBS = frozenset({"install", "sync", "add"})


def unlocked(
    method: str, args: Iterable[object], declaration: Declaration, variant: Variant, *, root: Path
) -> UnlockedInstallError:
    """Give the error for an install that the lock does not name.

    :param method: the method of the session that was called
    :param args: what it was given
    :param declaration: what the session declares
    :param variant: which of its calls runs
    :param root: the project's folder
    """
    words = tuple(map(str, args))
    asked = _Asked.by(words)
    mend = _of_project(asked, declaration, _spec(declaration, variant, root)) if asked.project else None
    if mend is None:
        mend = f"add it to {_place(declaration) or 'the inputs of the session'}, and lock again"
    elif asked.others:
        mend += "; add the rest to the inputs"
    return UnlockedInstallError(
        f'nox session "{declaration.name}" installs beside its lock: session.{method}({", ".join(map(repr, words))})',
        why="what a lock does not name would be installed unpinned and unverified",
        fix=f'{mend}; or allow it with @session(on_install="allow")',
    )


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """What a command installs.

    :ivar project: whether the project is among it
    :ivar mode: how the project is installed
    :ivar extras: the extras of the project, normalised
    :ivar others: whether there is something else
    """

    project: bool
    mode: str
    extras: tuple[str, ...]
    others: bool

    @classmethod
    def by(cls, words: Sequence[str]) -> _Asked:
        verb = next((position for position, word in enumerate(words) if word in _VERBS), -1)
        named = [word for word in words[verb + 1 :] if not word.startswith("-")]
        named += [word.partition("=")[2] for word in words if word.startswith("--editable=")]
        found = [match for word in named if (match := _PROJECT.fullmatch(word))]
        extras = (normalized(extra.strip()) for match in found for extra in (match["extras"] or "").split(","))
        return cls(
            project=bool(found),
            mode="editable" if {"-e", "--editable"} & {word.partition("=")[0] for word in words} else "wheel",
            extras=tuple(dict.fromkeys(filter(None, extras))),
            others=len(named) > len(found),
        )


def _of_project(asked: _Asked, declaration: Declaration, spec: EnvironmentSpec | None) -> str:
    """Say how the lock comes to install the project as it was asked for."""
    installed = spec is not None and spec.installs_project
    settings = {} if installed and spec is not None and spec.project == asked.mode else {"project": asked.mode}
    known = () if spec is None or not installed else spec.extras
    if not set(asked.extras) <= set(known):
        settings["extras"] = ", ".join(f'"{extra}"' for extra in dict.fromkeys((*known, *asked.extras)))
    if not settings:
        return "remove this call: the lock installs the project"
    table = _place(declaration)
    equals = "=" if table is None else " = "
    said = [f"{key}{equals}" + (f"[{value}]" if key == "extras" else f'"{value}"') for key, value in settings.items()]
    place = "" if table is None else f" in {table}"
    return f"declare {' and '.join(said)}{place}, remove this call, and lock again"


def _place(declaration: Declaration) -> str | None:
    """Name the table that holds the inputs, where they do not stand at the session."""
    if not declaration.refers:
        return None
    return f"[tool.lockhouse.environments.{declaration.keywords.get('environment', declaration.name)}]"


def _spec(declaration: Declaration, variant: Variant, root: Path) -> EnvironmentSpec | None:
    """Give what is declared; it could be used when the session started, and may have been edited since."""
    from lockhouse.project import Project  # noqa: PLC0415 - errors only

    try:
        project = Project.open(root)
        return project.declarations.spec(declaration.declared(variant, project))
    except LockhouseError:
        return None
