"""An environment holds what its lock says, and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.testing import build_wheel

from .installing import CLI, NOX, RAN, TOX, Frontend, declare, each_frontend, installed, lock, nothing_of

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.testing import PackageIndex, ProjectFolder


def install_by_hand(frontend: Frontend, project: ProjectFolder, *names: str) -> None:
    python = str(frontend.python(project))
    project.run("uv", "pip", "install", "--no-deps", "-p", python, *names, check=True)


# -- nothing but the lock -----------------------------------------------------------------------------------------


@each_frontend
def test_what_the_lock_dropped_is_removed(frontend: Frontend, index: PackageIndex, project: ProjectFolder) -> None:
    index.add_wheel("demo", "1.0")
    index.add_wheel("dropped", "1.0")
    declare(project, "demo", "dropped")
    lock(project)
    frontend.succeed(project)
    declare(project, "demo")
    lock(project)
    result = frontend.succeed(project, *(("-v",) if frontend is TOX else ()))
    assert "1 removed (dropped 1.0)" in result.output
    assert installed(frontend.root(project)) == {"demo": "1.0"}
    assert nothing_of(frontend.root(project), "dropped")


@each_frontend
def test_what_was_done_by_hand_is_repaired_and_said(
    frontend: Frontend, index: PackageIndex, project: ProjectFolder
) -> None:
    index.add_wheel("demo", "1.0")
    declare(project, "demo")
    lock(project)
    frontend.succeed(project)
    index.add_wheel("demo", "0.9")
    index.add_wheel("intruder", "1.0")
    install_by_hand(frontend, project, "demo==0.9", "intruder")
    if frontend is not CLI:
        flag = "-R" if frontend is NOX else "--skip-env-install"
        refused = frontend.refuse(project, flag, code="environment-drifted")
        assert "intruder 1.0" in refused.output
        assert "demo 0.9 is installed, 1.0 is locked" in refused.output
    result = frontend.succeed(project, *(("-v",) if frontend is TOX else ()))
    assert "1 removed (intruder 1.0)" in result.output
    assert installed(frontend.root(project)) == {"demo": "1.0"}
    assert nothing_of(frontend.root(project), "intruder")


def test_what_was_removed_by_hand_is_put_back(index: PackageIndex, project: ProjectFolder) -> None:
    index.add_wheel("demo", "1.0")
    declare(project, "demo")
    lock(project)
    CLI.succeed(project)
    project.run("uv", "pip", "uninstall", "-p", str(CLI.python(project)), "demo", check=True)
    CLI.succeed(project)
    assert installed(CLI.root(project)) == {"demo": "1.0"}


# -- the project itself -------------------------------------------------------------------------------------------

_PROJECT = """
[project]
name = "own"
version = "1.0"
{dependencies}
[tool.lockhouse.environments.tests]
project = "wheel"
python = ">=3.8"
"""


def write_own(project: ProjectFolder, dependencies: str, **files: str) -> None:
    declare(project)
    project.write_package(
        _PROJECT.format(dependencies=dependencies),
        {"src/own/__init__.py": "answer = 1\n", **{name.replace("__", "."): text for name, text in files.items()}},
    )


@each_frontend
@pytest.mark.parametrize("kind", ["static", "dynamic"])
def test_a_dependency_of_the_project_that_the_lock_lacks_is_found(
    frontend: Frontend, kind: str, index: PackageIndex, project: ProjectFolder
) -> None:
    index.add_wheel("demo", "1.0")
    index.add_wheel("added", "1.0")
    declared = {
        "static": 'dependencies = ["demo"]',
        "dynamic": 'dynamic = ["dependencies"]\n[tool.setuptools.dynamic]\ndependencies = {file = "dependencies.txt"}',
    }
    write_own(project, declared[kind], dependencies__txt="demo\n")
    lock(project)
    frontend.succeed(project)
    if kind == "static":
        project.replace("pyproject.toml", '["demo"]', '["demo", "added"]')
    else:
        project.write("dependencies.txt", "demo\nadded\n")
    result = frontend.refuse(project, code="lock-stale")
    assert "added" in result.output
    assert "fix: lockhouse lock tests" in result.output


@pytest.mark.parametrize("frontend", [CLI, NOX], ids=["cli", "nox"])
def test_the_tests_see_the_code_as_it_is(frontend: Frontend, index: PackageIndex, project: ProjectFolder) -> None:
    index.add_wheel("demo", "1.0")
    write_own(project, 'dependencies = ["demo"]')
    lock(project)
    frontend.succeed(project)
    built = own_metadata(frontend, project).stat().st_mtime_ns
    frontend.succeed(project)
    assert own_metadata(frontend, project).stat().st_mtime_ns == built, "it was built again though nothing changed"

    project.write("src/own/__init__.py", "answer = 2\n")
    frontend.succeed(project)
    code = "import own; print(own.answer, own.__file__)"
    seen = project.run(frontend.python(project), "-c", code, check=True).stdout.split()
    assert seen[0] == "2"
    assert "site-packages" in seen[1]


def own_metadata(frontend: Frontend, project: ProjectFolder) -> Path:
    return next(frontend.root(project).rglob("own-1.0.dist-info"))


# -- pip and setuptools are packages like others ------------------------------------------------------------------


@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_pip_and_setuptools_are_locked_like_others(installer: str, index: PackageIndex, project: ProjectFolder) -> None:
    index.add_wheel("demo", "1.0", requires=["setuptools", "pip"])
    index.add_wheel("setuptools", "999.1")
    pip = index.add(build_wheel("pip", "999.2"))
    declare(project, "demo", installer=installer)
    project.replace("noxfile.py", 'venv_backend="uv"', 'venv_backend="virtualenv"')
    lock(project)
    assert pip.sha256 in project.read("locks/pylock.tests.toml")
    for frontend in (CLI, NOX, TOX):
        frontend.succeed(project)
        found = installed(frontend.root(project), with_pip=True)
        assert found == {"demo": "1.0", "setuptools": "999.1", "pip": "999.2"}
        frontend.succeed(project)


# -- installs beside the lock -------------------------------------------------------------------------------------


def test_an_install_inside_of_a_session(index: PackageIndex, project: ProjectFolder) -> None:
    index.add_wheel("demo", "1.0")
    index.add_wheel("beside", "1.0")
    declare(project, "demo")
    project.write(
        "noxfile.py",
        f"""
        import lockhouse.nox as lockhouse

        def make(kind, **chosen):
            @lockhouse.session(environment="tests", venv_backend="uv", name=kind, **chosen)
            def tests(session):
                session.install("beside")
                session.run("python", "-c", "import beside; print({RAN!r})")

        make("unsaid")
        make("refuse", on_install="refuse")
        make("warn", on_install="warn")
        make("allow", on_install="allow")
        """,
    )
    lock(project)
    results = {kind: project.run("nox", "-s", kind) for kind in ("unsaid", "refuse", "warn", "allow")}
    for kind in ("unsaid", "refuse"):
        assert results[kind].returncode == 1
        assert "error[unlocked-install]" in results[kind].output
        assert "session.install('beside')" in results[kind].output
        assert RAN not in results[kind].output
        assert nothing_of(project / ".nox" / kind, "beside")
    for kind in ("warn", "allow"):
        assert RAN in results[kind].output, results[kind]
        assert ("warning[unlocked-install]" in results[kind].output) == (kind == "warn")
        assert "error[" not in results[kind].output
    again = project.run("nox", "-R", "-s", "warn")
    assert "error[environment-drifted]" in again.output
    assert "beside" in again.output
