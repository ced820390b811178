"""The state of version control, for projects whose version comes from it."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockhouse.storage.trees.listing import Git, Repository


#: So many paths are told to git at once.
_AT_ONCE = 500


@dataclass(frozen=True, kw_only=True)
class ScmState:
    """What a build can learn of version control.

    :ivar digest: sha256 over commit, branch, tags, and what was edited outside of the project
    :ivar deciding: files and folders that decide it
    :ivar unlike: tracked files that were not edited, and that a copy of the project lacks or has in another form (a
        file for a link), relative to the root of the work tree
    """

    digest: str
    deciding: tuple[Path, ...]
    unlike: tuple[str, ...]


def scm_state(git: Git, repository: Repository) -> ScmState:
    """Ask git for it.

    :param git: asks in the project's folder
    :param repository: the repository
    """
    head = git.ask("rev-parse", "--verify", "-q", "HEAD") or ""
    branch = git.ask("symbolic-ref", "-q", "HEAD") or ""
    tags = git.ask("for-each-ref", "--format=%(refname) %(objectname)", "refs/tags") or ""
    tracked, edited = _outside(git, repository)
    links = _links(git, repository)
    shallow = (repository.common / "shallow").exists()
    text = "\n".join([head, branch, tags, *edited, str(shallow)])
    return ScmState(
        digest=hashlib.sha256(text.encode()).hexdigest(),
        deciding=tuple(_deciding(repository, branch.strip(), tracked)),
        unlike=tuple(path for path in (*tracked, *links) if path not in edited),
    )


def _outside(git: Git, repository: Repository) -> tuple[list[str], list[str]]:
    """List what is tracked outside of the project, and what of it was edited."""
    if not repository.prefix:
        return [], []
    tracked = (git.ask("ls-files", "-z", cwd=repository.top) or "").split("\0")
    status = git.ask("status", "-z", "--porcelain", "-uno", "--no-renames", cwd=repository.top) or ""
    edited = [line[3:] for line in status.split("\0") if line and not line[3:].startswith(repository.prefix)]
    return [path for path in tracked if path and not path.startswith(repository.prefix)], edited


def _links(git: Git, repository: Repository) -> list[str]:
    """List the tracked links of the project that were not edited."""
    listed = (git.ask("ls-files", "-s", "-z") or "").split("\0")
    links = [line.partition("\t")[2] for line in listed if line.startswith("120000 ")]
    if not links:
        return []
    edited = (git.ask("diff-files", "--name-only", "-z", "--relative", "--", *links) or "").split("\0")
    return [f"{repository.prefix}{path}" for path in links if path not in edited]


def _deciding(repository: Repository, branch: str, outside: list[str]) -> Iterator[Path]:
    folder, common = repository.folder, repository.common
    yield from (folder / "HEAD", folder / "index", common / "packed-refs", common / "shallow")
    yield from (place / "reftable" / "tables.list" for place in {folder, common})  # all refs, in newer repositories
    if branch:
        yield common / branch
    tags = common / "refs" / "tags"
    yield tags  # it need not be there yet
    for place, folders, files in os.walk(tags):
        yield Path(place)
        yield from (Path(place, name) for name in (*folders, *files))
    yield from (repository.top / path for path in outside)


def lend(git: Git, repository: Repository, state: ScmState, *, to: Path, keep: Path) -> None:
    """Let git answer in a copy of the work tree as it does in the work tree, without anything being written there.

    The copy becomes a work tree of its own (as ``git worktree`` makes them): its commit and index are copies,
    everything else is read where it is.

    :param git: asks in the project's folder
    :param repository: the repository
    :param state: its state
    :param to: the root of the copy
    :param keep: an empty folder for commit and index
    """
    for name in ("HEAD", "index"):
        if (repository.folder / name).is_file():
            shutil.copyfile(repository.folder / name, keep / name)
    (keep / "commondir").write_text(f"{repository.common}\n", "utf-8")
    (keep / "gitdir").write_text(f"{to / '.git'}\n", "utf-8")
    (to / ".git").write_text(f"gitdir: {keep}\n", "utf-8")
    for start in range(0, len(state.unlike), _AT_ONCE):
        git.ask("update-index", "--skip-worktree", "--", *state.unlike[start : start + _AT_ONCE], cwd=to)
