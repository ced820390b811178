"""The policy ``on-stale``: a run goes on with a stale lock where that was chosen, never silently, never by a write."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .frontends import Frontend, declare, lock, tree_of

if TYPE_CHECKING:
    from lockhouse.testing import PackageIndex, ProjectFolder


def declare_and_lock(frontend: Frontend, project: ProjectFolder, index: PackageIndex, *lines: str) -> None:
    index.add_wheel("first", "1.0")
    index.add_wheel("more", "1.0")
    declare(project, 'requirements = ["first"]', *lines)
    frontend.set_up(project)
    lock(project)


def test_a_run_goes_on_with_a_warning_each_time(
    frontend: Frontend, project: ProjectFolder, index: PackageIndex
) -> None:
    declare_and_lock(frontend, project, index)
    declare(project, 'requirements = ["first", "more"]')
    assert frontend.start(project).returncode != 0
    assert not frontend.ran(project)
    declare(project, 'requirements = ["first", "more"]', 'on-stale = "warn"')
    before = tree_of(project / "locks")
    for _ in range(2):
        result = frontend.start(project)
        assert result.returncode == 0, result
        assert frontend.ran(project)
    warned = frontend.start(project, *(() if frontend.name == "cli" else ("-r",) if frontend.name == "nox" else ()))
    if frontend.name == "cli":  # what started last is the test command
        warned = project.run("lockhouse", "sync", "tests", "--into", ".venv")
    assert "[lock-stale]; the run goes on with it" in warned.output, warned
    assert 'why: "more" is declared, the lock has no more' in warned.output
    assert "fix: lockhouse lock tests" in warned.output
    assert "error[" not in warned.output
    assert tree_of(project / "locks") == before
    assert project.run("lockhouse", "check").returncode == 1
    (project / "locks/pylock.tests.toml").unlink()
    missing = frontend.start(project)
    assert missing.returncode != 0
    assert "error[lock-missing]" in missing.output


@pytest.mark.parametrize("place", ["noxfile", "tox", "common"])
def test_the_policy_is_said_where_it_is_run(place: str, project: ProjectFolder, index: PackageIndex) -> None:
    frontend = Frontend(name="tox" if place == "tox" else "nox")
    declare_and_lock(frontend, project, index)
    more = '[tool.lockhouse]\non-stale = "warn"\n' if place == "common" else ""
    declare(project, 'requirements = ["first", "more"]', more=more)
    if place == "noxfile":
        project.replace("noxfile.py", 'environment="tests"', 'environment="tests", on_stale="warn"')
    if place == "tox":
        project.replace("tox.ini", "package = skip", "package = skip\nlockhouse_on_stale = warn")
    result = frontend.start(project)
    assert result.returncode == 0, result
    assert frontend.ran(project)
    assert result.output.count("[lock-stale]") == 1, result


def test_a_wrong_policy_names_the_right_ones(project: ProjectFolder) -> None:
    declare(project, "requirements = []", 'on-stale = "warm"')
    result = project.run("lockhouse", "check")
    assert result.returncode == 2
    assert "on-stale: expected one of error, warn" in result.output
    assert "did you mean 'warn'?" in result.output
