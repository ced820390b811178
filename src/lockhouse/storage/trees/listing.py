"""Which files belong to a project: those that version control knows or does not ignore."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from lockhouse.errors import BackendError
from lockhouse.interfaces import Command
from lockhouse.storage.trees.outputs import is_environment, is_left_behind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from lockhouse.interfaces import CommandRunner


#: How git lists a submodule.
_SUBMODULE = "160000 "


@dataclass(frozen=True, kw_only=True)
class Repository:
    """What git says of a folder.

    :ivar top: the root of the work tree
    :ivar prefix: the folder within it, with a slash behind; empty for the root itself
    :ivar folder: the folder in which git keeps the state of this work tree
    :ivar common: the folder in which git keeps what all work trees share
    :ivar tracked: tracked files in the folder, relative to it; with those of submodules and other repositories in it
    :ivar ignored: ignored files and folders, relative to it; likewise
    :ivar deciding: files that decide what is tracked and what is ignored; they need not be there
    """

    top: Path
    prefix: str
    folder: Path
    common: Path
    tracked: frozenset[str]
    ignored: frozenset[str]
    deciding: tuple[Path, ...]


class Git:
    """Asks git about one folder.

    :param root: the folder
    :param run: starts processes
    :param environ: the user's environment variables
    """

    def __init__(self, root: Path, *, run: CommandRunner, environ: Mapping[str, str]) -> None:
        self._root = root
        self._run = run
        # nothing of a git that started us, and nothing is written meanwhile
        kept = {name: value for name, value in environ.items() if not name.startswith("GIT_") or "CONFIG" in name}
        self._environ = {**kept, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C.UTF-8"}

    def ask(self, *arguments: str, cwd: Path | None = None, more: Mapping[str, str] | None = None) -> str | None:
        """Run git; None where it is not there, or says no.

        :param arguments: for git
        :param cwd: where to run it; in the folder when not given
        :param more: more environment variables
        """
        command = Command(
            argv=("git", *arguments), env={**self._environ, **(more or {})}, cwd=self._root if cwd is None else cwd
        )
        try:
            result = self._run(command)
        except BackendError:
            return None
        return result.stdout if result.returncode == 0 else None

    def repository(self, *, whole: bool = False) -> Repository | None:
        """Give the repository that the folder belongs to; None where it belongs to none, or is ignored in it.

        :param whole: whether the folder has to be the root of its work tree
        """
        told = self.ask("rev-parse", "--show-toplevel", "--absolute-git-dir", "--git-common-dir", "--show-prefix")
        if told is None:
            return None
        top, folder, common, prefix, *_ = [*told.splitlines(), ""]
        if whole and prefix:
            return None
        listed = self.ask("ls-files", "-z", "--cached", "--stage")
        status = self.ask("status", "-z", "--porcelain", "--ignored=matching", "-uall", "--no-renames", "--", ".")
        if listed is None or status is None:
            return None
        rows = [line.partition("\t") for line in listed.split("\0") if line]
        ignored = {line[3:].rstrip("/") for line in status.split("\0") if line.startswith("!! ")}
        here = prefix.rstrip("/")
        if any(here == path or here.startswith(f"{path}/") for path in ignored):
            return None
        places = [path for row, _, path in rows if row.startswith(_SUBMODULE)]
        untracked = (line[3:] for line in status.split("\0") if line.startswith("?? "))
        places += [path.removeprefix(prefix).rstrip("/") for path in untracked if path.endswith("/")]
        inner = {path: said for path in places if (said := self._inner(path)) is not None}
        return Repository(
            top=Path(top),
            prefix=prefix,
            folder=Path(folder),
            common=(self._root / common).resolve(),
            tracked=frozenset({path for _, _, path in rows}.union(*(_below(at, inner[at].tracked) for at in inner))),
            ignored=frozenset(path.removeprefix(prefix) for path in ignored).union(
                *(_below(at, inner[at].ignored) for at in inner)
            ),
            deciding=(
                *self._deciding(Path(top), Path(folder), (self._root / common).resolve()),
                *(place for other in inner.values() for place in other.deciding),
            ),
        )

    def _inner(self, path: str) -> Repository | None:
        """Give a repository in the folder, such as a submodule; None where there is none."""
        root = self._root / path
        if not os.path.lexists(root / ".git"):
            return None
        return Git(root, run=self._run, environ=self._environ).repository(whole=True)

    def _deciding(self, top: Path, folder: Path, common: Path) -> Iterator[Path]:
        yield from (folder / "index", common / "info" / "exclude", common / "config")
        home = Path(self._environ.get("HOME") or Path.home())
        config = Path(self._environ.get("XDG_CONFIG_HOME") or home / ".config") / "git"
        yield from (home / ".gitconfig", config / "config", config / "ignore")
        origins = (self.ask("config", "--list", "--show-origin", "--name-only", "-z") or "").split("\0")
        yield from {
            top / name.removeprefix("file:") for name in origins if name.startswith("file:")
        }  # included ones, too
        said = (self.ask("config", "--path", "core.excludesFile") or "").strip()
        if said:
            yield Path(said)
        above = self._root
        while above not in {top, above.parent}:
            above = above.parent
            yield above / ".gitignore"


def _below(folder: str, paths: Iterable[str]) -> Iterator[str]:
    return (f"{folder}/{path}" for path in paths)


@dataclass(frozen=True, kw_only=True)
class Found:
    """One folder of a project.

    :ivar path: relative to the project, with forward slashes; empty for the project's own
    :ivar kept: names in it that belong to the project
    :ivar left_out: the others; those of folders with a slash behind
    """

    path: str
    kept: tuple[str, ...]
    left_out: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Selection:
    """What decides which files belong to a project.

    :ivar tracked: files that do, whatever else is said of them
    :ivar folders: folders that are looked into, whatever else is said of them
    :ivar ignored: files and folders that do not
    :ivar known: folders with files that version control knows
    """

    tracked: frozenset[str] = frozenset()
    folders: frozenset[str] = frozenset()
    ignored: frozenset[str] = field(default_factory=frozenset)
    known: frozenset[str] = frozenset()

    @classmethod
    def of(cls, repository: Repository | None, named: Iterable[str]) -> Selection:
        """Make the selection.

        :param repository: what git says, or None
        :param named: files that belong to the project although they are ignored
        """
        tracked: frozenset[str] = frozenset() if repository is None else repository.tracked
        wanted, known = tracked.union(named), _folders_of(tracked)
        return cls(
            tracked=wanted,
            folders=known | _folders_of(wanted - tracked),
            ignored=frozenset() if repository is None else repository.ignored,
            known=known,
        )

    def keeps(self, path: str, entry: os.DirEntry[str], *, only_named: bool) -> bool:
        """Tell whether something belongs to the project.

        :param path: relative to the project
        :param entry: what it is
        :param only_named: whether of its folder only that belongs to it which is named
        """
        if path in self.tracked or path in self.folders:
            return True
        if only_named or path in self.ignored or is_left_behind(path, entry):
            return False
        return entry.is_dir(follow_symlinks=False) or entry.is_symlink() or entry.is_file(follow_symlinks=False)

    def only_named_in(self, path: str, entry: os.DirEntry[str]) -> bool:
        """Tell whether of a folder only that belongs to the project which is named.

        :param path: relative to the project
        :param entry: the folder
        """
        if path in self.ignored:
            return True
        return path in self.folders and path not in self.known and is_left_behind(path, entry)


def _folders_of(files: Iterable[str]) -> frozenset[str]:
    folders: set[str] = set()
    for path in files:
        while (path := path.rpartition("/")[0]) and path not in folders:
            folders.add(path)
    return frozenset(folders)


def awaited(root: Path, repository: Repository | None) -> Iterator[Path]:
    """List the repositories that are not there, and would be closer to the project than the present one.

    :param root: the project's folder
    :param repository: what git says, or None
    """
    for folder in (root, *root.parents):
        if repository is not None and folder.samefile(repository.top):
            break
        yield folder / ".git"


def walk_project(root: Path, selection: Selection) -> Iterator[Found]:
    """Walk over the folders of a project, and over those that links in it lead to, and that are not walked over anyway.

    :param root: its folder
    :param selection: what belongs to it
    :raises OSError: a folder cannot be read
    """
    top = os.path.realpath(root)
    whole: set[str] = set()  # folders of the project of which not only that belongs to it which is named
    waiting: list[tuple[str, tuple[str, ...], bool]] = [("", (top,), False)]
    inner: list[tuple[str, tuple[str, ...]]] = []
    while waiting or inner:
        if not waiting:  # all that is no link is known
            path, through = inner.pop()
            if (real := os.path.realpath(root / path)) not in whole:
                waiting.append((path, (*through, real), False))
            continue
        folder, through, only_named = waiting.pop()
        if len(through) == 1 and not only_named:
            whole.add(os.path.join(top, folder) if folder else top)  # noqa: PTH118
        kept: list[str] = []
        left_out: list[str] = []
        with os.scandir(root / folder) as entries:
            for entry in entries:
                path = f"{folder}/{entry.name}" if folder else entry.name
                if not selection.keeps(path, entry, only_named=only_named):
                    left_out.append(f"{entry.name}/" if entry.is_dir(follow_symlinks=False) else entry.name)
                    continue
                kept.append(entry.name)
                if entry.is_dir(follow_symlinks=False):
                    waiting.append((path, through, only_named or selection.only_named_in(path, entry)))
                elif entry.is_symlink() and (real := _led_to(entry, through)):
                    if Path(real).is_relative_to(top):
                        inner.append((path, through))
                    else:
                        waiting.append((path, (*through, real), False))
        yield Found(path=folder, kept=tuple(sorted(kept)), left_out=tuple(sorted(left_out)))


def _led_to(link: os.DirEntry[str], through: tuple[str, ...]) -> str:
    """Give the folder that a link leads to; empty where that is none, an environment, or one that is known.

    :param link: the link
    :param through: the real folders that led to it, the project's first
    """
    is_folder = os.path.isdir(link.path)  # noqa: PTH112 - a looping link is none
    if not is_folder or is_environment(link.path):
        return ""
    real, (top, *others) = Path(os.path.realpath(link.path)), through
    known = Path(top).is_relative_to(real) or any(
        real.is_relative_to(place) or Path(place).is_relative_to(real) for place in others
    )
    return "" if known else str(real)


def links_on_the_way(link: str) -> Iterator[str]:
    """List what decides where a link leads, but for the link itself: other links, and what is not there.

    :param link: its absolute path
    """
    passed: list[str] = []
    place = link
    while place not in passed:
        passed.append(place)
        try:
            leads_to = os.readlink(place)  # noqa: PTH115
        except (FileNotFoundError, NotADirectoryError):
            yield place
            return
        except OSError:  # it is no link, or cannot be reached, which other links decide
            return
        if len(passed) > 1:
            yield place
        place = os.path.join(os.path.realpath(os.path.dirname(place)), leads_to)  # noqa: PTH118, PTH120
