from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lockhouse.testing.environment import isolated_environ

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockhouse.testing import PackageIndex, ProjectFolder


def isolated(tmp_path: Path, **outside: str) -> dict[str, str]:
    return isolated_environ(outside, tmp_path, shared=tmp_path, index_url="http://127.0.0.1:9/simple")


@pytest.mark.parametrize(
    "name",
    [
        "PIP_FIND_LINKS",
        "PIP_EXTRA_INDEX_URL",
        "PIP_CERT",
        "UV_INDEX",
        "UV_CONFIG_FILE",
        "TOXENV",
        "TOX_ENV_DIR",
        "NOXSESSION",
        "NOX_DEFAULT_VENV_BACKEND",
        "VIRTUAL_ENV",
        "PYTHONPATH",
        "PYTHONDONTWRITEBYTECODE",
        "LOCKHOUSE_DISABLE_PLUGINS",
        "FORCE_COLOR",
        "NO_COLOR",
        "CI",
        "GITHUB_ACTIONS",
        "https_proxy",
        "SSL_CERT_FILE",
        "SOURCE_DATE_EPOCH",
        "GIT_DIR",
    ],
)
def test_nothing_that_configures_a_tool_gets_through(name: str, tmp_path: Path) -> None:
    assert name not in isolated(tmp_path, **{name: "outside"})


@pytest.mark.parametrize("name", ["PATH", "LANG", "SYSTEMROOT", "COVERAGE_PROCESS_CONFIG"])
def test_what_configures_no_tool_is_kept(name: str, tmp_path: Path) -> None:
    assert isolated(tmp_path, **{name: "outside"})[name] == "outside"


@pytest.mark.parametrize("name", ["HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "LOCKHOUSE_CACHE_DIR", "UV_CACHE_DIR"])
def test_folders_are_fresh_and_exist(name: str, tmp_path: Path) -> None:
    folder = Path(isolated(tmp_path, **{name: str(tmp_path)})[name])
    assert folder.is_dir()
    assert folder != tmp_path
    assert tmp_path in folder.parents


def test_every_test_runs_isolated(isolated_environment: Path) -> None:
    assert Path(os.environ["HOME"]) == isolated_environment / "home"
    assert Path(os.environ["LOCKHOUSE_CACHE_DIR"]).is_relative_to(isolated_environment)
    assert "PIP_FIND_LINKS" not in os.environ


@pytest.mark.parametrize(
    "tool", [("pip", "download", "--no-deps", "six"), ("uv", "pip", "install", "--target=t", "six")]
)
def test_a_leak_fails_at_the_closed_port(tool: tuple[str, ...], project: ProjectFolder, closed_index_url: str) -> None:
    result = project.run(*tool, timeout=60)
    assert result.returncode
    assert "refused" in result.output.lower()
    assert closed_index_url.rsplit(":", 1)[1].removesuffix("/simple") in result.output


def test_the_index_fixture_is_the_default_of_pip_and_uv(index: PackageIndex, project: ProjectFolder) -> None:
    index.add_wheel("demo", "1.0")
    project.run("pip", "download", "demo", "-d", "out", check=True)
    project.run("uv", "pip", "install", "--target=target", "demo", check=True)
    assert (project / "out/demo-1.0-py3-none-any.whl").is_file()
    assert (project / "target/demo.py").is_file()


def test_the_path_leads_to_the_interpreters_first(
    outside_environ: Mapping[str, str], path_with_pythons: Mapping[str, Path]
) -> None:
    found = {version: shutil.which(f"python{version}") for version in path_with_pythons}
    assert {version: Path(path or "").resolve() for version, path in found.items()} == {
        version: path.resolve() for version, path in path_with_pythons.items()
    }
    assert os.environ["PATH"].endswith(outside_environ["PATH"])


def test_interpreters_are_real(interpreters: Mapping[str, Path], project: ProjectFolder) -> None:
    assert interpreters
    for version, path in interpreters.items():
        result = project.run(
            path, "-c", "import sys; print('%d.%d' % sys.version_info[:2], sys.prefix == sys.base_prefix)"
        )
        assert result.stdout.split() == [version, "True"]


CONFTEST = """
import pytest

pytest_plugins = ["lockhouse.testing.plugin"]

@pytest.fixture(scope="session")
def interpreters():
    return {}
"""


def test_a_missing_interpreter_fails_where_all_are_wanted(project: ProjectFolder) -> None:
    project.write("test_it.py", "def test_it(require_python): require_python('3.9')\n")
    project.write("conftest.py", CONFTEST)
    lenient = project.run("pytest", "-rs")
    strict = project.run("pytest", env={"LOCKHOUSE_TEST_ALL": "1"})
    assert (lenient.returncode, strict.returncode) == (0, 1)
    assert "needs CPython 3.9; found are none" in lenient.stdout
    assert "needs CPython 3.9; found are none" in strict.stdout
