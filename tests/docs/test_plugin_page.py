"""The page on writing a plugin leads through the example: all its files, and installed before it is tested."""

from __future__ import annotations

import re

import pytest

from tests.docs.pages import DOCS

EXAMPLE = DOCS.parent / "examples/plugin"

pytestmark = pytest.mark.skipif(
    not (DOCS.is_dir() and EXAMPLE.is_dir()), reason="the documentation or the example is not part of this copy"
)


def test_the_page_shows_every_file_and_the_commands_of_the_example_in_their_order() -> None:
    page = (DOCS / "how-to/write-a-plugin.md").read_text(encoding="utf-8")
    shown = {(DOCS / "how-to" / name).resolve() for name in re.findall(r"\{literalinclude\} (\S+)", page)}
    files = {path.resolve() for kind in ("*.py", "*.toml") for path in EXAMPLE.rglob(kind)}
    assert shown == files
    readme = (EXAMPLE / "README.md").read_text(encoding="utf-8")
    install, test = re.findall(r"(?m)^\$ (.+)$", readme)
    commands = re.findall(r"(?m)^\$ (.+)$", page)
    assert commands == [install, test, "lockhouse lock"]
    assert install.startswith("pip install -e . ")
