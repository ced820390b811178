# ruff: noqa: S101 - these are tests
"""Projects and repositories made on the spot."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from lockhouse.interfaces import Command
from lockhouse.process import run_command
from lockhouse.testing.packages import BACKEND_NAME, BUILD_SYSTEM, backend_source

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def write_project(folder: Path, name: str, version: str, *, requires: Sequence[str] = ()) -> Path:
    """Write a project that builds without a build requirement.

    :param folder: where
    :param name: its name
    :param version: its version
    :param requires: its dependencies
    """
    folder.mkdir(parents=True, exist_ok=True)
    table = f'[project]\nname = "{name}"\nversion = "{version}"\ndependencies = {list(requires)!r}\n'
    (folder / "pyproject.toml").write_text(f"{BUILD_SYSTEM}\n{table}", encoding="utf-8")
    (folder / f"{BACKEND_NAME}.py").write_bytes(backend_source())
    source = folder / "src"
    source.mkdir(exist_ok=True)
    (source / f"{name}.py").write_text(f'__version__ = "{version}"\n', encoding="utf-8")
    return folder


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder; give what it printed.

    :param folder: where
    :param arguments: sub-command and options
    """
    result = run_command(Command(argv=("git", *arguments), env=dict(os.environ), cwd=folder))
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()
