"""A checkout at a locked commit is built like an sdist: once, with locked build requirements and without a network."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lockhouse.testing.contracts.projects import git
from tests.scenarios.installing import (
    CLI,
    NOX,
    TOX,
    Frontend,
    declare,
    files_below,
    has_receipt,
    installed,
    lock,
    lock_path,
)
from tests.wheelhouse.making import build, manifest_of, other_machine, wheels_in

from .looking import builds_of, built_wheels, bundles, receipt_of
from .repositories import ALLOWED, FROM_TAGS, TELLS, Repository, served

if TYPE_CHECKING:
    from lockhouse.testing import PackageIndex, ProjectFolder

RUNNING = f"3.{sys.version_info.minor}"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "builds.log"


def telling(log: Path) -> str:
    return f'{ALLOWED}build-variables = {{ far = {{ BUILD_LOG = "{log}" }} }}\n'


def test_it_is_built_once_at_its_commit_whatever_became_of_the_branch(
    far: Repository, log: Path, index: PackageIndex, project: ProjectFolder
) -> None:
    helper = index.add_wheel("helper", "1.0")
    index.add_wheel("needed", "1.0")
    commit = far.write("1.0", TELLS, requires=["helper"], dependencies=["needed"])
    declare(project, far.requirement(), extra=telling(log))
    said = lock(project)
    assert "far 1.0 is built from its commit where it is installed" in said.output
    assert [each["name"] for each in builds_of(project)["far==1.0"]["packages"]] == ["helper"]
    assert helper.sha256 in lock_path(project).read_text()
    far.write("2.0")
    for frontend in (CLI, NOX, TOX):
        said = frontend.succeed(project)
        assert installed(frontend.root(project)) == {"far": "1.0", "needed": "1.0"}
        assert (f"built far 1.0 from commit {commit}" in said.output) == (frontend is CLI)
    (line,) = log.read_text().splitlines()
    assert line.split() == [commit, "1704067200"]  # and nothing that git would call a change
    (record,) = receipt_of(CLI.root(project))["built"]
    assert record["source"] == f"git:{commit}"
    assert record["source_name"] == f"git+{far.folder.as_uri()}@{commit}"
    assert "denied" in record["network"]
    assert "nothing to do" in CLI.succeed(project).output
    lock(project)
    assert commit in lock_path(project).read_text()
    lock(project, "--upgrade-package", "far")
    CLI.succeed(project)
    assert installed(CLI.root(project)) == {"far": "2.0"}


@pytest.mark.parametrize(
    ("tool", "lock_format"),
    [
        ("uv", "pylock"),
        ("pip", "requirements"),
        pytest.param("uv", "requirements", marks=pytest.mark.full),
        pytest.param("pip", "pylock", marks=pytest.mark.full),
    ],
)
def test_both_formats_and_both_tools_serve_it(
    tool: str, lock_format: str, far: Repository, index: PackageIndex, project: ProjectFolder
) -> None:
    index.add_wheel("helper", "1.0")
    far.write("1.0", requires=["helper"], subdirectory="lib")
    extra = f'resolver = "{tool}"\ninstaller = "{tool}"\npythons = ["{RUNNING}"]\n{ALLOWED}'
    requirement = far.requirement(fragment="#subdirectory=lib")
    declare(project, requirement, extra=extra, format=lock_format, python=RUNNING)
    lock(project)
    assert [each["name"] for each in builds_of(project)["far==1.0"]["packages"]] == ["helper"]
    far.write("2.0", subdirectory="lib")
    before = lock_path(project).read_bytes()
    lock(project)
    assert lock_path(project).read_bytes() == before
    CLI.succeed(project)
    assert installed(CLI.root(project)) == {"far": "1.0"}
    assert "nothing to do" in CLI.succeed(project).output


def test_a_commit_that_is_gone_is_named(far: Repository, project: ProjectFolder) -> None:
    commit = far.write("1.0")
    declare(project, far.requirement(), extra=ALLOWED)
    lock(project)
    shutil.rmtree(os.environ["LOCKHOUSE_CACHE_DIR"])
    far.forget(commit)
    refused = CLI.refuse(project, code="artifact-unavailable")
    assert f"far 1.0: {far.folder.as_uri()} has commit {commit} no more" in refused.output
    assert "lockhouse lock --upgrade-package far" in refused.output
    shutil.rmtree(far.folder)
    refused = CLI.refuse(project, code="artifact-unavailable")
    assert f"far 1.0: git cannot fetch {far.folder.as_uri()}" in refused.output
    assert not bundles()
    assert not list(Path(os.environ["LOCKHOUSE_CACHE_DIR"]).glob("v1/tmp/*"))


def test_a_version_that_comes_from_tags_is_held_against_the_lock(far: Repository, project: ProjectFolder) -> None:
    far.write("0.0", FROM_TAGS)
    git(far.folder, "tag", "1.5")
    far.write("0.0", FROM_TAGS + "    # later\n")
    declare(project, far.requirement(), extra=ALLOWED)
    lock(project)
    assert 'version = "1.5"' in lock_path(project).read_text()
    CLI.succeed(project)
    assert installed(CLI.root(project)) == {"far": "1.5"}
    git(far.folder, "tag", "1.6")
    shutil.rmtree(os.environ["LOCKHOUSE_CACHE_DIR"])
    CLI.forget(project)
    refused = CLI.refuse(project, code="build-failed")
    assert "far 1.5: its backend built something else" in refused.output
    assert "it built far-1.6-py3-none-any.whl" in refused.output
    assert "lockhouse lock --upgrade-package far" in refused.output
    assert not built_wheels()


def test_submodules_are_there_at_their_commits(
    far: Repository, tmp_path: Path, project: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "file")
    inner = Repository(tmp_path / "inner")
    (inner.folder / "__init__.py").write_text("answer = 42\n")
    inner.commit()
    far.write("1.0")
    git(far.folder, "submodule", "--quiet", "add", "../inner", "src/inner")
    far.commit()
    (inner.folder / "__init__.py").write_text("answer = 0\n")
    inner.commit()
    declare(project, far.requirement(), extra=ALLOWED)
    lock(project)
    CLI.succeed(project)
    (code,) = CLI.root(project).rglob("inner/__init__.py")
    assert code.read_text() == "answer = 42\n"


@pytest.mark.parametrize("frontend", [CLI, NOX, TOX], ids=lambda frontend: frontend.name)
def test_what_is_not_allowed_by_name_is_refused(frontend: Frontend, far: Repository, project: ProjectFolder) -> None:
    far.write("1.0")
    declare(project, far.requirement(), extra=ALLOWED)
    lock(project)
    frontend.succeed(project)
    declare(project, far.requirement())
    refused = frontend.refuse(project, code="unverifiable-artifact")
    assert "no hash can cover far" in refused.output
    told = lock(project, "--upgrade").output
    assert 'note: far 1.0, once allow-unhashed = ["far"] allows it, is built from its commit' in told
    declare(project, far.requirement(), extra=f'{ALLOWED}only-binary = ["far"]')
    refused = frontend.refuse(project, code="lock-stale")
    assert "far 1.0 is a checkout, and only-binary forbids to build it" in refused.output


def test_a_wheelhouse_holds_what_was_built_of_it(far: Repository, project: ProjectFolder, tmp_path: Path) -> None:
    commit = far.write("1.0")
    declare(project, far.requirement(), extra=ALLOWED)
    lock(project)
    build(project, "--output", "house", "--verify-reproducible")
    assert wheels_in(project / "house") == ["far-1.0-py3-none-any.whl"]
    (wheel,) = (file for file in manifest_of(project / "house")["files"] if file.get("built"))
    assert [record["source"] for record in wheel["built"]] == [f"git:{commit}"]
    assert wheel["origin"] == far.folder.as_uri()
    other = other_machine(project, tmp_path / "other")
    shutil.rmtree(far.folder)
    said = CLI.succeed(other, "--wheelhouse", str(project / "house"))
    assert f"far 1.0 was built from git+{far.folder.as_uri()}@{commit}" in said.output
    assert installed(CLI.root(other)) == {"far": "1.0"}
    for each in (project, other):
        each.replace("pyproject.toml", ALLOWED, "")
    CLI.forget(other)
    CLI.refuse(other, "--wheelhouse", str(project / "house"), code="unverifiable-artifact")
    refused = build(project, "--output", "none", check=False)
    assert "far 1.0 comes from a checkout, and allow-unhashed does not name it" in refused.stderr
    assert refused.line_with("fix:") == '  fix: allow it by name: allow-unhashed = ["far"]'


def test_what_is_damaged_in_the_store_is_fetched_anew_and_what_no_lock_names_is_pruned(
    far: Repository, project: ProjectFolder
) -> None:
    far.write("1.0")
    declare(project, far.requirement(), extra=ALLOWED)
    lock(project)
    (bundle,) = bundles()
    sound = bundle.read_bytes()
    bundle.write_bytes(sound[:-30] + bytes([sound[-30] ^ 1]) + sound[-29:])
    CLI.succeed(project)
    assert bundle.read_bytes() == sound
    bundle.write_bytes(b"")
    project.run("lockhouse", "cache", "verify")
    assert not bundles()
    CLI.forget(project)
    CLI.succeed(project)
    assert not bundles(), "the wheel is there, and nothing else is needed"
    assert has_receipt(CLI.root(project))


def test_a_build_of_a_checkout_is_kept_from_the_network(far: Repository, project: ProjectFolder) -> None:
    far.write(
        "1.0",
        """
    def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
        import socket
        socket.create_connection(("192.0.2.1", 80), timeout=1)
    """,
    )
    declare(project, far.requirement(), extra=ALLOWED)
    lock(project)
    refused = CLI.refuse(project, code="network-denied")
    assert "it connects to 192.0.2.1:80" in refused.output


def test_credentials_of_the_declared_address_go_to_git_and_are_kept_nowhere(
    far: Repository, project: ProjectFolder, tmp_path: Path
) -> None:
    commit = far.write("1.0")
    git(tmp_path, "clone", "--quiet", "--bare", far.folder.as_uri(), "far.git")
    password = "qu1etr1ver"  # noqa: S105 - it opens nothing but this
    with served(tmp_path / "far.git", user="me", password=password) as address:
        known = address.replace("://", f"://me:{password}@")
        declare(project, far.requirement(url=known), extra=ALLOWED)
        lock(project)
        said = CLI.succeed(project)
        assert installed(CLI.root(project)) == {"far": "1.0"}
        assert receipt_of(CLI.root(project))["built"][0]["source_name"] == f"git+{address}@{commit}"
        assert password not in said.output
        shutil.rmtree(os.environ["LOCKHOUSE_CACHE_DIR"])
        CLI.forget(project)
        CLI.succeed(project)
        cache = Path(os.environ["LOCKHOUSE_CACHE_DIR"])
        kept = files_below(project / "locks", CLI.root(project), cache / "v1")
        assert not [path for path in kept if password.encode() in path.read_bytes()]
        shutil.rmtree(cache)
        CLI.forget(project)
        project.replace("pyproject.toml", password, "wrong")
        refused = CLI.refuse(project, code="artifact-unavailable")
        assert f"far 1.0: git cannot fetch {address}" in refused.output
        assert "me:wrong" not in refused.output
