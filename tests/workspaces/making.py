"""A repository of three projects that build upon each other: app requires lib, and lib requires third."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockhouse.testing import ProjectFolder
from tests.project_under_test.making import Builds, add_backend
from tests.scenarios.installing import write_tools

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.testing import PackageIndex

BUILD = '[build-system]\nrequires = ["noting-backend>=1"]\nbuild-backend = "noting_backend"\n'

RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"

#: What the tests of the application print: what is imported from whom.
PROBE = "import app, lib, third; print('THE TESTS RAN', app.answer, lib.answer, third.answer)\n"

#: How one project names another: the requirement, and what stands below its table.
SOURCES = ("{name}", '[tool.uv.sources]\n{name} = {{ path = "../{name}" }}\n')
FILE = ("{name} @ file:../{name}", "")
HATCH = ("{name} @ {{root:uri}}/../{name}", "")
PROJECT_ROOT = ("{name} @ file:///${{PROJECT_ROOT}}/../{name}", "")
WORKSPACE = ("{name}", "[tool.uv.sources]\n{name} = {{ workspace = true, editable = false }}\n")

SPELLINGS = {
    "sources": SOURCES, "file": FILE, "root:uri": HATCH, "PROJECT_ROOT": PROJECT_ROOT, "workspace": WORKSPACE,
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Repository:
    """The repository, with its projects."""

    folder: ProjectFolder
    app: ProjectFolder
    lib: ProjectFolder
    third: ProjectFolder
    builds: Builds


def write_repository(
    index: PackageIndex, folder: ProjectFolder, log: Path, *, spelling: str = "sources", settings: str = ""
) -> Repository:
    """Write the repository.

    :param index: gets the backend, and what the projects require of others
    :param folder: its root
    :param log: where each build leaves a line
    :param spelling: how one project names another
    :param settings: more lines for the environment of the application
    """
    for name in ("a", "b", "c"):
        index.add_wheel(name, "1.0")
    add_backend(index, log, "1.0")
    made = Repository(
        folder=folder,
        app=ProjectFolder(folder / "packages/app", folder.environ),
        lib=ProjectFolder(folder / "packages/lib", folder.environ),
        third=ProjectFolder(folder / "packages/third", folder.environ),
        builds=Builds(log),
    )
    requirement, table = SPELLINGS[spelling]
    if spelling == "workspace":
        folder.write("pyproject.toml", '[tool.uv.workspace]\nmembers = ["packages/*"]\n')
    below = {"app": "lib", "lib": "third"}
    for name, own in {"app": "a", "lib": "b", "third": "c"}.items():
        other = below.get(name)
        requires = [own, *([requirement.format(name=other)] if other else [])]
        text = f'{BUILD}[project]\nname = "{name}"\nversion = "1.0"\nrequires-python = ">=3.8"\n'
        text += f"dependencies = {requires!r}\n{table.format(name=other) if other else ''}"
        ProjectFolder(folder / f"packages/{name}").write("pyproject.toml", text)
        folder.write(f"packages/{name}/src/{name}/__init__.py", "answer = 1\n")
    allowed = "" if table else 'allow-unhashed = ["lib", "third"]\n'
    environment = f'[tool.lockhouse.environments.tests]\nproject = "wheel"\n{allowed}{settings}'
    made.app.write("pyproject.toml", made.app.read("pyproject.toml") + environment)
    write_tools(made.app)
    made.app.write("probe.py", PROBE)
    return made


def with_pip(lock_format: str) -> str:
    """Give the settings that make everything be done by pip."""
    return f'resolver = "pip"\ninstaller = "pip"\nformat = "{lock_format}"\npythons = ["{RUNNING}"]\n'
