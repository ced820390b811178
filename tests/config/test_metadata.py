from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import ConfigError, InvalidRequirementError

from .declaring import expand, recorded, write

if TYPE_CHECKING:
    from pathlib import Path

DYNAMIC = '[project]\nname = "demo"\ndynamic = ["dependencies", "optional-dependencies", "version"]\n'


def test_static_dependencies_and_extras(tmp_path: Path) -> None:
    write(
        tmp_path,
        pyproject__toml=(
            '[project]\nname = "Demo.Pkg"\nversion = "1"\ndependencies = [\n  "a",\n]\n'
            '[project.optional-dependencies]\nCLI_x = ["b"]\n'
        ),
    )
    spec = expand(tmp_path, project="wheel", extras=["cli-X"])
    assert spec.project_name == "demo-pkg"
    assert [(item.text, str(item.origin)) for item in spec.requirements] == [
        ("a", "project dependencies (pyproject.toml:5)"),
        ("b", 'extra "CLI_x" (pyproject.toml:8)'),
    ]


def test_dynamic_dependencies_of_setuptools_follow_their_files(tmp_path: Path) -> None:
    write(
        tmp_path,
        pyproject__toml=(
            DYNAMIC + '[tool.setuptools.dynamic]\nversion = {attr = "demo.v"}\n'
            'dependencies = {file = ["req.txt"]}\noptional-dependencies.cli = {file = "cli.txt"}\n'
        ),
        req__txt="# ours\na>=1\n",
        cli__txt="b\n",
    )
    before = expand(tmp_path, project="editable", extras=["cli"])
    assert [(item.text, str(item.origin)) for item in before.requirements] == [
        ("a>=1", "req.txt:2"),
        ("b", "cli.txt:1"),
    ]
    write(tmp_path, req__txt="a>=2\n")
    after = expand(tmp_path, project="editable", extras=["cli"])
    assert after.inputs.digest != before.inputs.digest


def test_a_dynamic_version_is_no_input(tmp_path: Path) -> None:
    write(tmp_path, pyproject__toml='[project]\nname = "demo"\ndynamic = ["version"]\ndependencies = ["a"]\n')
    assert recorded(expand(tmp_path, project="wheel", requirements=["demo>=5"])) == ["a"]


def test_dynamic_dependencies_are_an_error_only_where_they_are_needed(tmp_path: Path) -> None:
    write(tmp_path, pyproject__toml=DYNAMIC)
    assert recorded(expand(tmp_path, requirements=["x"])) == ["x"]
    with pytest.raises(ConfigError) as caught:
        expand(tmp_path, project="wheel")
    assert "(pyproject.toml:3): the dependencies of the project are dynamic" in str(caught.value)
    assert "fix: list them in [project] dependencies" in str(caught.value)
    with pytest.raises(ConfigError, match="dependencies of the project are dynamic"):
        expand(tmp_path, project="dependencies", extras=["cli"])


SETUP_CFG = """\
[metadata]
name = old-demo
[options]
python_requires = >=3.9
install_requires =
    a>=1
    b; python_version < "3.12"
[options.extras_require]
cli =
    c
"""


def test_a_project_of_setup_cfg_alone(tmp_path: Path) -> None:
    write(tmp_path, setup__cfg=SETUP_CFG, setup__py="from setuptools import setup\nsetup()\n")
    spec = expand(tmp_path, project="wheel", extras=["cli"])
    assert recorded(spec) == ["a>=1", 'b; python_version < "3.12"', "c"]
    assert spec.project_name == "old-demo"
    assert expand(tmp_path, project="wheel", python=None).requires_python == ">=3.9"


def test_a_setup_cfg_that_names_files(tmp_path: Path) -> None:
    text = "[metadata]\nname = demo\n[options]\ninstall_requires = file: a.txt, b.txt\n"
    write(tmp_path, setup__cfg=text, a__txt="a\n", b__txt="b\n")
    assert recorded(expand(tmp_path, project="wheel")) == ["a", "b"]


def test_a_malformed_setup_cfg(tmp_path: Path) -> None:
    write(tmp_path, setup__cfg="[metadata\nname = demo\n")
    with pytest.raises(ConfigError, match=r"setup\.cfg cannot be read"):
        expand(tmp_path, project="wheel")


def test_what_code_may_have_said_is_refused(tmp_path: Path) -> None:
    write(tmp_path, setup__py="from setuptools import setup\nsetup(install_requires=list('ab'))\n")
    with pytest.raises(ConfigError, match="in no file that can be read without a build"):
        expand(tmp_path, project="wheel")
    write(tmp_path, setup__cfg=SETUP_CFG)
    with pytest.raises(ConfigError, match="in no file that can be read without a build"):
        expand(tmp_path, project="wheel")


def test_a_folder_without_a_project(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no project in this folder"):
        expand(tmp_path, project="wheel")
    assert recorded(expand(tmp_path, requirements=["a"])) == ["a"]


def test_an_extra_that_is_not_there(tmp_path: Path) -> None:
    write(tmp_path, pyproject__toml='[project]\nname = "demo"\n[project.optional-dependencies]\nclient = []\n')
    with pytest.raises(InvalidRequirementError) as caught:
        expand(tmp_path, extras=["clint"])
    assert "the project has no extra 'clint'" in str(caught.value)
    assert "fix: write 'client'" in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        'project = "demo"\n',
        '[project]\nname = "demo"\ndependencies = "a"\n',
        '[project]\nname = "demo"\ndependencies = [1]\n',
        '[project]\nname = "demo"\noptional-dependencies = []\n',
        DYNAMIC + '[tool.setuptools.dynamic]\ndependencies = {attr = "x"}\n',
        DYNAMIC + '[tool.setuptools.dynamic]\ndependencies = {file = ["missing.txt"]}\n',
    ],
)
def test_metadata_of_a_wrong_form(tmp_path: Path, text: str) -> None:
    write(tmp_path, pyproject__toml=text)
    with pytest.raises(ConfigError):
        expand(tmp_path, project="wheel", extras=["x"])
