"""Config settings and environment variables of builds: told, recorded, and part of what a wheel is known by."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING

import pytest

from lockhouse.model.build_policy import FIXED_VARIABLES, is_fixed
from lockhouse.testing.packages import BACKEND_NAME, backend_source
from tests.scenarios.installing import CLI, NOX, declare, installed, lock
from tests.wheelhouse.making import build

from .looking import built_wheels, receipt_of
from .packages import sdist_with_hooks

if TYPE_CHECKING:
    from lockhouse.testing import PackageIndex, ProjectFolder

_TELLS = """
    import json, os

    def tell(hook, config_settings):
        with open({log!r}, "a") as file:
            told = {{name: value for name, value in os.environ.items() if name.startswith("BUILD_")}}
            print(json.dumps([hook, config_settings, told]), file=file)

    def get_requires_for_build_wheel(config_settings=None):
        tell("get_requires", config_settings)
        return []

    def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
        tell("build_wheel", config_settings)
        return base.build_wheel(wheel_directory)
"""
_OPTIONS = """
config-settings = { ":all:" = { "level" = "1", "flag" = "" }, "Source" = { "level" = ["2", "3"] } }
build-variables = { source = { BUILD_MODE = "fast" } }
"""


def test_a_backend_is_told_what_stands_in_the_settings_and_it_is_recorded(
    index: PackageIndex, project: ProjectFolder
) -> None:
    log = project / "told.log"
    index.add(sdist_with_hooks("source", _TELLS.format(log=str(log))))
    declare(project, "source", extra=_OPTIONS)
    lock(project)
    said = CLI.succeed(project)
    expected = [{"flag": "", "level": ["2", "3"]}, {"BUILD_MODE": "fast"}]
    told = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line[0] for line in told] == ["get_requires", "get_requires", "build_wheel"]
    assert all(line[1:] == expected for line in told)
    assert "built source 1.0 from its sdist" in said.output
    (record,) = receipt_of(CLI.root(project))["built"]
    assert json.loads(record["options"]) == {
        "config-settings": {"flag": [""], "level": ["2", "3"]},
        "variables": {"BUILD_MODE": "fast"},
    }

    build(project, "--output", "house")
    declare(project, "source", extra=_OPTIONS.replace("fast", "slow"))
    assert "BUILD_MODE" in CLI.refuse(project, "--wheelhouse", "house", code="wheelhouse-mismatch").output
    project.replace(
        "noxfile.py", 'environment="tests"', 'requirements=["source"], config_settings={"source": {"a": "b"}}'
    )
    project.write("pyproject.toml", '[tool.lockhouse]\npython = ">=3.8"\n')
    (project / "tox.ini").unlink()
    lock(project)
    NOX.succeed(project)
    assert installed(NOX.root(project)) == {"source": "1.0"}
    assert len(built_wheels()) == 2
    assert json.loads(log.read_text().splitlines()[-1]) == ["build_wheel", {"a": "b"}, {}]


_TOOL = """
    def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
        import os, zipfile
        name = base.build_wheel(wheel_directory)
        with zipfile.ZipFile(os.path.join(wheel_directory, name), "a") as wheel:
            wheel.writestr("told.py", f"told = {config_settings!r}")
        return name
"""
_USER = """
    def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
        import os, told, zipfile
        name = base.build_wheel(wheel_directory)
        with zipfile.ZipFile(os.path.join(wheel_directory, name), "a") as wheel:
            wheel.writestr("baked.py", str(told.told))
        return name
"""


def test_a_build_requirement_that_is_told_something_else_makes_an_environment_drift_and_a_wheelhouse_unfit(
    index: PackageIndex, project: ProjectFolder
) -> None:
    index.add(sdist_with_hooks("tool", _TOOL))
    index.add(sdist_with_hooks("source", _USER, requires=["tool"]))
    told = 'config-settings = { tool = { a = "b" } }'
    for settings in ("", told):
        declare(project, "source", extra=settings)
        lock(project)
        said = CLI.succeed(project)
        (baked,) = CLI.root(project).rglob("baked.py")
        assert baked.read_text() == ("{'a': 'b'}" if settings else "None")
        assert "nothing to do" in CLI.succeed(project).output
    assert "source 1.0" in said.output

    build(project, "--output", "house")
    verified = project.run("lockhouse", "wheelhouse", "verify", "house", check=True)
    assert 'of its build requirements, tool was told {"config-settings": {"a": ["b"]}' in verified.output
    CLI.succeed(project, "--wheelhouse", "house")
    declare(project, "source", extra='allow-network = ["tool"]')
    drifted = project.run("lockhouse", "verify", "--in", ".venv", "tests")
    assert "source was built with other settings or variables" in drifted.output
    refused = CLI.refuse(project, "--wheelhouse", "house", code="wheelhouse-mismatch")
    assert "what its build requirements were told is not what is declared here: tool was told" in refused.output
    assert "here the build of tool might use the network" in refused.output


def test_what_a_build_requirement_of_the_project_is_told_has_the_project_built_again(
    index: PackageIndex, project: ProjectFolder
) -> None:
    index.add(sdist_with_hooks("tool", _TOOL))
    backend = 'build-system = { requires = ["tool"], build-backend = "own", backend-path = ["."] }'
    head = f'{backend}\n[project]\nname = "mine"\nversion = "1.0"\n'
    environment = '[tool.lockhouse.environments.tests]\nproject = "wheel"\npython = ">=3.8"\n'
    hooks = textwrap.dedent(_USER)
    project.write("own.py", f"import {BACKEND_NAME} as base\nfrom {BACKEND_NAME} import *\n{hooks}")
    project.write(f"{BACKEND_NAME}.py", backend_source())
    for settings in ("", 'config-settings = { tool = { a = "b" } }'):
        project.write("pyproject.toml", f"{head}{environment}{settings}\n")
        if not settings:
            lock(project)
        CLI.succeed(project)
        (baked,) = CLI.root(project).rglob("baked.py")
        assert baked.read_text() == ("{'a': 'b'}" if settings else "None")
        assert "nothing to do" in CLI.succeed(project).output


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ('config-settings = { "no name!" = { a = "b" } }', "'no name!' is not the name of a package"),
        ('config-settings = { source = "fast" }', "expected a table"),
        ('build-variables = { source = { SOURCE_DATE_EPOCH = "1", https_proxy = "x" } }', "cannot be set"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: str, told: str, project: ProjectFolder) -> None:
    declare(project, "source", extra=options)
    refused = project.run("lockhouse", "lock")
    assert refused.returncode == 2
    assert told in refused.stderr


def test_what_each_build_gets_from_us_can_be_set_by_nobody(index: PackageIndex, project: ProjectFolder) -> None:
    log = project / "environ.log"
    hooks = f"""
    def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
        import os
        with open({str(log)!r}, "w") as file:
            file.write(chr(10).join(os.environ))
        return base.build_wheel(wheel_directory)
    """
    index.add(sdist_with_hooks("source", hooks))
    declare(project, "source")
    lock(project)
    CLI.succeed(project)
    theirs = {"LC_CTYPE", "PYTHONPATH", "PEP517_BUILD_BACKEND", "_PYPROJECT_HOOKS_BUILD_BACKEND"}
    ours = {name for name in log.read_text().split("\n") if not name.startswith(("_PYPROJECT_HOOKS", "COVERAGE"))}
    assert {name for name in ours if not is_fixed(name)} <= theirs
    assert ours >= FIXED_VARIABLES


_VARIES = """
    def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
        import os, zipfile
        name = base.build_wheel(wheel_directory)
        with zipfile.ZipFile(os.path.join(wheel_directory, name), "a") as wheel:
            wheel.writestr(zipfile.ZipInfo("varying.py"), os.urandom(8).hex())
        return name
"""


def test_a_build_that_gives_other_bytes_the_second_time_is_named_where_that_is_asked(
    index: PackageIndex, project: ProjectFolder
) -> None:
    index.add(sdist_with_hooks("steady", ""))
    index.add(sdist_with_hooks("varying", _VARIES))
    declare(project, "steady")
    lock(project)
    build(project, "--output", "house", "--verify-reproducible")
    declare(project, "steady", "varying")
    lock(project)
    refused = build(project, "--output", "other", "--verify-reproducible", check=False)
    assert refused.returncode == 7
    assert "error[build-varies]: two builds of the same source gave other bytes" in refused.stderr
    assert [line.strip() for line in refused.error_lines if "why" in line] == [
        "why: varying 1.0: varying.py has other content"
    ]
    assert not (project / "other").exists()
