"""Another machine, with no route to anywhere: one archive carries all there, sdists and all."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from tests.builds.looking import receipt_of
from tests.builds.packages import asking_sdist, compiled_sdist, legacy_sdist, sdist_with_hooks, setuptools_wheel
from tests.scenarios.installing import CLI, NOX, RAN, TOX, declare, installed, lock, python_of

from .making import build, other_machine

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import NoReturn

    from lockhouse.testing import PackageIndex, ProjectFolder, Result

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="network namespaces")

WHEELS = [f"part-{number:02}" for number in range(60)]
SDISTS = ["asking", "compiled", "legacy", "plain", "simple"]
EXPECTED = {name.replace("-", "_"): "1.0" for name in (*WHEELS, *SDISTS)}

_PROBE = f"""
import compiled, legacy, part_59
assert (compiled.answer(), legacy.answer) == (42, 43)
print({RAN!r})
"""


def fill(index: PackageIndex) -> None:
    """Add sixty packages with wheels, each of which requires the next one, and five with an sdist only."""
    for number, name in enumerate(WHEELS):
        index.add_wheel(name, "1.0", requires=WHEELS[number + 1 : number + 2])
    for sdist in (compiled_sdist(), legacy_sdist(), asking_sdist("asking"), setuptools_wheel()):
        index.add(sdist)
    for name in ("plain", "simple"):
        index.add(sdist_with_hooks(name, ""))
    index.add_wheel("helper", "3.0")
    index.add_wheel("asked-for", "1.0")


def cut_off(project: ProjectFolder, *command: str | Path, cwd: Path | None = None, check: bool = True) -> Result:
    """Run a program where there is no network at all: not even the loopback is up."""
    program, *arguments = command
    words = [sys.executable, "-m", program] if program in {"lockhouse", "nox", "tox"} else [program]
    return project.run("unshare", "--map-root-user", "--net", *words, *arguments, cwd=cwd, check=check)


def test_one_archive_serves_nox_tox_and_pip_on_a_machine_without_a_route(
    index: PackageIndex, project: ProjectFolder, tmp_path: Path, leave_out: Callable[[str], NoReturn]
) -> None:
    if shutil.which("cc") is None:
        leave_out("needs a C compiler")
    if shutil.which("unshare") is None or cut_off(project, "true", check=False).returncode:
        leave_out("needs network namespaces")
    fill(index)
    declare(project, WHEELS[0], *SDISTS, python=">=3.11")
    project.write("probe.py", _PROBE)
    lock(project)
    build(project, "--archive", "house.tar.gz")

    other = other_machine(project, tmp_path / "other")
    shutil.copy(project / "house.tar.gz", other / "house.tar.gz")
    index.requests.clear()
    reached = "import socket, sys; socket.create_connection(('127.0.0.1', int(sys.argv[1])), 5)"
    port = index.url.rpartition(":")[2].partition("/")[0]
    assert other.run(sys.executable, "-c", reached, port).returncode == 0
    assert "unreachable" in cut_off(other, sys.executable, "-c", reached, port, check=False).stderr

    other.environ["LOCKHOUSE_WHEELHOUSE"] = "house.tar.gz"
    for frontend in (NOX, TOX):
        shutil.rmtree(tmp_path / "other/store")
        result = cut_off(other, *frontend.command)
        assert RAN in result.output
        assert installed(frontend.root(other)) == EXPECTED
        assert [record["name"] for record in receipt_of(frontend.root(other))["built"]] == SDISTS

    del other.environ["LOCKHOUSE_WHEELHOUSE"]
    cut_off(other, "lockhouse", "wheelhouse", "unpack", "house.tar.gz", "--into", "unpacked")
    cut_off(other, sys.executable, "-m", "venv", ".pip")
    cut_off(
        other, python_of(other / ".pip"), "-m", "pip", "install", "--no-index", "--find-links", ".", "--require-hashes",
        "-r", "requirements-tests.txt", cwd=other / "unpacked",
    )  # fmt: skip
    assert installed(other / ".pip").items() >= EXPECTED.items()
    assert RAN in cut_off(other, python_of(other / ".pip"), "probe.py").output
    cut_off(other, *CLI.command, "--wheelhouse", "unpacked")
    assert index.requests.paths == []
