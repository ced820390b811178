"""Edits a project at random."""

from __future__ import annotations

import os
import random
import shutil
from typing import TYPE_CHECKING

from .making import commit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lockhouse.testing import ProjectFolder

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
