"""The project as a wheel: built from locked build requirements, once per content, always the code that is there."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from tests.builds.looking import builds_of, receipt_of
from tests.builds.packages import installed_wheels
from tests.scenarios.frontends import verdict
from tests.scenarios.installing import CLI, NOX, Frontend, each_frontend, has_receipt, installed, lock, write_tools

from .making import add_backend, commit, git, installed_file, write_project

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.testing import PackageIndex, ProjectFolder

SIX = """
import lockhouse.nox as lockhouse
import nox

for number in range(6):
    @lockhouse.session(environment="tests", name=f"s{number}", venv_backend="uv")
    def session(session):
        session.run("python", "-c", "import demo; print('answer', demo.answer)")
"""


SETUPTOOLS = 'requires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"'


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "builds.log"


def code(environment: Path) -> str:
    return installed_file(environment, "demo/__init__.py").read_text()


def test_what_the_project_is_built_with_is_locked_and_nothing_else_is_used(
    index: PackageIndex, project: ProjectFolder, log: Path
) -> None:
    builds = write_project(index, project, log)
    lock(project)
    build = builds_of(project)["demo"]
    assert build["requires"] == ["noting-backend>=1"]
    (backend,) = build["packages"]
    assert (backend["name"], backend["version"]) == ("noting-backend", "1.0")
    assert backend["wheels"][0]["hashes"]["sha256"]
    add_backend(index, log, "2.0")
    CLI.succeed(project)
    assert builds.taken() == ["wheel"]
    assert installed(CLI.root(project)) == {"a": "1.0", "demo": "1.0"}
    (proof,) = receipt_of(CLI.root(project))["built"]
    assert proof["name"] == "demo"
    assert proof["source"].startswith("tree:")
    assert str(project.path) not in str(proof)
    assert "unchanged" in lock(project).output
    lock(project, "--upgrade-package", "noting-backend")
    assert builds_of(project)["demo"]["packages"][0]["version"] == "2.0"
    CLI.succeed(project)
    assert builds.taken() == ["wheel"]


def test_code_that_changed_is_built_and_code_that_did_not_is_not(
    index: PackageIndex, project: ProjectFolder, log: Path
) -> None:
    builds = write_project(index, project, log)
    project.write(".gitignore", "*.log\nignored/\n")
    git(project, "init", "-q")
    lock(project)
    commit(project)
    CLI.succeed(project)
    assert builds.taken() == ["wheel"]
    index.requests.clear()
    before = receipt_of(CLI.root(project))
    project.write("run.log", "ignored")
    project.write("ignored/file.py", "ignored")
    project.write("src/demo/__pycache__/x.pyc", "ignored")
    project.write(".nox/tests/file.py", "left out")
    os.utime(project / "src/demo/__init__.py")
    git(project, "commit", "-q", "--allow-empty", "-m", "another commit")
    assert "nothing to do" in CLI.succeed(project).output
    assert builds.taken() == []
    assert receipt_of(CLI.root(project)) == before

    status = (project / "src/demo/__init__.py").stat()
    project.write("src/demo/__init__.py", "answer = 2\n")  # as long as before, and no younger
    os.utime(project / "src/demo/__init__.py", ns=(status.st_atime_ns, status.st_mtime_ns))
    CLI.succeed(project)
    assert builds.taken() == ["wheel"]
    assert code(CLI.root(project)) == "answer = 2\n"

    project.write("src/demo/new.py", "new = True\n")
    CLI.succeed(project)
    assert builds.taken() == ["wheel"]
    assert installed_file(CLI.root(project), "demo/new.py").exists()
    (project / "src/demo/new.py").unlink()
    CLI.succeed(project)  # the same content as before
    assert builds.taken() == []
    assert not installed_file(CLI.root(project), "demo/new.py").exists()
    assert index.requests.paths == []


def test_a_file_that_is_not_code_is_built_again_and_not_installed_again(
    index: PackageIndex, project: ProjectFolder, log: Path
) -> None:
    builds = write_project(index, project, log)
    lock(project)
    CLI.succeed(project)
    project.write("README.md", "words")
    assert "nothing to install" in CLI.succeed(project).output
    assert builds.taken() == ["wheel", "wheel"]
    assert "nothing to do" in CLI.succeed(project).output


def test_it_is_told_why_the_project_is_built_again(
    index: PackageIndex, project: ProjectFolder, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_project(index, project, log)
    project.write("pyproject.toml", project.read("pyproject.toml") + 'build-env = ["FLAVOUR"]\n')
    project.write("src/demo/gone.py", "")
    project.write("script.sh", "")
    lock(project)
    CLI.succeed(project)
    verify = ("lockhouse", "verify", "tests", "--in", ".venv")
    assert "matching" in project.run(*verify, check=True).output
    project.write("src/demo/__init__.py", "answer = 2\n")
    (project / "src/demo/gone.py").unlink()
    project.write("src/demo/new.py", "")
    (project / "script.sh").chmod(0o755)
    changed = project.run(*verify)
    assert changed.returncode == 1, changed
    said = "the source of demo changed since it was installed: src/demo/new.py was added, src/demo/gone.py is gone, "
    assert said in changed.output
    assert "and 1 more" in changed.output
    assert said in CLI.succeed(project, "-v").output
    monkeypatch.setenv("FLAVOUR", "mint")
    assert "demo changed since it was installed: the variable FLAVOUR changed" in project.run(*verify).output


def test_six_sessions_make_one_build_at_once_and_none_the_second_time(
    index: PackageIndex, project: ProjectFolder, log: Path
) -> None:
    builds = write_project(index, project, log)
    project.write("noxfile.py", SIX)
    lock(project)
    first = project.run("nox", "-j", "4", "-r", check=True)
    assert first.output.count("answer 1") == 6, first
    assert builds.taken() == ["wheel"]
    second = project.run("nox", "-r", check=True)
    assert second.output.count("answer 1") == 6, second
    assert builds.taken() == []
    project.write("src/demo/__init__.py", "answer = 2\n")
    third = project.run("nox", "-r", check=True)
    assert third.output.count("answer 2") == 6, third
    assert builds.taken() == ["wheel"]


def test_a_changed_build_requirement_makes_the_lock_stale_with_its_place(
    index: PackageIndex, project: ProjectFolder, log: Path
) -> None:
    builds = write_project(index, project, log)
    write_tools(project)
    lock(project)
    project.replace("pyproject.toml", '"noting-backend>=1"', '"noting-backend>=2"')
    (reason,) = verdict(project)["reasons"]
    assert (reason["code"], reason["package"]) == ("build-requires-changed", "noting-backend")
    assert (reason["file"], reason["line"]) == ("pyproject.toml", 2)
    assert "noting-backend 1.0 is pinned for the build" in reason["message"]
    NOX.refuse(project, code="lock-stale")
    project.replace("pyproject.toml", '"noting-backend>=2"', '"noting-backend>=1", "helper"')
    (reason,) = verdict(project)["reasons"]
    assert (reason["code"], reason["package"]) == ("build-requires-changed", "helper")
    index.add_wheel("helper", "1.0")
    lock(project)
    assert [each["name"] for each in builds_of(project)["demo"]["packages"]] == ["helper", "noting-backend"]
    project.replace("pyproject.toml", ', "helper"', "")
    (reason,) = verdict(project)["reasons"]
    assert (reason["code"], reason["package"]) == ("build-requires-changed", "helper")
    assert "no longer built with helper" in reason["message"]
    project.replace("pyproject.toml", '"noting-backend>=1"', '"noting-backend"')
    project.replace("pyproject.toml", "requires = [", 'requires = ["helper", ')
    assert verdict(project)["verdict"] == "fresh"  # looser, and satisfied
    project.replace("pyproject.toml", 'build-backend = "noting_backend"', 'build-backend = "other"')
    (reason,) = verdict(project)["reasons"]
    assert (reason["code"], reason["line"]) == ("build-requires-changed", 3)
    assert builds.taken() == []


@pytest.mark.parametrize("lock_format", ["pylock", "requirements"])
def test_a_lock_without_a_build_lock_of_the_project_is_stale(
    lock_format: str, index: PackageIndex, project: ProjectFolder, log: Path
) -> None:
    builds = write_project(index, project, log, "none")
    project.replace("pyproject.toml", 'project = "none"', 'project = "dependencies"')
    project.replace("pyproject.toml", "[tool.lock", f'[tool.lockhouse]\nformat = "{lock_format}"\n\n[tool.lock')
    lock(project)  # as it was written when the builds of projects were not locked
    project.replace("pyproject.toml", 'project = "dependencies"', 'project = "wheel"')
    (reason,) = verdict(project)["reasons"]
    assert (reason["code"], reason["package"]) == ("build-unlocked", "demo")
    refused = CLI.refuse(project, code="lock-stale")
    assert "fix: lockhouse lock tests" in refused.output
    lock(project)
    CLI.succeed(project)
    assert builds.taken() == ["wheel"]


def test_pip_locks_and_installs_it_as_well(index: PackageIndex, project: ProjectFolder, log: Path) -> None:
    builds = write_project(index, project, log)
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    more = f'resolver = "pip"\ninstaller = "pip"\nformat = "requirements"\npythons = ["{running}"]\n'
    project.write("pyproject.toml", project.read("pyproject.toml") + more)
    lock(project)
    CLI.succeed(project)
    CLI.succeed(project)
    assert builds.taken() == ["wheel"]
    assert installed(CLI.root(project)) == {"a": "1.0", "demo": "1.0"}


def test_what_only_the_build_tells_that_it_requires_is_missed_before_the_tests(
    index: PackageIndex, project: ProjectFolder, log: Path
) -> None:
    builds = write_project(index, project, log)
    index.add_wheel("new", "1.0")
    project.replace("pyproject.toml", 'dependencies = ["a"]', 'dynamic = ["dependencies"]')
    project.write("requirements.txt", "a\n")
    project.write("dependencies.txt", "a\n")
    more = '\n[tool.setuptools.dynamic]\ndependencies = { file = ["requirements.txt"] }\n'
    project.write("pyproject.toml", project.read("pyproject.toml") + more)
    write_tools(project)
    lock(project)
    NOX.succeed(project)
    project.write("dependencies.txt", "a\nnew>=1\n")  # the backend reads this one
    refused = NOX.refuse(project, code="lock-stale")
    assert 'demo 1.0 requires "new>=1", the lock has no new' in refused.output
    assert "fix: lockhouse lock tests" in refused.output
    assert builds.taken() == ["wheel", "wheel"]


def test_a_backend_that_asks_for_more_than_is_locked_is_refused_with_the_fix(
    index: PackageIndex, project: ProjectFolder, log: Path
) -> None:
    write_project(index, project, log)
    index.add_wheel("extra", "1.0")
    project.replace("pyproject.toml", 'build-backend = "noting_backend"', 'build-backend = "own"\nbackend-path = ["."]')
    project.write("own.py", "from noting_backend import *\n")
    lock(project)
    CLI.succeed(project)
    hook = "def get_requires_for_build_wheel(config_settings=None):\n    return ['extra']\n"
    project.write("own.py", f"from noting_backend import *\n{hook}")
    refused = CLI.refuse(project, code="build-failed")
    assert 'its build requires "extra"' in refused.output
    assert has_receipt(CLI.root(project))  # nothing was touched
    lock(project)
    assert builds_of(project)["demo"]["requires"] == ["extra", "noting-backend>=1"]
    CLI.succeed(project)


@pytest.mark.parametrize(
    ("table", "module", "package"),
    [
        ('requires = []\nbuild-backend = "hatchling.build"', "hatchling", '"hatchling"'),
        (
            'requires = ["noting-backend"]\nbuild-backend = "poetry.core.masonry.api"',
            "poetry",
            '"poetry-core"',
        ),
        (
            'requires = []\nbuild-backend = "noting_backend:other"',
            "noting_backend",
            'the package that brings "noting_backend"',
        ),
        (
            'requires = []\nbuild-backend = "own"\nbackend-path = ["."]',
            "noting_backend",
            'the package that brings "noting_backend"',
        ),
    ],
)
def test_a_backend_that_no_build_requirement_brings_is_told_with_the_fix(
    index: PackageIndex, project: ProjectFolder, table: str, module: str, package: str
) -> None:
    write_project(index, project, project / "builds.log")
    project.write("own.py", "from noting_backend import *\n")
    _, _, rest = project.read("pyproject.toml").partition("[project]")
    project.write("pyproject.toml", f"[build-system]\n{table}\n[project]{rest}")
    refused = project.run("lockhouse", "lock")
    assert refused.returncode == 7, refused
    told = f'error[build-backend-missing]: demo cannot be built: its build requirements do not bring "{module}"'
    assert told in refused.stderr
    fix = f"fix: add {package} to requires in [build-system] of pyproject.toml, then run lockhouse lock"
    assert fix in refused.stderr
    assert "Traceback" not in refused.output


@pytest.mark.parametrize(
    ("build", "setup", "fix"),
    [
        (
            'requires = ["hatchling"]\nbuild-backend = "hatchling.bild"',
            None,
            "correct build-backend: hatchling, which is required, has no hatchling.bild",
        ),
        (SETUPTOOLS, "import numpy", 'add the package that brings "numpy" to requires in [build-system]'),
        (SETUPTOOLS, "import pip", 'add the package that brings "pip" to requires in [build-system]'),
        (SETUPTOOLS, "import tasks", "have setup.py put that folder on sys.path before it imports it"),
    ],
    ids=["backend", "module", "pip", "own"],
)
def test_what_a_build_cannot_import_is_told_with_what_mends_it(
    index: PackageIndex, project: ProjectFolder, build: str, setup: str | None, fix: str
) -> None:
    for wheel in installed_wheels("setuptools", "hatchling", "pathspec", "pluggy", "trove-classifiers", "packaging"):
        index.add(wheel)
    project.write(
        "pyproject.toml",
        f'[build-system]\n{build}\n[project]\nname = "demo"\nversion = "1.0"\nrequires-python = ">=3.11"\n'
        '[tool.lockhouse.environments.tests]\nproject = "wheel"\n',
    )
    project.write("src/demo/__init__.py", "")
    project.write("tasks.py", "")
    if setup is not None:
        project.write("setup.py", f"{setup}\nfrom setuptools import setup\nsetup()\n")
    refused = project.run("lockhouse", "lock")
    assert refused.returncode == 7, refused
    assert fix in refused.line_with("fix: ")


def test_its_build_is_kept_from_the_network_unless_it_is_allowed_by_name(
    index: PackageIndex, project: ProjectFolder, log: Path
) -> None:
    write_project(index, project, log)
    project.replace("pyproject.toml", 'build-backend = "noting_backend"', 'build-backend = "own"\nbackend-path = ["."]')
    fetch = "import urllib.request\n    urllib.request.urlopen('http://198.51.100.7/')"
    project.write("own.py", "from noting_backend import *\nimport noting_backend as base\n")
    lock(project)
    project.write(
        "own.py",
        f"{project.read('own.py')}\ndef build_wheel(*arguments, **keywords):\n    {fetch}\n",
    )
    refused = CLI.refuse(project, code="network-denied")
    assert "the build of demo tried to reach the network" in refused.output
    assert 'allow-network = ["demo"]' in refused.output


@each_frontend
def test_settings_say_what_else_counts(
    frontend: Frontend, index: PackageIndex, project: ProjectFolder, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    builds = write_project(index, project, log)
    git(project, "init", "-q")
    project.write(".gitignore", "_generated.py\n")
    project.write("src/demo/_generated.py", "made = 1\n")
    more = 'build-files = ["src/**/_generated.py"]\nbuild-env = ["FLAVOUR"]\n'
    project.write("pyproject.toml", project.read("pyproject.toml") + more)
    project.replace("pyproject.toml", 'build-backend = "noting_backend"', 'build-backend = "own"\nbackend-path = ["."]')
    project.write(
        "own.py",
        "import os, pathlib\n"
        "from noting_backend import *\n"
        "import noting_backend as base\n"
        "def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):\n"
        "    pathlib.Path('src/demo/flavour.py').write_text(f'is_ = {os.environ.get(\"FLAVOUR\")!r}')\n"
        "    return base.build_wheel(wheel_directory)\n",
    )
    write_tools(project)
    lock(project)
    frontend.succeed(project)
    assert installed_file(frontend.root(project), "demo/_generated.py").read_text() == "made = 1\n"
    assert installed_file(frontend.root(project), "demo/flavour.py").read_text() == "is_ = None"
    assert not (project / "src/demo/flavour.py").exists()
    assert builds.taken() == ["wheel"]
    project.write("src/demo/_generated.py", "made = 2\n")
    frontend.succeed(project)
    assert installed_file(frontend.root(project), "demo/_generated.py").read_text() == "made = 2\n"
    monkeypatch.setenv("FLAVOUR", "mint")
    frontend.succeed(project)
    assert installed_file(frontend.root(project), "demo/flavour.py").read_text() == "is_ = 'mint'"
    assert builds.taken() == ["wheel", "wheel"]
    for told in ("one", "two"):
        project.write("pyproject.toml", project.read("pyproject.toml").partition("config-settings")[0])
        settings = f'config-settings = {{ demo = {{ "told" = "{told}" }} }}\n'
        project.write("pyproject.toml", project.read("pyproject.toml") + settings)
        for _ in range(2):
            frontend.succeed(project)
        assert builds.taken() == ["wheel"], told
    project.replace("pyproject.toml", "build-env", 'rebuild = "always"\nbuild-env')
    frontend.succeed(project)
    again = frontend.succeed(project)
    assert frontend is not CLI or "nothing to install" in again.output
    assert builds.taken() == ["wheel", "wheel"]


@each_frontend
@pytest.mark.parametrize("mode", ["wheel", "editable"])
def test_a_python_that_the_project_is_not_for_is_refused_as_by_pip(
    frontend: Frontend, mode: str, index: PackageIndex, project: ProjectFolder, log: Path
) -> None:
    write_project(index, project, log, mode=mode)
    project.write("pyproject.toml", f'{project.read("pyproject.toml")}python = ">=3.8"\n')
    write_tools(project)
    lock(project)
    frontend.succeed(project)
    project.replace("pyproject.toml", 'requires-python = ">=3.8"', 'requires-python = ">=3.99"')
    refused = frontend.refuse(project, code="unsupported-target")
    assert 'it requires Python ">=3.99"' in refused.output
