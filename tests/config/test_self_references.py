from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.errors import ConfigError, InvalidRequirementError, InvalidSettingError
from lockhouse.model.spec import ProjectMode

from .declaring import expand, recorded, write

if TYPE_CHECKING:
    from pathlib import Path

PYPROJECT = """\
[project]
name = "Demo_Pkg"
version = "1.2"
dependencies = ["base"]
[project.optional-dependencies]
cli = ["click"]
docs = ["sphinx; python_version >= '3.12'"]
all = ["demo-pkg[cli,docs]"]
one = ["x", "demo.pkg[two]"]
two = ["y", "demo-pkg[one]"]
turn = ["demo-pkg[turned]; os_name == 'nt'"]
turned = ["z", "demo-pkg[turn]; python_version < '3.13'"]
unknown = ["demo-pkg[nothing]"]
[dependency-groups]
test = ["demo-pkg[cli]", "pytest"]
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write(tmp_path, pyproject__toml=PYPROJECT)
    return tmp_path


@pytest.mark.parametrize(
    ("extras", "expected"),
    [
        (["all"], ["base", "click", 'sphinx; python_version >= "3.12"']),
        (["one"], ["base", "x", "y"]),
        (["two"], ["base", "x", "y"]),
        (["turned"], ["base", "z"]),
    ],
)
def test_extras_that_name_the_project(root: Path, extras: list[str], expected: list[str]) -> None:
    assert recorded(expand(root, project="wheel", extras=extras)) == expected


def test_markers_are_joined(root: Path) -> None:
    found = recorded(expand(root, project="dependencies", extras=["turn"]))
    assert found == ["base", 'z; os_name == "nt"']
    found = recorded(expand(root, requirements=["demo-pkg[docs]; os_name == 'nt' or os_name == 'java'"]))
    assert 'sphinx; (os_name == "nt" or os_name == "java") and python_version >= "3.12"' in found


def test_an_extra_under_a_marker_and_without_it(root: Path) -> None:
    found = recorded(expand(root, requirements=["demo-pkg[cli]; os_name == 'nt'", "demo-pkg[cli]"]))
    assert found == ["base", "click"]


def test_a_group_that_names_the_project(root: Path) -> None:
    spec = expand(root, groups=["test"])
    assert recorded(spec) == ["base", "click", "pytest"]
    assert spec.project is ProjectMode.WHEEL


@pytest.mark.parametrize(
    ("keywords", "mode"),
    [
        ({}, ProjectMode.NONE),
        ({"requirements": ["demo_pkg"]}, ProjectMode.WHEEL),
        ({"extras": ["cli"]}, ProjectMode.WHEEL),
        ({"requirements": ["."]}, ProjectMode.WHEEL),
        ({"requirements": ["-e ."]}, ProjectMode.EDITABLE),
        ({"requirements": ["-e .[cli]"], "project": "none"}, ProjectMode.EDITABLE),
        ({"requirements": ["-e ."], "project": "wheel"}, ProjectMode.WHEEL),
        ({"groups": ["test"], "project": "none"}, ProjectMode.NONE),
        ({"groups": ["test"], "project": "dependencies"}, ProjectMode.DEPENDENCIES),
    ],
)
def test_how_the_project_gets_in(root: Path, keywords: dict[str, Any], mode: ProjectMode) -> None:
    spec = expand(root, **keywords)
    assert spec.project is mode
    assert not any("demo" in line for line in recorded(spec))


def test_the_project_by_its_path_brings_its_dependencies(root: Path) -> None:
    assert recorded(expand(root, requirements=["-e .[cli]"])) == ["base", "click"]


def test_an_extra_without_the_project_is_refused(root: Path) -> None:
    with pytest.raises(InvalidSettingError, match='project = "none"'):
        expand(root, extras=["cli"], project="none")


@pytest.mark.parametrize(
    ("requirement", "message"),
    [
        ("demo-pkg>=2", "asks for another version of the project itself"),
        ("demo-pkg @ https://x.example/demo_pkg-1.2.zip", "from another place"),
        ("demo-pkg[nothing]", "has no extra 'nothing'"),
    ],
)
def test_what_the_project_is_not(root: Path, requirement: str, message: str) -> None:
    with pytest.raises(InvalidRequirementError, match=message):
        expand(root, requirements=["a", requirement])
    with pytest.raises(InvalidRequirementError, match="has no extra 'nothing'"):
        expand(root, extras=["unknown"])


def test_its_own_version_is_accepted(root: Path) -> None:
    assert recorded(expand(root, requirements=["demo-pkg>=1,<2"])) == ["base"]


def test_a_local_project_needs_a_static_name(tmp_path: Path) -> None:
    write(tmp_path, setup__py="from setuptools import setup\n")
    with pytest.raises(ConfigError, match="cannot be read from it without building"):
        expand(tmp_path, requirements=["-e ."])
