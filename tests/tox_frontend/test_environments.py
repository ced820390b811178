"""Real tox runs: nothing is made on a lock that does not fit, and what runs has what the lock says."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lockhouse.testing import PackageIndex, ProjectFolder, Result

MINOR = ".".join(map(str, sys.version_info[:2]))
PY = f"py{MINOR.replace('.', '')}"
RUNS = "python -c \"import demo; print('it ran')\""


@pytest.fixture
def demo(index: PackageIndex) -> PackageIndex:
    index.add_wheel("demo", "1.0", requires=["other>=2"], modules={"demo.py": "import other\n"})
    index.add_wheel("demo", "2.0", requires=["other>=2"], modules={"demo.py": "import other\n"})
    index.add_wheel("demo", "3.0a1", requires=["other>=2"], modules={"demo.py": "import other\n"})
    index.add_wheel("other", "2.1", modules={"other.py": ""})
    index.add_wheel("extra", "1.0", modules={"extra.py": ""})
    return index


def write(project: ProjectFolder, deps: str = "demo<2", more: str = "", env_list: str = PY) -> None:
    project.write(
        "tox.ini",
        f"[tox]\nenv_list = {env_list}\nno_package = true\n\n"
        f"[testenv]\nrunner = lockhouse\ndeps = {deps}\ncommands = {RUNS}\n{more}\n",
    )


def write_package(
    project: ProjectFolder, *, tox: str, dependencies: str = '"demo<2"', code: str = "import demo\n"
) -> None:
    project.write_package(
        f'[project]\nname = "mine"\nversion = "1.0"\nrequires-python = ">={MINOR}"\ndependencies = [{dependencies}]\n',
        {"src/mine/__init__.py": code},
    )
    project.write("tox.ini", f"[tox]\nenv_list = {PY}\n\n[testenv]\nrunner = lockhouse\n{tox}\n")


def locks(project: ProjectFolder) -> list[str]:
    return sorted(path.name for path in (project / "locks").iterdir())


def refused(result: Result, code: str) -> None:
    assert result.returncode not in {0, 2}, result
    assert f"error[{code}]" in result.output, result
    assert "it ran" not in result.output
    assert "Traceback" not in result.output


def ran(result: Result, times: int = 1) -> None:
    assert result.returncode == 0, result
    assert result.lines.count("it ran") == times, result


def test_nothing_is_made_without_a_lock(project: ProjectFolder, demo: PackageIndex) -> None:
    write(project)
    result = project.run("tox")
    refused(result, "lock-missing")
    assert not (project / ".tox" / PY).exists()
    assert not list(demo.requests)


def test_it_locks_and_runs_and_asks_no_index_again(project: ProjectFolder, demo: PackageIndex) -> None:
    write(project, env_list=f"{PY}, {PY}-two")
    locked = project.run("tox", "lock", check=True)
    assert "locks/pylock.py.toml" in locked.stdout
    assert "added demo 1.0" in locked.stdout
    assert locks(project) == ["pylock.py.toml", "pylock.two.toml"]
    ran(project.run("tox", "-e", PY))
    demo.stop()
    ran(project.run("tox"), times=2)
    ran(project.run("tox", "-r", "-p"), times=0)


WAYS: tuple[tuple[str, ...], ...] = (
    (),
    ("run", "--skip-env-install"),
    ("run", "--skip-pkg-install"),
    ("run", "--no-recreate-pkg"),
    ("run", "--notest"),
    ("run", "-r"),
    ("p",),
    ("exec", "-e", PY, "--", "python", "-c", "print('it ran')"),
    ("devenv", "-e", PY, "dev"),
)


def test_a_stale_lock_stops_every_way_of_running(project: ProjectFolder, demo: PackageIndex) -> None:
    write(project)
    project.run("tox", "lock", check=True)
    ran(project.run("tox"))
    demo.requests.clear()
    write(project, deps="\n  demo<2\n  extra")
    for way in WAYS:
        result = project.run("tox", *way)
        refused(result, "lock-stale")
        assert "extra" in result.output
        assert "tox.ini" in result.output
    assert not (project / "dev").exists()
    assert not list(demo.requests)


@pytest.mark.usefixtures("demo")
def test_an_environment_that_drifted_is_refused_where_installing_is_forbidden(project: ProjectFolder) -> None:
    write(project)
    project.run("tox", "lock", check=True)
    ran(project.run("tox"))
    write(project, deps="\n  demo<2\n  extra")
    project.run("tox", "lock", check=True)
    refused(project.run("tox", "run", "--skip-env-install"), "environment-drifted")
    ran(project.run("tox"))
    ran(project.run("tox", "run", "--skip-env-install"))


@pytest.mark.usefixtures("demo")
def test_lock_check_says_what_is_stale(project: ProjectFolder) -> None:
    write(project, env_list=f"{PY}, {PY}-two", more="[testenv:other]\nrunner = virtualenv\n")
    missing = project.run("tox", "lock-check")
    assert missing.returncode == 1, missing
    project.run("tox", "lock", check=True)
    fresh = project.run("tox", "lock-check")
    assert fresh.returncode == 0, fresh
    assert fresh.lines == [f"{PY}: fresh", f"{PY}-two: fresh", "2 environments: 2 fresh"]
    write(project, deps="demo>=2", env_list=f"{PY}, {PY}-two")
    stale = project.run("tox", "lock-check", "-e", PY)
    assert stale.returncode == 1, stale
    assert stale.lines[0] == f"{PY}: stale"
    assert f"fix: lockhouse lock {PY}" in stale.stdout
    assert f"{PY}-two" not in stale.stdout


@pytest.mark.usefixtures("demo")
def test_locking_upgrades_when_asked(project: ProjectFolder, demo: PackageIndex) -> None:
    write(project, deps="\n  demo\n  extra")
    project.run("tox", "lock", check=True)
    demo.add_wheel("demo", "2.5", requires=["other>=2"])
    demo.add_wheel("extra", "1.5")
    before = (project / "locks/pylock.py.toml").read_bytes()
    assert "unchanged" in project.run("tox", "lock", check=True).stdout
    dry = project.run("tox", "lock", "--upgrade", "--dry-run", check=True)
    assert "changed demo 2.0 → 2.5" in dry.stdout
    assert (project / "locks/pylock.py.toml").read_bytes() == before
    one = project.run("tox", "lock", "--upgrade-package", "Demo", check=True)
    assert "changed demo 2.0 → 2.5" in one.stdout
    assert "extra" not in one.stdout
    assert "changed extra 1.0 → 1.5" in project.run("tox", "lock", "--upgrade", check=True).stdout


@pytest.mark.usefixtures("demo")
def test_what_cannot_be_locked_is_an_error(project: ProjectFolder) -> None:
    write(project, deps="nowhere")
    result = project.run("tox", "lock")
    assert result.returncode == 6, result
    assert "error[unsolvable]" in result.output
    assert "Traceback" not in result.output
    assert not (project / "locks").exists()


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("file", ["tox.ini", "tox.toml", "pyproject.toml"])
def test_every_configuration_file_of_tox_serves(project: ProjectFolder, file: str) -> None:
    head = f"[tool.lockhouse]\npython = '>={MINOR}'\n[dependency-groups]\nTest = ['extra']\n"
    project.write("pyproject.toml", head)
    project.write("constraints.txt", "demo<2\n")
    project.write("more.txt", "-r nested.txt\n")
    project.write("nested.txt", "other\n")
    commands = '[["python", "-c", "import demo, extra, other; print(\'it ran\')"]]'
    if file == "tox.ini":
        write(project, deps="\n  demo\n  -rmore.txt", more="dependency_groups = Test\nconstraints = constraints.txt")
    else:
        prefix = "tool.tox." if file == "pyproject.toml" else ""
        top = f"[{prefix.rstrip('.')}]\n" if prefix else ""
        text = (
            f'{top}env_list = ["{PY}"]\nno_package = true\n[{prefix}env_run_base]\nrunner = "lockhouse"\n'
            f'deps = ["demo", "-r more.txt"]\ndependency_groups = ["Test"]\nconstraints = ["constraints.txt"]\n'
            f"commands = {commands}\n"
        )
        project.write(file, head + text if file == "pyproject.toml" else text)
    project.run("tox", "lock", check=True)
    lock = project.read("locks/pylock.py.toml")
    assert 'name = "extra"' in lock
    assert 'version = "1.0"' in lock
    assert '"2.0"' not in lock
    ran(project.run("tox"))


@pytest.mark.usefixtures("demo")
def test_pip_pre_allows_prereleases(project: ProjectFolder) -> None:
    write(project, deps="demo", more="pip_pre = true")
    assert "added demo 3.0a1" in project.run("tox", "lock", check=True).stdout


def test_an_index_in_set_env_reaches_the_resolver(project: ProjectFolder, demo: PackageIndex) -> None:
    write(project, more=f"set_env =\n  PIP_INDEX_URL = {demo.url}\n  UV_DEFAULT_INDEX = {demo.url}")
    closed = "http://127.0.0.1:9/simple"
    env = {"PIP_INDEX_URL": closed, "UV_DEFAULT_INDEX": closed, "UV_INDEX_URL": None}
    project.run("tox", "lock", check=True, env=env)
    ran(project.run("tox", env=env))


def test_a_proxy_in_set_env_is_on_the_way_of_all_downloads(project: ProjectFolder, demo: PackageIndex) -> None:
    write(project)
    project.run("tox", "lock", check=True)
    demo.requests.clear()
    for name in ("HTTP_PROXY", "all_proxy"):
        write(project, more=f"set_env =\n  {name} = http://127.0.0.1:9")
        refused(project.run("tox"), "artifact-unavailable")
        assert not list(demo.requests)
    write(project, more="set_env =\n  HTTP_PROXY = http://127.0.0.1:9\n  NO_PROXY = 127.0.0.1")
    ran(project.run("tox"))
    assert list(demo.requests)


@pytest.mark.usefixtures("demo")
def test_environments_that_differ_in_python_alone_share_one_universal_lock(
    project: ProjectFolder, path_with_pythons: Mapping[str, Path]
) -> None:
    chosen = [version for version in ("3.9", "3.12", MINOR) if version in path_with_pythons]
    names = [f"py{version.replace('.', '')}" for version in chosen]
    write(project, env_list=", ".join(f"{name}-a" for name in names))
    project.run("tox", "lock", "-e", f"{names[-1]}-a", check=True)
    assert locks(project) == ["pylock.a.toml"]
    lowest = min(chosen, key=lambda version: tuple(map(int, version.split("."))))
    assert f'requires-python = ">={lowest}"' in project.read("locks/pylock.a.toml")
    assert project.run("tox", "lock-check").returncode == 0
    assert project.run("lockhouse", "check").returncode == 0
    ran(project.run("tox"), times=len(chosen))


@pytest.mark.usefixtures("demo")
def test_an_environment_of_pyproject_can_be_named(project: ProjectFolder) -> None:
    project.write(
        "pyproject.toml", f"[tool.lockhouse.environments.tests]\nrequirements = ['demo<2']\npython = '>={MINOR}'\n"
    )
    write(project, deps="", more="lockhouse_environment = tests")
    project.run("lockhouse", "lock", "tests", check=True)
    ran(project.run("tox"))
    write(project, deps="demo", more="lockhouse_environment = tests")
    refused(project.run("tox"), "config")
    write(project, deps="", more="lockhouse_environment = test")
    refused(project.run("tox"), "unknown-environment")
    assert project.run("lockhouse", "check").returncode == 2
    write(project, deps="", more="lockhouse_environment = tests", env_list=f"py310, {PY}")
    for command in (("tox", "lock-check"), ("lockhouse", "check")):
        result = project.run(*command)
        assert result.returncode == 2, result
        assert 'tox environment "py310"' in result.output, result
        assert "Python 3.10 is not among those of environment" in result.output, result


@pytest.mark.usefixtures("demo")
def test_a_lock_can_be_named(project: ProjectFolder) -> None:
    write(project, more="lockhouse_lock = shared", env_list=f"{PY}, {PY}-two")
    project.run("tox", "lock", check=True)
    assert locks(project) == ["pylock.shared.toml"]
    ran(project.run("tox"), times=2)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("pylock = pylock.toml", "pylock"),
        ("lockhouse_format = pilock", "pylock"),
        ("lockhouse_python = soon", "soon"),
        ("lockhouse_resolver = uvv", "uvv"),
    ],
)
def test_a_wrong_configuration_is_an_error_with_its_place(project: ProjectFolder, more: str, said: str) -> None:
    write(project, deps="" if more.startswith("pylock") else "demo", more=more)
    for command in (("tox",), ("tox", "lock"), ("tox", "lock-check"), ("lockhouse", "list")):
        result = project.run(*command)
        assert result.returncode != 0, result
        assert "error[" in result.output, result
        assert said in result.output, result
        assert "Traceback" not in result.output, result


def test_an_error_holds_nothing_of_the_addresses_in_the_environment(project: ProjectFolder) -> None:
    hidden = "hunter2-in-a-path"
    private = f"set_env =\n  UV_INDEX_PRIVATE_PASSWORD = {hidden}"
    write(project, deps="demo", more=f"lockhouse_python = soon-{hidden}\n{private}")
    for command in (("tox",), ("tox", "lock"), ("tox", "lock-check")):
        result = project.run(*command)
        assert result.returncode != 0, result
        assert "soon-" in result.output, result
        assert hidden not in result.output, result


def test_one_lock_that_cannot_be_read_keeps_no_other_from_being_checked(project: ProjectFolder) -> None:
    write(project, env_list=f"{PY}-a, {PY}-b")
    project.write("locks/pylock.a.toml", "this is no lock")
    result = project.run("tox", "lock-check")
    assert result.returncode == 3, result
    assert "error[lock-invalid]" in result.output, result
    assert f"{PY}-b: missing" in result.stdout, result


# -- the package ----------------------------------------------------------------------------------------------------

#: The last factor of an environment → how it packages.
PACKAGES: Mapping[str, str] = {
    "unsaid": "",
    "wheel": "package = wheel",
    "sdist": "package = sdist",
    "both": "package = sdist-wheel",
    "editable": "package = editable",
    "develop": "use_develop = true",
}
SHOW = "commands = python -c \"import mine, sys; print('mine at', mine.__file__); print('it ran')\""


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize(
    ("installer", "ways"),
    [("uv", [*PACKAGES]), ("pip", ["unsaid"]), pytest.param("pip", [*PACKAGES], marks=pytest.mark.full)],
)
def test_the_package_is_built_and_installed_without_dependencies(
    project: ProjectFolder, ways: list[str], installer: str
) -> None:
    write_package(
        project,
        tox=f"lockhouse_installer = {installer}\n{SHOW.replace('mine at', '{env_name} has mine at')}"
        + "".join(f"\n[testenv:{PY}-{way}]\n{PACKAGES[way]}" for way in ways),
    )
    project.replace("tox.ini", f"env_list = {PY}", f"env_list = {', '.join(f'{PY}-{way}' for way in ways)}")
    project.run("tox", "lock", check=True)
    for way in ways:
        assert "mine" not in project.read(f"locks/pylock.{way}.toml").partition("[tool.lockhouse")[0]
    first = project.run("tox")
    ran(first, times=len(ways))
    for way in ways:
        place = first.line_with(f"{PY}-{way} has mine at ").partition(" has mine at ")[2]
        editable = way in {"editable", "develop"}
        assert (place == str(project / "src/mine/__init__.py")) is editable, first
        assert ("site-packages" in place) is not editable, first
    ran(project.run("tox"), times=len(ways))
    ran(project.run("tox", "run", "--skip-pkg-install", "--skip-env-install"), times=len(ways))


@pytest.mark.usefixtures("demo")
def test_edited_source_of_the_same_version_is_seen(project: ProjectFolder) -> None:
    show = "commands = python -c \"import mine; print('it says', mine.SAID)\""
    write_package(project, tox=show, code="SAID = 'one'\n")
    project.run("tox", "lock", check=True)
    assert "it says one" in project.run("tox", check=True).stdout
    project.write("src/mine/__init__.py", "SAID = 'two'\n")
    assert "it says two" in project.run("tox", check=True).stdout


@pytest.mark.usefixtures("demo")
def test_a_new_dependency_of_the_package_makes_the_lock_stale(project: ProjectFolder) -> None:
    write_package(project, tox=SHOW)
    project.run("tox", "lock", check=True)
    ran(project.run("tox"))
    write_package(project, tox=SHOW, dependencies='"demo<2", "extra"')
    refused(project.run("tox"), "lock-stale")


@pytest.mark.usefixtures("demo")
def test_a_package_from_elsewhere_is_checked_too(project: ProjectFolder, tmp_path: Path) -> None:
    write_package(project, tox=SHOW)
    project.run("tox", "lock", check=True)
    project.run("uv", "build", "--wheel", "--out-dir", tmp_path / "out", check=True)
    (wheel,) = (tmp_path / "out").glob("*.whl")
    ran(project.run("tox", "run", "--installpkg", wheel))
    write_package(project, tox=SHOW, dependencies='"demo<2", "extra"')
    refused(project.run("tox", "run", "--installpkg", wheel), "lock-stale")


@pytest.mark.usefixtures("demo")
def test_only_the_dependencies_of_the_package(project: ProjectFolder) -> None:
    write_package(project, tox=f"package = deps-only\ncommands = {RUNS}")
    project.run("tox", "lock", check=True)
    ran(project.run("tox"))
    assert not list((project / ".tox" / PY).rglob("mine*"))


# What is in charge of the project where tox does not package it: our own sync.
NO_PACKAGE: Mapping[str, str] = {
    "skip": "package = skip",
    "skip_install": "skip_install = true",
    "deps-only": "package = deps-only",
}


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("way", NO_PACKAGE)
def test_the_project_named_in_deps_is_installed_where_tox_does_not_package(project: ProjectFolder, way: str) -> None:
    write_package(project, tox=f"{NO_PACKAGE[way]}\ndeps = -e .\n{SHOW}")
    project.run("tox", "lock", check=True)
    result = project.run("tox")
    ran(result)
    assert f"mine at {project / 'src/mine'}" in result.stdout
    ran(project.run("tox", "run", "--skip-env-install"))


def refer(project: ProjectFolder, mode: str, tox: str, commands: str = SHOW, *, locks: bool = True) -> None:
    write_package(project, tox=f"lockhouse_environment = there\n{tox}\n{commands}")
    project.replace(
        "pyproject.toml",
        "[project]",
        f"[tool.lockhouse.environments.there]\nproject = '{mode}'\nrequirements = ['demo']\n[project]",
    )
    if locks:
        project.run("lockhouse", "lock", "there", check=True)


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("mode", ["editable", "wheel"])
def test_an_environment_of_pyproject_brings_the_project_where_tox_does_not_package(
    project: ProjectFolder, mode: str
) -> None:
    refer(project, mode, "package = skip")
    result = project.run("tox")
    ran(result)
    assert (f"mine at {project / 'src/mine'}" in result.stdout) is (mode == "editable"), result


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("mode", ["editable", "wheel"])
def test_tox_packages_as_the_environment_of_pyproject_says(project: ProjectFolder, mode: str) -> None:
    refer(project, mode, "")
    result = project.run("tox")
    ran(result)
    assert (f"mine at {project / 'src/mine'}" in result.stdout) is (mode == "editable"), result
    assert f"built mine 1.0{' (editable)' if mode == 'editable' else ''} from its source" in result.stdout


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("mode", ["none", "dependencies"])
def test_tox_does_not_package_for_an_environment_without_the_project(project: ProjectFolder, mode: str) -> None:
    refer(project, mode, "", f"commands = {RUNS}")
    ran(project.run("tox"))
    assert not list((project / ".tox" / PY).rglob("mine*"))


OTHERWISE = {
    "none": ("package = wheel", "wheel"),
    "dependencies": ("package = wheel", "wheel"),
    "editable": ("package = sdist", "wheel"),
    "wheel": ("use_develop = true", "editable"),
}


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("mode", OTHERWISE)
def test_tox_and_the_environment_of_pyproject_must_not_say_differently(project: ProjectFolder, mode: str) -> None:
    tox, other = OTHERWISE[mode]
    refer(project, mode, tox, f"commands = {RUNS}", locks=False)
    for command in (("tox",), ("tox", "lock"), ("tox", "lock-check"), ("lockhouse", "check")):
        result = project.run(*command)
        assert result.returncode != 0, result
        assert "error[config]" in result.output, result
        assert "it ran" not in result.output
        assert f'project = "{mode}"' in result.output, result
        assert f'set project = "{other}"' in result.output, result


@pytest.mark.usefixtures("demo")
def test_without_the_package_its_dependencies_are_not_locked(project: ProjectFolder) -> None:
    write_package(project, tox="skip_install = true\nextras = cli\ndeps = extra")
    project.run("tox", "lock", check=True)
    assert 'name = "demo"' not in project.read("locks/pylock.py.toml")


@pytest.mark.usefixtures("demo")
def test_other_runners_stand_beside(project: ProjectFolder) -> None:
    write_package(
        project,
        tox=f"package = wheel\n{SHOW}\n[testenv:{PY}-uv]\nrunner = uv-venv-runner\npackage = wheel\ndeps =\n{SHOW}\n",
    )
    project.replace("tox.ini", f"env_list = {PY}", f"env_list = {PY}, {PY}-uv")
    project.run("tox", "lock", check=True)
    ran(project.run("tox"), times=2)


@pytest.mark.usefixtures("demo")
def test_what_is_installed_goes_into_the_result_file(project: ProjectFolder) -> None:
    write(project)
    project.run("tox", "lock", check=True)
    ran(project.run("tox", "run", "--result-json", "result.json"))
    (environment,) = json.loads(project.read("result.json"))["testenvs"].values()
    assert "demo==1.0" in environment["installed_packages"]
