"""Plugins beside Lockhouse, each of a distribution of its own, found by real runs."""

from __future__ import annotations

import os
import textwrap
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.testing import ProjectFolder, Result

_HEAD = """\
import json
import os
import sys
from lockhouse import *
from lockhouse.hookspecs import hookimpl
from lockhouse.interfaces import ArtifactLocation, Resolution


def note(*words):
    with open(os.environ["NOTES"], "a", encoding="utf-8") as file:
        file.write(json.dumps(words) + "\\n")
"""

#: A resolver that finds that nothing is needed: ``{name}`` is its name, and that of its class.
QUIET = """
class {name}:
    name = "{name}"
    universal = True

    def resolve(self, request, run):
        return Resolution(packages=())


@hookimpl
def lockhouse_register_resolver():
    note("register")
    return {name}
"""


class Site:
    """Installed plugins, each in a folder of its own, so that they are found in the order in which they are added.

    :param folder: where their folders are made
    :param project: where runs find them
    """

    def __init__(self, folder: Path, project: ProjectFolder) -> None:
        self._folder = folder
        self._project = project

    def add(self, name: str, code: str, *, distribution: str | None = None, module: str | None = None) -> None:
        """Install a plugin.

        :param name: name of its entry point
        :param code: its module, below what all of them begin with
        :param distribution: name of its distribution; where it is not given, that of the entry point and "-dist"
        :param module: name of its module; where it is not given, that of the entry point
        """
        distribution, module = distribution or f"{name}-dist", module or name
        folder = self._folder / module
        info = folder / f"{distribution.replace('-', '_')}-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.0\n", encoding="utf-8")
        (info / "entry_points.txt").write_text(f"[lockhouse]\n{name} = {module}\n", encoding="utf-8")
        (folder / f"{module}.py").write_text(_HEAD + textwrap.dedent(code), encoding="utf-8")
        before = self._project.environ.get("PYTHONPATH")
        self._project.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (before, str(folder))))

    def folder(self, name: str) -> Path:
        """Give the folder of a module.

        :param name: its name
        """
        return self._folder / name

    def line(self, name: str, text: str) -> str:
        """Give the place, as an error says it, of the one line that holds a text.

        :param name: name of the module
        :param text: the text
        """
        path = self.folder(name) / f"{name}.py"
        (number,) = (n for n, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1) if text in line)
        return f"{path}:{number}"


def declare(project: ProjectFolder, **environments: str) -> None:
    """Write a ``pyproject.toml`` with environments.

    :param environments: lines of their tables, by name
    """
    tables = (f'[tool.lockhouse.environments.{n}]\npython = ">=3.11"\n{t}\n' for n, t in environments.items())
    project.write("pyproject.toml", "\n".join(tables).encode())


def as_the_fix_says(result: Result) -> dict[str, str | None]:
    """Give the variable that the fix of an error sets, to the letter."""
    name, _, value = result.line_with("  fix: ").rpartition(" ")[2].partition("=")
    assert name == "LOCKHOUSE_DISABLE_PLUGINS", result
    return {name: value}
