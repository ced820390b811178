"""What stands for the content of a project that is installed editable."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.storage.source_trees import source_identity

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("path", ["/x/*.py", "../*.py", "a" * 300, f"{'a' * 300}/*.py", "a\0b", "a/\udcff", ""])
def test_a_path_that_no_file_can_have_names_nothing(path: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("")
    identity = source_identity(tmp_path, [path])
    assert identity == source_identity(tmp_path, [path])
    (tmp_path / "pyproject.toml").write_text("# edited")
    assert source_identity(tmp_path, [path]) != identity


def test_what_is_named_counts(tmp_path: Path) -> None:
    (tmp_path / "backend" / "inner").mkdir(parents=True)
    (tmp_path / "more").mkdir()
    seen = {source_identity(tmp_path, ["*.py", "backend", "more/VERSION"])}
    for number, name in enumerate(["top.py", "backend/api.py", "backend/inner/more.py", "more/VERSION"], start=2):
        (tmp_path / name).write_text("one = 1")
        seen.add(source_identity(tmp_path, ["*.py", "backend", "more/VERSION"]))
        (tmp_path / name).write_text("two = 2")
        seen.add(source_identity(tmp_path, ["*.py", "backend", "more/VERSION"]))
        assert len(seen) == 2 * number - 1
