"""The hook that pre-commit offers from this repository: its form, its files, and the command that it runs."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.cli.arguments import parser
from tests.docs.pages import DOCS

if TYPE_CHECKING:
    from lockhouse.testing import ProjectFolder

HOOKS = DOCS.parent / ".pre-commit-hooks.yaml"

pytestmark = pytest.mark.skipif(not HOOKS.is_file(), reason="the hook is not part of this copy")


def hook() -> dict[str, Any]:
    """Read the one hook; the file keeps to the part of YAML that can be read without a library for it."""
    found: dict[str, Any] = {}
    for line in HOOKS.read_text("utf-8").splitlines():
        match = re.fullmatch(r"(?:- |  )(?P<key>[a-z_]+): (?P<value>.+)", line)
        assert match or line.startswith("#"), line
        if match:
            value = match["value"]
            assert match["key"] not in found
            quoted = value.startswith("'")
            found[match["key"]] = {"true": True, "false": False}.get(value, value[1:-1] if quoted else value)
            assert quoted or not re.search(r"[:#{}\[\]&*!|>%@`]", value), "YAML would read this as something else"
    return found


def test_the_hook_has_what_pre_commit_asks_for() -> None:
    found = hook()
    assert {"id", "name", "entry", "language"} <= found.keys()
    known = {"description", "always_run", "pass_filenames", "require_serial", "minimum_pre_commit_version"}
    assert found.keys() <= {"id", "name", "entry", "language"} | known
    assert (found["id"], found["language"]) == ("lockhouse-check", "python")
    assert found["pass_filenames"] is False, "names of files would be taken for names of environments"
    assert found["always_run"] is True, "a commit that only deletes a lock names no file to a hook"


def test_the_command_of_the_hook_is_one(project: ProjectFolder) -> None:
    program, *arguments = shlex.split(hook()["entry"])
    assert program == "lockhouse"
    parser().parse_args(arguments)
    project.write("pyproject.toml", '[tool.lockhouse.environments.tests]\nrequirements = []\npython = ">=3.11"\n')
    assert project.run(program, *arguments).returncode == 1
    project.run("lockhouse", "lock", check=True)
    assert project.run(program, *arguments).returncode == 0
