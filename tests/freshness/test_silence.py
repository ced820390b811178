"""A check writes nothing, opens no connection and starts nothing: seen by an audit hook in the real process."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from .locked_project import KINDS, Kind, copied

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from lockhouse.testing import ProjectFolder

    from .locked_project import Case

#: Runs the command line with a hook that writes down each event by which a process acts on the world. What the hook
#: knows is written at the end through a descriptor that was opened before.
_WATCHED = """\
import os, sys

report = os.open(sys.argv.pop(1), os.O_WRONLY | os.O_CREAT)
PREFIXES = (
    "ftplib.", "http.", "imaplib.", "os.chmod", "os.chown", "os.exec", "os.fork", "os.link", "os.mkdir",
    "os.posix_spawn", "os.putenv", "os.remove", "os.rename", "os.rmdir", "os.spawn", "os.startfile", "os.symlink",
    "os.system", "os.truncate", "os.utime", "pty.", "shutil.", "smtplib.", "socket.", "sqlite3.", "ssl.", "subprocess.",
    "tempfile.", "urllib.", "winreg.", "_winapi.",
)
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
seen = []


def hook(event, arguments):
    if event == "open":
        path, mode, flags = arguments
        if (isinstance(mode, str) and set(mode) & set("wax+")) or (isinstance(flags, int) and flags & WRITING):
            seen.append(f"open {path} {mode} {flags}")
    elif event.startswith(PREFIXES):
        seen.append(f"{event} {arguments!r}")


sys.addaudithook(hook)
from lockhouse.cli import main

code = 70
try:
    code = main(sys.argv[1:])
except SystemExit as stop:
    code = stop.code
finally:
    os.write(report, "\\n".join(seen).encode())
sys.exit(code)
"""


def watch(project: ProjectFolder, folder: Path, *arguments: str) -> tuple[int, list[str], dict[str, Any]]:
    """Run the command line; give its exit code, what was seen, and its answer where that is JSON."""
    script, report = folder / "watched.py", folder / "seen.txt"
    script.write_text(_WATCHED, encoding="utf-8")
    result = project.run("python", "-B", script, report, *arguments)  # what Python itself caches is none of ours
    assert "Traceback" not in result.output, result
    seen = report.read_text("utf-8").splitlines()
    return result.returncode, seen, json.loads(result.stdout) if "--json" in arguments else {}


@pytest.fixture
def read_only() -> Iterator[Callable[[Path], None]]:
    """Give a function that takes away the right to write below a folder, for the time of the test."""
    changed: list[Path] = []

    def protect(folder: Path) -> None:
        for path in (folder, *folder.rglob("*")):
            if not path.is_symlink():
                changed.append(path)
                path.chmod(0o555 if path.is_dir() else 0o444)

    yield protect
    for path in changed:
        path.chmod(0o755)


def stale(case: Case) -> None:
    case.pyproject("Foo_Bar>=1", "Foo_Bar>=2")


def loosened(case: Case) -> None:
    case.pyproject("Foo_Bar>=1", "Foo_Bar")


def edited(case: Case) -> None:
    case.lock.text(lambda text: text + "# a bot was here\n")


def missing(case: Case) -> None:
    case.lock.path.unlink()


def damaged(case: Case) -> None:
    case.lock.path.write_bytes(b"<<<<<<< HEAD\n")


STATES: dict[str, tuple[Callable[[Case], None], int]] = {
    "unchanged": (lambda _: None, 0),
    "loosened": (loosened, 0),
    "edited": (edited, 0),
    "stale": (stale, 1),
    "missing": (missing, 1),
    "damaged": (damaged, 3),
}


@pytest.mark.parametrize(("state", "kind"), list(zip(STATES, (*KINDS, *KINDS[:2]), strict=True)), ids=str)
def test_a_check_of_what_pyproject_declares_leaves_no_trace(
    template: Callable[[Kind], ProjectFolder],
    tmp_path: Path,
    read_only: Callable[[Path], None],
    state: str,
    kind: Kind,
) -> None:
    change, expected = STATES[state]
    case = copied(template(kind), tmp_path / "project", kind)
    change(case)
    home = tmp_path / "home"  # neither a home nor a cache: nothing may need them
    for name in ("HOME", "XDG_CACHE_HOME", "LOCKHOUSE_CACHE_DIR", "UV_CACHE_DIR", "PIP_CACHE_DIR"):
        case.project.environ[name] = str(home)
    before = {path: path.stat().st_mtime_ns for path in case.project.path.rglob("*")}
    read_only(case.project.path)
    code, seen, answer = watch(case.project, tmp_path, "check", "tests", "--json")
    assert code == expected, answer
    assert seen == []
    assert {path: path.stat().st_mtime_ns for path in case.project.path.rglob("*")} == before
    assert not home.exists()


def test_the_hook_sees_what_acts(
    template: Callable[[Kind], ProjectFolder],
    tmp_path: Path,
) -> None:
    kind = KINDS[0]
    case = copied(template(kind), tmp_path / "project", kind)
    stale(case)
    code, seen, _ = watch(case.project, tmp_path, "lock", "tests")
    assert code != 0
    events = {line.partition(" ")[0] for line in seen}
    assert {"os.mkdir", "subprocess.Popen", "open"} <= events
