"""Fixtures for pytest: isolation for every test, and the index, projects and interpreters on request.

Name it in the ``conftest.py`` at the root of the tests: ``pytest_plugins = ["lockhouse.testing.plugin"]``.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NoReturn

import pytest

from lockhouse.testing.environment import closed_port, index_environ, isolated_environ
from lockhouse.testing.index import PackageIndex
from lockhouse.testing.project import ProjectFolder
from lockhouse.testing.pythons import executables_folders, find_interpreters

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path


@pytest.fixture(scope="session")
def outside_environ() -> Mapping[str, str]:
    """Give the environment that the tests were started with."""
    return dict(os.environ)


@pytest.fixture(scope="session")
def closed_index_url() -> Iterator[str]:
    """Give the address of an index that refuses every connection."""
    with closed_port() as port:
        yield f"http://127.0.0.1:{port}/simple"


@pytest.fixture(scope="session")
def shared_folder(outside_environ: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder that all tests of this run share, those of other workers too."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if "PYTEST_XDIST_WORKER" in outside_environ else base


@pytest.fixture(scope="session", autouse=True)
def isolated_session(
    outside_environ: Mapping[str, str],
    closed_index_url: str,
    shared_folder: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[None]:
    """Isolate the fixtures of wider scope than a test."""
    folder = tmp_path_factory.mktemp("session")
    environ = isolated_environ(outside_environ, folder, shared=shared_folder, index_url=closed_index_url)
    with pytest.MonkeyPatch.context() as patch:
        _replace_environ(patch, environ)
        yield


@pytest.fixture(autouse=True)
def isolated_environment(
    outside_environ: Mapping[str, str],
    closed_index_url: str,
    shared_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """Give each test its own HOME, caches and temporary folder, and no index in reach; give the folder of these."""
    folder = tmp_path_factory.mktemp("isolated")
    environ = isolated_environ(outside_environ, folder, shared=shared_folder, index_url=closed_index_url)
    _replace_environ(monkeypatch, environ)
    return folder


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Iterator[PackageIndex]:
    """Give an empty index, which is the default one of pip and uv in this test."""
    with PackageIndex() as index:
        for name, value in index_environ(index.url).items():
            monkeypatch.setenv(name, value)
        yield index


@pytest.fixture
def project(tmp_path: Path) -> ProjectFolder:
    """Give the empty folder of a project."""
    return ProjectFolder(tmp_path / "project")


@pytest.fixture(scope="session")
def interpreters(outside_environ: Mapping[str, str]) -> Mapping[str, Path]:
    """Give the CPythons of this machine: minor version (``3.12``) → executable, oldest first."""
    return find_interpreters(outside_environ)


@pytest.fixture
def path_with_pythons(interpreters: Mapping[str, Path], monkeypatch: pytest.MonkeyPatch) -> Mapping[str, Path]:
    """Put the real interpreters in front of everything else on ``PATH``; give them."""
    monkeypatch.setenv("PATH", os.pathsep.join(executables_folders(interpreters)), prepend=os.pathsep)
    return interpreters


@pytest.fixture(scope="session")
def leave_out(outside_environ: Mapping[str, str]) -> Callable[[str], NoReturn]:
    """Give a function that leaves a test out because this machine lacks something; the reason says what.

    Such a test is skipped; it fails where ``LOCKHOUSE_TEST_ALL`` is 1.
    """

    def leave(reason: str) -> NoReturn:
        if outside_environ.get("LOCKHOUSE_TEST_ALL") == "1":
            pytest.fail(reason)
        pytest.skip(reason)

    return leave


@pytest.fixture
def require_python(interpreters: Mapping[str, Path], leave_out: Callable[[str], NoReturn]) -> Callable[[str], Path]:
    """Give a function from a minor version (``3.9``) to its executable; without it the test is left out."""

    def require(version: str) -> Path:
        if version not in interpreters:
            leave_out(f"needs CPython {version}; found are {', '.join(interpreters) or 'none'}")
        return interpreters[version]

    return require


def _replace_environ(patch: pytest.MonkeyPatch, environ: Mapping[str, str]) -> None:
    for name in os.environ.keys() - environ.keys():
        # pytest and coverage talk to their own processes through these
        if not name.startswith(("PYTEST_", "COVERAGE_")) or name == "PYTEST_ADDOPTS":
            patch.delenv(name)
    for name, value in environ.items():
        if os.environ.get(name) != value:
            patch.setenv(name, value)
