"""A directory or file of the project that a requirement names is an input that no declaration tells the content of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.testing import ProjectFolder, build_wheel
from tests.scenarios.installing import CLI, declare, installed, lock, lock_path, site_packages

if TYPE_CHECKING:
    from lockhouse.testing import PackageIndex


@pytest.mark.parametrize("policy", ["error", "warn"])
def test_what_a_changed_directory_requires_stops_the_run_and_the_fix_mends_it(
    policy: str, index: PackageIndex, project: ProjectFolder
) -> None:
    index.add_wheel("one", "1.0")
    index.add_wheel("two", "1.0")
    library = ProjectFolder(project / "lib")
    library.write_package('[project]\nname = "lib"\nversion = "1.0"\ndynamic = ["dependencies"]\n', {"lib.py": ""})
    library.write("dependencies.txt", "one\n")  # its backend alone knows of this file
    declare(project, "lib @ file:lib", extra=f'allow-unhashed = ["lib"]\non-stale = "{policy}"')
    lock(project)
    CLI.succeed(project)
    before = lock_path(project).read_bytes()
    assert ": unchanged" in lock(project).stdout

    index.add_wheel("one", "2.0")
    library.write("dependencies.txt", "one\ntwo\n")
    CLI.refuse(project, code="lock-stale")
    stopped = CLI.refuse(project, code="lock-stale")  # it is never good, for the check cannot say it again
    assert 'lib 1.0 requires "two", the lock has no two' in stopped.output
    fix = stopped.line_with("fix: ").partition("fix: ")[2]
    mended = project.run(*fix.split(), check=True)
    assert [line for line in mended.lines if line.startswith("  ")] == ["  added two 1.0"], "nothing else moves"
    assert lock_path(project).read_bytes() != before
    CLI.succeed(project)
    assert installed(CLI.root(project)) == {"lib": "1.0", "one": "1.0", "two": "1.0"}


def test_a_file_that_was_replaced_is_locked_anew_when_asked_and_not_installed_before(project: ProjectFolder) -> None:
    locked = build_wheel("vendored", "1.0")
    locked.write_to(project / "vendor")
    declare(project, f"vendored @ file:vendor/{locked.filename}")
    lock(project)
    other = build_wheel("vendored", "1.0", modules={"vendored.py": "other = True\n"})
    other.write_to(project / "vendor")
    CLI.succeed(project)
    assert "other" not in module(project), "the store has the file that is locked"
    assert "changed vendored 1.0" in lock(project).stdout
    assert other.sha256 in lock_path(project).read_text("utf-8")
    CLI.succeed(project)
    assert "other" in module(project)


def module(project: ProjectFolder) -> str:
    (path,) = (path for path in site_packages(CLI.root(project)) if path.name == "vendored.py")
    return path.read_text("utf-8")
