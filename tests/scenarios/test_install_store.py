"""The store: one download for everybody, no index once it is filled, nothing done where nothing changed."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .installing import (
    CLI,
    NOX,
    TOX,
    Frontend,
    declare,
    each_installer,
    installed,
    lock,
    site_packages,
    store_files,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lockhouse.testing import PackageIndex, ProjectFolder


@each_installer
def test_a_second_environment_needs_no_index(installer: str, index: PackageIndex, project: ProjectFolder) -> None:
    index.add_wheel("demo", "1.0", requires=["other"])
    index.add_wheel("other", "1.0")
    declare(project, "demo", installer=installer)
    lock(project)
    CLI.succeed(project)
    index.stop()
    for frontend in (NOX, TOX):
        frontend.succeed(project)
        assert installed(frontend.root(project)) == {"demo": "1.0", "other": "1.0"}


def test_an_index_that_is_gone_is_told_once(index: PackageIndex, project: ProjectFolder) -> None:
    names = ["first", "second", "third", "fourth"]
    for name in names:
        index.add_wheel(name, "1.0")
    declare(project, *names)
    lock(project)
    index.stop()
    result = CLI.refuse(project, code="artifact-unavailable")
    assert "4 files cannot be fetched: 127.0.0.1" in result.line_with("error[artifact-unavailable]")
    assert result.output.count("cannot be reached") == 1
    assert len(result.output.splitlines()) < 2 * len(names)


def test_neither_check_nor_a_stored_sync_sends_a_request(index: PackageIndex, project: ProjectFolder) -> None:
    demo = index.add_wheel("demo", "1.0")
    declare(project, "demo", format="requirements")
    lock(project)
    CLI.succeed(project)
    assert len(index.requests.matching(f"*/{demo.filename}", method="GET")) == 1
    index.requests.clear()
    project.run("lockhouse", "check", check=True)
    project.run("lockhouse", "list", check=True)
    project.run("tox", "lock-check", check=True)
    CLI.forget(project)
    CLI.succeed(project)
    assert index.requests.paths == []


# -- many at once -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tool", ["nox", "tox"])
def test_sessions_at_once_on_a_cold_store(tool: str, index: PackageIndex, project: ProjectFolder) -> None:
    names = ["first", "second", "third"]
    index.add_wheel("demo", "1.0", requires=["first", "second", "third"])
    for name in names:
        index.add_wheel(name, "1.0", size=200_000)
    declare(project, "demo", extra="[tool.lockhouse]\n")
    project.write(
        "noxfile.py",
        """
        import nox
        import lockhouse.nox as lockhouse

        @lockhouse.session(environment="tests", venv_backend="uv", allow_parallel=True)
        @nox.parametrize("part", ["a", "b", "c"])
        def tests(session, part):
            session.run("python", "-c", f"import demo, first, second, third; print('done', {part!r})")
        """,
    )
    project.write(
        "tox.ini",
        """
        [tox]
        env_list = a, b, c
        [testenv]
        runner = lockhouse
        package = skip
        lockhouse_environment = tests
        commands = python -c "import demo, first, second, third; print('done', '{env_name}')"
        """,
    )
    lock(project)
    index.requests.clear()
    index.delay = 1.0
    command = ("nox", "-j", "3") if tool == "nox" else ("tox", "run-parallel", "-p", "3", "--parallel-live")
    # the temporary folder is on another file system than the store, where the machine has one
    other_disk = Path("/dev/shm")  # noqa: S108
    env = {"TMPDIR": str(other_disk)} if other_disk.is_dir() else {}
    result = project.run(*command, env=env, check=True)
    assert sorted(line.split()[-1] for line in result.output.splitlines() if line.startswith("done")) == list("abc")
    assert "running sequentially" not in result.output
    downloads = [request.path for request in index.requests.matching("*.whl", method="GET")]
    assert len(downloads) == len(set(downloads)) == 4
    environments = sorted((project / f".{tool}").glob("*/pyvenv.cfg"))
    assert [len(installed(each.parent)) for each in environments] == [4, 4, 4]
    assert len(store_files(Path(os.environ["LOCKHOUSE_CACHE_DIR"]))) == 4


# -- one environment does not reach another -----------------------------------------------------------------------


@each_installer
def test_an_edit_in_place_never_spreads(installer: str, index: PackageIndex, project: ProjectFolder) -> None:
    index.add_wheel("demo", "1.0")
    declare(project, "demo", installer=installer)
    lock(project)
    for frontend in (CLI, NOX, TOX):  # each of the others is made when the one before it was edited
        frontend.succeed(project)
        module = module_of(frontend, project)
        assert module.read_text("utf-8") == '__version__ = "1.0"\n'
        files = [path for folder in site_packages(frontend.root(project)) for path in folder.rglob("*")]
        assert {path.stat().st_nlink for path in [*files, module] if path.is_file() and path.suffix != ".pyc"} == {1}
        with module.open("r+", encoding="utf-8") as file:
            file.write("__version__ = 'edited'")
    for frontend in (CLI, NOX, TOX):
        assert "demo.py was edited" in frontend.succeed(project).output
        assert module_of(frontend, project).read_text("utf-8") == '__version__ = "1.0"\n'


def module_of(frontend: Frontend, project: ProjectFolder) -> Path:
    (module,) = (path for path in site_packages(frontend.root(project)) if path.name == "demo.py")
    return module


# -- nothing changed ----------------------------------------------------------------------------------------------

#: Notes what the first process that loads it does; what it starts itself is none of its business.
_SPY = """
import os, sys, tomllib

def _watch(out):
    watched = {"subprocess.Popen", "os.posix_spawn", "os.fork", "os.exec", "socket.connect", "socket.getaddrinfo"}
    def note(*words):
        os.write(out, (" ".join(map(str, words)) + "\\n").encode())
    def hook(event, args):
        if event in watched:
            note(event, *args[:2])
        elif event == "open" and args[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) and "__pycache__" not in str(args[0]):
            note("write", args[0])
    sys.addaudithook(hook)
    loads = tomllib.loads
    def reading(text, **options):
        if "lock-version" in text or "[tool.lockhouse.inputs]" in text:
            note("parsed-lock")
        return loads(text, **options)
    tomllib.loads = reading

try:
    _watch(os.open(os.environ["SPY_FILE"], os.O_WRONLY | os.O_CREAT | os.O_EXCL))
except (KeyError, FileExistsError):
    pass
"""


def _spied(frontend: Frontend, project: ProjectFolder, *more: str) -> list[str]:
    folder = project.write("spy/sitecustomize.py", _SPY).parent
    log = project / "spy.txt"
    log.unlink(missing_ok=True)
    env = {"PYTHONPATH": str(folder), "SPY_FILE": str(log)}
    frontend.run(project, *more, check=True, env=env)
    return log.read_text("utf-8").splitlines()


def _events(lines: Sequence[str], *events: str) -> list[str]:
    return [line for line in lines if line.split()[0] in events]


@pytest.mark.parametrize(
    ("frontend", "resolver"),
    [(CLI, "uv"), (CLI, "pip"), (NOX, "uv"), (TOX, "pip")],
    ids=["cli-uv", "cli-pip", "nox-uv", "tox-pip"],
)
def test_nothing_is_done_where_nothing_changed(
    frontend: Frontend, resolver: str, index: PackageIndex, project: ProjectFolder
) -> None:
    index.add_wheel("demo", "1.0")
    python = f"{sys.version_info.major}.{sys.version_info.minor}"
    declare(project, "demo", resolver=resolver, extra=f'pythons = ["{python}"]')
    lock(project)
    first = _spied(frontend, project)
    assert "parsed-lock" in first
    assert any("uv" in line for line in _events(first, "subprocess.Popen")), first
    index.requests.clear()
    second = _spied(frontend, project)
    assert "parsed-lock" not in second
    assert index.requests.paths == []
    assert _events(second, "socket.connect", "socket.getaddrinfo") == []
    started = _events(second, "subprocess.Popen", "os.posix_spawn", "os.fork", "os.exec")
    # the test command itself, and what nox asks of uv for its own sake
    assert [line for line in started if "probe.py" not in line and "'self', 'version'" not in line] == [], second
    written = [line for line in _events(second, "write") if str(frontend.root(project)) in line]
    own = [line for line in written if "lockhouse" in line or "site-packages" in line]
    assert own == []


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_a_store_that_cannot_be_used_says_where_it_could_be(index: PackageIndex, project: ProjectFolder) -> None:
    index.add_wheel("alpha", "1.0")
    declare(project, "alpha")
    lock(project)
    file, loop = project.write("file", ""), project / "loop"
    loop.symlink_to(loop)
    for place in (file, file / "below", loop, loop / "below", project / ("long" * 100)):
        result = CLI.run(project, env={"LOCKHOUSE_CACHE_DIR": str(place)})
        assert result.returncode == 5, result
        fix = result.line_with("fix: ")
        assert str(place) in fix
        assert "is a folder, or can be made, or set LOCKHOUSE_CACHE_DIR to another folder; then run again" in fix
    CLI.succeed(project)
