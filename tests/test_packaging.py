"""The sdist of this project: who unpacks it can do what the README says."""

from __future__ import annotations

import subprocess
import sys
import tarfile
from pathlib import Path

ROOT = Path(__file__).parents[1]

#: What the README's two lines, the pages that it links and the tests read.
NEEDED = (
    ".pre-commit-hooks.yaml",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "README.md",
    "benchmarks/check.py",
    "docs/conf.py",
    "examples",
    "locks/bootstrap-requirements.txt",
    "locks/tests-requirements.txt",
    "noxfile.py",
    "pyproject.toml",
    "src/lockhouse/py.typed",
    "tests/conftest.py",
    "tox.ini",
)


def test_the_sdist_holds_all_that_the_readme_needs_and_nothing_of_a_working_copy(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "--target", "sdist", "--directory", str(tmp_path)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (path,) = tmp_path.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = [name.partition("/")[2] for name in archive.getnames()]
    assert [needed for needed in NEEDED if not any(f"{name}/".startswith(f"{needed}/") for name in names)] == []
    left = {".git", ".nox", ".tox", ".venv", "__pycache__", "_build"}
    assert [name for name in names if left & set(name.split("/"))] == []
