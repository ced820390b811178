"""A warm run answers by its trace, until somebody declares something else in the noxfile or the tox configuration."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from lockhouse.operations.unchanged import TRACE_NAME

if TYPE_CHECKING:
    from lockhouse.testing import PackageIndex, ProjectFolder

_PYPROJECT = """\
[project]
name = "demo"
version = "1.0"
requires-python = ">=3.11"

[dependency-groups]
one = ["one-package"]
two = ["two-package"]
"""

_NOXFILE = """\
import lockhouse.nox as lockhouse
import nox

@lockhouse.session({keywords}, venv_backend="uv")
def tests(session):
    session.log("IT RAN")
"""

_TOX = """\
[testenv:tests]
runner = lockhouse
package = skip
{keys}
commands = python -c "print('IT RAN')"
"""

#: An inline plugin of tox; a fresh environment is made without what was in the former one.
_SPOILER = """\
import pathlib, shutil
from tox.tox_env.python.virtual_env.api import VirtualEnv
make = VirtualEnv.create_python_env
def create_python_env(self):
    make(self)
    for path in pathlib.Path(str(self.conf["env_dir"])).glob("**/one_package*.dist-info"):
        shutil.rmtree(path)
        print("SPOILT", path.name)
VirtualEnv.create_python_env = create_python_env
"""

_RULES = """\
import lockhouse

@lockhouse.hookimpl
def lockhouse_check_lock(spec):
    print("ASKED", spec.name)
"""


@pytest.fixture
def stocked(project: ProjectFolder, index: PackageIndex) -> ProjectFolder:
    """Give a project with an index, and no sessions yet."""
    for name in ("one-package", "two-package"):
        index.add_wheel(name, "1.0")
    project.write("pyproject.toml", _PYPROJECT)
    project.write("deps.txt", "one-package\n")
    return project


def test_a_session_that_declares_something_else_is_checked_anew(stocked: ProjectFolder) -> None:
    def says(keywords: str) -> None:
        stocked.write("noxfile.py", _NOXFILE.format(keywords=keywords))

    says('groups=["one"]')
    stocked.run("lockhouse", "lock", check=True)
    for _ in range(2):
        assert "IT RAN" in stocked.run("nox", "-r", "-s", "tests", check=True).output
    trace = stocked / ".nox/tests" / TRACE_NAME
    before = trace.read_bytes()
    for way in ("-r", "-R"):
        for keywords in ('groups=["one", "two"]', 'groups=["two"]', 'groups=["one"], extras=["none"]', 'group=["one"]'):
            says(keywords)
            result = stocked.run("nox", way, "-s", "tests")
            assert result.returncode, keywords
            assert "IT RAN" not in result.output
            assert "error[" in result.output
        says('groups=["one"]')
        assert "IT RAN" in stocked.run("nox", way, "-s", "tests", check=True).output
    assert trace.read_bytes() == before
    says('groups=["one"], requirements=["one-package>=1"]')  # the lock satisfies it: a sync takes that down
    assert "IT RAN" in stocked.run("nox", "-R", "-s", "tests", check=True).output
    assert trace.read_bytes() == before, "-R forbids to write"
    stocked.run("nox", "-r", "-s", "tests", check=True)
    assert trace.read_bytes() != before


def test_a_tox_environment_that_declares_something_else_is_checked_anew(stocked: ProjectFolder) -> None:
    def says(keys: str) -> None:
        stocked.write("tox.ini", _TOX.format(keys=keys))

    says("deps = -r deps.txt")
    stocked.run("tox", "lock", check=True)
    for _ in range(2):
        assert "IT RAN" in stocked.run("tox", "run", "-e", "tests", check=True).output
    trace = stocked / ".tox/tests" / TRACE_NAME
    before = trace.read_bytes()
    changes = {
        "deps = -r deps.txt\n    two-package": (),
        "deps = two-package": (),
        "deps = -r deps.txt\ndependency_groups = two": (),
        "deps = -r deps.txt\nlockhouse_lock = other": (),
        "deps = -r deps.txt\nlockhouse_locks = other": (),
        "deps = -r deps.txt\nlockhouse_environment = none": (),
        "deps = -r deps.txt\nset_env = A=1": ("-x", "testenv:tests.deps=two-package"),
    }
    for keys, more in changes.items():
        says(keys)
        result = stocked.run("tox", "run", "-e", "tests", *more)
        assert result.returncode, keys
        assert "IT RAN" not in result.output, keys
    says("deps = -r deps.txt")
    stocked.write("deps.txt", "two-package\n")
    assert stocked.run("tox", "run", "-e", "tests").returncode
    stocked.write("deps.txt", "one-package\n")
    assert "IT RAN" in stocked.run("tox", "run", "-e", "tests", check=True).output
    assert trace.read_bytes() == before
    assert "IT RAN" in stocked.run("tox", "run", "-r", "-e", "tests", check=True).output
    installed = next((stocked / ".tox/tests").glob("**/one_package-1.0.dist-info"), None)
    assert installed is not None, "an environment that is made anew is filled anew"


@pytest.mark.skipif(os.name == "nt", reason="there, an environment holds no link to its interpreter")
def test_what_was_seen_of_an_environment_says_nothing_of_the_one_that_tox_makes_over_it(stocked: ProjectFolder) -> None:
    stocked.write("tox.ini", _TOX.format(keys="deps = -r deps.txt"))
    stocked.run("tox", "lock", check=True)
    stocked.run("tox", "run", "-e", "tests", check=True)
    (stocked / ".tox/tests/.tox-info.json").unlink()  # then tox makes it once more, and removes nothing
    stocked.write("toxfile.py", _SPOILER)
    result = stocked.run("tox", "run", "-e", "tests", check=True)
    assert "SPOILT one_package-1.0.dist-info" in result.output
    assert next((stocked / ".tox/tests").glob("**/one_package-1.0.dist-info"), None) is not None, result


def test_an_interpreter_that_is_gone_keeps_nobody_from_making_the_environment_anew(stocked: ProjectFolder) -> None:
    stocked.write("tox.ini", _TOX.format(keys="deps = -r deps.txt"))
    stocked.run("tox", "lock", check=True)
    stocked.run("tox", "run", "-e", "tests", check=True)
    assert (stocked / ".tox/tests" / TRACE_NAME).exists()
    python = stocked / ".tox/tests/bin/python"
    python.unlink()
    python.symlink_to(stocked / "removed/bin/python3")
    assert "IT RAN" in stocked.run("tox", "run", "-r", "-e", "tests", check=True).output


def test_a_resolver_that_is_gone_ends_no_run_that_goes_on_with_a_stale_lock(stocked: ProjectFolder) -> None:
    stocked.write("noxfile.py", _NOXFILE.format(keywords='groups=["one"]'))
    stocked.run("lockhouse", "lock", check=True)
    stocked.write("noxfile.py", _NOXFILE.format(keywords='groups=["one"], resolver="gone", on_stale="warn"'))
    result = stocked.run("nox", "-r", "-s", "tests", check=True)
    assert "IT RAN" in result.output
    assert "[lock-stale]; the run goes on with it" in result.output


def test_a_plugin_is_asked_once_in_each_run(stocked: ProjectFolder) -> None:
    stocked.write("noxfile.py", _NOXFILE.format(keywords='groups=["one"]'))
    stocked.run("lockhouse", "lock", check=True)
    stocked.write("site/rules-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: rules\nVersion: 1.0\n")
    stocked.write("site/rules-1.0.dist-info/entry_points.txt", "[lockhouse]\nrules = rules\n")
    stocked.write("site/rules.py", _RULES)
    for _ in range(2):
        result = stocked.run("nox", "-r", "-s", "tests", check=True, env={"PYTHONPATH": str(stocked / "site")})
        assert result.output.count("ASKED") == 1, result
    assert not (stocked / ".nox/tests" / TRACE_NAME).exists()
