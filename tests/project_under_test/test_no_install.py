"""Runs that forbid to install, after the project was edited: they never pass with the old code."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.scenarios.installing import NOX, RAN, TOX, Frontend, lock, write_tools

from .making import Builds, write_project

if TYPE_CHECKING:
    from lockhouse.testing import PackageIndex, ProjectFolder

PROBE = f"import demo; print({RAN!r}, 'with', demo.answer)\n"

#: What forbids to install the project, by the frontend.
FLAGS = {
    "nox": (("-R",), ("-r", "--no-install")),
    "tox": (("--skip-pkg-install",), ("--skip-env-install",), ("--skip-pkg-install", "--skip-env-install")),
}


def write(project: ProjectFolder) -> None:
    write_tools(project)
    project.write("tox.ini", project.read("tox.ini").replace("package = skip\n", ""))
    project.write("probe.py", PROBE)
    lock(project)


@pytest.mark.parametrize("frontend", [NOX, TOX], ids=lambda frontend: frontend.name)
def test_an_edited_project_is_refused_and_not_built(
    frontend: Frontend, index: PackageIndex, project: ProjectFolder
) -> None:
    builds = Builds(project.path.with_name("builds.log"))
    write_project(index, project, builds.log)
    write(project)
    frontend.succeed(project)
    assert builds.taken() == ["wheel"]
    ways = FLAGS[frontend.name]

    def passes(answer: int) -> None:
        for flags in ways:
            assert f"with {answer}" in frontend.succeed(project, *flags).output

    def refused(*said: str) -> None:
        for flags in ways:
            told = frontend.refuse(project, *flags, code="environment-drifted").output
            assert all(words in told for words in said), told
        assert builds.taken() == []

    passes(1)
    project.write("src/demo/__init__.py", "answer = 2\n")
    refused("the source of demo changed since it was installed")
    project.write("src/demo/__init__.py", "answer = 1\n")
    passes(1)  # the content is what counts
    project.write("src/demo/new.py", "")
    refused("the source of demo changed since it was installed")
    (project / "src/demo/new.py").unlink()
    passes(1)
    project.write("src/demo/__init__.py", "answer = 2\n")
    assert "with 2" in frontend.succeed(project).output
    assert builds.taken() == ["wheel"]
    passes(2)
    project.replace("pyproject.toml", 'dependencies = ["a"]', 'dependencies = ["a>=2"]')
    for flags in ways:
        frontend.refuse(project, *flags, code="lock-stale")


@pytest.mark.parametrize("skipped", [("--skip-pkg-install",), ("--skip-pkg-install", "--skip-env-install")])
def test_a_sync_that_passes_the_project_over_does_not_forget_its_source(
    skipped: tuple[str, ...], index: PackageIndex, project: ProjectFolder
) -> None:
    builds = write_project(index, project, project.path.with_name("builds.log"))
    write(project)
    TOX.succeed(project)
    assert builds.taken() == ["wheel"]
    next(TOX.root(project).glob("[Ll]ib/**/site-packages/a-*.dist-info/RECORD")).unlink()
    assert "1 installed" in TOX.succeed(project, "--skip-pkg-install").output
    assert "1 installed" not in TOX.succeed(project, *skipped).output
    project.write("src/demo/__init__.py", "answer = 2\n")
    told = TOX.refuse(project, *skipped, code="environment-drifted").output
    assert "the source of demo changed since it was installed" in told
    project.write("src/demo/__init__.py", "answer = 1\n")
    TOX.succeed(project, *skipped)
    assert builds.taken() == []
    assert "1 installed" not in TOX.succeed(project).output, "what is known of it still counts"
    project.write("src/demo/__init__.py", "answer = 2\n")
    assert "with 2" in TOX.succeed(project).output


@pytest.mark.parametrize("frontend", [NOX, TOX], ids=lambda frontend: frontend.name)
def test_an_editable_project_shows_its_edits(frontend: Frontend, index: PackageIndex, project: ProjectFolder) -> None:
    write_project(index, project, project.path.with_name("builds.log"), "editable")
    write(project)
    frontend.succeed(project)
    project.write("src/demo/__init__.py", "answer = 2\n")
    for flags in FLAGS[frontend.name]:
        assert "with 2" in frontend.succeed(project, *flags).output
    project.write("src/more.py", "")  # some backends link to each module by its name
    for flags in FLAGS[frontend.name]:
        frontend.refuse(project, *flags, code="environment-drifted")


@pytest.mark.parametrize("frontend", [NOX, TOX], ids=lambda frontend: frontend.name)
def test_a_project_that_is_installed_in_another_way_than_is_declared_is_refused(
    frontend: Frontend, index: PackageIndex, project: ProjectFolder
) -> None:
    builds = write_project(index, project, project.path.with_name("builds.log"), "editable")
    write(project)
    frontend.succeed(project)
    project.replace("pyproject.toml", 'project = "editable"', 'project = "wheel"')
    lock(project)
    told = "it was installed editable, and is to be installed as a wheel"
    verified = project.run("lockhouse", "verify", "tests")
    assert (verified.returncode, told in verified.output) == (1, True), verified
    for flags in FLAGS[frontend.name]:
        assert told in frontend.refuse(project, *flags, code="environment-drifted").output
    if frontend is TOX:
        probe = ("tox", "exec", "-e", "tests", "--", "python", "probe.py")
        ran = project.run(*probe)
        assert (ran.returncode, RAN in ran.output, told in ran.output) == (1, False, True), ran
    builds.taken()
    frontend.succeed(project)
    assert builds.taken() == ["wheel"]
    for flags in FLAGS[frontend.name]:
        frontend.succeed(project, *flags)
    if frontend is TOX:
        frontend.succeed(project, "--develop")
        frontend.succeed(project, "--develop", "--skip-pkg-install")
        assert told in frontend.refuse(project, "--skip-pkg-install", code="environment-drifted").output
        project.replace("tox.ini", "[testenv]\n", "[testenv]\npackage = sdist\n")
        refused = frontend.refuse(project, "--skip-pkg-install", code="environment-drifted")
        assert "to be installed as a wheel that is built through its sdist" in refused.output
