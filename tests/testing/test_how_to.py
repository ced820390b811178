from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from lockhouse.testing import ProjectFolder

PAGE = Path(__file__).parents[2] / "docs/how-to/test-a-plugin.md"


@pytest.mark.skipif(not PAGE.is_file(), reason="the documentation is not part of this copy")
def test_the_examples_of_the_how_to_run(project: ProjectFolder) -> None:
    blocks = re.findall(r"(?ms)^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"))
    for number, block in enumerate(blocks):
        named = re.match(r"# (\S+\.py)\n", block)
        project.write(named[1] if named else f"test_{number}.py", block)
    result = project.run("pytest", "-q", "-p", "no:cacheprovider")
    assert result.returncode == 0, result
    assert result.line_with(" passed").startswith("5 passed")
