from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import InvalidRequirementError

from .declaring import expand, recorded, write

if TYPE_CHECKING:
    from pathlib import Path


def problem(root: Path, text: str) -> str:
    write(root, pyproject__toml=text)
    with pytest.raises(InvalidRequirementError) as caught:
        expand(root, groups=["test"])
    return str(caught.value)


def test_groups_include_groups(tmp_path: Path) -> None:
    write(
        tmp_path,
        pyproject__toml=(
            '[dependency-groups]\nbase = ["a"]\n"Web.Tests" = ["b", {include-group = "BASE"}]\n'
            'test = [\n  {include-group = "web_tests"},\n  {include-group = "base"},\n  "c>=1",\n]\n'
        ),
    )
    spec = expand(tmp_path, groups=["Test"])
    assert [(item.text, str(item.origin)) for item in spec.requirements] == [
        ("b", 'dependency group "Web.Tests" (pyproject.toml:3)'),
        ("a", 'dependency group "base" (pyproject.toml:2)'),
        ("c>=1", 'dependency group "test" (pyproject.toml:7)'),
    ]


def test_an_empty_group_is_no_error(tmp_path: Path) -> None:
    write(tmp_path, pyproject__toml="[dependency-groups]\ntest = []\n")
    assert recorded(expand(tmp_path, groups=["test"])) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["session \"tests\" (noxfile.py:7): there is no dependency group 'test'", "has none"]),
        ("[dependency-groups]\nTests = []\n", ["has Tests", "fix: write 'Tests' instead of 'test'"]),
        (
            '[dependency-groups]\ntest = [\n  {include-group = "tset"},\n]\n',
            ["(pyproject.toml:3): there is no dependency group 'tset'", "write 'test' instead of 'tset'"],
        ),
        (
            '[dependency-groups]\ntest = [{include-group = "a"}]\na = [{include-group = "test"}]\n',
            ["(pyproject.toml:3)", "includes itself", "test → a → test"],
        ),
        (
            '[dependency-groups]\ntest = [\n  "b",\n  "a = 8",\n]\n',
            ["dependency group \"test\" (pyproject.toml:4): 'a = 8' is not a requirement", "fix: write 'a==8'"],
        ),
        (
            '[dependency-groups]\ntest = ["a >=", {include = "b"}, 3]\n',
            ["3 entries of", "'a >=' is not", "{'include': 'b'} is no entry", "found 3", '{include-group = "NAME"}'],
        ),
        ('[dependency-groups]\ntest = "a"\n', ["is malformed", 'fix: write test = ["pytest>=8"]']),
        ("[dependency-groups]\ntest = []\nTEST = []\n", ["is malformed", "Duplicate", "fix: "]),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path: Path, text: str, words: list[str]) -> None:
    found = problem(tmp_path, text)
    for word in words:
        assert word in found
