"""What tools leave behind in the folder of a project: it belongs to none, unless it is tracked or named."""

from __future__ import annotations

import os

#: What tools leave behind, wherever it lies.
_OUTPUT = frozenset(
    {
        ".bzr", ".eggs", ".git", ".hg", ".hypothesis", ".mypy_cache", ".nox", ".pytest_cache", ".ruff_cache", ".svn",
        ".tox", ".venv", "__pycache__", "htmlcov", "node_modules",
    }
)  # fmt: skip
_OUTPUT_SUFFIXES = (".egg-info", ".pyc", ".pyo")
#: Where build backends put their products, in the root of a project only: below it they may be packages.
_PRODUCTS = frozenset({"build", "dist"})
#: How an environment is known.
_ENVIRONMENT = ("pyvenv.cfg", "conda-meta")


def is_output(name: str) -> bool:
    """Tell whether a file or folder of this name is what tools leave behind.

    :param name: its name
    """
    return name in _OUTPUT or name.endswith(_OUTPUT_SUFFIXES) or name == ".coverage" or name.startswith(".coverage.")


def is_environment(folder: str) -> bool:
    """Tell whether a folder is an environment.

    :param folder: its path
    """
    return any(os.path.lexists(f"{folder}/{name}") for name in _ENVIRONMENT)


def is_left_behind(path: str, entry: os.DirEntry[str]) -> bool:
    """Tell whether something is what tools leave behind.

    :param path: relative to the project
    :param entry: what it is
    """
    if is_output(entry.name) or path in _PRODUCTS:
        return True
    return entry.is_dir(follow_symlinks=False) and is_environment(entry.path)
