"""The example plugin as a third party has it: a wheel, installed beside Lockhouse in an environment of its own."""

from __future__ import annotations

import shutil
import site
import sys
import sysconfig
import tomllib
import venv
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lockhouse.testing import ProjectFolder
from lockhouse.testing.packages import BACKEND_NAME, BUILD_SYSTEM, backend_source

if TYPE_CHECKING:
    from lockhouse.testing import PackageIndex

EXAMPLE = Path(__file__).parents[2] / "examples/plugin"

pytestmark = pytest.mark.skipif(not EXAMPLE.is_dir(), reason="the examples are not part of this copy")


@pytest.fixture(scope="module")
def plugin_wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the example, with the harness's backend in place of its own, which would have to be downloaded."""
    folder = ProjectFolder(tmp_path_factory.mktemp("plugin") / "source")
    shutil.copytree(EXAMPLE, folder.path, dirs_exist_ok=True)
    pyproject = folder.read("pyproject.toml")
    build_system = pyproject[: pyproject.index("[project]")]
    assert tomllib.loads(build_system).keys() == {"build-system"}
    folder.replace("pyproject.toml", build_system, BUILD_SYSTEM)
    folder.write(f"{BACKEND_NAME}.py", backend_source())
    folder.run("uv", "build", "--wheel", "--offline", "--python", sys.executable, check=True)
    (wheel,) = (folder / "dist").glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def python(plugin_wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the interpreter of an environment that has the plugin, and Lockhouse from the environment of this run."""
    folder = ProjectFolder(tmp_path_factory.mktemp("environment"))
    environment = folder / "venv"
    venv.create(environment, symlinks=sys.platform != "win32")
    scheme = {"base": str(environment), "platbase": str(environment)}
    packages = Path(sysconfig.get_path("purelib", "venv", scheme))
    lines = [f"import site; site.addsitedir({path!r})" for path in site.getsitepackages()]
    (packages / "of_this_run.pth").write_text("\n".join(lines) + "\n", encoding="utf-8")
    scripts = Path(sysconfig.get_path("scripts", "venv", scheme))
    python = scripts / ("python.exe" if sys.platform == "win32" else "python")
    folder.run("uv", "pip", "install", "--offline", "--no-deps", "--python", python, plugin_wheel, check=True)
    return python


def test_a_real_run_calls_the_plugin(python: Path, index: PackageIndex, project: ProjectFolder) -> None:
    index.add_wheel("demo", "1.0")
    project.write("pyproject.toml", '[tool.lockhouse.environments.tests]\nrequirements = ["demo"]\npython = ">=3.11"\n')
    project.run(python, "-m", "lockhouse", "lock", check=True)
    project.run(python, "-m", "lockhouse", "check", check=True)
    with (project / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write('[tool.team-rules]\nbanned = { demo = "too small" }\n')
    result = project.run(python, "-m", "lockhouse", "check")
    assert result.returncode == 1
    assert 'the plugin "team-rules" says [banned-package] demo 1.0' in result.stdout

    # the same from somewhere else: the rule is read from the project, not from the working directory
    elsewhere = project.path.parent
    assert project.run(python, "-m", "lockhouse", "check", "-C", project.path, cwd=elsewhere).returncode == 1

    off = {"LOCKHOUSE_DISABLE_PLUGINS": "team-rules"}
    assert project.run(python, "-m", "lockhouse", "check", env=off).returncode == 0


def test_its_own_tests_pass(python: Path, tmp_path: Path) -> None:
    folder = ProjectFolder(tmp_path / "plugin")
    shutil.copytree(EXAMPLE, folder.path, dirs_exist_ok=True)
    result = folder.run(python, "-m", "pytest", "-q", "-p", "no:cacheprovider", check=True)
    assert result.line_with(" passed").startswith("4 passed")
