"""Where the answers go: a stream that is closed, and one that takes nothing."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from .frontends import declare, lock

if TYPE_CHECKING:
    from lockhouse.testing import PackageIndex, ProjectFolder

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell closes the streams")

CHECKS = (("check",), ("check", "--json"), ("check", "tests"), ("list",))

UNBUFFERED = pytest.mark.parametrize("unbuffered", [None, "1"])


@pytest.fixture
def locked(project: ProjectFolder, index: PackageIndex) -> ProjectFolder:
    index.add_wheel("alpha", "1.0")
    declare(project, 'requirements = ["alpha"]')
    lock(project)
    return project


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
@UNBUFFERED
def test_a_closed_stream_leads_nowhere_and_the_exit_code_tells(
    locked: ProjectFolder, closed: str, unbuffered: str | None
) -> None:
    env = {"PYTHONUNBUFFERED": unbuffered}
    for words in CHECKS:
        for _ in range(2):  # by the long way and by a trace
            result = locked.run(
                "sh", "-c", f'exec "$0" -m lockhouse {" ".join(words)} {closed}', sys.executable, env=env
            )
            assert (result.returncode, result.stderr) == (0, ""), result
    locked.replace("pyproject.toml", '["alpha"]', '["alpha>1"]')
    result = locked.run("sh", "-c", f'exec "$0" -m lockhouse check {closed}', sys.executable, env=env)
    assert (result.returncode, result.stderr) == (1, ""), result


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has a device that is always full")
@UNBUFFERED
def test_an_answer_that_cannot_be_written_is_an_error_and_no_answer(
    locked: ProjectFolder, unbuffered: str | None
) -> None:
    env = {"PYTHONUNBUFFERED": unbuffered}
    for words in (*CHECKS, ("--help",), ("check", "--help")):
        for _ in range(2):
            script = f'exec "$0" -m lockhouse {" ".join(words)} >/dev/full'
            result = locked.run("sh", "-c", script, sys.executable, env=env)
            assert result.returncode == 5, result
            assert result.stderr.startswith("error[store]: the answer cannot be written to stdout\n  why: "), result
            assert "\n  fix: " in result.stderr
            assert "Traceback" not in result.stderr
    locked.replace("pyproject.toml", '["alpha"]', '["alpha>1"]')
    result = locked.run("sh", "-c", 'exec "$0" -m lockhouse check >/dev/full', sys.executable, env=env)
    assert result.returncode == 5, result


@UNBUFFERED
def test_who_reads_no_answer_is_told_nothing(locked: ProjectFolder, unbuffered: str | None) -> None:
    for words in (*CHECKS, ("--help",)):
        for _ in range(2):
            script = f'{{ sleep 0.3; "$0" -m lockhouse {" ".join(words)}; echo $? >code; }} | true'
            result = locked.run("sh", "-c", script, sys.executable, env={"PYTHONUNBUFFERED": unbuffered})
            assert (result.returncode, result.stderr, locked.read("code")) == (0, "", "1\n"), result
