"""A repository in the copy of a project, for backends that put into an sdist what git has at HEAD, and nothing else."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from lockhouse.confinement import Network, confined
from lockhouse.errors import BuildFailedError
from lockhouse.interfaces import Command
from lockhouse.operations.checkout import PLAIN_GIT

if TYPE_CHECKING:
    from lockhouse.operations.build_room import BuildRoom

#: Backends that ask git for the content of an sdist, and need a repository for it.
_PACKING_HEAD = frozenset({"mesonpy"})

_NAME, _MAIL = "lockhouse", "lockhouse@invalid"

#: So many files are named in a message.
_NAMED = 3


def commit_all(room: BuildRoom) -> None:
    """Let the sdist hold the files of the copy, where the backend packs a commit: make one of all of them.

    Where the copy has the repository of the project, because the version comes from it, another commit would be another
    version; so nothing may be edited there.

    :param room: where the sdist is to be built
    :raises BuildFailedError: there is no git; or something is edited that the version does not allow to be committed
    """
    if room.system.backend.partition(":")[0] not in _PACKING_HEAD:
        return
    git = shutil.which("git", path=room.tools.environ.get("PATH"))
    if git is None:
        raise BuildFailedError(
            f"the sdist of {room.label} cannot be built without git",
            why=f"{room.system.backend} packs what a repository has",
            fix="install git, or test a wheel that is not built from an sdist: package = wheel",
        )
    top = room.place / "source"
    if any((folder / ".git").exists() for folder in (room.source, *room.source.parents) if folder.is_relative_to(top)):
        _require_committed(room, git)
        return
    _ask(room, git, "init", "--quiet", "--template=", ".")
    _ask(room, git, "add", "--all", "--force", ".")
    _ask(room, git, "commit", "--quiet", "--allow-empty", "--no-gpg-sign", "-m", "the project as it is")


def _require_committed(room: BuildRoom, git: str) -> None:
    lines = _ask(room, git, "status", "-z", "--porcelain", "--untracked-files=all", "--no-renames", "--", ".")
    edited = [line[3:] for line in lines.split("\0") if line]
    if not edited:
        return
    more = f", and {len(edited) - _NAMED} more" if len(edited) > _NAMED else ""
    raise BuildFailedError(
        f"the sdist of {room.label} would lack what is not committed",
        why=[
            f"{', '.join(edited[:_NAMED])}{more}",
            f"{room.system.backend} packs the last commit, which the version comes from",
        ],
        fix="commit what was edited, or test a wheel that is not built from an sdist: package = wheel",
    )


def _ask(room: BuildRoom, git: str, *arguments: str) -> str:
    """Run git in the copy; no configuration has a say."""
    kept = room.tools.environ.items()
    own = {name: value for name, value in kept if not name.startswith("GIT_") or name == "GIT_EXEC_PATH"}
    moment = f"@{room.moment} +0000"
    env = {
        **own,
        **PLAIN_GIT,
        "LC_ALL": "C.UTF-8",
        **{f"GIT_{who}_NAME": _NAME for who in ("AUTHOR", "COMMITTER")},
        **{f"GIT_{who}_EMAIL": _MAIL for who in ("AUTHOR", "COMMITTER")},
        **{f"GIT_{who}_DATE": moment for who in ("AUTHOR", "COMMITTER")},
    }
    result = room.tools.run(confined(Command(argv=(git, *arguments), env=env, cwd=room.source), Network.ALLOWED))
    if result.returncode != 0:
        raise BuildFailedError(
            f"the sdist of {room.label} cannot be built",
            why=[
                f"git {arguments[0]} failed in the copy of the project",
                *filter(None, f"{result.stdout}\n{result.stderr}".splitlines()),
            ],
        )
    return result.stdout
