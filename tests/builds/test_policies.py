"""What may be built, what must be, and what a lock has to know for it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.scenarios.installing import CLI, declare, installed, lock, lock_path

from .looking import builds_of, built_wheels, receipt_of
from .packages import sdist_with_hooks

RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"

if TYPE_CHECKING:
    from lockhouse.testing import PackageIndex, ProjectFolder


def test_a_package_that_no_binary_names_is_built_though_it_has_a_wheel(
    index: PackageIndex, project: ProjectFolder
) -> None:
    for name in ("built", "taken"):
        index.add_wheel(name, "1.0")
        index.add_sdist(name, "1.0")
    declare(project, "built", "taken")
    lock(project)
    CLI.succeed(project)
    assert not built_wheels()
    declare(project, "built", "taken", extra='no-binary = ["built"]')
    stale = CLI.refuse(project, code="lock-stale")
    assert "built 1.0 has to be built, and the lock does not say with what" in stale.output
    assert '"code": "build-unlocked"' in project.run("lockhouse", "check", "--json").stdout
    lock(project)
    assert list(builds_of(project)) == ["built==1.0"]
    CLI.succeed(project)
    assert [path.name for path in built_wheels()] == ["built-1.0-py3-none-any.whl"]
    assert [record["name"] for record in receipt_of(CLI.root(project))["built"]] == ["built"]
    assert installed(CLI.root(project)) == {"built": "1.0", "taken": "1.0"}


@pytest.mark.parametrize(
    ("names", "edit"),
    [('["source"]', 'take "source" out of only-binary'), ('[":all:"]', 'exempt it: no-binary = ["source"]')],
)
def test_a_package_that_only_binary_names_is_never_built(
    names: str, edit: str, index: PackageIndex, project: ProjectFolder
) -> None:
    index.add_sdist("source", "1.0")
    declare(project, "source")
    lock(project)
    declare(project, "source", extra=f"only-binary = {names}")
    stale = CLI.refuse(project, code="lock-stale")
    assert "source 1.0 has only an sdist, and only-binary forbids to build it" in stale.output
    assert f"fix: {edit}, then run: lockhouse lock" in stale.output
    refused = project.run("lockhouse", "lock")
    assert "error[lock-refused]" in refused.output, refused
    assert f"fix: {edit}, and lock again" in refused.output
    assert not built_wheels()


def test_a_name_in_both_policies_is_an_error(project: ProjectFolder) -> None:
    declare(project, extra='only-binary = ["a"]\nno-binary = ["A"]')
    refused = project.run("lockhouse", "lock")
    assert refused.returncode == 2, refused
    assert "a both in only-binary and in no-binary" in refused.output


@pytest.mark.parametrize("tool", ["uv", "pip"])
def test_hashed_requirements_and_both_tools_serve_builds(
    tool: str, index: PackageIndex, project: ProjectFolder
) -> None:
    index.add(sdist_with_hooks("source", "", requires=["helper"]))
    index.add_wheel("helper", "1.0")
    extra = f'resolver = "{tool}"\ninstaller = "{tool}"\nformat = "requirements"\npythons = ["{RUNNING}"]'
    declare(project, "source", extra=extra, python=RUNNING)
    lock(project)
    assert [each["name"] for each in builds_of(project)["source==1.0"]["packages"]] == ["helper"]
    CLI.succeed(project)
    assert installed(CLI.root(project)) == {"source": "1.0"}


def test_build_requirements_that_are_sdists_are_built_first(index: PackageIndex, project: ProjectFolder) -> None:
    index.add(sdist_with_hooks("source", "import helper", requires=["helper"]))
    index.add(sdist_with_hooks("helper", "import deeper", requires=["deeper"]))
    index.add_wheel("deeper", "1.0")
    declare(project, "source")
    lock(project)
    assert sorted(builds_of(project)) == ["helper==1.0", "source==1.0"]
    CLI.succeed(project)
    assert len(built_wheels()) == 2
    assert installed(CLI.root(project)) == {"source": "1.0"}


def test_builds_that_require_each_other_are_refused(index: PackageIndex, project: ProjectFolder) -> None:
    index.add(sdist_with_hooks("one", "", requires=["two"]))
    index.add(sdist_with_hooks("two", "", requires=["one"]))
    declare(project, "one")
    refused = project.run("lockhouse", "lock")
    assert refused.returncode == 3, refused
    assert "one==1.0 → two==1.0 → one==1.0" in refused.output


def test_nothing_of_a_build_lock_moves_that_need_not(index: PackageIndex, project: ProjectFolder) -> None:
    index.add(sdist_with_hooks("source", "", requires=["helper"]))
    index.add_wheel("helper", "1.0")
    declare(project, "source")
    lock(project)
    index.add_wheel("helper", "2.0")
    index.add_wheel("other", "1.0")
    declare(project, "source", "other")
    lock(project)
    assert builds_of(project)["source==1.0"]["packages"][0]["version"] == "1.0"
    lock(project, "--upgrade-package", "helper")
    assert builds_of(project)["source==1.0"]["packages"][0]["version"] == "2.0"
    CLI.succeed(project)


def test_a_flipped_digit_in_a_build_lock_keeps_the_build_from_being_made(
    index: PackageIndex, project: ProjectFolder
) -> None:
    index.add(sdist_with_hooks("source", "", requires=["helper"]))
    helper = index.add_wheel("helper", "1.0")
    declare(project, "source")
    lock(project)
    path = lock_path(project)
    digest = helper.sha256
    other = digest[:7] + ("0" if digest[7] != "0" else "1") + digest[8:]
    path.write_bytes(path.read_text("utf-8").replace(digest, other).encode())
    CLI.refuse(project, code="hash-mismatch")
    assert not built_wheels()
