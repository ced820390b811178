"""``nox -j`` and ``tox -p`` on a cold cache, one sdist needed by all: one build, wherever temporary files lie."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.scenarios.installing import declare, installed, lock

from .packages import sdist_with_hooks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import NoReturn

    from lockhouse.testing import PackageIndex, ProjectFolder

_COUNTED = """
    def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
        import os, time
        with open({log!r}, "a") as file:
            file.write("built\\n")
        time.sleep(1)
        return base.build_wheel(wheel_directory)
"""
_NAMES = ("one", "two", "three", "four")
_NOXFILE = f"""
import lockhouse.nox as lockhouse

def run(session):
    session.run("python", "probe.py")

for name in {_NAMES}:
    lockhouse.session(environment="tests", venv_backend="uv", name=name)(run)
"""
_TOX = f"""
[tox]
env_list = {", ".join(_NAMES)}
[testenv]
runner = lockhouse
package = skip
lockhouse_environment = tests
commands = python probe.py
"""
_COMMANDS = {
    "nox": ("nox", "-j", "4"),
    "tox": ("tox", "run-parallel", "--parallel", "4", "--parallel-no-spinner"),
}


@pytest.fixture
def other_file_system(tmp_path: Path, leave_out: Callable[[str], NoReturn]) -> Iterator[Path]:
    """Give a folder for temporary files that lies on another file system than all else."""
    memory = Path("/dev/shm")  # noqa: S108 - the usual place of one
    if not memory.is_dir() or memory.stat().st_dev == tmp_path.stat().st_dev:
        leave_out("needs a second file system at /dev/shm")
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder)


@pytest.mark.parametrize(
    ("tool", "elsewhere"),
    [
        ("nox", True),
        ("tox", False),
        pytest.param("nox", False, marks=pytest.mark.full),
        pytest.param("tox", True, marks=pytest.mark.full),
    ],
)
def test_a_cold_cache_and_one_sdist_for_all_make_one_build(
    tool: str, elsewhere: bool, index: PackageIndex, project: ProjectFolder, request: pytest.FixtureRequest
) -> None:
    if elsewhere:
        folder = request.getfixturevalue("other_file_system")
        project.environ |= dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))
    log = project / "builds.log"
    index.add(sdist_with_hooks("source", _COUNTED.format(log=str(log))))
    declare(project, "source")
    project.write("probe.py", "import source\nopen('ran.log', 'a').write(source.__name__ + '\\n')\n")
    project.write("noxfile.py", _NOXFILE)
    project.write("tox.ini", _TOX)
    lock(project)
    assert not log.exists()
    project.run(*_COMMANDS[tool], check=True, timeout=300)
    assert (project / "ran.log").read_text().splitlines() == ["source"] * len(_NAMES)
    assert log.read_text().splitlines() == ["built"]
    for name in _NAMES:
        assert installed(project / f".{tool}" / name) == {"source": "1.0"}
    if elsewhere:
        assert [path.name for path in folder.iterdir() if path.name.startswith("lockhouse")] == []
    cache = project.run("lockhouse", "cache", "verify", check=True)
    assert "removed" not in cache.output
