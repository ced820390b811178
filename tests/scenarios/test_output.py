"""What people and machines see: colour, bars, Ctrl-C, errors, JSON."""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.errors import EXIT_INTERRUPTED

from .installing import CLI, NOX, RAN, TOX, Frontend, declare, has_receipt, installed, lock, nothing_of, store_files

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lockhouse.testing import PackageIndex, ProjectFolder

_COLOUR = re.compile(rb"\x1b\[[0-9;]*3[0-9][0-9;]*m")


def in_terminal(project: ProjectFolder, *command: str, env: Mapping[str, str]) -> bytes:
    """Run the command line in a terminal of its own; give all that appeared on it."""
    import pty  # noqa: PLC0415 - POSIX only

    ours, theirs = pty.openpty()
    seen = b""
    with subprocess.Popen(
        [sys.executable, "-m", "lockhouse", *command],
        cwd=project.path,
        env={**os.environ, "TERM": "xterm", **env},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if select.select([ours], [], [], 0.1)[0]:
                try:
                    data = os.read(ours, 65536)
                except OSError:  # Linux says so when the other end is closed
                    break
                if not data:
                    break
                seen += data
        assert process.wait(10) == 0, seen.decode()
    os.close(ours)
    return seen


needs_terminal = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pty")


def write_slow(index: PackageIndex, project: ProjectFolder) -> None:
    index.add_wheel("demo", "1.0", size=300_000)
    declare(project, "demo")
    lock(project)
    index.delay = 0.3


@needs_terminal
def test_a_terminal_shows_a_bar_and_colour(index: PackageIndex, project: ProjectFolder) -> None:
    write_slow(index, project)
    shown = in_terminal(project, *CLI.command[1:], env={})
    assert b"Fetching" in shown
    assert b"\x1b[?25l" in shown, "the cursor is hidden while a bar is shown"
    assert b"\x1b[?25h" in shown, "and is back afterwards"
    assert _COLOUR.search(in_terminal(project, "check", env={}))


@needs_terminal
@pytest.mark.parametrize("env", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=["NO_COLOR", "dumb"])
def test_a_terminal_without_colour(env: dict[str, str], index: PackageIndex, project: ProjectFolder) -> None:
    write_slow(index, project)
    shown = in_terminal(project, *CLI.command[1:], env=env) + in_terminal(project, "check", env=env)
    assert b"tests: 1 installed" in shown
    assert not _COLOUR.search(shown)
    assert ("TERM" in env) != (b"\x1b[" in shown), "a dumb terminal gets no bar either"


@needs_terminal
@pytest.mark.parametrize("resolver", ["uv", "pip"])
def test_locking_says_what_is_running_on_a_terminal_and_elsewhere_when_asked(
    resolver: str, index: PackageIndex, project: ProjectFolder
) -> None:
    index.add_wheel("demo", "1.0")
    version = ".".join(map(str, sys.version_info[:2]))
    declare(project, "demo", extra=f'pythons = ["{version}"]', resolver=resolver)
    title = f"Locking tests with {resolver}" if resolver == "uv" else f"Locking tests for Python {version} with pip"
    index.delay = 0.3
    shown = in_terminal(project, "lock", env={"COLUMNS": "120"})
    assert title in shown.decode()
    assert b"0/?" not in shown, "there are no bytes to count"
    index.delay = 0
    assert "Locking" not in lock(project, "--upgrade").output
    assert lock(project, "--upgrade", "-v").error_lines == [title]


def test_no_terminal_no_colour_and_no_bar(index: PackageIndex, project: ProjectFolder) -> None:
    write_slow(index, project)
    plain = CLI.succeed(project).output + project.run("lockhouse", "check", check=True).output
    assert "\x1b" not in plain
    assert "Fetching" not in plain
    forced = project.run("lockhouse", "check", check=True, env={"FORCE_COLOR": "1"})
    assert "\x1b[32m" in forced.output
    neither = project.run("lockhouse", "check", check=True, env={"FORCE_COLOR": "1", "NO_COLOR": "1"})
    assert "\x1b" not in neither.output
    for frontend in (NOX, TOX):
        assert "\x1b" not in frontend.succeed(project).output
    declare(project, "demo>1")
    for frontend in (NOX, TOX):  # nox and tox colour what they say, our words in it as well, or do not
        assert "\x1b[31m" in frontend.run(project, env={"FORCE_COLOR": "1"}).output
        assert "\x1b" not in frontend.run(project, env={"NO_COLOR": "1"}).output


def test_a_stream_that_lacks_a_character_shows_its_number(index: PackageIndex, project: ProjectFolder) -> None:
    index.add_wheel("demo", "1.0")
    named = '[tool.lockhouse.environments."tést"]\nrequirements = ["demo"]\nproject = "none"\n'
    project.write("pyproject.toml", f'[project]\nname = "own"\nversion = "1.0"\nrequires-python = ">=3.11"\n{named}')
    project.run("lockhouse", "lock", check=True, env={"LOCKHOUSE_CACHE_DIR": str(project / "cache")})
    for cache in ("cache", "other"):  # with a trace, and without
        narrow = {"PYTHONIOENCODING": "ascii", "LOCKHOUSE_CACHE_DIR": str(project / cache)}
        assert project.run("lockhouse", "check", check=True, env=narrow).lines[0] == "t\\xe9st: fresh"
        answer = json.loads(project.run("lockhouse", "check", "--json", check=True, env=narrow).stdout)
        assert answer["environments"][0]["environment"] == "tést"


# -- Ctrl-C -------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent as POSIX has it")
@pytest.mark.parametrize("frontend", [CLI, NOX, TOX], ids=["cli", "nox", "tox"])
def test_an_interrupt_ends_a_stalled_download(frontend: Frontend, index: PackageIndex, project: ProjectFolder) -> None:
    index.add_wheel("demo", "1.0", size=100_000)
    declare(project, "demo")
    lock(project)
    fault = index.fault("*.whl", "stall", seconds=60)
    with subprocess.Popen(
        [sys.executable, "-m", *frontend.command],
        cwd=project.path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as process:
        try:
            wait_for(lambda: fault.hits > 0)
            time.sleep(0.3)
            sent = time.monotonic()
            os.killpg(process.pid, signal.SIGINT)
            said = process.communicate(timeout=20)[0].decode()
            took = time.monotonic() - sent
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    assert took < 5, f"it took {took:.1f} seconds; on an idle machine it is one"
    assert process.returncode != 0
    assert RAN not in said
    if frontend is CLI:
        assert process.returncode == EXIT_INTERRUPTED
        assert said.splitlines()[-1] == "warning: interrupted"
        assert "Traceback" not in said
    store = Path(os.environ["LOCKHOUSE_CACHE_DIR"])
    assert store_files(store) == []
    assert list((store / "v1" / "tmp").iterdir()) == []
    if frontend.root(project).exists():
        assert not has_receipt(frontend.root(project))
        assert nothing_of(frontend.root(project), "demo")
    fault.lift()
    frontend.succeed(project)
    assert installed(frontend.root(project)) == {"demo": "1.0"}


def wait_for(happened: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.02)


# -- errors -------------------------------------------------------------------------------------------------------


def test_every_error_says_what_why_and_the_fix(
    index: PackageIndex, project: ProjectFolder, closed_index_url: str
) -> None:
    index.add_wheel("demo", "1.0")
    declare(project, "demo")
    said: dict[str, tuple[int, str]] = {}

    def fail(*command: str, env: Mapping[str, str] | None = None) -> None:
        result = project.run("lockhouse", *command, env=env)
        assert result.returncode > 1, result
        assert "Traceback" not in result.output, result
        head, *rest = result.error_lines
        match = re.fullmatch(r"error\[([a-z-]+)\]: \S.*", head)
        assert match, result
        assert any(line.startswith("  why: ") for line in rest), result
        assert rest[-1].startswith("  fix: "), result
        said[match[1]] = (result.returncode, result.stderr)

    fail("check", "-C", "nowhere")
    fail(*CLI.command[1:])
    fail("lock", "test")
    assert 'did you mean "tests"?' in said["unknown-environment"][1]
    fail("lock", env={"UV_DEFAULT_INDEX": closed_index_url})
    declare(project, "demo>2")
    fail("lock")
    declare(project, "demo")
    lock(project)
    declare(project, "demo", "added")
    fail(*CLI.command[1:])
    declare(project, "demo")
    fail(*CLI.command[1:], "--python", "3.99")
    fail(*CLI.command[1:], "--into", "locks")
    index.fault("*.whl", "404", times=1)
    fail(*CLI.command[1:])
    index.fault("*.whl", "flipped-byte")
    fail(*CLI.command[1:])
    declare(project, "demo", extra='instaler = "uv"')
    fail("lock")
    assert "installer" in said["invalid-setting"][1]
    assert {code: exit_code for code, (exit_code, _) in said.items()} == {
        "config": 2,
        "invalid-setting": 2,
        "unknown-environment": 2,
        "lock-missing": 3,
        "lock-stale": 3,
        "artifact-unavailable": 5,
        "hash-mismatch": 5,
        "backend-failed": 6,
        "unsolvable": 6,
        "interpreter": 6,
    }


# -- machines -----------------------------------------------------------------------------------------------------


def test_json_is_all_that_a_machine_gets(index: PackageIndex, project: ProjectFolder) -> None:
    index.add_wheel("demo", "1.0")
    declare(project, "demo")

    def answer(*command: str, code: int = 0) -> dict[str, Any]:
        result = project.run("lockhouse", *command, "--json", env={"FORCE_COLOR": "1"})
        assert result.returncode == code, result
        record: dict[str, Any] = json.loads(result.stdout)
        assert record.pop("version") == 1
        return record

    (missing,) = answer("check", code=1)["environments"]
    assert (missing["environment"], missing["verdict"]) == ("tests", "missing")
    (locked,) = answer("lock")["locks"]
    assert locked["status"] == "written"
    assert locked["changes"] == [{"name": "demo", "before": [], "after": ["1.0"], "detail": ""}]
    assert answer("lock")["locks"][0]["status"] == "unchanged"
    assert answer("check")["environments"][0]["verdict"] == "fresh"
    first = answer(*CLI.command[1:])
    assert (first["changed"], first["installed"], first["removed"]) == (True, ["demo 1.0"], [])
    second = answer(*CLI.command[1:])
    assert (second["changed"], second["installed"]) == (False, [])
    assert (project / second["python"]).exists()
    (listed,) = answer("list")["environments"]
    assert listed["verdict"] == "fresh"
    declare(project, "nowhere")
    (failed,) = answer("lock", code=6)["locks"]
    assert failed["error"]["code"] == "unsolvable"
