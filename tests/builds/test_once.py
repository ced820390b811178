"""A build is made once, whoever asks; a failed one leaves nothing; what is damaged is not used."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import EXIT_INTERRUPTED
from tests.scenarios.installing import CLI, declare, has_receipt, installed, lock

from .looking import built_wheels
from .packages import sdist_with_hooks

if TYPE_CHECKING:
    from lockhouse.testing import PackageIndex, ProjectFolder

_COUNTED = """
    def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
        import os, time
        with open({log!r}, "a") as file:
            file.write(str(os.getppid()) + "\\n")
        time.sleep({seconds})
        return base.build_wheel(wheel_directory)
"""
_FAILS = """
    def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
        print("the compiler says no")
        raise SystemExit(3)
"""


def start(project: ProjectFolder, number: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "lockhouse", "sync", "tests", "--into", f".venv{number}", "--python", sys.executable],
        cwd=project.path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def finish(processes: list[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        output, _ = process.communicate(timeout=600)
        assert process.returncode == 0, output.decode()


def counted(log: Path) -> list[str]:
    return log.read_text().splitlines() if log.is_file() else []


@pytest.mark.parametrize("count", [4, pytest.param(16, marks=pytest.mark.full)])
def test_many_processes_make_one_build(count: int, index: PackageIndex, project: ProjectFolder, tmp_path: Path) -> None:
    log = tmp_path / "log"
    index.add(sdist_with_hooks("source", _COUNTED.format(log=str(log), seconds=2)))
    declare(project, "source")
    lock(project)
    finish([start(project, number) for number in range(count)])
    assert len(counted(log)) == 1
    assert all(installed(project / f".venv{number}") == {"source": "1.0"} for number in range(count))


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_another_takes_over_from_a_builder_that_was_killed(
    index: PackageIndex, project: ProjectFolder, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    index.add(sdist_with_hooks("source", _COUNTED.format(log=str(log), seconds=3)))
    declare(project, "source")
    lock(project)
    first = start(project, 1)
    end = time.monotonic() + 120
    while not counted(log) and time.monotonic() < end:
        time.sleep(0.05)
    second = start(project, 2)
    os.killpg(first.pid, signal.SIGKILL)
    first.communicate()
    finish([second])
    assert len(counted(log)) == 2
    assert installed(project / ".venv2") == {"source": "1.0"}
    assert not has_receipt(project / ".venv1")


def test_a_failed_build_shows_what_the_backend_said_and_leaves_nothing(
    index: PackageIndex, project: ProjectFolder
) -> None:
    index.add(sdist_with_hooks("source", _FAILS))
    declare(project, "source")
    lock(project)
    failed = CLI.refuse(project, code="build-failed")
    assert "source 1.0 cannot be built" in failed.output
    assert "the compiler says no" in failed.output
    assert not built_wheels()
    assert not list(Path(os.environ["TMPDIR"]).glob("lockhouse-*"))


def test_a_built_wheel_that_was_damaged_is_built_again(
    index: PackageIndex, project: ProjectFolder, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    index.add(sdist_with_hooks("source", _COUNTED.format(log=str(log), seconds=0)))
    declare(project, "source")
    lock(project)
    CLI.succeed(project)
    (wheel,) = built_wheels()
    sound = wheel.read_bytes()
    CLI.forget(project)
    CLI.succeed(project)
    assert len(counted(log)) == 1
    wheel.write_bytes(sound[:-1] + bytes([sound[-1] ^ 1]))
    CLI.forget(project)
    CLI.succeed(project)
    assert len(counted(log)) == 2
    assert wheel.read_bytes() == sound


@pytest.mark.skipif(os.name != "posix", reason="signals are sent as POSIX has it")
def test_an_interrupt_ends_a_build_and_leaves_nothing_half_done(
    index: PackageIndex, project: ProjectFolder, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    index.add(sdist_with_hooks("source", _COUNTED.format(log=str(log), seconds=90).replace("getppid", "getpid")))
    declare(project, "source")
    lock(project)
    builder = start(project, 1)
    try:
        end = time.monotonic() + 60
        while not counted(log) and time.monotonic() < end:
            time.sleep(0.05)
        os.kill(builder.pid, signal.SIGINT)
        said, _ = builder.communicate(timeout=20)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(builder.pid, signal.SIGKILL)
    assert builder.returncode == EXIT_INTERRUPTED
    assert "Traceback" not in said.decode()
    (backend,) = counted(log)
    with pytest.raises(ProcessLookupError):
        os.kill(int(backend), 0)
    assert not built_wheels()
    assert not list(Path(os.environ["TMPDIR"]).glob("lockhouse-*"))
    assert not has_receipt(project / ".venv1")
