"""A lock that was made against one index is used against a mirror: by configuration, and with the lock as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.testing import PackageIndex
from tests.builds.packages import sdist_with_hooks

from .installing import CLI, Frontend, declare, each_frontend, installed, lock, lock_path

if TYPE_CHECKING:
    from lockhouse.testing import ProjectFolder


@each_frontend
def test_a_mirror_serves_a_lock_of_another_index(
    frontend: Frontend, index: PackageIndex, project: ProjectFolder
) -> None:
    wheel = index.add_wheel("demo", "1.0")
    tool = index.add_wheel("tool", "1.0")
    sdist = index.add(sdist_with_hooks("source", "", requires=["tool"]))
    declare(project, "demo", "source")
    lock(project)
    before = lock_path(project).read_bytes()
    index.stop()
    with PackageIndex(prefix="mirror", username="me", password="secret") as mirror:  # noqa: S106
        there = mirror.file_url("").rstrip("/").replace("://", "://me:secret@")
        project.environ["LOCKHOUSE_MIRRORS"] = f"{index.file_url('').rstrip('/')}={there}"
        for file in (wheel.with_other_bytes(), tool, sdist):
            mirror.add(file)
        refused = frontend.refuse(project, code="hash-mismatch")
        assert "secret" not in refused.output
        mirror.add(wheel)
        frontend.succeed(project)
    assert installed(frontend.root(project)) == {"demo": "1.0", "source": "1.0"}
    assert lock_path(project).read_bytes() == before


def test_mirrors_that_cannot_be_read_are_an_error(index: PackageIndex, project: ProjectFolder) -> None:
    index.add_wheel("demo", "1.0")
    declare(project, "demo")
    lock(project)
    project.environ["LOCKHOUSE_MIRRORS"] = "https://user:secret@files.example/"
    assert "secret" not in CLI.refuse(project, code="invalid-setting").output
