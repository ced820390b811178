"""The ways by which nox and tox skip an install never end green with anything but what the lock says.

Where nothing is there, where inputs or lock changed, where the environment was changed by hand: each of them stops, or
mends the environment.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from itertools import cycle
from typing import TYPE_CHECKING

import pytest
from uv import find_uv_bin

from tests.scenarios.installing import (
    CLI,
    NOX,
    RAN,
    TOX,
    Frontend,
    declare,
    each_installer,
    each_tool,
    flip_digit,
    installed,
    lock,
    lock_path,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lockhouse.testing import PackageIndex, ProjectFolder

#: Variables by which uv, pip and tools on top of them are told to leave locks and environments alone.
_LEAVE_ALONE = dict.fromkeys(
    ("PIP_DRY_RUN", "PIP_NO_DEPS", "UV_FROZEN", "UV_LOCKED", "UV_NO_SYNC", "UV_NO_VERIFY_HASHES"), "1"
)
#: More of them, by which an install would go elsewhere or take something else.
_ASTRAY = {
    **dict.fromkeys(("PIP_USER", "UV_SYSTEM_PYTHON"), "1"),
    **dict.fromkeys(("PIP_CONSTRAINT", "UV_OVERRIDE", "UV_CONSTRAINT"), "no.txt"),
    **dict.fromkeys(("PIP_PREFIX", "PIP_TARGET", "UV_PROJECT_ENVIRONMENT"), "elsewhere"),
}


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
    "nox --reuse-venv --no-install": (
        NOX,
        Way(command=("nox", "--reuse-venv=yes", "--no-install", "-s", "tests"), installs=False),
    ),
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
    "tox --skip-uv-sync": (TOX, Way(command=("tox", "run", "--skip-uv-sync"), installs=True)),
    "tox exec with nothing": (
        TOX,
        Way(command=("tox", _EXEC[0], "--skip-env-install", "--skip-uv-sync", *_EXEC[1:]), installs=False),
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


def prepared(project: ProjectFolder, index: PackageIndex) -> dict[str, bytes]:
    """Declare the environment and lock it twice; give both locks, by the version of "demo" in them."""
    index.add_wheel("demo", "1.0", requires=["helper"])
    index.add_wheel("helper", "1.0")
    declare(project, "demo")
    project.replace("tox.ini", "[tox]\n", "[tox]\nno_package = true\n")  # else devenv would install the project
    lock(project)
    first = lock_path(project).read_bytes()
    index.add_wheel("demo", "2.0", requires=["helper"])
    lock(project, "--upgrade")
    return {"1.0": first, "2.0": lock_path(project).read_bytes()}


@pytest.mark.parametrize("frontend", [NOX, TOX], ids=lambda frontend: frontend.name)
def test_no_way_of_skipping_is_green_with_anything_but_the_lock(
    frontend: Frontend, index: PackageIndex, project: ProjectFolder
) -> None:
    ways = {name: way for name, (tool, way) in WAYS.items() if tool is frontend}
    forbidding = {name: way for name, way in ways.items() if not way.installs}
    locks = prepared(project, index)

    # nothing is there: nox installs into what it has just made, whatever it is told
    if frontend is TOX:
        for name, way in forbidding.items():
            refused(project, name, way, "environment-drifted", "no receipt")
    frontend.succeed(project)

    # the lock is another one
    lock_path(project).write_bytes(locks["1.0"])
    for name, way in forbidding.items():
        refused(project, name, way, "environment-drifted", "the lock changed since the environment was synced")
    frontend.succeed(project)

    # the environment is changed by hand
    change_by_hand(frontend.root(project), "helper")
    for name, way in forbidding.items():
        refused(project, name, way, "environment-drifted", "intruder 1.0 is not locked", "helper 1.0 is missing")
    assert "intruder" in installed(frontend.root(project)), "nothing was mended where that was forbidden"

    # both, for those that may install
    versions = cycle(("2.0", "1.0"))
    for name, way in ways.items():
        if way.installs:
            folder = frontend.root(project) if way.folder is None else project / way.folder
            if way.folder is not None:
                project.run(*way.command, check=True)
            version = next(versions)
            lock_path(project).write_bytes(locks[version])
            if "intruder" not in installed(folder):
                change_by_hand(folder, "helper")
            result = project.run(*way.command, env=way.environ)
            assert result.returncode == 0, (name, result)
            assert (RAN in result.output) == way.runs, (name, result)
            assert installed(folder) == {"demo": version, "helper": "1.0"}, name

    # the inputs are other ones
    project.replace("pyproject.toml", "['demo']", "['demo', 'added']")
    index.requests.clear()
    for name, way in ways.items():
        refused(project, name, way, "lock-stale", '"added" is declared, the lock has no added', "pyproject.toml:2")
    assert index.requests.paths == []


def refused(project: ProjectFolder, name: str, way: Way, code: str, *reasons: str) -> None:
    """Run the environment: it must stop with an error of ours and the way out, before any test."""
    result = project.run(*way.command, env=way.environ)
    assert result.returncode != 0, (name, result)
    assert RAN not in result.output, (name, result)
    assert f"error[{code}]" in result.output, (name, result)
    assert "fix: " in result.output, (name, result)
    for reason in reasons:
        assert reason in result.output, (name, result)


@each_installer
def test_no_variable_makes_an_install_another_one(installer: str, index: PackageIndex, project: ProjectFolder) -> None:
    demo = index.add_wheel("demo", "1.0", requires=["helper"])
    index.add_wheel("helper", "1.0")
    declare(project, "demo", installer=installer)
    lock(project)
    variables = {**_LEAVE_ALONE, **_ASTRAY}
    CLI.run(project, env=variables, check=True)
    assert installed(CLI.root(project)) == {"demo": "1.0", "helper": "1.0"}
    assert not (project / "elsewhere").exists()
    change_by_hand(CLI.root(project), "helper")
    CLI.run(project, env=variables, check=True)
    assert installed(CLI.root(project)) == {"demo": "1.0", "helper": "1.0"}
    CLI.forget(project)
    flip_digit(lock_path(project), demo.sha256)
    refusal = CLI.run(project, env=variables)
    assert "error[hash-mismatch]" in refusal.output, refusal
    assert not CLI.root(project).exists() or installed(CLI.root(project)) == {}


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


@each_tool
def test_what_a_command_of_the_run_installs_is_found_by_the_next_one(
    frontend: Frontend, index: PackageIndex, project: ProjectFolder
) -> None:
    index.add_wheel("demo", "1.0")
    index.add_wheel("beside", "1.0")
    declare(project, "demo")
    lock(project)
    program = ("uv", "pip", "install", "--no-deps", "--default-index", index.url, "beside")
    if frontend is NOX:
        project.replace("noxfile.py", "def tests(session):", f"def tests(session):\n    session.run(*{program})")
    else:
        project.replace("tox.ini", "commands =", f"allowlist_externals = uv\ncommands =\n  {' '.join(program)}\n ")
    folder = os.path.dirname(find_uv_bin())  # noqa: PTH120 - a text
    project.environ["PATH"] = os.pathsep.join((folder, os.environ["PATH"]))
    frontend.succeed(project)
    assert installed(frontend.root(project)) == {"demo": "1.0", "beside": "1.0"}
    assert "beside 1.0 is not locked" in project.run("lockhouse", "verify").output
    frontend.refuse(project, "-R" if frontend is NOX else "--skip-env-install", code="environment-drifted")
    assert "1 removed (beside 1.0)" in frontend.succeed(project).output
