from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import pytest

from lockhouse.testing.project import OUTPUT_LIMIT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lockhouse.testing import PackageIndex, ProjectFolder


def test_text_loses_its_indentation_and_keeps_its_line_ends(project: ProjectFolder) -> None:
    path = project.write(
        "sub/file.txt",
        """
        one
          two
        """,
    )
    assert path.read_bytes() == b"one\n  two\n"
    project.write("crlf.txt", b"one\r\ntwo\r\n")
    assert project.read("crlf.txt") == "one\r\ntwo\r\n"


def test_one_place_is_replaced(project: ProjectFolder) -> None:
    project.write("file.txt", "a b\n")
    project.replace("file.txt", "b", "c")
    assert project.read("file.txt") == "a c\n"
    with pytest.raises(AssertionError, match="holds 'x' 0 times"):
        project.replace("file.txt", "x", "y")


@pytest.mark.parametrize("tool", ["nox", "pip", "pytest", "tox", "uv", "python"])
def test_the_tools_of_this_environment_run(tool: str, project: ProjectFolder) -> None:
    result = project.run(tool, "--version", check=True)
    assert any(character.isdigit() for character in result.output)


def test_a_result_has_both_streams_and_the_exit_code(project: ProjectFolder) -> None:
    code = "import os, sys; print('out'); print('err', file=sys.stderr); print(os.getcwd()); sys.exit(3)"
    result = project.run("python", "-c", code)
    assert result.returncode == 3
    assert result.lines == ["out", str(project.path)]
    assert result.error_lines == ["err"]
    assert result.line_with("er") == "err"
    with pytest.raises(AssertionError, match="2 lines hold 'o', not one"):
        result.line_with("o")


def test_a_failed_check_shows_everything(project: ProjectFolder) -> None:
    with pytest.raises(AssertionError, match=r"(?s)\$ python -c.*exit code 1.*said before"):
        project.run("python", "-c", "print('said before'); raise SystemExit(1)", check=True)


def test_variables_come_in_layers_and_can_be_taken_away(
    project: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FROM_PROCESS", "1")
    monkeypatch.setenv("TAKEN", "1")
    project.environ["FROM_PROJECT"] = "2"
    code = "import os; print(*(os.environ.get(n) for n in ('FROM_PROCESS', 'FROM_PROJECT', 'FROM_RUN', 'TAKEN')))"
    result = project.run("python", "-c", code, env={"FROM_RUN": "3", "TAKEN": None})
    assert result.stdout == "1 2 3 None\n"


def test_a_hanging_tool_is_ended_with_all_that_it_started(project: ProjectFolder) -> None:
    child = "import pathlib, time; time.sleep(1.2); pathlib.Path('survived').touch()"
    code = f"import subprocess, sys; print('started', flush=True); subprocess.run([sys.executable, '-c', {child!r}])"
    with pytest.raises(AssertionError, match=r"(?s)did not end within 0.7 seconds.*started"):
        project.run("python", "-c", code, timeout=0.7)
    time.sleep(1)
    assert not (project / "survived").exists()


def test_output_is_bounded(project: ProjectFolder) -> None:
    result = project.run("python", "-c", f"print('first'); print('x' * {3 * OUTPUT_LIMIT}); print('last')")
    assert len(result.stdout) < OUTPUT_LIMIT + 100
    assert result.stdout.startswith("first\n")
    assert result.stdout.endswith("x\nlast\n")
    assert "bytes left out" in result.stdout


def test_a_package_installs_offline_as_wheel_and_editable(project: ProjectFolder) -> None:
    project.write_package(
        """
        [project]
        name = "demo"
        dynamic = ["version", "dependencies"]
        """,
        {"src/demo/__init__.py": "answer = 1\n", "VERSION.txt": "1.5\n", "dependencies.txt": "# none\n"},
    )
    for name, arguments in {"wheel": ["."], "editable": ["-e", "."]}.items():
        project.run("uv", "venv", "-p", sys.executable, name, check=True)
        project.run("uv", "pip", "install", "--offline", "--no-deps", "-p", name, *arguments, check=True)
    project.write("src/demo/__init__.py", "answer = 2\n")
    code = "import demo, importlib.metadata as m; print(demo.answer, m.version('demo'))"
    seen = [
        project.run(
            next((project / name).glob("[bS]*/python*")), "-c", code, cwd=project.path.parent, check=True
        ).stdout
        for name in ("wheel", "editable")
    ]
    assert seen == ["1 1.5\n", "2 1.5\n"]


def test_nox_makes_environments_offline_and_installs_from_the_index(
    index: PackageIndex, project: ProjectFolder, path_with_pythons: Mapping[str, Path]
) -> None:
    index.add_wheel("demo", "1.0")
    version = list(path_with_pythons)[-1]
    project.write(
        "noxfile.py",
        f"""
        import nox

        @nox.session(python="{version}", venv_backend="virtualenv")
        def tests(session):
            session.install("demo")
            session.run("python", "-c", "import demo, sys; print('%d.%d has demo' % sys.version_info[:2])")
        """,
    )
    assert f"{version} has demo" in project.run("nox", check=True).output


def test_tox_installs_from_the_index(index: PackageIndex, project: ProjectFolder) -> None:
    index.add_wheel("demo", "1.0")
    project.write(
        "tox.ini",
        """
        [tox]
        skipsdist = true
        [testenv]
        deps = demo
        commands = python -c "import demo; print('tox has', demo.__version__)"
        """,
    )
    assert "tox has 1.0" in project.run("tox", "run", "-e", "py", check=True).output
