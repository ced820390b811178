"""The ways by which nox and tox skip an install never end green with anything but what the lock says.

After the lock changed, and after the environment was changed by hand: each of them stops, or mends the environment.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from tests.scenarios.installing import NOX, RAN, TOX, Frontend, declare, installed, lock

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lockhouse.testing import PackageIndex, ProjectFolder

#: Variables by which uv and tools on top of it are told to leave locks and environments alone.
_LEAVE_ALONE = {"UV_FROZEN": "1", "UV_LOCKED": "1", "UV_NO_SYNC": "1"}


@dataclass(frozen=True, kw_only=True)
class Way:
    """One way to run the environment.

    :ivar command: program and arguments
    :ivar installs: whether it may install
    :ivar runs: whether it runs the test command
    :ivar folder: where the environment is, when not at its usual place
    :ivar environ: variables that the run gets
    """

    command: tuple[str, ...]
    installs: bool
    runs: bool = True
    folder: str | None = None
    environ: Mapping[str, str] = field(default_factory=dict)


_EXEC = ("exec", "-e", "tests", "--", "python", "probe.py")
WAYS: Mapping[str, tuple[Frontend, Way]] = {
    "nox -R": (NOX, Way(command=("nox", "-R"), installs=False)),
    "nox -r --no-install": (NOX, Way(command=("nox", "-r", "--no-install"), installs=False)),
    "nox -R --install-only": (NOX, Way(command=("nox", "-R", "--install-only"), installs=False, runs=False)),
    "nox -R with variables": (NOX, Way(command=("nox", "-R"), installs=False, environ=_LEAVE_ALONE)),
    "nox --no-install": (NOX, Way(command=("nox", "--no-install"), installs=True)),
    "nox -r --install-only": (NOX, Way(command=("nox", "-r", "--install-only"), installs=True, runs=False)),
    "nox -r with variables": (NOX, Way(command=("nox", "-r"), installs=True, environ=_LEAVE_ALONE)),
    "tox --skip-env-install": (TOX, Way(command=("tox", "run", "--skip-env-install"), installs=False)),
    "tox with nothing": (
        TOX,
        Way(command=("tox", "run", "--skip-env-install", "--skip-pkg-install"), installs=False, environ=_LEAVE_ALONE),
    ),
    "tox by a variable": (TOX, Way(command=("tox", "run"), installs=False, environ={"TOX_SKIP_ENV_INSTALL": "1"})),
    "tox exec by a variable": (
        TOX,
        Way(command=("tox", *_EXEC), installs=False, environ={"TOX_SKIP_ENV_INSTALL": "1"}),
    ),
    "tox --skip-pkg-install": (TOX, Way(command=("tox", "run", "--skip-pkg-install"), installs=True)),
    "tox --notest": (TOX, Way(command=("tox", "run", "--notest"), installs=True, runs=False)),
    "tox p": (TOX, Way(command=("tox", "p", "--parallel-live"), installs=True)),
    "tox exec": (TOX, Way(command=("tox", *_EXEC), installs=True)),
    "tox devenv": (
        TOX,
        Way(command=("tox", "devenv", "-e", "tests", "venv"), installs=True, runs=False, folder="venv"),
    ),
    "tox with variables": (TOX, Way(command=("tox", "run"), installs=True, environ=_LEAVE_ALONE)),
}


def change_by_hand(environment: Path, *taken_out: str) -> None:
    """Put a distribution into an environment, and take others out, as ``pip`` would leave it."""
    (packages,) = environment.glob("[Ll]ib/**/site-packages")  # which may be empty
    info = packages / "intruder-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: intruder\nVersion: 1.0\n", encoding="utf-8")
    (info / "RECORD").write_text(
        "intruder-1.0.dist-info/RECORD,,\nintruder-1.0.dist-info/METADATA,,\n", encoding="utf-8"
    )
    for name in taken_out:
        shutil.rmtree(next(packages.glob(f"{name}-*.dist-info")))
        (packages / f"{name}.py").unlink()


def prepared(project: ProjectFolder, index: PackageIndex, frontend: Frontend, ways: list[Way]) -> None:
    """Bring all environments in line with a first lock."""
    index.add_wheel("demo", "1.0", requires=["helper"])
    index.add_wheel("helper", "1.0")
    declare(project, "demo")
    project.replace("tox.ini", "[tox]\n", "[tox]\nno_package = true\n")  # else devenv would install the project
    lock(project)
    frontend.succeed(project)
    for way in ways:
        if way.folder is not None:
            project.run(*way.command, check=True)


@pytest.mark.parametrize("frontend", [NOX, TOX], ids=lambda frontend: frontend.name)
def test_no_way_of_skipping_is_green_with_anything_but_the_lock(
    frontend: Frontend, index: PackageIndex, project: ProjectFolder
) -> None:
    ways = {name: way for name, (tool, way) in WAYS.items() if tool is frontend}
    prepared(project, index, frontend, list(ways.values()))

    # the lock moves on: where installing is forbidden, nothing runs
    index.add_wheel("demo", "2.0", requires=["helper"])
    lock(project, "--upgrade")
    for name, way in ways.items():
        if not way.installs:
            refused(project, name, way, "the lock changed since the environment was synced")
    frontend.succeed(project)

    # the environment is changed by hand
    change_by_hand(frontend.root(project), "helper")
    for name, way in ways.items():
        if not way.installs:
            refused(project, name, way, "intruder 1.0 is not locked", "helper 1.0 is missing")
    assert "intruder" in installed(frontend.root(project)), "nothing was mended where that was forbidden"
    for name, way in ways.items():
        if way.installs:
            folder = frontend.root(project) if way.folder is None else project / way.folder
            if "intruder" not in installed(folder):
                change_by_hand(folder, "helper")
            result = project.run(*way.command, env=way.environ)
            assert result.returncode == 0, (name, result)
            assert (RAN in result.output) == way.runs, (name, result)
            assert installed(folder) == {"demo": "2.0", "helper": "1.0"}, name


def refused(project: ProjectFolder, name: str, way: Way, *reasons: str) -> None:
    """Run the environment where installing is forbidden: it must stop with an error of ours and the way out."""
    result = project.run(*way.command, env=way.environ)
    assert result.returncode != 0, (name, result)
    assert RAN not in result.output, (name, result)
    assert "error[environment-drifted]" in result.output, (name, result)
    assert "fix: " in result.output, (name, result)
    for reason in reasons:
        assert reason in result.output, (name, result)


@pytest.mark.parametrize("on_install", ["refuse", "warn", "allow"])
def test_what_a_session_installs_beside_its_lock_is_not_taken_for_locked(
    index: PackageIndex, project: ProjectFolder, on_install: str
) -> None:
    index.add_wheel("demo", "1.0")
    index.add_wheel("demo", "0.5")
    declare(project, "demo")
    project.write(
        "noxfile.py",
        f"""
        import lockhouse.nox as lockhouse

        @lockhouse.session(environment="tests", venv_backend="uv", on_install="{on_install}")
        def tests(session):
            session.run("python", "probe.py")
            session.install("demo==0.5")
        """,
    )
    lock(project)
    first = project.run("nox", "-r")
    assert (first.returncode == 0) == (on_install != "refuse"), first
    expected = {"demo": "1.0" if on_install == "refuse" else "0.5"}
    assert installed(NOX.root(project)) == expected
    again = project.run("nox", "-R")
    if on_install == "refuse":
        assert "error[unlocked-install]" in again.output, again
    else:
        assert "error[environment-drifted]" in again.output, again
        assert RAN not in again.output
        assert "demo 0.5 is installed, 1.0 is locked" in again.output
    assert again.returncode != 0
