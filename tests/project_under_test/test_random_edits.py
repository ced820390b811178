"""Whatever is done to a project: the installed code is byte for byte what a fresh ``pip install .`` gives."""

from __future__ import annotations

import random
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from tests.builds.packages import installed_wheels
from tests.scenarios.installing import CLI, lock

from .making import HATCHLING, commit, git, installed_file

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lockhouse.testing import PackageIndex, ProjectFolder

SUFFIXES = (".py", ".txt", ".log")


class Editor:
    """Edits a project at random; it says what it did."""

    def __init__(self, project: ProjectFolder, seed: int) -> None:
        self.project = project
        self.random = random.Random(seed)  # noqa: S311 - a seed says which edits
        self.count = 0
        self.edits: list[Callable[[], str]] = [
            self.add, self.add, self.change, self.change, self.change_silently, self.delete, self.rename, self.mode,
            self.ignore, self.track, self.folder,
        ]  # fmt: skip

    def edit(self) -> str:
        self.count += 1
        return self.random.choice(self.edits)()

    def files(self) -> list[Path]:
        return sorted(path for path in (self.project / "src/demo").rglob("*") if path.is_file())

    def chosen(self) -> Path:
        return self.random.choice([path for path in self.files() if path != self.project / "src/demo/__init__.py"])

    def add(self) -> str:
        folder = self.random.choice(["", "sub/", "sub/deep/"])
        name = f"src/demo/{folder}m{self.count}{self.random.choice(SUFFIXES)}"
        self.project.write(name, f"number = {self.count}\n")
        return f"added {name}"

    def change(self) -> str:
        path = self.random.choice(self.files())
        path.write_bytes(path.read_bytes() + f"# {self.count}\n".encode())
        return f"changed {path.name}"

    def change_silently(self) -> str:
        """Change a byte, and set the time back."""
        import os  # noqa: PLC0415 - one use

        path = self.random.choice(self.files())
        status = path.stat()
        data = path.read_bytes()
        path.write_bytes(data[:-2] + bytes([97 + self.count % 26]) + data[-1:])
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        return f"changed {path.name} and nothing of its status"

    def delete(self) -> str:
        path = self.chosen()
        path.unlink()
        return f"deleted {path.name}"

    def rename(self) -> str:
        path = self.chosen()
        path.rename(path.with_name(f"r{self.count}{path.suffix}"))
        return f"renamed {path.name}"

    def mode(self) -> str:
        path = self.random.choice(self.files())
        path.chmod(path.stat().st_mode ^ 0o111)
        return f"changed the mode of {path.name}"

    def ignore(self) -> str:
        words = self.random.sample(["*.log", "*.txt", "sub/deep/", "!*.py"], self.random.randint(0, 3))
        self.project.write(".gitignore", "".join(f"{word}\n" for word in [*words, "__pycache__/", "/.venv/"]))
        return f"ignores {words}"

    def track(self) -> str:
        """Commit what is not ignored."""
        commit(self.project)
        return "committed"

    def folder(self) -> str:
        shutil.rmtree(self.project / "src/demo/sub", ignore_errors=True)
        self.project.write("src/demo/sub/__init__.py", f"again = {self.count}\n")
        return "made a folder anew"


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
    for number in range(count):
        for _ in range(editor.random.randint(1, 3)):
            if len(editor.files()) < 3:
                done.append(editor.add())
            done.append(editor.edit())
        fresh, target = tmp_path / f"fresh{number}", tmp_path / f"target{number}"
        shutil.copytree(project.path, fresh, ignore=shutil.ignore_patterns(".venv", ".git"), symlinks=True)
        arguments = ("--no-build-isolation", "--no-index", "--no-deps", "--no-compile", "--quiet", "--target", target)
        project.run("pip", "install", *arguments, fresh, check=True)
        CLI.succeed(project)
        assert contents(installed_file(CLI.root(project), "demo")) == contents(target / "demo"), done
        assert "nothing to do" in CLI.succeed(project).output, done
        shutil.rmtree(fresh)
