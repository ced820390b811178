"""Which interpreter an environment runs on, without starting it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from lockhouse.errors import InterpreterError
from lockhouse.interpreters import find_interpreter, identify, site_packages_of

VERSION = ".".join(map(str, sys.version_info[:3]))
MINOR = ".".join(map(str, sys.version_info[:2]))
posix = pytest.mark.skipif(os.name == "nt", reason="links and folders as on POSIX")


def python_in(folder: Path) -> Path:
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def base() -> Path:
    return Path(getattr(sys, "_base_executable", sys.executable)).resolve()


@pytest.fixture(params=["venv", "copies", "virtualenv", "uv"])
def environment(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    folder = tmp_path / "environment"
    tools: dict[str, list[str | Path]] = {
        "venv": [sys.executable, "-m", "venv", "--without-pip", folder],
        "copies": [sys.executable, "-m", "venv", "--without-pip", "--copies", folder],
        "virtualenv": [sys.executable, "-m", "virtualenv", "--no-seed", "--no-periodic-update", folder],
        "uv": [sys.executable, "-m", "uv", "venv", "--no-config", "--python", sys.executable, folder],
    }
    subprocess.run(tools[str(request.param)], check=True, capture_output=True)
    return folder


def test_every_maker_of_environments_is_understood(environment: Path) -> None:
    identity = identify(python_in(environment))
    assert Path(identity.executable).samefile(base())
    assert identity.version == VERSION
    assert identity.size == base().stat().st_size
    assert identity.mtime_ns == base().stat().st_mtime_ns
    assert not identity.system_packages
    config = environment / "pyvenv.cfg"
    text = config.read_text("utf-8")
    config.write_text(text.replace("include-system-site-packages = false", "include-system-site-packages = True"))
    assert identify(python_in(environment)) == replace(identity, system_packages=True)


def test_site_packages_are_found_without_starting_anything(environment: Path) -> None:
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    done = subprocess.run([python_in(environment), "-Ic", code], capture_output=True, text=True, check=True)
    assert [str(folder) for folder in site_packages_of(environment)] == [done.stdout.strip()]


def test_an_environment_without_site_packages_has_none(tmp_path: Path) -> None:
    assert site_packages_of(tmp_path) == ()


@posix
@pytest.mark.parametrize("library", ["python3.13", "python3.13t", "pypy3.13", "graalpy3.13"])
def test_only_the_library_of_its_python_holds_its_packages(tmp_path: Path, library: str) -> None:
    (tmp_path / "pyvenv.cfg").write_text("version = 3.13.1\n")
    for name in (library, "python3.12", "python3", "python3.x", "python4.13", "3.13t", "mypython3.13"):
        (tmp_path / "lib" / name / "site-packages").mkdir(parents=True)
    (tmp_path / "lib" / f"{library}-backup" / "site-packages").mkdir(parents=True)
    assert site_packages_of(tmp_path) == (tmp_path / "lib" / library / "site-packages",)


def fake(folder: Path, *, content: str = "3.12.4") -> Path:
    """Lay an environment whose interpreter is a file of our own."""
    home = folder / "base" / "bin"
    home.mkdir(parents=True)
    (home / "python3.12").write_text(content)
    environment = folder / "environment"
    (environment / "bin").mkdir(parents=True)
    (environment / "pyvenv.cfg").write_text(f"home = {home}\nversion = 3.12.4\n")
    return environment


@posix
def test_a_patched_interpreter_has_another_identity(tmp_path: Path) -> None:
    environment = fake(tmp_path)
    python = environment / "bin" / "python"
    python.symlink_to(tmp_path / "base" / "bin" / "python3.12")
    before = identify(python)
    (tmp_path / "base" / "bin" / "python3.12").write_text("3.12.5, a patched one")
    assert identify(python) != before


@posix
@pytest.mark.parametrize("name", ["python3", "python3.12"])
def test_an_environment_with_two_interpreters_is_an_error(tmp_path: Path, name: str) -> None:
    environment = fake(tmp_path)
    python, other = environment / "bin" / "python", environment / "bin" / name
    python.symlink_to(tmp_path / "base" / "bin" / "python3.12")
    before = identify(python)
    other.symlink_to("python")
    (environment / "bin" / "python3.11").symlink_to(sys.executable)  # none of the names that lead to this Python
    assert identify(python) == before
    other.unlink()
    other.symlink_to(sys.executable)
    with pytest.raises(InterpreterError, match="more than one interpreter") as caught:
        identify(python)
    assert f"{other} leads to" in caught.value.why[1]
    other.unlink()
    other.write_text("#!/bin/sh\n")
    with pytest.raises(InterpreterError, match="more than one interpreter"):
        identify(python)


@posix
def test_copies_of_one_interpreter_are_one(tmp_path: Path) -> None:
    environment = fake(tmp_path)
    for name in ("python", "python3"):
        (environment / "bin" / name).write_text("a copy")
    assert identify(environment / "bin" / "python").executable
    for content in ("another", "a cop\0", "\0 copy"):
        (environment / "bin" / "python3").write_text(content[:6].ljust(6))
        with pytest.raises(InterpreterError, match="more than one interpreter"):
            identify(environment / "bin" / "python")
    (environment / "bin" / "python3").unlink()
    (environment / "bin" / "python3").symlink_to(sys.executable)
    with pytest.raises(InterpreterError, match="more than one interpreter"):
        identify(environment / "bin" / "python")


@posix
def test_an_environment_that_lost_its_configuration_is_an_error(tmp_path: Path) -> None:
    environment = fake(tmp_path)
    python = environment / "bin" / "python"
    python.symlink_to(tmp_path / "base" / "bin" / "python3.12")
    assert identify(python).executable
    (environment / "pyvenv.cfg").unlink()
    with pytest.raises(InterpreterError, match=r"has no pyvenv\.cfg") as caught:
        identify(python)
    assert caught.value.why
    assert str(environment) in str(caught.value.fix)
    (tmp_path / "base" / "bin" / "python").symlink_to("python3.12")
    assert identify(tmp_path / "base" / "bin" / "python").executable, "a whole Python has none"


@posix
def test_a_broken_link_is_an_error_with_a_fix(tmp_path: Path) -> None:
    environment = fake(tmp_path)
    python = environment / "bin" / "python"
    python.symlink_to(tmp_path / "base" / "bin" / "python3.12")
    shutil.rmtree(tmp_path / "base")
    with pytest.raises(InterpreterError) as caught:
        identify(python)
    assert "python3.12" in caught.value.why[0]
    assert str(environment) in str(caught.value.fix)


@posix
def test_a_loop_of_links_is_an_error(tmp_path: Path) -> None:
    environment = fake(tmp_path)
    python = environment / "bin" / "python"
    python.symlink_to(python)
    with pytest.raises(InterpreterError):
        identify(python)


def test_a_missing_interpreter_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InterpreterError) as caught:
        identify(tmp_path / "bin" / "python")
    assert caught.value.fix


def test_an_environment_that_lost_its_interpreter_is_none(tmp_path: Path) -> None:
    environment = fake(tmp_path)
    python = environment / "bin" / "python"
    python.write_text("a copy")
    assert identify(python).executable
    python.unlink()
    with pytest.raises(InterpreterError) as caught:
        identify(python)
    assert caught.value.why == (f"there is no {python}",)
    assert caught.value.fix == f"remove the folder {environment}, so that it is made anew"


def test_a_copy_leads_to_the_interpreter_in_its_home(tmp_path: Path) -> None:
    environment = fake(tmp_path)
    home = tmp_path / "base" / "bin"
    python = environment / "bin" / "python"
    python.write_text("a copy, or the redirector of Windows")
    if os.name == "nt":
        (home / "python3.12").rename(home / "python.exe")
    assert Path(identify(python).executable).parent.samefile(home)


def test_a_copy_whose_home_is_gone_is_an_error(tmp_path: Path) -> None:
    environment = fake(tmp_path)
    python = environment / "bin" / "python"
    python.write_text("a copy")
    shutil.rmtree(tmp_path / "base")
    with pytest.raises(InterpreterError):
        identify(python)


def test_conda_tells_its_version_in_its_own_records(tmp_path: Path) -> None:
    (tmp_path / "conda-meta").mkdir()
    (tmp_path / "conda-meta" / "python-3.11.9-h955ad1f_0.json").write_text("{}")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").write_text("the interpreter itself")
    identity = identify(tmp_path / "bin" / "python")
    assert identity.version == "3.11.9"
    assert Path(identity.executable).samefile(tmp_path / "bin" / "python")


@posix
def test_only_the_folder_of_the_recorded_version_counts(tmp_path: Path) -> None:
    environment = fake(tmp_path)
    for version in ("3.11", "3.12"):
        (environment / "lib" / f"python{version}" / "site-packages").mkdir(parents=True)
    assert site_packages_of(environment) == (environment / "lib" / "python3.12" / "site-packages",)


@posix
def test_lib64_counts_once_when_it_is_a_link(tmp_path: Path) -> None:
    environment = fake(tmp_path)
    (environment / "lib" / "python3.12" / "site-packages").mkdir(parents=True)
    (environment / "lib64").symlink_to("lib")
    assert site_packages_of(environment) == (environment / "lib" / "python3.12" / "site-packages",)
    (environment / "lib64").unlink()
    (environment / "lib64" / "python3.12" / "site-packages").mkdir(parents=True)
    assert len(site_packages_of(environment)) == 2


def test_an_interpreter_is_found_by_its_version(tmp_path: Path) -> None:
    environ = {**os.environ, "PATH": str(base().parent), "UV_PYTHON_INSTALL_DIR": str(tmp_path)}
    found = find_interpreter(MINOR, environ)
    assert found is not None
    done = subprocess.run(
        [found, "-c", "import sys; print(*sys.version_info[:2], sep='.')"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == MINOR
    assert find_interpreter(f"python{MINOR}", environ) is not None


@pytest.mark.parametrize("version", ["3.99", "python3.99", "pypy3.99", "no such thing", "==nonsense"])
def test_what_is_not_there_is_not_found(version: str, tmp_path: Path) -> None:
    environ = {"PATH": str(tmp_path), "UV_PYTHON_INSTALL_DIR": str(tmp_path), "HOME": str(tmp_path)}
    assert find_interpreter(version, environ) is None


def test_a_path_is_taken_as_it_is(tmp_path: Path) -> None:
    assert find_interpreter(sys.executable, {}) == Path(sys.executable)
    assert find_interpreter(str(tmp_path / "python"), {}) is None
