"""Checkouts where something is amiss: later tags, odd configurations, edited locks and stores."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from lockhouse.testing.contracts.projects import git
from tests.scenarios.installing import CLI, NOX, declare, files_below, installed, lock, lock_path
from tests.wheelhouse.making import build

from .looking import built_wheels, bundles, receipt_of
from .repositories import ALLOWED, FROM_TAGS, Repository, served

if TYPE_CHECKING:
    import pytest

    from lockhouse.testing import ProjectFolder


def test_a_tag_that_comes_later_gives_the_locked_version(far: Repository, project: ProjectFolder) -> None:
    far.write("0.0", FROM_TAGS)
    git(far.folder, "tag", "1.5")
    commit = far.write("0.0", FROM_TAGS + "    # later\n")
    declare(project, far.requirement(), extra=ALLOWED)
    lock(project)
    CLI.succeed(project)
    git(far.folder, "tag", "1.6")
    CLI.succeed(project)
    project.run("uv", "cache", "clean", check=True)  # uv looks for no tags of a commit that it has
    lock(project, "--upgrade-package", "far")
    text = lock_path(project).read_text()
    assert commit in text
    assert 'version = "1.6"' in text
    for frontend in (CLI, NOX):
        frontend.succeed(project)
        assert installed(frontend.root(project)) == {"far": "1.6"}
    assert {wheel.name for wheel in built_wheels()} == {"far-1.5-py3-none-any.whl", "far-1.6-py3-none-any.whl"}


def test_a_configuration_in_variables_changes_no_file_and_runs_no_program(
    far: Repository, project: ProjectFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = tmp_path / "ran"
    hook = tmp_path / "hooks" / "post-checkout"
    hook.parent.mkdir()
    hook.write_text(f"#!/bin/sh\necho hook >> {ran}\n")
    hook.chmod(0o755)
    (far.folder / ".gitattributes").write_text("far.py text=auto filter=mine\n")
    far.write("1.0")
    declare(project, far.requirement(), extra=ALLOWED)
    lock(project)
    told = {
        "core.autocrlf": "true",
        "core.hooksPath": str(hook.parent),
        "filter.mine.smudge": f"echo filter >> {ran}; sed s/1.0/2.0/",
    }
    monkeypatch.setenv("GIT_CONFIG_COUNT", str(len(told)))
    for number, (key, value) in enumerate(told.items()):
        monkeypatch.setenv(f"GIT_CONFIG_KEY_{number}", key)
        monkeypatch.setenv(f"GIT_CONFIG_VALUE_{number}", value)
    CLI.succeed(project)
    (code,) = CLI.root(project).rglob("far.py")
    assert code.read_bytes() == b"version = '1.0'\n"
    assert not ran.exists()


def test_a_password_that_somebody_wrote_into_a_lock_goes_no_further(
    far: Repository, project: ProjectFolder, tmp_path: Path
) -> None:
    far.write(
        "1.0",
        """
    def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
        import shutil
        shutil.copyfile(".git/config", "src/told.py")
        return base.build_wheel(wheel_directory)
    """,
    )
    git(tmp_path, "clone", "--quiet", "--bare", far.folder.as_uri(), "far.git")
    password = "qu1etr1ver"  # noqa: S105 - it opens nothing but this
    with served(tmp_path / "far.git", user="me", password=password) as address:
        known = address.replace("://", f"://me:{password}@")
        declare(project, far.requirement(url=known), extra=ALLOWED)
        lock(project)
        place = lock_path(project)
        place.write_text(place.read_text().replace(address, known))
        CLI.succeed(project)
        build(project, "--output", "house")
    kept = files_below(CLI.root(project), project / "house", Path(os.environ["LOCKHOUSE_CACHE_DIR"]) / "v1")
    assert not [path for path in kept if password.encode() in path.read_bytes()]
    assert receipt_of(CLI.root(project))["built"][0]["source_name"].startswith(f"git+{address}@")
    (config,) = CLI.root(project).rglob("told.py")
    assert f"url = {address}" in config.read_text()


def test_a_bundle_of_another_repository_is_not_used_twice(
    far: Repository, project: ProjectFolder, tmp_path: Path
) -> None:
    far.write("1.0")
    declare(project, far.requirement(), extra=ALLOWED)
    lock(project)
    (bundle,) = bundles()
    other = Repository(tmp_path / "other")
    other.write("2.0")
    git(other.folder, "update-ref", "refs/lockhouse/commit", "HEAD")
    forged = tmp_path / "forged"
    git(other.folder, "bundle", "create", "--quiet", str(forged), "--all")
    name = f"{bundle.name.split('.')[0]}.{hashlib.sha256(forged.read_bytes()).hexdigest()}.bundle"
    bundle.unlink()
    forged.rename(bundle.parent / name)
    refused = CLI.refuse(project, code="store")
    assert "run again; it is fetched anew" in refused.output
    CLI.succeed(project)
    assert installed(CLI.root(project)) == {"far": "1.0"}


def test_what_is_no_commit_is_not_kept(far: Repository, project: ProjectFolder) -> None:
    commit = far.write("1.0")
    declare(project, far.requirement(), extra=ALLOWED)
    lock(project)
    kept = bundles()
    tree = git(far.folder, "rev-parse", f"{commit}^{{tree}}")
    place = lock_path(project)
    place.write_text(place.read_text().replace(commit, tree))
    refused = CLI.refuse(project, code="artifact-unavailable")
    assert f"has commit {tree} no more" in refused.output
    assert bundles() == kept
