from __future__ import annotations

import pytest

from lockhouse.config.toml_lines import TomlLines

TEXT = '''\
# "pytest" in a comment
[project]
name = "demo"
description = """
[fake]
key = "pytest"
"""
dependencies = [
  "rich>=13",  # not "pytest"
  'click', "attrs",
]

[dependency-groups]
test = ["pytest"]
"other name" = [
  { include-group = "test" },
  "pytest",
]

[tool.lockhouse.environments."py.x"]
groups = ["test"]
inline = { deep = ["pytest", "twice", "twice"] }
a.b = "dotted"

[[tool.uv.index]]
url = "https://index.example"
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("project",), 2),
        (("project", "dependencies"), 8),
        (("dependency-groups", "other name"), 15),
        (("tool", "lockhouse", "environments", "py.x"), 20),
        (("tool", "lockhouse", "environments", "py.x", "inline", "deep"), 22),
        (("tool", "lockhouse", "environments", "py.x", "a", "b"), 23),
        (("fake",), None),
        (("fake", "key"), None),
        ((), None),
    ],
)
def test_keys(path: tuple[str, ...], line: int | None) -> None:
    assert TomlLines(TEXT).line_of_key(path) == line


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        (("project", "dependencies"), "rich>=13", 9),
        (("project", "dependencies"), "click", 10),
        (("project", "dependencies"), "attrs", 10),
        (("project", "dependencies"), "pytest", None),
        (("dependency-groups", "test"), "pytest", 14),
        (("dependency-groups", "other name"), "pytest", 17),
        (("dependency-groups", "other name"), "test", 16),
        (("tool", "lockhouse", "environments", "py.x", "inline", "deep"), "pytest", 22),
        (("tool", "uv", "index", "url"), "https://index.example", 26),
    ],
)
def test_strings(path: tuple[str, ...], text: str, line: int | None) -> None:
    assert TomlLines(TEXT).line_of_string(path, text) == line


def test_escapes() -> None:
    lines = TomlLines('a = ["x; os_name == \\"nt\\"",\n "y\\\\"]\n')
    assert lines.line_of_string(("a",), 'x; os_name == "nt"') == 1
    assert lines.line_of_string(("a",), "y\\") == 2
