"""Targets that are older than the Python that runs Lockhouse: 3.8 and 3.9."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from .installing import declare, installed, lock, python_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lockhouse.testing import PackageIndex, ProjectFolder

_OLD = ("3.8", "3.9")
_ASK = "import json, sys, demo, tagged; print(json.dumps([sys.version_info[:2], demo.__version__, tagged.built_for]))"


@pytest.fixture
def old_pythons(require_python: Callable[[str], Path], index: PackageIndex) -> dict[str, Path]:
    """Give the old interpreters; the index has what only they, and what only newer ones can take."""
    for minor in ("38", "39", "313"):
        index.add_wheel("tagged", "1.0", tag=f"cp{minor}-none-any", modules={"tagged.py": f"built_for = '{minor}'\n"})
    index.add_wheel("demo", "1.0", requires_python=">=3.8")
    index.add_wheel("demo", "2.0", requires_python=">=3.12")
    return {version: require_python(version) for version in _OLD}


def assert_served(version: str, python: Path, project: ProjectFolder) -> None:
    seen = json.loads(project.run(python, "-c", _ASK, check=True).stdout)
    assert seen == [[int(part) for part in version.split(".")], "1.0", version.replace(".", "")]


@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_the_command_line_serves_old_targets(
    installer: str, old_pythons: dict[str, Path], project: ProjectFolder
) -> None:
    declare(project, "demo", "tagged", installer=installer)
    lock(project)
    for version, python in old_pythons.items():
        project.run("lockhouse", "sync", "tests", "--into", version, "--python", str(python), check=True)
        assert_served(version, python_of(project / version), project)
        assert installed(project / version) == {"demo": "1.0", "tagged": "1.0"}


@pytest.mark.usefixtures("path_with_pythons")
def test_a_python_is_chosen_by_its_patch_level_too(
    require_python: Callable[[str], Path], index: PackageIndex, project: ProjectFolder
) -> None:
    full = {}
    for minor in ("3.11", "3.12"):
        answer = project.run(
            require_python(minor), "-c", "import platform; print(platform.python_version())", check=True
        )
        full[minor] = answer.stdout.strip()
    index.add_wheel("demo", "1.0")
    text = '[tool.lockhouse.environments.tests]\nrequirements = ["demo"]\npython = "{}"\n'
    project.write("pyproject.toml", text.format(f">=3.11,<{full['3.12']}"))
    lock(project)
    project.run("lockhouse", "sync", "tests", "--into", "v", check=True)
    asked = project.run(python_of(project / "v"), "-c", "import sys; print(sys.version_info[:2])", check=True)
    assert asked.stdout.strip() == "(3, 11)", full

    project.write("pyproject.toml", text.format(f">=3.12,<{full['3.12']}"))
    lock(project)
    refused = project.run("lockhouse", "sync", "tests", "--into", "w")
    assert refused.returncode == 6, refused
    assert f"looked for 3.12 within <{full['3.12']},>=3.12" in refused.stderr


@pytest.mark.usefixtures("path_with_pythons")
@pytest.mark.parametrize("backend", ["venv", "uv"])
def test_nox_serves_old_targets(backend: str, old_pythons: dict[str, Path], project: ProjectFolder) -> None:
    declare(project, "demo", "tagged")
    project.write(
        "noxfile.py",
        f"""
        import lockhouse.nox as lockhouse

        @lockhouse.session(environment="tests", python={list(old_pythons)!r}, venv_backend="{backend}")
        def tests(session):
            session.run("python", "-c", "import demo, tagged")
        """,
    )
    lock(project)
    project.run("nox", check=True)
    for version in old_pythons:
        assert_served(version, python_of(project / f".nox/tests-{version.replace('.', '-')}"), project)


@pytest.mark.usefixtures("path_with_pythons", "old_pythons")
def test_tox_serves_old_targets(project: ProjectFolder) -> None:
    declare(project, "demo", "tagged")
    project.write(
        "tox.ini",
        """
        [tox]
        env_list = py39
        [testenv]
        runner = lockhouse
        package = skip
        lockhouse_environment = tests
        commands = python -c "import demo, tagged"
        """,
    )
    lock(project)
    project.run("tox", "run", check=True)
    assert_served("3.9", python_of(project / ".tox/py39"), project)
