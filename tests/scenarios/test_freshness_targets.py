"""A lock and the interpreter to be served: refused before anything is installed, or served by exactly one pin."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest

from lockhouse.testing import build_sdist

from .frontends import Frontend, declare, lock, reasons, verdict

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lockhouse.testing import PackageIndex, ProjectFolder

LOCK = "locks/pylock.tests.toml"
MAJOR, MINOR = sys.version_info[:2]
LABEL = f"cp{MAJOR}{MINOR}-{sys.platform}"


def site_packages(project: ProjectFolder, frontend: Frontend) -> set[str]:
    """Give what stands in the environment's site-packages, if there is an environment."""
    environment = frontend.python(project).parent.parent
    return {path.name for folder in environment.rglob("site-packages") for path in folder.iterdir()}


def test_a_target_that_the_lock_does_not_cover_is_refused(
    project: ProjectFolder, index: PackageIndex, frontend: Frontend
) -> None:
    index.add_wheel("alpha", "1.0")
    declare(project, 'requirements = ["alpha"]', f'python = ">={MAJOR}.{MINOR + 1}"')
    frontend.set_up(project)
    lock(project)
    options = ("--python", sys.executable) if frontend.name == "cli" else ()
    result = frontend.start(project, *options)
    assert result.returncode == (4 if frontend.name == "cli" else 1), result
    assert f"error[unsupported-target]: {LOCK} does not cover the target {LABEL}" in result.output
    assert f'the lock is for Python ">={MAJOR}.{MINOR + 1}"' in result.output
    assert "  fix: " in result.output
    assert not frontend.ran(project)
    assert "alpha.py" not in site_packages(project, frontend)


def test_a_lock_of_another_platform_is_stale_here(project: ProjectFolder, index: PackageIndex) -> None:
    index.add_wheel("alpha", "1.0")
    declare(project, 'requirements = ["alpha"]', f'pythons = ["{MAJOR}.{MINOR}"]', 'resolver = "pip"')
    lock(project)
    (path,) = (project / "locks").iterdir()
    other = "win32" if sys.platform != "win32" else "linux"
    name = f"locks/{path.name}"
    project.replace(name, rf"sys_platform == \"{sys.platform}\"", rf"sys_platform == \"{other}\"")
    answer = verdict(project)
    assert reasons(answer) == {("target-uncovered", None)}
    assert LABEL in answer["reasons"][0]["message"]
    stopped = project.run("lockhouse", "sync", "tests", "--into", "v")
    assert stopped.returncode == 3, stopped
    assert not (project / "v").exists()


def test_a_python_without_a_lock_of_its_own_is_refused_by_its_name(
    project: ProjectFolder, index: PackageIndex, require_python: Callable[[str], Path]
) -> None:
    other = require_python("3.12" if (MAJOR, MINOR) != (3, 12) else "3.13")
    index.add_wheel("alpha", "1.0")
    declare(project, 'requirements = ["alpha"]', f'pythons = ["{MAJOR}.{MINOR}"]', 'resolver = "pip"')
    lock(project)
    result = project.run("lockhouse", "sync", "tests", "--into", "v", "--python", other)
    assert result.returncode in {3, 4}, result
    assert "cp312-" in result.stderr or "cp313-" in result.stderr
    assert not list((project / "v").rglob("alpha*"))


def test_wheels_that_do_not_fit_are_refused_before_the_rest_is_installed(
    project: ProjectFolder, index: PackageIndex, frontend: Frontend
) -> None:
    tag = "win_amd64" if sys.platform != "win32" else "manylinux_2_17_x86_64"
    index.add_wheel("alpha", "1.0")
    index.add_wheel("built", "1.0", tag=f"py3-none-{tag}")
    index.add(build_sdist("source", "1.0"))
    index.add_wheel("other", "1.0", tag=f"py3-none-{tag}")
    index.add(build_sdist("other", "1.0"))
    declare(project, 'requirements = ["alpha", "built", "source", "other"]')
    frontend.set_up(project)
    for said in (lock(project), lock(project)):  # the second changes nothing, and it is as true as before
        notes = [line for line in said.lines if "note:" in line]
        assert notes == ["  note: source 1.0 is built from its sdist where it is installed"], said
    result = frontend.start(project)
    assert result.returncode == (4 if frontend.name == "cli" else 1), result
    assert f"error[no-compatible-artifact]: {LOCK}: nothing to install on {LABEL}" in result.output
    assert f"built 1.0 has no wheel that fits the target; it has built-1.0-py3-none-{tag}.whl" in result.output
    assert "other 1.0 has no wheel that fits, only other-1.0.tar.gz" in result.output
    assert 'no-binary = ["other"], then lock again' in result.output
    assert "source 1.0" not in result.output
    assert not frontend.ran(project)
    assert "alpha.py" not in site_packages(project, frontend)


#: What holds on no common platform, and on no Python that is known.
ELSEWHERE = (
    "os_name not in 'posix nt'",
    "os_name == 'posix' and sys_platform != 'linux' and sys_platform != 'darwin'",
    "sys_platform not in 'linux darwin win32'",
    "platform_system != 'Linux' and platform_system != 'Darwin' and platform_system != 'Windows'",
    "platform_python_implementation != 'CPython' and platform_python_implementation != 'PyPy'",
    "python_version >= '3.15'",
    "python_version > '3.15' and python_version <= '3.16'",
    "python_full_version >= '4'",
)


def test_what_is_for_elsewhere_is_locked_and_judged(project: ProjectFolder, index: PackageIndex) -> None:
    names = [f"elsewhere-{number}" for number in range(len(ELSEWHERE))]
    for name in ("alpha", *names):
        index.add_wheel(name, "1.0")
    lines = [f"{name}; {marker}" for name, marker in zip(names, ELSEWHERE, strict=True)]
    none, each, other = (
        f"requirements = {[f'alpha{bound}', *more]!r}" for bound, more in (("", ()), ("", lines), ("<2", lines[1:]))
    )
    declare(project, none)
    lock(project)
    declare(project, each)
    assert reasons(verdict(project)) == {("requirement-missing", name) for name in names}
    lock(project)
    assert reasons(verdict(project)) == set()
    declare(project, other)
    assert reasons(verdict(project)) == {("pin-unreachable", names[0])}
    declare(project, none)
    assert reasons(verdict(project)) == {("pin-unreachable", name) for name in names}


@pytest.mark.parametrize("bounds", ["=={}", "==={}", ">={},<={}", "<={},>={minor}"])
def test_a_lock_for_single_patch_levels_is_judged(project: ProjectFolder, index: PackageIndex, bounds: str) -> None:
    index.add_wheel("alpha", "1.0")
    index.add_wheel("beta", "1.0")
    level = ".".join(map(str, sys.version_info[:3]))
    python = f'python = "{bounds.format(level, level, minor=f"{MAJOR}.{MINOR}")}"'
    asked = ["alpha", f"beta; python_full_version == '{level}'"]
    declare(project, f"requirements = {asked}", python)
    lock(project)
    assert reasons(verdict(project)) == set()
    assert "beta" in (project / LOCK).read_text()
    for edited, expected in (
        (["alpha<1", asked[1]], ("requirement-unmet", "alpha")),
        (["alpha", "beta<1"], ("requirement-unmet", "beta")),
        (["alpha"], ("pin-unreachable", "beta")),
        ([*asked, "gamma"], ("requirement-missing", "gamma")),
    ):
        declare(project, f"requirements = {edited}", python)
        assert expected in reasons(verdict(project)), edited


def test_of_two_pins_behind_markers_exactly_one_is_chosen(
    project: ProjectFolder, index: PackageIndex, require_python: Callable[[str], Path]
) -> None:
    older, newer = require_python("3.11"), require_python("3.12")
    index.add_wheel("alpha", "1.0", requires=["beta<2; python_version < '3.12'", "beta>=2; python_version >= '3.12'"])
    index.add_wheel("beta", "1.0")
    index.add_wheel("beta", "2.0")
    declare(project, 'requirements = ["alpha"]')
    lock(project)
    assert re.findall(r'name = "beta"\nversion = "(.*)"\nmarker', project.read(LOCK)) == ["1.0", "2.0"]
    assert verdict(project)["verdict"] == "fresh"
    for number, (python, version) in enumerate({older: "1.0", newer: "2.0"}.items()):
        project.run("lockhouse", "sync", "tests", "--into", f"v{number}", "--python", python, check=True)
        found = [path.name for path in (project / f"v{number}").rglob("beta-*.dist-info")]
        assert found == [f"beta-{version}.dist-info"]

    # somebody takes the markers away: two fit, and neither is taken
    text = re.sub(r"^marker = .*\n", "", project.read(LOCK), flags=re.MULTILINE)
    project.write(LOCK, text)
    answer = verdict(project)
    assert ("pin-ambiguous", "beta") in reasons(answer)
    assert any("more than one pin of beta applies: 1.0, 2.0" in reason["message"] for reason in answer["reasons"])
    result = project.run("lockhouse", "sync", "tests", "--into", "v9")
    assert result.returncode == 3, result
    assert not (project / "v9").exists()


@pytest.mark.parametrize("name", ["nox", "tox"])
def test_one_of_two_pins_is_chosen_and_two_that_fit_stop_before_the_tests(
    project: ProjectFolder, index: PackageIndex, name: str
) -> None:
    frontend = Frontend(name=name)
    index.add_wheel("alpha", "1.0", requires=["beta<2; python_version < '3.12'", "beta>=2; python_version >= '3.12'"])
    index.add_wheel("beta", "1.0")
    index.add_wheel("beta", "2.0")
    declare(project, 'requirements = ["alpha"]')
    frontend.set_up(project)
    lock(project)
    result = frontend.start(project)
    assert frontend.ran(project), result
    chosen = "1.0" if (MAJOR, MINOR) < (3, 12) else "2.0"
    found = {name for name in site_packages(project, frontend) if name.startswith("beta-")}
    assert found == {f"beta-{chosen}.dist-info"}
    project.write(LOCK, re.sub(r"^marker = .*\n", "", project.read(LOCK), flags=re.MULTILINE))
    result = frontend.start(project)
    assert result.returncode == 1, result
    assert "more than one pin of beta applies: 1.0, 2.0" in result.output
    assert "error[lock-stale]" in result.output
    assert not frontend.ran(project)


@pytest.mark.parametrize("name", ["nox", "tox"])
def test_a_pyproject_that_cannot_be_read_stops_before_the_tests(project: ProjectFolder, name: str) -> None:
    frontend = Frontend(name=name)
    declare(project, 'requirements = ["alpha"]', "broken =")
    frontend.set_up(project)
    result = frontend.start(project)
    assert result.returncode != 0, result
    assert "error[config]: pyproject.toml:8 is not valid TOML" in result.output
    assert "  fix: mend pyproject.toml:8" in result.output
    assert "Traceback" not in result.output
    assert not frontend.ran(project)
