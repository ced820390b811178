from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.config.file_lines import FileLines

if TYPE_CHECKING:
    from pathlib import Path

TEXT = """\
[testenv]
deps = one
  two>=1
  py311: three  # why
  twice
commands = twice
env.x.deps = ["four==4", "five"]
"""


@pytest.mark.parametrize(
    ("text", "line"),
    [("one", 2), ("two>=1", 3), ("three", 4), ("four==4", 7), ("five", 7), ("twice", None), ("six", None), ("w", None)],
)
def test_the_one_line_that_holds_a_text(tmp_path: Path, text: str, line: int | None) -> None:
    path = tmp_path / "tox.ini"
    path.write_text(TEXT, encoding="utf-8")
    assert FileLines(path).of(text) == line


def test_a_file_that_is_not_there_has_no_lines(tmp_path: Path) -> None:
    assert FileLines(tmp_path / "tox.ini").of("one") is None
