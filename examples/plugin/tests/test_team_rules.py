from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import EXIT_NO, InvalidSettingError, LockRefusedError

if TYPE_CHECKING:
    from lockhouse.testing import PackageIndex, ProjectFolder

DECLARED = """
    [tool.lockhouse.environments.tests]
    requirements = ["web-client"]
    python = ">=3.11"
"""
BANNED = """
    [tool.team-rules]
    banned = { Old_HTTP = "we use new-http" }
"""


@pytest.fixture
def web_client(index: PackageIndex) -> None:
    index.add_wheel("web-client", "1.0", requires=["old-http"])
    index.add_wheel("old-http", "2.0")


@pytest.mark.usefixtures("web_client")
def test_a_banned_package_is_refused_before_a_lock_is_written(project: ProjectFolder) -> None:
    project.write("pyproject.toml", DECLARED + BANNED)
    result = project.run("lockhouse", "lock")
    assert result.returncode == LockRefusedError.exit_code
    assert "[banned-package] old-http 2.0 is banned by [tool.team-rules]: we use new-http" in result.stderr
    assert not (project / "locks").exists()


@pytest.mark.usefixtures("web_client")
def test_a_new_ban_makes_a_present_lock_stale(project: ProjectFolder) -> None:
    project.write("pyproject.toml", DECLARED)
    project.run("lockhouse", "lock", check=True)
    project.run("lockhouse", "check", check=True)
    project.write("pyproject.toml", DECLARED + BANNED)
    result = project.run("lockhouse", "check")
    assert result.returncode == EXIT_NO
    assert "why[rule-broken]" in result.line_with("banned-package")


@pytest.mark.usefixtures("web_client")
def test_a_ban_of_what_is_not_locked_says_nothing(project: ProjectFolder) -> None:
    project.write("pyproject.toml", DECLARED + '\n[tool.team-rules]\nbanned = { left-pad = "" }\n')
    project.run("lockhouse", "lock", check=True)
    project.run("lockhouse", "check", check=True)


@pytest.mark.usefixtures("web_client")
def test_a_table_of_another_form_is_an_error_with_a_fix(project: ProjectFolder) -> None:
    project.write("pyproject.toml", DECLARED + '\n[tool.team-rules]\nbanned = ["old-http"]\n')
    result = project.run("lockhouse", "lock")
    assert result.returncode == InvalidSettingError.exit_code
    assert "fix: write banned = {" in result.stderr
