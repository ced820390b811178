"""Messages that mend: each names the place that is wrong, and a next step that really is one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from lockhouse.testing import PackageIndex, ProjectFolder, Result

PROJECT = '[project]\nname = "demo"\nversion = "1.0"\nrequires-python = ">=3.11"\n'


def fixes(result: Result) -> list[str]:
    """Give the fixes of all errors of a run, in their order."""
    return re.findall(r"^ *fix: (.+)$", result.output, re.MULTILINE)


# -- what cannot be solved --------------------------------------------------------------------------------------------

UNSOLVABLE = """
[tool.lockhouse]
resolver = "{resolver}"
[tool.lockhouse.environments.above]
groups = ["above"]
pythons = ["3.11"]
[tool.lockhouse.environments.against]
groups = ["against"]
constraints = ["beta<2"]
pythons = ["3.11"]
[tool.lockhouse.environments.unknown]
requirements = ["nonesuch"]
pythons = ["3.11"]
[tool.lockhouse.environments.newer]
requirements = ["newer"]
pythons = ["3.11"]

[dependency-groups]
above = [
  "beta",
  "alpha>=99",
]
against = ["alpha"]
"""


@pytest.mark.parametrize("resolver", ["uv", "pip"])
def test_what_cannot_be_solved_names_the_declarations(
    project: ProjectFolder, index: PackageIndex, resolver: str
) -> None:
    index.add_wheel("alpha", "1.0", requires=["beta>=2"])
    index.add_wheel("beta", "1.0")
    index.add_wheel("beta", "2.0")
    index.add_wheel("newer", "1.0", requires_python=">=3.13")
    project.write("pyproject.toml", PROJECT + UNSOLVABLE.format(resolver=resolver))
    result = project.run("lockhouse", "lock")
    assert result.returncode == 6, result
    assert 'declared: "alpha>=99" (pyproject.toml:25)' in result.stderr
    assert 'declared: "alpha" (pyproject.toml:27)' in result.stderr
    assert 'declared: "beta<2" (pyproject.toml:13)' in result.stderr
    assert "requirements.txt (line" not in result.stderr
    above, against, unknown, newer = fixes(result)
    assert above == 'loosen "alpha>=99" at pyproject.toml:25; then lock again'
    assert against == 'loosen "beta<2" at pyproject.toml:13; then lock again'
    assert unknown.startswith("correct the name nonesuch at pyproject.toml:16, or configure the index")
    assert newer.startswith("narrow the Pythons of the environment")

    project.write("pyproject.toml", project.read("pyproject.toml").replace("alpha>=99", "alpha>=1"))
    project.run("lockhouse", "lock", "above", check=True)


# -- what cannot be read ----------------------------------------------------------------------------------------------


def test_a_malformed_requirement_is_quoted_with_its_place_and_what_was_meant(project: ProjectFolder) -> None:
    group = (
        '[tool.lockhouse.environments.tests]\ngroups = ["test"]\n[dependency-groups]\ntest = [\n  "ok",\n  "{}",\n]\n'
    )
    project.write("pyproject.toml", PROJECT + group.format("pytest = 8"))
    result = project.run("lockhouse", "check")
    assert "dependency group \"test\" (pyproject.toml:10): 'pytest = 8' is not a requirement" in result.stderr
    assert fixes(result) == ["write 'pytest==8' instead of 'pytest = 8'"]

    project.write("pyproject.toml", PROJECT)
    deps = "[testenv:tests]\nrunner = lockhouse\npackage = skip\ndeps =\n  ok\n  pytest = 8\n  # pytest\n"
    project.write("tox.ini", deps)
    result = project.run("lockhouse", "check")
    assert "tox environment \"tests\" (tox.ini:6): 'pytest = 8' is not a requirement" in result.stderr
    assert fixes(result) == ["write 'pytest==8' instead of 'pytest = 8'"]
