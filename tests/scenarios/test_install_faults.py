"""What is left of an install that was ended half-way, and of an interpreter that is gone."""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from lockhouse.testing import PackageIndex, ProjectFolder, build_wheel
from lockhouse.testing.environment import index_environ

from .installing import (
    CLI,
    NOX,
    RAN,
    TOX,
    Frontend,
    declare,
    each_frontend,
    each_installer,
    flip_digit,
    has_receipt,
    installed,
    lock,
    lock_path,
    nothing_of,
    site_packages,
    write_tools,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from lockhouse.testing import Result

#: An installer that puts in the first package only, and then waits to be killed.
_STALLING = """
import os, pathlib, time
from dataclasses import replace
from lockhouse.hookspecs import hookimpl
from lockhouse.installers.uv import UvInstaller

class StallingInstaller(UvInstaller):
    name = "stalling"

    def install(self, request, run):
        if "STALL_FILE" not in os.environ:
            return super().install(request, run)
        super().install(replace(request, files=request.files[:1]), run)
        pathlib.Path(os.environ["STALL_FILE"]).touch()
        time.sleep(100)

@hookimpl
def lockhouse_register_installer():
    return StallingInstaller
"""


@pytest.fixture
def stalling(project: ProjectFolder, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a plugin with the installer on the path; give the file that it makes when it stalls."""
    wheel = build_wheel(
        "stalling",
        "1.0",
        modules={"stalling.py": _STALLING},
        entry_points={"lockhouse": {"stalling": "stalling"}},
    )
    with zipfile.ZipFile(io.BytesIO(wheel.data)) as archive:
        archive.extractall(project / "plugins")
    monkeypatch.setenv("PYTHONPATH", str(project / "plugins"))
    return project / "stalled"


def kill_when(marker: Path, command: tuple[str, ...], project: ProjectFolder, environ: Mapping[str, str]) -> None:
    """Start a tool, and kill it and all that it started as soon as a file is there."""
    with subprocess.Popen(
        [sys.executable, "-m", *command],
        cwd=project.path,
        env={**os.environ, **environ},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        end = time.monotonic() + 60
        while not marker.exists():
            assert process.poll() is None, "it ended before it could be killed"
            assert time.monotonic() < end, "it never got there"
            time.sleep(0.02)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


@pytest.mark.skipif(sys.platform == "win32", reason="process groups are killed as POSIX has it")
@each_frontend
def test_a_killed_install_is_not_called_good(
    frontend: Frontend, index: PackageIndex, project: ProjectFolder, stalling: Path
) -> None:
    index.add_wheel("demo", "1.0", requires=["other"])
    index.add_wheel("other", "1.0")
    declare(project, "demo", installer="stalling")
    lock(project)
    frontend.succeed(project)
    assert has_receipt(frontend.root(project))
    index.add_wheel("demo", "2.0", requires=["other>=2"])
    index.add_wheel("other", "2.0")
    lock(project, "--upgrade")

    kill_when(stalling, frontend.command, project, {"STALL_FILE": str(stalling)})
    assert installed(frontend.root(project)) == {"demo": "2.0"}
    assert not has_receipt(frontend.root(project))
    if frontend is NOX:
        frontend.refuse(project, "--no-install", code="environment-drifted")
    if frontend is TOX:
        frontend.refuse(project, "--skip-env-install", code="environment-drifted")

    frontend.succeed(project)
    assert installed(frontend.root(project)) == {"demo": "2.0", "other": "2.0"}
    assert has_receipt(frontend.root(project))


def test_a_failed_sync_leaves_the_environment_as_it_was(index: PackageIndex, project: ProjectFolder) -> None:
    index.add_wheel("demo", "1.0")
    declare(project, "demo")
    lock(project)
    CLI.succeed(project)
    two = index.add_wheel("demo", "2.0")
    lock(project, "--upgrade")
    flip_digit(lock_path(project), two.sha256)
    CLI.refuse(project, code="hash-mismatch")
    assert installed(CLI.root(project)) == {"demo": "1.0"}


def without_record(metadata: Path) -> None:
    (metadata / "RECORD").unlink()


def with_empty_record(metadata: Path) -> None:
    (metadata / "RECORD").write_bytes(b"")


def without_metadata(metadata: Path) -> None:
    (metadata / "METADATA").unlink()


def with_nothing(metadata: Path) -> None:
    shutil.rmtree(metadata)
    metadata.mkdir()


def with_older_twin(metadata: Path) -> None:
    shutil.copytree(metadata, metadata.with_name("demo-0.5.dist-info"))


def with_distutils_twin(metadata: Path) -> None:
    metadata.with_name("demo-0.5-py3.11.egg-info").write_text("Metadata-Version: 1.1\nName: demo\nVersion: 0.5\n")


@dataclass(frozen=True)
class TwoLocks:
    """A project with the lock that it had, and the one that it is to get.

    :ivar project: its folder; caches and environment stay from one test to the next
    :ivar before: the first lock
    :ivar after: the second one
    """

    project: ProjectFolder
    before: bytes
    after: bytes


@pytest.fixture(scope="module")
def two_locks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], TwoLocks]]:
    """Give a function from an installer to the project that installs with it, made once for each."""
    made: dict[str, TwoLocks] = {}
    with contextlib.ExitStack() as stack:

        def two_locks(installer: str) -> TwoLocks:
            if installer not in made:
                index = stack.enter_context(PackageIndex())
                made[installer] = lock_twice(tmp_path_factory.mktemp(installer), installer, index)
            return made[installer]

        yield two_locks


def lock_twice(folder: Path, installer: str, index: PackageIndex) -> TwoLocks:
    project = ProjectFolder(folder / "project", index_environ(index.url))
    for name in ("LOCKHOUSE_CACHE_DIR", "PIP_CACHE_DIR", "UV_CACHE_DIR"):
        project.environ[name] = str(folder / name)
    index.add_wheel("demo", "1.0", requires=["other"])
    index.add_wheel("other", "1.0")
    declare(project, "demo", installer=installer)
    lock(project)
    before = lock_path(project).read_bytes()
    index.add_wheel("demo", "2.0")
    lock(project, "--upgrade")
    return TwoLocks(project, before, lock_path(project).read_bytes())


@each_installer
@pytest.mark.parametrize(
    "harm",
    [without_record, with_empty_record, without_metadata, with_nothing, with_older_twin, with_distutils_twin],
    ids=lambda harm: harm.__name__,
)
def test_what_a_killed_removal_leaves_is_repaired(
    harm: Callable[[Path], None], installer: str, two_locks: Callable[[str], TwoLocks]
) -> None:
    locked = two_locks(installer)
    project = locked.project
    lock_path(project).write_bytes(locked.before)
    CLI.succeed(project)
    assert installed(CLI.root(project)) == {"demo": "1.0", "other": "1.0"}
    harm(metadata_of("demo", project))
    harm_other = without_record if harm in {with_older_twin, with_distutils_twin} else harm
    harm_other(metadata_of("other", project))
    lock_path(project).write_bytes(locked.after)

    CLI.succeed(project)
    assert installed(CLI.root(project)) == {"demo": "2.0"}
    assert nothing_of(CLI.root(project), "other-", "demo-0.5")
    project.run(CLI.python(project), "-c", "import demo; assert demo.__version__ == '2.0'", check=True)
    assert "nothing to do" in CLI.succeed(project).output


def metadata_of(name: str, project: ProjectFolder) -> Path:
    return next(path for path in site_packages(CLI.root(project)) if path.name.startswith(f"{name}-"))


# -- the interpreter changes --------------------------------------------------------------------------------------


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """Give an interpreter that may be patched and removed: a copy of the one that runs, beside links to its library."""
    if sys.platform == "win32":
        pytest.skip("an interpreter is copied as POSIX has it")
    real = os.path.realpath(sys.executable)
    folder = tmp_path / "base"
    (folder / "bin").mkdir(parents=True)
    (folder / "lib").symlink_to(os.path.join(os.path.dirname(os.path.dirname(real)), "lib"))  # noqa: PTH118, PTH120
    copy = folder / "bin" / f"python{sys.version_info.major}.{sys.version_info.minor}"
    shutil.copy2(real, copy)
    return copy


@each_frontend
def test_a_patched_interpreter_is_noticed(
    frontend: Frontend, base: Path, index: PackageIndex, project: ProjectFolder
) -> None:
    index.add_wheel("demo", "1.0")
    declare(project, "demo")
    lock(project)
    run_with(frontend, base, project)
    assert "1 installed" not in run_with(frontend, base, project, *louder(frontend)).output
    with base.open("ab") as file:
        file.write(b"\0")
    if frontend is not CLI:
        forbidding = "-R" if frontend is NOX else "--skip-env-install"
        refused = project.run(*with_python(frontend, base, project), forbidding)
        assert "error[environment-drifted]" in refused.output, refused
        assert "the interpreter changed" in refused.output
        assert RAN not in refused.output
    result = run_with(frontend, base, project, *louder(frontend))
    assert "the interpreter changed" in result.output
    assert "1 installed" in result.output
    project.run(frontend.python(project), "-c", "import demo", check=True)


@each_frontend
def test_an_environment_without_its_interpreter_is_made_anew(
    frontend: Frontend, base: Path, index: PackageIndex, project: ProjectFolder, tmp_path: Path
) -> None:
    index.add_wheel("demo", "1.0")
    declare(project, "demo")
    lock(project)
    run_with(frontend, base, project)
    moved = tmp_path / "moved"
    shutil.move(base.parent.parent, moved)
    environment = next(project.path.rglob("pyvenv.cfg")).parent
    assert not (environment / "bin/python").exists()
    run_with(frontend, moved / "bin" / base.name, project)
    found = project.run(environment / "bin/python", "-c", "import demo, sys; print(sys.base_prefix)", check=True)
    assert found.lines == [str(moved)]


def with_python(frontend: Frontend, python: Path, project: ProjectFolder) -> list[str]:
    """Give the command of a frontend with an interpreter of its own, named as each does."""
    write_tools(project, python=str(python))
    more = {"cli": ("--python", str(python)), "tox": ("-x", f"testenv.base_python={python}")}
    return [*frontend.command, *more.get(frontend.name, ())]


def run_with(frontend: Frontend, python: Path, project: ProjectFolder, *options: str) -> Result:
    result = project.run(*with_python(frontend, python, project), *options, check=True)
    assert frontend is CLI or RAN in result.output, result
    return result


def louder(frontend: Frontend) -> tuple[str, ...]:
    """Give the option by which a frontend says more."""
    return ("-vv",) if frontend is TOX else ("-v",)


def test_an_environment_of_another_python_is_not_taken_for_the_one_named(
    base: Path, index: PackageIndex, project: ProjectFolder
) -> None:
    index.add_wheel("demo", "1.0")
    declare(project, "demo")
    lock(project)
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    CLI.succeed(project, "--python", str(base))
    CLI.succeed(project, "--python", running)
    for other in ("3.99", os.path.realpath(sys.executable)):
        result = CLI.refuse(project, "--python", other, code="config")
        assert "is an environment of another Python" in result.output
        assert str(base) in result.output
        assert "fix: " in result.output
