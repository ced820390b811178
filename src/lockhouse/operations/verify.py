"""Verify: finds the environments that were made of a project, wherever nox and tox keep theirs. Read-only."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lockhouse.storage.receipts import read_receipt

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lockhouse.errors import LockhouseError
    from lockhouse.model.drift import Drift
    from lockhouse.model.spec import EnvironmentSpec

#: Where nox and tox keep their environments, unless they are told otherwise.
_NOX, _TOX = ".nox", ".tox"
#: The variable by which tox is told otherwise.
_TOX_VARIABLE = "TOX_WORK_DIR"


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeEnvironment:
    """One environment on disk.

    :ivar spec: what it is to be
    :ivar folder: its root
    :ivar python: its interpreter, which need not be there any more
    :ivar skip_project: somebody else installs the project
    :ivar tool: ``nox`` or ``tox`` where one of them keeps it, else None
    """

    spec: EnvironmentSpec
    folder: Path
    python: Path
    skip_project: bool
    tool: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verified:
    """What is known of one environment on disk.

    :ivar made: the environment
    :ivar verdict: whether it matches its lock, or what kept us from an answer
    """

    made: MadeEnvironment
    verdict: Drift | LockhouseError


def made_environments(
    root: Path, specs: Iterable[EnvironmentSpec], folders: Iterable[Path], environ: Mapping[str, str]
) -> Iterator[MadeEnvironment]:
    """Find the environments that were made of these.

    One belongs to an environment when its receipt says so, or when it has none (an install was broken off) and stands
    where nox or tox keep the environment of that name.

    :param root: the project's folder
    :param specs: the environments
    :param folders: environments, or folders of environments, beside those of nox and tox
    :param environ: the user's environment variables
    """
    chosen = list(specs)
    by_name = {spec.name: spec for spec in chosen}
    for folder, tool in _candidates(root, folders, environ):
        receipt = read_receipt(folder)
        spec = by_name.get(receipt.environment) if receipt is not None else _named_so(folder.name, tool, chosen)
        if spec is not None:
            yield MadeEnvironment(
                spec=spec,
                folder=folder,
                python=_python_in(folder),
                skip_project=receipt.skip_project if receipt is not None else tool == "tox",
                tool=tool,
            )


def _candidates(root: Path, folders: Iterable[Path], environ: Mapping[str, str]) -> Iterator[tuple[Path, str | None]]:
    parents: dict[Path, str | None] = {root / _NOX: "nox", root / environ.get(_TOX_VARIABLE, _TOX): "tox"}
    seen: set[Path] = set()
    for given in folders:
        folder = Path(os.path.abspath(given))  # noqa: PTH100 - links must stay: they tell an environment
        tool = parents.get(folder.parent)
        if _is_environment(folder):
            seen.add(folder)
            yield folder, tool
        else:
            parents.setdefault(folder, None)
    for parent, tool in parents.items():
        for folder in sorted(parent.glob("*")):
            if folder not in seen and _is_environment(folder):
                yield folder, tool


def _is_environment(folder: Path) -> bool:
    return (folder / "pyvenv.cfg").is_file() or (folder / "conda-meta").is_dir()


def _python_in(folder: Path) -> Path:
    if os.name != "nt":
        return folder / "bin" / "python"
    script = folder / "Scripts" / "python.exe"
    return script if script.exists() else folder / "python.exe"  # conda has it in the root


def _named_so(folder: str, tool: str | None, specs: Iterable[EnvironmentSpec]) -> EnvironmentSpec | None:
    """Find the environment that nox or tox would keep in a folder of this name."""
    for spec in specs:
        if (tool == "tox" and folder == spec.name) or (tool == "nox" and folder in _folders_of_nox(spec)):
            return spec
    return None


def _folders_of_nox(spec: EnvironmentSpec) -> Iterator[str]:
    base, bracket, rest = spec.name.partition("(")
    for name in (base, *(f"{base}-{python}" for python in spec.pythons)):
        # as nox makes a name of a folder
        yield re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "-", f"{name}{bracket}{rest}").strip().lower()).strip("-")
