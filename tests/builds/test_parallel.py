"""Several builds at a time: what they say keeps its order, what fails is named, and an interrupt ends them all."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import EXIT_INTERRUPTED, EXIT_TERMINATED
from lockhouse.operations.parallel import processors
from tests.scenarios.installing import CLI, declare, has_receipt, installed, lock
from tests.wheelhouse.making import build, wheels_in

from .looking import built_wheels, receipt_of
from .packages import sdist_with_hooks
from .test_once import start

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

    from lockhouse.testing import PackageIndex, ProjectFolder


@pytest.fixture(autouse=True)
def two_processors(leave_out: Callable[[str], NoReturn]) -> None:
    if processors() < 2:
        leave_out("with one processor, one build runs at a time")


#: Ends well only while the other one runs, too.
_MEETS = """
    def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
        import time
        from pathlib import Path
        here = Path({folder!r})
        (here / {own!r}).write_text("")
        end = time.monotonic() + 100
        while not (here / {awaited!r}).exists():
            if time.monotonic() > end:
                raise SystemExit("the other one never came")
            time.sleep(0.02)
        name = base.build_wheel(wheel_directory)
        (here / ("done " + {own!r})).write_text("")
        return name
"""
_FAILS = """
    def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
        print("the compiler of {name} says no")
        raise SystemExit(3)
"""
_HANGS = """
    def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
        import os, subprocess, sys
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        with open({log!r}, "a") as file:
            file.write(f"{{os.getpid()}} {{child.pid}}\\n")
        child.wait()
"""


def add_pair(index: PackageIndex, folder: Path, *, first: str, last: str) -> None:
    """Add two sdists: one is built once the other has begun, and that one once the first is done."""
    folder.mkdir()
    for own, awaited in ((first, last), (last, f"done {first}")):
        index.add(sdist_with_hooks(own, _MEETS.format(folder=str(folder), own=own, awaited=awaited)))


@pytest.mark.parametrize("command", ["sync", "wheelhouse"])
def test_two_are_built_at_a_time_and_told_in_their_order(
    command: str, index: PackageIndex, project: ProjectFolder, tmp_path: Path
) -> None:
    add_pair(index, tmp_path / "meeting", first="beta", last="alpha")
    declare(project, "beta", "alpha")
    lock(project)
    if command == "wheelhouse":
        said = build(project, "--output", "house")
        assert wheels_in(project / "house") == ["alpha-1.0-py3-none-any.whl", "beta-1.0-py3-none-any.whl"]
    else:
        said = CLI.succeed(project)
        assert installed(CLI.root(project)) == {"alpha": "1.0", "beta": "1.0"}
        assert [record["name"] for record in receipt_of(CLI.root(project))["built"]] == ["alpha", "beta"]
    told = [line.split(" from")[0] for line in said.output.splitlines() if line.startswith("built ")]
    assert told == ["built alpha 1.0", "built beta 1.0"]


def test_what_two_of_them_need_is_built_once_and_told_once(index: PackageIndex, project: ProjectFolder) -> None:
    index.add(sdist_with_hooks("tool", ""))
    for name in ("alpha", "beta"):
        index.add(sdist_with_hooks(name, "", requires=["tool"]))
    declare(project, "alpha", "beta")
    lock(project)
    for wheel in built_wheels():
        wheel.unlink()
    said = CLI.succeed(project)
    assert [line.split(" from")[0] for line in said.output.splitlines() if line.startswith("built ")] == [
        "built alpha 1.0",
        "built beta 1.0",
        "built tool 1.0",
    ]


def test_all_that_fail_are_named_with_what_they_said_and_the_rest_is_kept(
    index: PackageIndex, project: ProjectFolder
) -> None:
    index.add(sdist_with_hooks("good", ""))
    for name in ("one", "two"):
        index.add(sdist_with_hooks(name, _FAILS.format(name=name)))
    declare(project, "one", "good", "two")
    lock(project)
    failed = CLI.refuse(project, code="build-failed")
    assert "2 packages cannot be built" in failed.output
    places = [
        failed.output.index(words) for words in ("one 1.0 cannot", "of one says", "two 1.0 cannot", "of two says")
    ]
    assert places == sorted(places)
    assert [wheel.name for wheel in built_wheels()] == ["good-1.0-py3-none-any.whl"]
    assert not list(Path(os.environ["TMPDIR"]).glob("lockhouse-*"))
    assert not has_receipt(CLI.root(project))


@pytest.mark.skipif(os.name != "posix", reason="signals are sent as POSIX has it")
@pytest.mark.parametrize(("number", "code"), [("SIGINT", EXIT_INTERRUPTED), ("SIGTERM", EXIT_TERMINATED)])
def test_an_interrupt_ends_all_of_them_and_what_they_started(
    number: str, code: int, index: PackageIndex, project: ProjectFolder, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    log.touch()
    for name in ("one", "two"):
        index.add(sdist_with_hooks(name, _HANGS.format(log=str(log))))
    declare(project, "one", "two")
    lock(project)
    running = start(project, 1)
    try:
        end = time.monotonic() + 100
        while len(log.read_text().splitlines()) < 2 and time.monotonic() < end:
            time.sleep(0.05)
        pids = [int(word) for word in log.read_text().split()]
        assert len(pids) == 4
        os.kill(running.pid, signal.Signals[number])
        said, _ = running.communicate(timeout=20)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
    assert running.returncode == code
    assert "Traceback" not in said.decode()
    for pid in pids:
        assert has_ended(pid)
    assert not built_wheels()
    assert not list(Path(os.environ["TMPDIR"]).glob("lockhouse-*"))
    assert not has_receipt(project / ".venv1")


def has_ended(pid: int) -> bool:
    """Tell whether a process has ended; one that nobody waited for counts as such."""
    if Path("/proc/self").exists():
        status = Path(f"/proc/{pid}/stat")
        return not status.exists() or status.read_text().rpartition(")")[2].split()[0] == "Z"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False
