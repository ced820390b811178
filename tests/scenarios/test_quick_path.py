"""The answer "nothing changed" costs few imports."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from lockhouse.plugins import Plugins, _may_be_foreign

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.testing import PackageIndex, ProjectFolder

_CHECK = """
import json, sys
from lockhouse.cli import main
code = main(["check", "tests"])
print(json.dumps([code, sorted(sys.modules)]))
"""

_NEEDLESS = {
    "importlib.metadata",
    "lockhouse.interpreters.description",
    "lockhouse.operations.drift",
    "lockhouse.operations.lock",
    "lockhouse.operations.sync",
    "pluggy",
    "rich",
    "unearth",
}


def test_a_check_imports_nothing_that_it_does_not_use(project: ProjectFolder, index: PackageIndex) -> None:
    index.add_wheel("demo", "1.0")
    project.write(
        "pyproject.toml",
        '[tool.lockhouse.environments.tests]\nrequirements = ["demo"]\npython = ">=3.11"\n',
    )
    project.run("lockhouse", "lock", check=True)
    *_, last = project.run(sys.executable, "-c", _CHECK, check=True).lines
    code, modules = json.loads(last)
    assert code == 0
    assert set(modules) & _NEEDLESS == set()


def test_a_plugin_is_found_without_the_machinery_that_reads_metadata(tmp_path: Path) -> None:
    info = tmp_path / "site" / "other_plugin-1.0.dist-info"
    info.mkdir(parents=True)
    path = [str(tmp_path / "gone"), str(tmp_path / "site")]
    assert not _may_be_foreign(path)
    (info / "entry_points.txt").write_text("[console_scripts]\nother = other:main\n", encoding="utf-8")
    own = tmp_path / "site" / "lockhouse-1.0.dist-info"
    own.mkdir()
    (own / "entry_points.txt").write_text("[lockhouse]\nnox = lockhouse.nox\n", encoding="utf-8")
    assert not _may_be_foreign(path)
    (info / "entry_points.txt").write_text("[lockhouse]\nother = other\n", encoding="utf-8")
    assert _may_be_foreign(path)
    archive = tmp_path / "packages.zip"
    archive.write_bytes(b"")
    assert _may_be_foreign([str(archive)]), "nobody knows what is in it"


def test_no_plugin_is_installed_here(tmp_path: Path) -> None:
    assert not Plugins({}, root=tmp_path).foreign
