"""Which projects of the repository an environment installs, from what the files say alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lockhouse.config.project import ProjectConfig
from lockhouse.errors import InvalidRequirementError

from .declaring import declare, expand, recorded

if TYPE_CHECKING:
    from lockhouse.model.spec import EnvironmentSpec

PROJECT = '[project]\nname = "{name}"\nversion = "1.0"\ndependencies = {requires}\n'


def write(root: Path, path: str, *requires: str, more: str = "") -> Path:
    """Write a project that has the name of its folder; give the folder."""
    folder = root / path
    folder.mkdir(parents=True, exist_ok=True)
    text = PROJECT.format(name=folder.name, requires=list(requires))
    (folder / "pyproject.toml").write_text(text + more, "utf-8")
    return folder


def found(spec: EnvironmentSpec) -> dict[str, tuple[str, bool]]:
    return {project.name: (project.path, project.editable) for project in spec.local_projects}


def test_sources_hold_for_all_requirements_without_an_address(tmp_path: Path) -> None:
    sources = '[tool.uv.sources]\nLib = { path = "../lib", editable = true }\nother = { index = "mine" }\n'
    groups = '[dependency-groups]\ntest = ["lib[cli]; os_name == \'nt\'", "other"]\n'
    app = write(tmp_path, "app", "lib>=1", more=sources + groups)
    write(tmp_path, "lib")
    (app / "more.txt").write_text("lib\n", "utf-8")
    spec = expand(app, project="wheel", groups=["test"], requirement_files=["more.txt"])
    assert recorded(spec) == [
        "-e lib @ ../lib",
        "-e lib>=1 @ ../lib",
        '-e lib[cli]; os_name == "nt" @ ../lib',
        "other",
    ]
    assert found(spec) == {"lib": ("../lib", True)}
    assert spec.allow_unhashed == ("lib",)


def test_another_spelling_is_not_allowed_by_itself(tmp_path: Path) -> None:
    elsewhere = '[tool.uv.sources]\nlib = { path = "../old/lib" }\n'
    write(tmp_path, "old/lib")
    app = write(tmp_path, "app", "lib @ file:../lib", more=elsewhere)
    write(tmp_path, "lib", "third", more='[tool.uv.sources]\nthird = { path = "../third" }\n')
    write(tmp_path, "third")
    spec = expand(app, project="wheel")
    assert found(spec) == {"lib": ("../lib", False), "third": ("../third", False)}
    assert spec.allow_unhashed == ("third",)
    other = write(tmp_path, "other", "lib @ git+https://code.example/lib", more=elsewhere)
    assert expand(other, project="wheel").allow_unhashed == ()
    assert [project.lines for project in spec.local_projects] == [("third",), ()]


def test_only_extras_that_are_asked_for_lead_on(tmp_path: Path) -> None:
    extras = '[project.optional-dependencies]\ncli = ["third"]\nall = ["lib[cli]"]\ntest = ["app"]\n'
    sources = '[tool.uv.sources]\nthird = { path = "../third" }\napp = { path = "../app" }\n'
    write(tmp_path, "lib", "b", more=extras + sources)
    write(tmp_path, "third")
    for asked, expected in (("lib", {"lib"}), ("lib[all]", {"lib", "third"})):
        app = write(tmp_path, "app", asked, more='[tool.uv.sources]\nlib = { path = "../lib" }\n')
        spec = expand(app, project="wheel")
        assert found(spec).keys() == expected
    lib = spec.local_projects[0]
    assert lib.lines == ("b", 'third; extra == "cli"', 'lib[cli]; extra == "all"', 'app; extra == "test"')
    app = write(tmp_path, "app", "lib[test]", more='[tool.uv.sources]\nlib = { path = "../lib" }\n')
    with pytest.raises(InvalidRequirementError, match="require each other") as caught:
        expand(app, project="wheel")
    assert caught.value.why == ("app → lib → app",)


@pytest.mark.parametrize(
    "members", ['["packages/*"]', '["packages/**"]', '["packages/lib", "packages/app", "packages/d*"]']
)
def test_members_of_a_workspace_are_editable_and_inherit_its_sources(members: str, tmp_path: Path) -> None:
    table = f'[tool.uv.workspace]\nmembers = {members}\nexclude = ["packages/out"]\n'
    sources = '[tool.uv.sources]\nlib = { workspace = true }\ndeep = { path = "packages/deep" }\nown = { path = "x" }\n'
    write(tmp_path, ".", more=table + sources)
    app = write(tmp_path, "packages/app", "lib", "deep", "own", more='[tool.uv.sources]\nown = { index = "mine" }\n')
    write(tmp_path, "packages/lib")
    write(tmp_path, "packages/deep")
    write(tmp_path, "packages/out")
    spec = expand(app, project="wheel")
    assert found(spec) == {"deep": ("../deep", False), "lib": ("../lib", True)}
    outside = write(tmp_path, "packages/out", "lib")
    assert found(expand(outside, project="wheel")) == {}, "it is excluded, so the sources are not its own"


def test_what_it_was_read_from_is_remembered(tmp_path: Path) -> None:
    write(tmp_path, ".", more='[tool.uv.workspace]\nmembers = ["*"]\n')
    app = write(tmp_path, "app", "lib", more="[tool.uv.sources]\nlib = { workspace = true }\n")
    write(tmp_path, "lib")
    config = ProjectConfig.read(app, {})
    config.expand(declare(python=">=3.11", project="wheel"))
    before = config.looks.seen({})
    assert before is not None
    assert str(Path(app, "..", "lib", "pyproject.toml").resolve()) in {subject for _, subject, _ in before}
    write(tmp_path, "new")
    assert config.looks.seen({}) is None, "another member may have come"


def test_dynamic_dependencies_lead_to_all_sources(tmp_path: Path) -> None:
    app = write(tmp_path, "app", "lib", more='[tool.uv.sources]\nlib = { path = "../lib" }\n')
    lib = write(tmp_path, "lib", more='[tool.uv.sources]\nthird = { path = "../third" }\n')
    text = (lib / "pyproject.toml").read_text("utf-8").replace("dependencies = []", 'dynamic = ["dependencies"]')
    (lib / "pyproject.toml").write_text(text, "utf-8")
    write(tmp_path, "third")
    spec = expand(app, project="wheel")
    assert found(spec).keys() == {"lib", "third"}
    assert spec.local_projects[0].requires is None
