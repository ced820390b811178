"""Edits that are hard to see: links, ignore files that are ignored themselves, kinds of files that change."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.builds.packages import installed_wheels
from tests.scenarios.installing import CLI, NOX, TOX, Frontend, lock, write_tools

from .making import HATCHLING, Builds, commit, git, installed_file, needs_links, write_project

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.testing import PackageIndex, ProjectFolder


def write_real_project(index: PackageIndex, project: ProjectFolder) -> None:
    """Write a project that is built by hatchling: it takes all files, and follows links."""
    for wheel in installed_wheels("hatchling", "editables"):
        index.add(wheel)
    project.write("pyproject.toml", HATCHLING)
    project.write("src/demo/__init__.py", "answer = 1\n")


def code(project: ProjectFolder, name: str) -> str | None:
    CLI.succeed(project)
    path = installed_file(CLI.root(project), f"demo/{name}")
    return path.read_text() if path.is_file() else None


@needs_links
def test_a_link_to_a_folder_outside_of_the_project_is_looked_into(
    index: PackageIndex, project: ProjectFolder, tmp_path: Path
) -> None:
    write_real_project(index, project)
    outside = tmp_path / "outside"
    (outside / "below").mkdir(parents=True)
    (outside / "below/code.py").write_text("one = 1\n")
    (outside / "below/up").symlink_to("..")
    (project / "src/demo/linked").symlink_to(outside)
    lock(project)
    assert code(project, "linked/below/code.py") == "one = 1\n"
    assert "nothing to do" in CLI.succeed(project).output
    (outside / "below/code.py").write_text("one = 2\n")
    assert code(project, "linked/below/code.py") == "one = 2\n"
    (outside / "new.py").write_text("new = 1\n")
    assert code(project, "linked/new.py") == "new = 1\n"
    (project / "above").symlink_to(tmp_path)  # it leads to the project itself
    CLI.succeed(project)
    assert "nothing to do" in CLI.succeed(project).output


@needs_links
@pytest.mark.parametrize("backend", ["hatchling", pytest.param("setuptools", marks=pytest.mark.full)])
def test_a_link_to_an_ignored_folder_of_the_project_counts_as_the_folder(
    backend: str, index: PackageIndex, project: ProjectFolder
) -> None:
    write_real_project(index, project)
    if backend == "setuptools":
        for wheel in installed_wheels("setuptools"):
            index.add(wheel)
        pyproject = HATCHLING.replace('"hatchling"', '"setuptools"').replace("hatchling.build", "setuptools.build_meta")
        project.write("pyproject.toml", f"{pyproject}[tool.setuptools.packages.find]\nwhere = ['src']\n")
    git(project, "init", "-q")
    project.write(".gitignore", ".venv/\n/generated/\n")
    project.write("generated/__init__.py", "")
    project.write("generated/code.py", "one = 1\n")
    (project / "generated/self").symlink_to(".")
    (project / "src/demo/gen").symlink_to("../../generated")
    (project / "src/demo/up").symlink_to("..")
    commit(project)
    lock(project)
    assert code(project, "gen/code.py") == "one = 1\n"
    assert "nothing to do" in CLI.succeed(project).output
    project.write("generated/code.py", "one = 2\n")
    assert code(project, "gen/code.py") == "one = 2\n"
    project.write("generated/new.py", "new = 1\n")
    assert code(project, "gen/new.py") == "new = 1\n"
    assert "nothing to do" in CLI.succeed(project).output
    shutil.rmtree(project / "generated")
    project.write("generated/__init__.py", "")
    project.write("generated/code.py", "one = 3\n")
    assert code(project, "gen/code.py") == "one = 3\n"
    assert code(project, "gen/new.py") is None


@needs_links
def test_links_that_lead_nowhere_count_as_themselves(
    index: PackageIndex, project: ProjectFolder, tmp_path: Path
) -> None:
    builds = write_project(index, project, tmp_path / "builds.log")
    (project / "notes").symlink_to("notes")
    (project / "docs").symlink_to("../gone/docs")
    (project / "below").symlink_to("below/one")
    lock(project)
    CLI.succeed(project)
    assert "nothing to do" in CLI.succeed(project).output
    assert builds.taken() == ["wheel"]
    (project / "notes").unlink()
    (project / "notes").symlink_to("./notes")
    CLI.succeed(project)
    assert builds.taken() == ["wheel"]
    (project.path.parent / "gone/docs").mkdir(parents=True)
    (project.path.parent / "gone/docs/page.txt").write_text("a page")
    CLI.succeed(project)
    assert builds.taken() == ["wheel"], "a link that led nowhere leads to a folder"
    assert "nothing to do" in CLI.succeed(project).output


@needs_links
def test_what_becomes_another_kind_of_file_is_seen(index: PackageIndex, project: ProjectFolder) -> None:
    write_real_project(index, project)
    git(project, "init", "-q")
    project.write(".gitignore", ".venv/\ngen/\n")
    project.write("src/demo/data", "a file\n")
    project.write("src/demo/gen/code.py", "ignored\n")
    project.write("src/demo/folder/code.py", "one = 1\n")
    project.write("elsewhere/code.py", "one = 1\n")
    lock(project)
    assert code(project, "data") == "a file\n"
    (project / "src/demo/data").unlink()
    project.write("src/demo/data/code.py", "one = 1\n")
    assert code(project, "data/code.py") == "one = 1\n"
    shutil.rmtree(project / "src/demo/gen")
    (project / "src/demo/gen").write_text("a pattern for folders does not ignore a file")
    assert code(project, "gen") is not None
    shutil.rmtree(project / "src/demo/folder")
    (project / "src/demo/folder").symlink_to("../../elsewhere")
    assert code(project, "folder/code.py") == "one = 1\n"
    project.write("elsewhere/new.py", "new = 1\n")
    assert code(project, "folder/new.py") == "new = 1\n"


def test_an_ignore_file_that_is_ignored_itself_decides(index: PackageIndex, project: ProjectFolder) -> None:
    write_real_project(index, project)
    git(project, "init", "-q")
    commit(project)
    project.write("src/demo/gen/.gitignore", "*\n")
    project.write("src/demo/gen/kept.py", "kept = 1\n")
    lock(project)
    assert code(project, "gen/kept.py") is None
    project.write("src/demo/gen/.gitignore", "*\n!kept.py\n")
    assert code(project, "gen/kept.py") == "kept = 1\n"
    project.write("src/demo/gen/kept.py", "kept = 2\n")
    assert code(project, "gen/kept.py") == "kept = 2\n"


def test_a_configuration_that_another_one_includes_decides(
    index: PackageIndex, project: ProjectFolder, tmp_path: Path
) -> None:
    write_real_project(index, project)
    git(project, "init", "-q")
    git(project, "config", "include.path", str(tmp_path / "included"))
    (tmp_path / "included").write_text(f"[core]\nexcludesFile = {(tmp_path / 'ignored').as_posix()}\n")
    (tmp_path / "ignored").write_text("*.dat\n")
    project.write("src/demo/some.dat", "some")
    lock(project)
    assert code(project, "some.dat") is None
    (tmp_path / "included").write_text("[core]\n")
    assert code(project, "some.dat") == "some"


def test_files_that_are_named_count_from_the_moment_they_are_made(index: PackageIndex, project: ProjectFolder) -> None:
    write_real_project(index, project)
    more = 'build-files = ["src/demo/node_modules/made/*.js"]\n'
    project.write("pyproject.toml", project.read("pyproject.toml") + more)
    lock(project)
    assert code(project, "node_modules/made/code.js") is None
    project.write("src/demo/node_modules/made/code.js", "made")
    assert code(project, "node_modules/made/code.js") == "made"


def write_ignoring_project(index: PackageIndex, project: ProjectFolder, log: Path, build_files: str) -> Builds:
    """Write a project with an ignored folder of code, some of which is named."""
    builds = write_project(index, project, log)
    project.write("pyproject.toml", project.read("pyproject.toml") + f"build-files = {build_files}\n")
    git(project, "init", "-q")
    project.write(".gitignore", ".venv/\ngen/\n__pycache__/\n")
    return builds


@pytest.mark.parametrize("folder", ["gen", "gen/below", "gen/node_modules"])
def test_a_named_file_that_is_made_in_an_ignored_folder_counts(
    folder: str, index: PackageIndex, project: ProjectFolder, tmp_path: Path
) -> None:
    named = '["src/**/*_pb2.py", "src/demo/gen/node_modules/*_pb2.py"]'
    builds = write_ignoring_project(index, project, tmp_path / "builds.log", named)
    project.write("src/demo/gen/junk.txt", "junk")
    project.write("src/demo/gen/below/junk.txt", "junk")
    project.write("src/demo/gen/node_modules/junk.txt", "junk")
    lock(project)
    CLI.succeed(project)
    assert "nothing to do" in CLI.succeed(project).output
    builds.taken()
    name = f"{folder}/made_pb2.py"
    project.write(f"src/demo/{name}", "made = 1\n")
    assert code(project, name) == "made = 1\n"
    assert not installed_file(CLI.root(project), "demo/gen/junk.txt").exists()
    assert not installed_file(CLI.root(project), f"demo/{folder}/junk.txt").exists()
    assert "nothing to do" in CLI.succeed(project).output
    project.write(f"src/demo/{name}", "made = 2\n")
    assert code(project, name) == "made = 2\n"
    assert builds.taken() == ["wheel", "wheel"]
    project.write("src/demo/gen/more.txt", "junk")
    project.write("src/demo/gen/.nox/other_pb2.py", "the output of a tool")
    assert "nothing to do" in CLI.succeed(project).output
    (project / f"src/demo/{name}").unlink()
    assert code(project, name) is None
    assert builds.taken() == [], "there is a wheel of it"


def test_of_an_ignored_folder_only_what_is_named_counts(
    index: PackageIndex, project: ProjectFolder, tmp_path: Path
) -> None:
    builds = write_ignoring_project(index, project, tmp_path / "builds.log", '["src/demo/gen/a.py"]')
    project.write("src/demo/gen/a.py", "a = 1\n")
    project.write("src/demo/gen/secret.txt", "secret")
    project.write("src/demo/gen/below/secret.txt", "secret")
    lock(project)
    assert code(project, "gen/a.py") == "a = 1\n"
    assert code(project, "gen/secret.txt") is None
    assert code(project, "gen/below/secret.txt") is None
    project.write("src/demo/gen/secret.txt", "another")
    project.write("src/demo/gen/new.txt", "new")
    assert "nothing to do" in CLI.succeed(project).output
    assert builds.taken() == ["wheel"]


@pytest.mark.parametrize("pattern", ["../shared/*.py", "/shared/code.py", "", "a**/b"])
def test_a_pattern_that_can_name_no_file_of_the_project_is_refused(
    pattern: str, index: PackageIndex, project: ProjectFolder, tmp_path: Path
) -> None:
    write_ignoring_project(index, project, tmp_path / "builds.log", f'["{pattern}"]')
    refused = project.run("lockhouse", "lock")
    assert refused.returncode != 0
    assert f"build-files: '{pattern}' " in refused.output
    assert "fix: correct 'build-files'" in refused.output


def test_a_build_has_a_copy_of_the_project_alone_and_reads_other_files_by_absolute_paths(
    index: PackageIndex, project: ProjectFolder, tmp_path: Path
) -> None:
    write_project(index, project, tmp_path / "builds.log")
    (tmp_path / "shared.txt").write_text("one")
    (project.path.parent / "beside.txt").write_text("beside")
    more = 'rebuild = "always"\n'
    project.write("pyproject.toml", project.read("pyproject.toml") + more)
    project.replace("pyproject.toml", '"noting_backend"', '"own_backend"\nbackend-path = ["."]')
    project.write(
        "own_backend.py",
        "import pathlib\n"
        "from noting_backend import *\n"
        "import noting_backend as base\n"
        "def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):\n"
        f"    read = pathlib.Path({str(tmp_path / 'shared.txt')!r}).read_text()\n"
        "    there = pathlib.Path('../beside.txt').exists()\n"
        "    pathlib.Path('src/demo/read.py').write_text(f'{read} {there}')\n"
        "    return base.build_wheel(wheel_directory)\n",
    )
    lock(project)
    assert code(project, "read.py") == "one False"
    (tmp_path / "shared.txt").write_text("two")
    assert code(project, "read.py") == "two False"


@pytest.mark.parametrize("frontend", [NOX, TOX], ids=lambda frontend: frontend.name)
def test_a_copy_of_a_project_with_its_environments_is_looked_at_itself(
    frontend: Frontend, index: PackageIndex, project: ProjectFolder, tmp_path: Path
) -> None:
    write_project(index, project, tmp_path / "builds.log")
    write_tools(project)
    project.write("tox.ini", project.read("tox.ini").replace("package = skip\n", ""))
    project.write("probe.py", "import demo; print('THE TESTS RAN with', demo.answer, demo.__file__)\n")
    lock(project)
    frontend.succeed(project)
    frontend.succeed(project)
    shutil.copytree(project.path, tmp_path / "copy", symlinks=True)
    copy = type(project)(tmp_path / "copy", project.environ)
    copy.write("src/demo/__init__.py", "answer = 2\n")
    done = frontend.succeed(copy)
    assert "with 2" in done.output
    assert str(tmp_path / "copy") in done.output
