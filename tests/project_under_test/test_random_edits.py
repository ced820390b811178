"""Whatever is done to a project: the installed code is byte for byte what a fresh ``pip install .`` gives."""

from __future__ import annotations

import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.builds.packages import installed_wheels
from tests.scenarios.installing import CLI, lock

from .editor import Editor
from .making import HATCHLING, git, installed_file

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.testing import PackageIndex, ProjectFolder


#: Nothing but the backend that the build lock has, and no index: then pip needs no environment for the build.
PIP = ("--no-build-isolation", "--no-index", "--no-deps", "--no-compile", "--quiet")


def contents(folder: Path) -> dict[str, tuple[bytes, bool]]:
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), bool(path.stat().st_mode & 0o111))
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.mark.skipif(sys.platform == "win32", reason="modes of files are those of POSIX")
@pytest.mark.parametrize(("count", "seed"), [(12, 7), pytest.param(200, 2026, marks=pytest.mark.full)])
def test_the_installed_code_is_what_pip_would_install(
    count: int, seed: int, index: PackageIndex, project: ProjectFolder, tmp_path: Path
) -> None:
    for wheel in installed_wheels("hatchling", "editables"):
        index.add(wheel)
    project.write("pyproject.toml", HATCHLING)
    project.write("src/demo/__init__.py", "x = 1\n")
    project.write("src/demo/sub/other.py", "y = 1\n")
    git(project, "init", "-q")
    lock(project)
    editor = Editor(project, seed)
    done = [editor.ignore()]
    with ThreadPoolExecutor(max_workers=1) as beside:
        for number in range(count):
            for _ in range(editor.random.randint(1, 3)):
                if len(editor.files()) < 3:
                    done.append(editor.add())
                done.append(editor.edit())
            fresh, target = tmp_path / f"fresh{number}", tmp_path / f"target{number}"
            shutil.copytree(project.path, fresh, ignore=shutil.ignore_patterns(".venv", ".git"), symlinks=True)
            by_pip = beside.submit(project.run, "pip", "install", *PIP, "--target", target, fresh, check=True)
            CLI.succeed(project)
            by_pip.result()
            assert contents(installed_file(CLI.root(project), "demo")) == contents(target / "demo"), done
            assert "nothing to do" in CLI.succeed(project).output, done
            shutil.rmtree(fresh)
            shutil.rmtree(target)
