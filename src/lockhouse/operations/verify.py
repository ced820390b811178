"""Verify: finds the environments that were made of a project, wherever nox and tox keep theirs. Read-only."""

from __future__ import annotations

import os
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lockhouse.interpreters.identity import is_whole, lost_config
from lockhouse.operations.sources import goes_through_sdist
from lockhouse.storage.receipts import RECEIPT_NAME, read_receipt

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from lockhouse.errors import LockhouseError
    from lockhouse.model.drift import Drift
    from lockhouse.model.spec import EnvironmentSpec

#: Where nox and tox keep their environments, unless they are told otherwise.
_NOX, _TOX = ".nox", ".tox"
#: The variable by which tox is told otherwise.
_TOX_VARIABLE = "TOX_WORK_DIR"
#: A Python as it stands in the name of a folder of nox: of ``3.12``, ``3.13t``, ``python3.11``, ``pypy3.10``.
_PYTHON_OF_NOX = re.compile(r"(?:python|pypy|graalpy)?-?3(?:-\d+)*t?(?:-dev)?|python|pypy|graalpy")


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeEnvironment:
    """One environment on disk.

    :ivar spec: what it is to be
    :ivar folder: its root
    :ivar python: its interpreter, which need not be there any more
    :ivar skip_project: somebody else installs the project
    :ivar tool: ``nox`` or ``tox`` where one of them keeps it, else None
    :ivar through_sdist: whether the project was built through its sdist
    """

    spec: EnvironmentSpec
    folder: Path
    python: Path
    skip_project: bool
    tool: str | None
    through_sdist: bool = False


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

    One belongs to an environment when its receipt says so, or when it has none (an install was broken off) and bears
    the name that nox or tox would give it, or was given itself where only one environment is asked about.

    :param root: the project's folder
    :param specs: the environments
    :param folders: environments, or folders of environments, beside those of nox and tox
    :param environ: the user's environment variables
    """
    chosen = list(specs)
    by_name = {spec.name: spec for spec in chosen}
    for folder, tool, given in _candidates(root, folders, environ):
        receipt = read_receipt(folder)
        if receipt is not None:
            spec = by_name.get(receipt.environment)
        else:
            spec = _named_so(folder.name, tool, chosen, anywhere=given is not None)
            if spec is None and given == folder and len(chosen) == 1:
                spec = chosen[0]
        if spec is not None:
            yield MadeEnvironment(
                spec=spec,
                folder=folder,
                python=_python_in(folder),
                skip_project=receipt.skip_project if receipt is not None else tool == "tox",
                tool=tool,
                through_sdist=receipt is not None and goes_through_sdist(receipt),
            )


def undeclared_environments(
    root: Path, known: Collection[str], folders: Iterable[Path], environ: Mapping[str, str]
) -> Iterator[tuple[Path, str]]:
    """Find environments that Lockhouse installed for what is not declared any more, or where it is not read.

    Such as a session that got another name, or an environment of tox that ``env_list`` does not list.

    :param root: the project's folder
    :param known: names of all environments that are declared
    :param folders: environments, or folders of environments, beside those of nox and tox
    :param environ: the user's environment variables
    :return: the folder of each, and the name that it was installed for
    """
    for folder, _, _ in _candidates(root, folders, environ):
        receipt = read_receipt(folder)
        if receipt is not None and receipt.environment not in known:
            yield folder, receipt.environment


def without_environment(folders: Iterable[Path], made: Iterable[MadeEnvironment]) -> list[Path]:
    """Give the folders that were named and that no environment was found in.

    :param folders: environments, or folders of environments
    :param made: what was found
    """
    found = {place for each in made for place in (each.folder, each.folder.parent)}
    return [folder for folder in folders if _absolute(folder) not in found]


def _absolute(folder: Path) -> Path:
    return Path(os.path.abspath(folder))  # noqa: PTH100 - links must stay: they tell an environment


def _candidates(
    root: Path, folders: Iterable[Path], environ: Mapping[str, str]
) -> Iterator[tuple[Path, str | None, Path | None]]:
    """List environments, the tool that keeps each, and the folder that was given where it is that or lies in it."""
    parents: dict[Path, str | None] = {root / _NOX: "nox", root / environ.get(_TOX_VARIABLE, _TOX): "tox"}
    kept = set(parents)
    seen: set[Path] = set()
    for folder in map(_absolute, folders):
        if _is_environment(folder):
            if folder not in seen:
                yield folder, parents.get(folder.parent), folder
            seen.add(folder)
        else:
            parents.setdefault(folder, None)
    for parent, tool in parents.items():
        for folder in sorted(parent.glob("*")):
            if folder not in seen and _is_environment(folder):
                yield folder, tool, None if parent in kept else parent


def require_whole(made: MadeEnvironment) -> None:
    """Refuse an environment whose interpreter does not know that it is in one.

    :param made: the environment
    :raises InterpreterError: its ``pyvenv.cfg`` is gone, and its interpreter is that of another place
    """
    if _knows_itself(made.folder):
        return
    real = made.python.resolve()
    if made.python.parent.name != "Scripts" and is_whole(made.folder, real):
        return  # a whole Python, or none at all
    raise lost_config(made.python, real)


def _is_environment(folder: Path) -> bool:
    return _knows_itself(folder) or (folder / RECEIPT_NAME).is_file()


def _knows_itself(folder: Path) -> bool:
    return (folder / "pyvenv.cfg").is_file() or (folder / "conda-meta").is_dir()


def _python_in(folder: Path) -> Path:
    if os.name != "nt":
        return folder / "bin" / "python"
    script = folder / "Scripts" / "python.exe"
    return script if script.exists() else folder / "python.exe"  # conda has it in the root


def _named_so(
    folder: str, tool: str | None, specs: Iterable[EnvironmentSpec], *, anywhere: bool
) -> EnvironmentSpec | None:
    """Find the environment that nox or tox would keep in a folder of this name, the nearest name first."""
    chosen = list(specs)
    if tool == "tox" or (anywhere and tool is None):
        for spec in chosen:
            if folder == spec.name:
                return spec
    if tool == "nox" or (anywhere and tool is None):
        for plain in (True, False):
            for spec in chosen:
                if _is_folder_of_nox(folder, spec.name, plain=plain):
                    return spec
    return None


def _is_folder_of_nox(folder: str, name: str, *, plain: bool) -> bool:
    """Tell whether nox would keep a session in a folder, plain or with any spelling of a Python behind its name."""
    if plain:
        return folder == _folder_of_nox(name)
    base, bracket, rest = name.partition("(")
    before = _folder_of_nox(base)
    after = _folder_of_nox(bracket + rest)
    python = folder.removeprefix(f"{before}-").removesuffix(f"-{after}" if after else "")
    whole = f"{before}-{python}-{after}" if after else f"{before}-{python}"
    return folder == whole and _PYTHON_OF_NOX.fullmatch(python) is not None


def _folder_of_nox(name: str) -> str:
    # as nox makes a name of a folder
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode("ascii")
    return re.sub(r"[-\s]+", "-", re.sub(r"[^\w\s-]", "-", plain).strip().lower()).strip("-")
