"""The files of a project as one value: a digest that costs little where nothing changed, and a copy to build in."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from lockhouse.errors import StoreError
from lockhouse.storage.files import disk_errors, sweep_abandoned, write_atomically
from lockhouse.storage.trees.record import (
    SeenFile,
    SeenFolder,
    TreeRecord,
    look_at,
    read_record,
    signature_of,
    write_record,
)
from lockhouse.storage.trees.untouched import status_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockhouse.interfaces import CommandRunner
    from lockhouse.storage.trees.record import Signature


_IGNORE_FILE = ".gitignore"

#: Seconds after which it is forgotten what a wheel was built from.
_FORGOTTEN_AFTER = 30 * 24 * 3600.0


class ProjectTree:
    """The files of one project.

    :param root: the project's folder
    :param records: a folder for what was seen of projects
    :param run: starts processes
    :param environ: the user's environment variables
    :param patterns: patterns of files that belong to the project although version control ignores them
    :param versioned: whether a build looks at the state of version control
    :ivar root: the project's folder
    :ivar place: the file that says what was seen
    """

    def __init__(
        self,
        root: Path,
        *,
        records: Path,
        run: CommandRunner,
        environ: Mapping[str, str],
        patterns: tuple[str, ...] = (),
        versioned: bool = False,
    ) -> None:
        self.root = root
        self._run = run
        self._environ = environ
        self._patterns = patterns
        self._versioned = versioned
        name = "\0".join([str(root.resolve()), str(versioned), *patterns])
        self.place = records / f"{hashlib.sha256(name.encode('utf-8', 'surrogateescape')).hexdigest()}.json"

    def look(self) -> TreeRecord:
        """Look at all files; only what seems to have changed since the last look is read.

        No process is started where no file or folder came that is unknown, and nothing that decides which files belong
        to the project changed.

        :raises StoreError: a file cannot be read
        """
        now = time.time_ns()
        with disk_errors(self.root):
            before = read_record(self.place)
            seen = None if before is None else _Again(self.root, before, now).look()
            if seen is None:
                seen = self._anew(now, before)
        if seen is not before:
            write_record(self.place, seen)
        return seen

    def remember(self, seen: TreeRecord) -> None:
        """Keep what a wheel was built from, so that it can be told later what changed since.

        :param seen: what it was built from
        """
        place = self.place.with_name(f"{seen.digest}.txt")
        if place.is_file():
            return
        text = "".join([f"{seen.scm}\n", *seen.lines()])
        with suppress(StoreError):  # then it cannot be told, and that is all
            write_atomically(place, text.encode("utf-8", "surrogateescape"))
        sweep_abandoned(place.parent, suffix="", older_than=_FORGOTTEN_AFTER)

    def changes_since(self, digest: str) -> tuple[str, ...]:
        """Say in words what changed since a wheel was built; nothing where that is not known any more.

        :param digest: of what it was built from
        """
        try:
            text = self.place.with_name(f"{digest}.txt").read_bytes().decode("utf-8", "surrogateescape")
        except OSError:
            return ()
        seen = self.look()
        scm, _, lines = text.partition("\n")
        before, now = _by_path(lines), _by_path("".join(seen.lines()))
        words = [] if scm == seen.scm or not (scm and seen.scm) else ["the commit, its branch or its tags changed"]
        words += [f"{path} was added" for path in sorted(now.keys() - before.keys())]
        words += [f"{path} is gone" for path in sorted(before.keys() - now.keys())]
        for path in sorted(before.keys() & now.keys()):
            if before[path] != now[path]:
                same = before[path].rpartition(" ")[2] == now[path].rpartition(" ")[2]
                words.append(f"the mode of {path} changed" if same else f"{path} was edited")
        return tuple(words)

    def _anew(self, now: int, before: TreeRecord | None) -> TreeRecord:
        """List all folders, and ask version control about them."""
        from lockhouse.storage.trees.listing import (  # noqa: PLC0415 - something changed
            Git,
            Selection,
            awaited,
            links_on_the_way,
            walk_project,
        )
        from lockhouse.storage.trees.named import named_files  # noqa: PLC0415 - likewise
        from lockhouse.storage.trees.scm import scm_state  # noqa: PLC0415 - likewise

        git = Git(self.root, run=self._run, environ=self._environ)
        repository = git.repository()
        deciding: dict[str, SeenFile | None] = {}
        if repository is not None:
            deciding = {str(path): look_at(str(path)) for path in repository.deciding}
        absent = (str(path) for path in awaited(self.root, repository) if not os.path.lexists(path))
        deciding |= dict.fromkeys(absent)
        scm = scm_state(git, repository) if repository is not None and self._versioned else None
        known = {} if before is None else before.files
        folders: dict[str, SeenFolder] = {}
        files: dict[str, SeenFile] = {}
        named = named_files(self.root, self._patterns)
        for found in walk_project(self.root, Selection.of(repository, named.files)):
            status = (self.root / found.path).stat()  # of where a link leads
            folders[found.path] = SeenFolder(signature=signature_of(status), kept=found.kept, left_out=found.left_out)
            if _IGNORE_FILE in found.left_out:  # it is ignored itself, and decides all the same
                place = f"{self.root}/{found.path}/{_IGNORE_FILE}"
                deciding[place] = look_at(place)
            for name in found.kept:
                path = f"{found.path}/{name}" if found.path else name
                if (seen := _read(f"{self.root}/{path}", known.get(path), before)) is not None:
                    files[path] = seen
        for path in files.keys() - folders.keys():
            if files[path].kind == "link":
                deciding |= {place: look_at(place) for place in links_on_the_way(f"{self.root}/{path}")}
        deciding |= named.links
        for path, entered in named.entered.items():
            known_folder = folders.get(path)  # what comes new to it is found, but for what tools leave behind
            if known_folder is None or path in named.waiting or known_folder.signature != entered.signature:
                deciding[os.path.realpath(self.root / path)] = entered
        return TreeRecord(
            seen_at=now,
            folders=folders,
            files=files,
            deciding=deciding,
            scm="" if scm is None else scm.digest,
            scm_deciding={} if scm is None else {str(path): look_at(str(path)) for path in scm.deciding},
        )

    def copy(self, folder: Path) -> tuple[Path, str]:
        """Copy the project, as it is now, with what git says of it where the build looks at that.

        :param folder: an empty folder; one beside it may be made
        :return: the project's folder in the copy, and the digest of what was copied
        :raises StoreError: a file cannot be read or written
        """
        with disk_errors(self.root):
            seen = self.look()
            project = folder
            if self._versioned:
                project = self._lent(folder)
            links = tuple(f"{path}/" for path in seen.folders if path in seen.files)  # they lead to the same from there
            for path in sorted(seen.folders):
                if not f"{path}/".startswith(links):
                    (project / path).mkdir(parents=True, exist_ok=True)
            copied: dict[str, SeenFile] = {}
            for path in seen.files:
                if path.startswith(links):
                    copied[path] = _looked_at(self.root, path)
                else:
                    copied[path] = _copied(self.root, project, path, looked_into=path in seen.folders)
        return project, replace(seen, files=copied).digest

    def _lent(self, folder: Path) -> Path:
        from lockhouse.storage.trees.listing import Git  # noqa: PLC0415 - something changed
        from lockhouse.storage.trees.scm import lend, scm_state  # noqa: PLC0415 - likewise

        git = Git(self.root, run=self._run, environ=self._environ)
        repository = git.repository()
        if repository is None:
            return folder
        keep = folder.with_name("scm")
        keep.mkdir()
        lend(git, repository, scm_state(git, repository), to=folder, keep=keep)
        return folder / repository.prefix


def digest_again(root: Path, place: Path) -> str | None:
    """Give the digest of a project that was looked at before. Nothing is started.

    What was read again though it is the same is noted, so that the next look need not read it.

    :param root: the project's folder
    :param place: the file that says what was seen
    :return: None where that does not say which files belong to it now
    """
    before = read_record(place)
    try:
        seen = None if before is None else _Again(root, before, time.time_ns()).look()
    except OSError:
        return None
    if seen is None:
        return None
    if seen is not before:
        write_record(place, seen)
    return seen.digest


class _AllAnewError(Exception):
    """Something changed that only a new list of all files can answer."""


class _Again:
    """One look at a project that was looked at before."""

    def __init__(self, root: Path, before: TreeRecord, now: int) -> None:
        self._root = str(root)
        self._before = before
        self._now = now
        self._changed = False

    def look(self) -> TreeRecord | None:
        """Give the record of now, the former one where nothing was touched; None where all has to be listed anew."""
        before = self._before
        try:
            deciding = {path: self._deciding(path, file) for path, file in before.deciding.items()}
            scm = {path: self._deciding(path, file) for path, file in before.scm_deciding.items()}
            folders = {path: self._folder(path, folder) for path, folder in before.folders.items()}
            files = {path: self._file(path, file) for path, file in before.files.items()}
        except (_AllAnewError, FileNotFoundError, NotADirectoryError):
            return None
        if not self._changed:
            return before
        return replace(before, seen_at=self._now, folders=folders, files=files, deciding=deciding, scm_deciding=scm)

    def _folder(self, path: str, folder: SeenFolder) -> SeenFolder:
        signature = signature_of(os.stat(f"{self._root}/{path}"))  # noqa: PTH116 - of where a link leads
        if signature == folder.signature and self._before.settled(signature):
            return folder
        if not _is_same_kind(signature, folder.signature) or signature[3] != folder.signature[3]:
            raise _AllAnewError
        from lockhouse.storage.trees.outputs import is_output  # noqa: PLC0415 - something was touched

        with os.scandir(f"{self._root}/{path}") as entries:
            names = {entry.name: entry.is_dir(follow_symlinks=False) for entry in entries}
        left_out = {name.rstrip("/"): name.endswith("/") for name in folder.left_out}
        new = names.keys() - {*folder.kept, *left_out}
        other = any(names.get(name, is_folder) != is_folder for name, is_folder in left_out.items())
        other = other or (".git" in names) != (".git" in left_out)  # a repository came or went
        if other or not names.keys() >= {*folder.kept} or not all(map(is_output, new)):
            raise _AllAnewError
        self._changed = True
        return replace(folder, signature=signature)

    def _file(self, path: str, file: SeenFile) -> SeenFile:
        place = f"{self._root}/{path}"
        if signature_of(status_of(place)) == file.signature and self._before.settled(file.signature):
            return file
        seen = look_at(place)
        if seen is None or not _is_same_kind(seen.signature, file.signature):
            raise _AllAnewError
        if seen.digest != file.digest and path.endswith(_IGNORE_FILE):
            raise _AllAnewError
        self._changed = True
        return seen

    def _deciding(self, path: str, file: SeenFile | None) -> SeenFile | None:
        """Look at a file of version control, which need not be there; it must be what it was."""
        try:
            signature = signature_of(status_of(path))
        except (FileNotFoundError, NotADirectoryError):
            signature = None
        if file is None or signature is None:
            if file is not None or signature is not None:
                raise _AllAnewError
            return None
        if signature == file.signature and self._before.settled(signature):
            return file
        seen = look_at(path)
        if seen is None or seen.digest != file.digest:
            raise _AllAnewError
        self._changed = True
        return seen


def _is_same_kind(one: Signature, other: Signature) -> bool:
    """Tell whether both are files, or folders, or links."""
    return stat.S_IFMT(one[4]) == stat.S_IFMT(other[4])


def _by_path(lines: str) -> dict[str, str]:
    """Give what stands for a file or folder, by its path."""
    return {path: told for told, _, path in (line.partition("\0") for line in lines.split("\n")) if path}


def _read(path: str, known: SeenFile | None, before: TreeRecord | None) -> SeenFile | None:
    """Read a file, unless it is known and was not touched; None for a folder."""
    status = status_of(path)
    if stat.S_ISDIR(status.st_mode):
        return None
    if known is None or before is None or not before.settled(known.signature):
        return look_at(path)
    return known if signature_of(status) == known.signature else look_at(path)


def _copied(root: Path, project: Path, path: str, *, looked_into: bool) -> SeenFile:
    """Copy one file, and say what was copied; a link to a folder that is looked into leads to that very folder."""
    source, target = root / path, project / path
    if not source.is_file():  # a link to a folder
        leads_to = source.readlink()
        stays = not looked_into and _stays_within(root, source, leads_to)
        target.symlink_to(leads_to if stays else source.parent.resolve() / leads_to)
        copied = look_at(str(source))
    else:
        shutil.copy2(source, target)
        copied = look_at(str(target))
    if copied is None:
        raise FileNotFoundError(str(source))
    return SeenFile(signature=signature_of(status_of(str(source))), digest=copied.digest)


def _looked_at(root: Path, path: str) -> SeenFile:
    """Say what is in a file that is not copied: a link to its folder is."""
    seen = look_at(f"{root}/{path}")
    if seen is None:
        raise FileNotFoundError(f"{root}/{path}")
    return seen


def _stays_within(root: Path, link: Path, leads_to: Path) -> bool:
    return Path(os.path.normpath(link.parent / leads_to)).is_relative_to(root)
