"""What an interpreter says of itself, and when it is asked again."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest
from packaging.markers import default_environment
from packaging.tags import sys_tags

from lockhouse.errors import BackendNotFoundError, InterpreterError
from lockhouse.interpreters import describe
from lockhouse.interpreters.old_tags import tags_of_38
from lockhouse.process import run_command

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lockhouse.interfaces import Command, CommandResult


class Counting:
    """Runs commands for real, and keeps them."""

    def __init__(self) -> None:
        self.commands: list[Command] = []

    def __call__(self, command: Command) -> CommandResult:
        self.commands.append(command)
        return run_command(command)


@pytest.fixture
def old_python(interpreters: Mapping[str, Path]) -> Callable[[str], Path]:
    """Give a function that finds a Python too old to be served, beside those that are found."""

    def find(version: str) -> Path:
        for python in interpreters.values():
            for sibling in sorted(python.parents[2].glob(f"{version}.*/bin/python")):
                return sibling
        pytest.skip(f"there is no Python {version} on this machine")

    return find


@pytest.fixture(scope="module")
def venv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an environment of the interpreter that runs the tests."""
    folder = tmp_path_factory.mktemp("environment") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    return folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def test_it_agrees_with_packaging_and_sysconfig_in_process(venv: Path) -> None:
    target = describe(venv, run=run_command, cache=None, environ=os.environ)
    expected = {key: str(value) for key, value in default_environment().items() if key != "extra"}
    assert dict(target.markers) == expected
    assert target.tags == tuple(str(tag) for tag in sys_tags())
    assert Path(target.prefix).samefile(venv.parent.parent)
    assert Path(target.purelib).is_relative_to(target.prefix)
    assert Path(target.scripts).samefile(venv.parent)
    assert target.executable == str(venv)


def test_an_answer_is_remembered_until_the_environment_changes(venv: Path, tmp_path: Path) -> None:
    run = Counting()
    first = describe(venv, run=run, cache=tmp_path, environ=os.environ)
    again = describe(venv, run=run, cache=tmp_path, environ=os.environ)
    assert again == first
    assert len(run.commands) == 1
    config = venv.parent.parent / "pyvenv.cfg"
    text = config.read_text()
    try:
        config.write_text(text + "note = changed\n")
        describe(venv, run=run, cache=tmp_path, environ=os.environ)
    finally:
        config.write_text(text)
    assert len(run.commands) == 2


def test_two_environments_of_one_interpreter_have_answers_of_their_own(venv: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", other], check=True)
    cache = tmp_path / "cache"
    one = describe(venv, run=run_command, cache=cache, environ=os.environ)
    two = describe(other / venv.relative_to(venv.parent.parent), run=run_command, cache=cache, environ=os.environ)
    assert one.prefix != two.prefix


@pytest.mark.parametrize("damage", ["", "{", "[]", '{"fingerprint": null}', "\x00"])
def test_a_damaged_answer_is_asked_for_again(venv: Path, tmp_path: Path, damage: str) -> None:
    first = describe(venv, run=run_command, cache=tmp_path, environ=os.environ)
    (file,) = tmp_path.iterdir()
    file.write_text(damage)
    run = Counting()
    assert describe(venv, run=run, cache=tmp_path, environ=os.environ) == first
    assert len(run.commands) == 1
    assert json.loads(file.read_text())["target"]["prefix"] == first.prefix


def test_an_answer_that_lacks_a_field_is_asked_for_again(venv: Path, tmp_path: Path) -> None:
    first = describe(venv, run=run_command, cache=tmp_path, environ=os.environ)
    (file,) = tmp_path.iterdir()
    record = json.loads(file.read_text())
    del record["target"]["purelib"]
    file.write_text(json.dumps(record))
    assert describe(venv, run=run_command, cache=tmp_path, environ=os.environ) == first


def test_a_folder_that_cannot_be_written_is_no_failure(venv: Path, tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file stands in the way of the folder")
    assert describe(venv, run=run_command, cache=tmp_path / "cache", environ=os.environ).tags


def test_a_cache_that_is_a_file_is_no_failure(venv: Path, tmp_path: Path) -> None:
    blocked = tmp_path / "cache"
    blocked.write_text("")
    assert describe(venv, run=run_command, cache=blocked, environ=os.environ).tags


def test_the_variables_of_the_user_do_not_reach_the_interpreter(venv: Path, tmp_path: Path) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('shadowed')")
    run = Counting()
    describe(venv, run=run, cache=None, environ={**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONHOME": "nowhere"})
    assert not [key for key in run.commands[0].env if key.startswith("PYTHON")]


@pytest.mark.parametrize("version", ["3.8", "3.9", "3.10", "3.12", "3.13"])
def test_other_versions_are_served(version: str, require_python: Callable[[str], Path]) -> None:
    python = require_python(version)
    target = describe(python, run=run_command, cache=None, environ=os.environ)
    nodot = version.replace(".", "")
    assert target.markers["python_version"] == version
    assert target.tags[0].startswith(f"cp{nodot}-cp{nodot}-")
    assert target.tags[-1] == "py30-none-any"


def test_the_tags_of_38_are_those_that_pip_finds_there(
    require_python: Callable[[str], Path], leave_out: Callable[[str], NoReturn]
) -> None:
    python = require_python("3.8")
    target = describe(python, run=run_command, cache=None, environ=os.environ)
    code = "from pip._vendor.packaging.tags import sys_tags; print(*sys_tags())"
    done = subprocess.run([python, "-Ic", code], capture_output=True, text=True, check=False)
    if done.returncode:
        leave_out("this Python 3.8 has no pip")
    assert set(target.tags) - {"cp38-none-any"} == set(done.stdout.split()) - {"cp38-none-any"}  # older pips lack it


FACTS = {
    "implementation": "cpython",
    "debug": False,
    "extension_suffix": ".cpython-38-x86_64-linux-gnu.so",
    "platform": "linux-x86_64",
    "bits32": False,
    "mac_version": "",
    "mac_machine": "",
    "glibc": None,
    "musl": None,
}


@pytest.mark.parametrize(
    ("facts", "first", "has", "lacks"),
    [
        (
            {"glibc": "2.17"},
            "cp38-cp38-linux_x86_64",
            "cp38-abi3-manylinux2014_x86_64",
            "py3-none-manylinux_2_18_x86_64",
        ),
        ({"musl": "1.2"}, "cp38-cp38-linux_x86_64", "cp38-cp38-musllinux_1_0_x86_64", "py3-none-manylinux2014_x86_64"),
        (
            {"glibc": "2.31", "bits32": True},
            "cp38-cp38-linux_i686",
            "py3-none-manylinux1_i686",
            "py3-none-linux_x86_64",
        ),
        (
            {"glibc": "2.31", "platform": "linux-aarch64"},
            "cp38-cp38-linux_aarch64",
            "py3-none-any",
            "py3-none-manylinux1_aarch64",
        ),
        ({"platform": "win-amd64"}, "cp38-cp38-win_amd64", "cp32-abi3-win_amd64", "cp38-cp38-win32"),
        (
            {"platform": "macosx-10.9-x86_64", "mac_version": "12.6", "mac_machine": "x86_64"},
            "cp38-cp38-macosx_12_0_x86_64",
            "py3-none-macosx_10_9_universal2",
            "cp38-cp38-macosx_13_0_x86_64",
        ),
        (
            {"platform": "win-amd64", "debug": True},
            "cp38-cp38d-win_amd64",
            "cp38-cp38-win_amd64",
            "cp39-abi3-win_amd64",
        ),
        (
            {"implementation": "pypy", "extension_suffix": ".pypy38-pp73-x86_64-linux-gnu.so", "glibc": "2.31"},
            "pp38-pypy38_pp73-linux_x86_64",
            "pp3-none-any",
            "cp38-abi3-linux_x86_64",
        ),
    ],
)
def test_the_tags_of_38_follow_the_platform(facts: dict[str, object], first: str, has: str, lacks: str) -> None:
    tags = tags_of_38({**FACTS, **facts})
    assert tags[0] == first
    assert has in tags
    assert lacks not in tags
    assert len(set(tags)) == len(tags)


@pytest.mark.parametrize("version", ["3.6", "3.7"])
def test_an_interpreter_that_is_too_old_is_refused(version: str, old_python: Callable[[str], Path]) -> None:
    python = old_python(version)
    with pytest.raises(InterpreterError) as caught:
        describe(python, run=run_command, cache=None, environ=os.environ)
    assert version in caught.value.what
    assert "3.8" in str(caught.value.fix)


def test_python_2_is_an_error_of_ours(old_python: Callable[[str], Path]) -> None:
    with pytest.raises(InterpreterError, match="does not say what it is"):
        describe(old_python("2.7"), run=run_command, cache=None, environ=os.environ)


def test_a_missing_interpreter(tmp_path: Path) -> None:
    with pytest.raises(InterpreterError) as caught:
        describe(tmp_path / "python", run=run_command, cache=None, environ=os.environ)
    assert caught.value.fix


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_a_broken_link_names_what_is_gone(tmp_path: Path) -> None:
    python = tmp_path / "python"
    python.symlink_to(tmp_path / "python3.99")
    with pytest.raises(InterpreterError) as caught:
        describe(python, run=run_command, cache=None, environ=os.environ)
    assert "python3.99" in caught.value.why[0]


@pytest.mark.skipif(os.name == "nt", reason="a script with a shebang")
@pytest.mark.parametrize("body", ["exit 3", "echo hello", "echo '{}'", "echo '[1]'", "true", "echo oh >&2; exit 1"])
def test_a_program_that_is_no_python(tmp_path: Path, body: str) -> None:
    program = tmp_path / "python"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)
    with pytest.raises(InterpreterError, match="does not say what it is"):
        describe(program, run=run_command, cache=None, environ=os.environ)


def test_one_that_cannot_be_started_is_an_error_of_this_room(venv: Path) -> None:
    def refuse(command: Command) -> CommandResult:
        raise BackendNotFoundError(f"{command.argv[0]} cannot be started", why="Exec format error")

    with pytest.raises(InterpreterError) as caught:
        describe(venv, run=refuse, cache=None, environ=os.environ)
    assert caught.value.why == ("Exec format error",)
