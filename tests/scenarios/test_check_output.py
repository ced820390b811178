"""What ``lockhouse check`` says in its three forms, and what it says of codes."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING, Any

import jsonschema  # type: ignore[import-untyped]
import pytest

from lockhouse.cli.explanations import all_explanations
from tests.docs.pages import DOCS

if TYPE_CHECKING:
    from lockhouse.testing import PackageIndex, ProjectFolder

_PLACE = "[tool.lockhouse.environments.stale] (pyproject.toml:5)"
_TABLE = '[tool.lockhouse.environments.{}]\nrequirements = {}\npython = ">=3.11"\n'


def declare(project: ProjectFolder, **environments: list[str]) -> None:
    project.write("pyproject.toml", "".join(_TABLE.format(*item) for item in environments.items()).encode())


@pytest.fixture
def mixed(project: ProjectFolder, index: PackageIndex) -> ProjectFolder:
    """Give a project with one environment of each state."""
    index.add_wheel("demo", "1.0")
    declare(project, fresh=["demo"], stale=["demo>=1", "demo!=7"], broken=["demo"])
    project.run("lockhouse", "lock", check=True)
    index.add_wheel("more", "1.0")
    declare(project, fresh=["demo"], stale=["demo>=2", "more", "demo!=7"], broken=["demo"], missing=["demo"])
    project.write("locks/pylock.broken.toml", b"<<<<<<< 50%, ours\n")
    return project


def test_text_is_grouped_by_environment_with_the_difference_of_the_inputs(mixed: ProjectFolder) -> None:
    said = mixed.run("lockhouse", "check")
    assert said.returncode == 3, said
    assert said.lines == [
        "fresh: fresh",
        "stale: stale",
        f'  why[requirement-missing]: "more" is declared, the lock has no more; {_PLACE}',
        f'  why[requirement-unmet]: "demo>=2" is declared, 1.0 is pinned; {_PLACE}',
        "  inputs in locks/pylock.stale.toml (-) and as declared now (+):",
        "    - demo>=1",
        "    + demo>=2",
        "    + more",
        "  fix: lockhouse lock stale",
        "missing: missing",
        "  why[lock-missing]: locks/pylock.missing.toml is not there",
        "  fix: lockhouse lock missing",
        "4 environments: 1 fresh, 1 missing, 1 stale, 1 error",
    ]
    assert "error[lock-invalid]" in said.stderr
    coloured = mixed.run("lockhouse", "check", env={"FORCE_COLOR": "1"})
    assert "\x1b[31m    - demo>=1\x1b[0m" in coloured.lines
    assert "\x1b[32m    + more\x1b[0m" in coloured.lines
    quiet = mixed.run("lockhouse", "check", "-q", "fresh")
    assert (quiet.returncode, quiet.output) == (0, "")


def test_json_is_what_its_schema_says(mixed: ProjectFolder) -> None:
    said = mixed.run("lockhouse", "check", "--format", "json")
    assert (said.returncode, said.stderr) == (3, "")
    record = json.loads(said.stdout)
    assert record["version"] == 1
    assert record["summary"] == {"fresh": 1, "missing": 1, "stale": 1, "error": 1}
    by_name: dict[str, dict[str, Any]] = {each["environment"]: each for each in record["environments"]}
    assert list(by_name) == ["fresh", "stale", "broken", "missing"]
    assert by_name["stale"]["inputs"] == [
        {"name": "requirements", "recorded": ["demo>=1"], "declared": ["demo>=2", "more"]}
    ]
    assert by_name["stale"]["fix"] == "lockhouse lock stale"
    assert {(each["code"], each["file"], each["line"]) for each in by_name["stale"]["reasons"]} == {
        ("requirement-unmet", "pyproject.toml", 5),
        ("requirement-missing", "pyproject.toml", 5),
    }
    assert by_name["broken"]["verdict"] == "error"
    assert by_name["broken"]["error"]["code"] == "lock-invalid"
    for command in ("check", "list"):
        told = json.loads(mixed.run("lockhouse", command, "--json").stdout)
        if DOCS.is_dir():
            schema = json.loads((DOCS / f"reference/{command}.schema.json").read_text("utf-8"))
            jsonschema.validate(told, schema)
            told["environments"][1]["verdict"] = "maybe"
            with pytest.raises(jsonschema.ValidationError):
                jsonschema.validate(told, schema)


def test_github_gets_annotations_at_the_places(mixed: ProjectFolder) -> None:
    said = mixed.run("lockhouse", "check", "--format", "github")
    assert said.returncode == 3, said
    assert said.stderr == ""
    *annotations, last = said.lines
    assert last == "4 environments: 1 fresh, 1 missing, 1 stale, 1 error"
    heads = [line.partition("::")[2].partition("::")[0] for line in annotations]
    assert heads == [
        "error file=pyproject.toml,line=5,title=lockhouse[requirement-missing]",
        "error file=pyproject.toml,line=5,title=lockhouse[requirement-unmet]",
        "error file=pyproject.toml,line=7,title=lockhouse[lock-invalid]",
        "error file=pyproject.toml,line=10,title=lockhouse[lock-missing]",
    ]
    assert annotations[0].endswith(
        f'::stale: "more" is declared, the lock has no more; {_PLACE}'
        "%0Afix: lockhouse lock stale%0A%0A- demo>=1%0A+ demo>=2%0A+ more"
    )
    assert "<<<<<<< 50%25, ours" in annotations[2], "only what would end a command is escaped"


def test_github_is_told_paths_of_the_checkout_in_properties_that_end_where_they_should(
    mixed: ProjectFolder, index: PackageIndex
) -> None:
    index.add_wheel("demo", "1.0")
    inner = mixed.path / "a,b"
    inner.mkdir()
    os.replace(mixed / "pyproject.toml", inner / "pyproject.toml")  # noqa: PTH105 - one call
    outside = {"GITHUB_WORKSPACE": str(mixed.path.parent)}
    here = mixed.run("lockhouse", "check", "missing", "-C", "a,b", "--format", "github")
    assert here.lines[0].startswith("::error file=a%2Cb/pyproject.toml,line=10,title=")
    above = mixed.run("lockhouse", "check", "missing", "-C", "a,b", "--format", "github", env=outside)
    assert above.lines[0].startswith(f"::error file={mixed.path.name}/a%2Cb/pyproject.toml,line=10,")


def test_every_code_is_explained(project: ProjectFolder) -> None:
    said = project.run("lockhouse", "check", "--explain", "why[pin-unreachable]:", check=True)
    assert said.lines[0].startswith("meaning: A package is pinned and nothing requires it")
    assert any(line.startswith("why it matters: ") for line in said.lines)
    assert any(line.startswith("how to mend it: ") for line in said.lines)
    wrong = project.run("lockhouse", "check", "--explain", "pin-unreachble")
    assert wrong.returncode == 2
    assert "fix: lockhouse check --explain pin-unreachable" in wrong.stderr


def test_explanations_are_whole_and_plain() -> None:
    for page, known in all_explanations().items():
        for code, explanation in known.items():
            text = "\n".join(explanation.lines())
            assert "](" not in text, code
            family = explanation.means.startswith(("The family", "The base"))
            assert family or (explanation.matters and explanation.mend), f"{page}: {code}"
            assert not re.search(r"  \S", text.replace("\n  ", "\n")), code


# -- orphan locks -------------------------------------------------------------------------------------------------


def test_a_lock_that_no_environment_uses_is_named(project: ProjectFolder, index: PackageIndex) -> None:
    index.add_wheel("demo", "1.0")
    declare(project, kept=["demo"], old=["demo"])
    other = _TABLE.format("plain", ["demo"]) + 'format = "requirements"\n'
    project.write("pyproject.toml", (project.read("pyproject.toml") + other).encode())
    project.run("lockhouse", "lock", check=True)
    project.write("locks/pylock.theirs.toml", 'lock-version = "1.0"\ncreated-by = "theirs"\npackages = []\n')
    fresh = project.run("lockhouse", "check", check=True)
    assert fresh.lines[-1] == "3 environments: 3 fresh", "a lock that another tool wrote is no concern of ours"

    declare(project, kept=["demo"])
    said = project.run("lockhouse", "check", check=True)
    files = [f"locks/plain-requirements{ending}" for ending in (".txt", ".in", ".record.toml")]
    assert said.lines == [
        "kept: fresh",
        "locks/plain-requirements.txt: orphan",
        f"  why[orphan-lock]: no declared environment uses the lock {', '.join(files)}",
        f"  fix: delete it, or declare the environment that it is for: git rm {' '.join(files)}",
        "locks/pylock.old.toml: orphan",
        "  why[orphan-lock]: no declared environment uses the lock locks/pylock.old.toml",
        "  fix: delete it, or declare the environment that it is for: git rm locks/pylock.old.toml",
        "1 environment: 1 fresh; 2 orphan locks",
    ]
    assert project.run("lockhouse", "check", "--strict").returncode == 1
    assert "orphan" not in project.run("lockhouse", "check", "kept", "--strict", check=True).output
    github = project.run("lockhouse", "check", "--format", "github", check=True)
    assert github.lines[1].startswith("::warning file=locks/pylock.old.toml,title=lockhouse[orphan-lock]::no declared")
    told = json.loads(project.run("lockhouse", "check", "--json", check=True).stdout)
    assert [(each["code"], each["files"][0]) for each in told["orphans"]] == [
        ("orphan-lock", "locks/plain-requirements.txt"),
        ("orphan-lock", "locks/pylock.old.toml"),
    ]
    if DOCS.is_dir():
        jsonschema.validate(told, json.loads((DOCS / "reference/check.schema.json").read_text("utf-8")))
    unknown = project.run("lockhouse", "check", "--strict", env={"LOCKHOUSE_DISABLE_PLUGINS": "nox"}, check=True)
    assert "orphan" not in unknown.output, "whose environments are not known, whose locks are not either"


def test_locks_for_other_targets_are_no_orphans_while_their_environment_has_such_locks(project: ProjectFolder) -> None:
    declare(project, tests=[])
    both = project.read("pyproject.toml")
    project.write("pyproject.toml", (both + 'resolver = "pip"\npythons = ["3.11"]\n').encode())
    project.run("lockhouse", "lock", check=True)
    (here,) = (project / "locks").iterdir()
    text = here.read_bytes()
    project.write("locks/pylock.tests-cp312-darwin-arm64.toml", text)
    project.write("locks/pylock.tests.toml", text)
    said = project.run("lockhouse", "check", check=True)
    assert [line for line in said.lines if line.endswith(": orphan")] == ["locks/pylock.tests.toml: orphan"]
    project.write("pyproject.toml", both.encode())
    project.run("lockhouse", "lock", check=True)
    said = project.run("lockhouse", "check", check=True)
    assert [line for line in said.lines if line.endswith(": orphan")] == [
        f"locks/{name}: orphan" for name in sorted([here.name, "pylock.tests-cp312-darwin-arm64.toml"])
    ]


def test_a_lock_that_was_edited_by_hand_is_judged_by_content_and_said_to_be_edited(
    project: ProjectFolder, index: PackageIndex
) -> None:
    index.add_wheel("demo", "1.0")
    declare(project, tests=["demo"])
    project.run("lockhouse", "lock", check=True)
    note = "locks/pylock.tests.toml was edited since Lockhouse wrote it"
    assert note not in project.run("lockhouse", "check", "-v", check=True).output
    project.replace("locks/pylock.tests.toml", 'created-by = "lockhouse"', 'created-by = "a bot"')
    fresh = project.run("lockhouse", "check", "-v", check=True)
    assert f"  {note}" in fresh.error_lines
    assert fresh.lines[0] == "tests: fresh"
    declare(project, tests=["demo>1"])
    stale = project.run("lockhouse", "check")
    assert f"  note: {note}" in stale.lines
