"""What may be said on the command line."""

from __future__ import annotations

import argparse
import functools
import os
import sys
from pathlib import Path

from lockhouse.cli.quick import put
from lockhouse.errors import EXIT_CODES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from _typeshed import SupportsWrite

_VERBOSE = "also say what is running, why something was done, and what changed without making a lock stale"

_PYTHON = (
    "interpreter to make it from: a version such as 3.12, or a path. Default: the newest installed one that the "
    "environment is for. A folder that holds an environment already keeps its Python; one of another than X is refused"
)


def parser(words: Sequence[str] = ()) -> argparse.ArgumentParser:
    """Make the parser; each command's function stands in ``command``.

    :param words: what is to be parsed: where it begins with a command, the parser knows no other
    """
    top: argparse.ArgumentParser = _Parser(
        prog="lockhouse",
        description="Every nox session and tox environment installs exactly what its lock says.",
        epilog="\n".join(["exit codes:", *(f"  {code:<4} {meaning}" for code, meaning in EXIT_CODES.items())]),
        formatter_class=_RawHelp,
    )
    top.add_argument("--version", action=_Version, help="show the version and leave")
    subparsers = top.add_subparsers(title="commands", required=True, metavar="COMMAND", prog="lockhouse")
    commands = {
        "lock": _lock,
        "check": _check,
        "sync": _sync,
        "verify": _verify,
        "build-info": _build_info,
        "list": _list,
        "wheelhouse": _wheelhouse,
        "cache": _cache,
    }
    for add in [commands[words[0]]] if words and words[0] in commands else commands.values():
        add(subparsers)
    return top


def _lock(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    from lockhouse.cli import commands  # noqa: PLC0415 - the modules are one subject

    lock = _command(
        subparsers,
        "lock",
        "Resolve and write locks, and say what changed.",
        "Environments are found in pyproject.toml, the noxfile and the tox configuration. The present lock is the "
        "seed: nothing moves that need not.",
    )
    _environments(lock, "lock")
    lock.add_argument("-U", "--upgrade", action="store_true", help="move every package to its newest allowed version")
    lock.add_argument(
        "-P",
        "--upgrade-package",
        metavar="NAME",
        action="append",
        default=[],
        help="move this package, and what it forces, to its newest allowed version; may be repeated",
    )
    lock.add_argument("--dry-run", action="store_true", help="say what would change, and write nothing")
    _format(lock)
    lock.set_defaults(command=commands.lock)


def _check(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    from lockhouse.cli import commands  # noqa: PLC0415 - the modules are one subject

    check = _command(
        subparsers,
        "check",
        "Say whether the locks still satisfy what is declared.",
        "Read-only and offline. Exit code 0: all are fresh; 1: one is stale or missing.",
    )
    _environments(check, "check")
    _format(check, "text", "json", "github")
    check.add_argument(
        "--strict", action="store_true", help="let a lock that no environment uses make the exit code 1, too"
    )
    check.add_argument(
        "--explain",
        metavar="CODE",
        help="say what a code of a reason or an error means, why it matters and how it is mended, and check nothing",
    )
    check.set_defaults(command=commands.check)


def _sync(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    from lockhouse.cli import commands  # noqa: PLC0415 - the modules are one subject

    sync = _command(
        subparsers,
        "sync",
        "Make an environment without nox or tox.",
        "Installs exactly what the lock says into a virtual environment, which is made where there is none.",
    )
    sync.add_argument("environment", metavar="ENV", help="name of the environment")
    sync.add_argument("--into", metavar="DIR", type=Path, required=True, help="folder of the virtual environment")
    sync.add_argument("--python", metavar="X", help=_PYTHON)
    sync.add_argument(
        "--deep", action="store_true", help="read every installed file, and repair what sizes and times do not show"
    )
    sync.add_argument(
        "--wheelhouse",
        metavar="PATH",
        type=Path,
        help="folder or archive to install from; then nothing is looked for elsewhere",
    )
    _format(sync)
    sync.set_defaults(command=commands.sync)


def _verify(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    from lockhouse.cli import commands  # noqa: PLC0415 - the modules are one subject

    verify = _command(
        subparsers,
        "verify",
        "Say whether the environments on disk hold what their locks say.",
        "Read-only: nothing is installed. Environments are found where nox and tox keep theirs. Exit code "
        "0: all match; 1: one drifted. Whether the locks are fresh is asked by check.",
    )
    _environments(verify, "verify")
    _folders(verify)
    verify.add_argument(
        "--deep",
        action="store_true",
        help="read every file, hold it against its hash, and look for modules and programs that belong to no package",
    )
    _format(verify, "text", "json", "github")
    verify.set_defaults(command=commands.verify)


def _build_info(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    from lockhouse.cli import build_info  # noqa: PLC0415 - the modules are one subject

    info = _command(
        subparsers,
        "build-info",
        "Say which wheel of the project, and of others in folders, each environment on disk would get, and why.",
        "Read-only: nothing is built or installed. Environments are found as by verify.",
    )
    _environments(info, "look at")
    _folders(info)
    _format(info)
    info.set_defaults(command=build_info.build_info)


def _list(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    from lockhouse.cli import commands  # noqa: PLC0415 - the modules are one subject

    listing = _command(
        subparsers, "list", "List the known environments, their locks and their state.", "Read-only and offline."
    )
    _format(listing)
    listing.set_defaults(command=commands.list_environments)


def _wheelhouse(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    from lockhouse.cli import wheelhouse  # noqa: PLC0415 - the modules are one subject

    top = _command(subparsers, "wheelhouse", "Carry all that locks need to where there is no index.", "")
    actions = top.add_subparsers(title="actions", required=True, metavar="ACTION")

    build = _command(
        actions,
        "build",
        "Build a folder or an archive from which locks are installed without any network.",
        "The same locks give the same bytes. What has only an sdist is built where an interpreter of this machine "
        "can build it for the target; all that is missing is named before anything is fetched.",
    )
    _environments(build, "build it for")
    place = build.add_mutually_exclusive_group(required=True)
    place.add_argument("--output", metavar="DIR", type=Path, help="folder to write; a wheelhouse there is replaced")
    place.add_argument(
        "--archive",
        metavar="FILE",
        type=Path,
        help="archive to write: .tar.gz, .tar.bz2, .tar.xz, .tar.zst or .zip; one that is there is replaced",
    )
    build.add_argument(
        "--target",
        metavar="LABEL",
        action="append",
        default=[],
        help="a CPython and the newest platform tag that it takes, such as cp312-manylinux_2_28_x86_64 or "
        "cp313-win_amd64; may be repeated (default: the setting "
        "targets, else this machine, for the Pythons in the setting pythons or the one that runs Lockhouse)",
    )
    build.add_argument(
        "--verify-reproducible",
        action="store_true",
        help="build each sdist a second time, and refuse a wheel that has other bytes then; what differs is named",
    )
    _format(build)
    build.set_defaults(command=wheelhouse.build)

    verify = _command(
        actions,
        "verify",
        "Read all of a wheelhouse, and say whether it is what its manifest says.",
        "Exit code 0: it is complete; 1: something is missing, damaged, or not listed.",
    )
    verify.add_argument("path", metavar="PATH", type=Path, help="folder or archive")
    _format(verify)
    verify.set_defaults(command=wheelhouse.verify)

    unpack = _command(
        actions,
        "unpack",
        "Unpack an archive into a new folder.",
        "Every file is held against the manifest; an archive that holds anything else is refused, and nothing is left.",
    )
    unpack.add_argument("archive", metavar="ARCHIVE", type=Path, help="the archive")
    unpack.add_argument("--into", metavar="DIR", type=Path, required=True, help="folder to make")
    unpack.set_defaults(command=wheelhouse.unpack)


def _cache(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    from lockhouse.cli import cache  # noqa: PLC0415 - the modules are one subject

    top = _command(subparsers, "cache", "The store that all environments and projects share.", "")
    actions = top.add_subparsers(title="actions", required=True, metavar="ACTION")
    path = _command(actions, "path", "Print the folder of the store.", "LOCKHOUSE_CACHE_DIR chooses another one.")
    path.set_defaults(command=cache.path)

    info = _command(actions, "info", "Print how large the store is.", "")
    _format(info)
    info.set_defaults(command=cache.info)

    verify = _command(
        actions,
        "verify",
        "Read the whole store, and remove every file whose bytes are not those of its hash.",
        "It is fetched anew when it is next needed. Exit code 0: all is well; 1: something was removed.",
    )
    _format(verify)
    verify.set_defaults(command=cache.verify)

    prune = _command(
        actions,
        "prune",
        "Remove files of the store.",
        "A file goes where one of the options says so. What was used within the last ten minutes stays, and what is "
        "being fetched. The cache of the uv installer is left alone.",
    )
    prune.add_argument("--older-than", metavar="AGE", help="what was not used for so long: 12h, 30d, 8w")
    prune.add_argument(
        "--max-size", metavar="SIZE", help="what was not used for longest, until so much is left: 500MB, 2GiB"
    )
    prune.add_argument(
        "--unused-by",
        metavar="PATH",
        type=Path,
        action="append",
        default=[],
        help="what neither this lock nor a lock of this folder names; may be repeated, and then all of them count",
    )
    prune.add_argument("--dry-run", action="store_true", help="say what would be removed, and remove nothing")
    _format(prune)
    prune.set_defaults(command=cache.prune)


def _command(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser], name: str, summary: str, more: str
) -> argparse.ArgumentParser:
    description = f"{summary} {more}".strip()
    made = subparsers.add_parser(name, help=summary, description=description, formatter_class=_Help)
    made.add_argument(
        "-C", "--directory", metavar="DIR", type=Path, default=Path(), help="folder of the project (default: this one)"
    )
    made.add_argument("-q", "--quiet", action="store_true", help="say only what went wrong")
    made.add_argument("-v", "--verbose", action="store_true", help=_VERBOSE)
    return made


def _environments(command: argparse.ArgumentParser, verb: str) -> None:
    command.add_argument("environments", metavar="ENV", nargs="*", help=f"environments to {verb} (default: all)")


def _folders(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--in",
        dest="folders",
        metavar="DIR",
        type=Path,
        action="append",
        default=[],
        help="an environment, or a folder of environments, to look at as well; may be repeated",
    )


def _format(command: argparse.ArgumentParser, *choices: str) -> None:
    command.add_argument(
        "--format",
        metavar="FORMAT",
        choices=choices or ("text", "json"),
        default="text",
        help="text for people (the default), json for programs"
        + (", or github for annotations of GitHub Actions" if "github" in choices else ""),
    )
    command.add_argument("--json", action="store_const", dest="format", const="json", help="short for --format json")


@functools.cache
def _columns() -> int:
    """Give the width of the terminal, as ``shutil`` does, which argparse would import and ask for each argument."""
    try:
        columns = int(os.environ["COLUMNS"])
    except (KeyError, ValueError):
        columns = 0
    try:
        return columns or os.get_terminal_size(sys.__stdout__.fileno()).columns or 80  # type: ignore[union-attr]
    except (AttributeError, ValueError, OSError):  # closed, gone, or no terminal
        return 80


class _Help(argparse.HelpFormatter):
    def __init__(self, prog: str) -> None:
        super().__init__(prog, width=_columns() - 2)


class _Parser(argparse.ArgumentParser):
    def _print_message(self, message: str, file: SupportsWrite[str] | None = None) -> None:
        if file is sys.stdout:  # argparse itself passes over what cannot be written
            put(message, end="")
        else:
            super()._print_message(message, file)


class _RawHelp(_Help, argparse.RawDescriptionHelpFormatter):
    pass


class _Version(argparse.Action):
    def __init__(self, option_strings: list[str], dest: str, help: str | None = None) -> None:  # noqa: A002
        super().__init__(option_strings, dest, nargs=0, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version  # noqa: PLC0415 - only here

        parser.exit(message=f"lockhouse {version('lockhouse')}\n")
