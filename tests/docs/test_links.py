"""The pages can be read as plain files, as a forge shows them: every link has words, and leads somewhere."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.docs.pages import DOCS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.skipif(not DOCS.is_dir(), reason="the documentation is not part of this copy")

ROOT = DOCS.parent
#: Text of blocks and of code in a line, which holds no links.
_CODE = re.compile(r"(?ms)^```.*?^```$|`[^`\n]*`")
_LINK = re.compile(r"(?s)\[(?P<words>(?:[^\[\]]|\[[^\]]*\])*)\]\((?P<target>[^)\s]+)\)")


def pages() -> list[Path]:
    return [*sorted(DOCS.rglob("*.md")), *sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("examples/*/*.md"))]


def links(page: Path) -> Iterator[tuple[str, str]]:
    text = _CODE.sub(lambda match: "code" if match[0].count("`") == 2 else "", page.read_text(encoding="utf-8"))
    return ((match["words"].strip(), match["target"]) for match in _LINK.finditer(text))


def anchors(page: Path) -> set[str]:
    """Give the anchors of the headings, as forges and MyST make them."""
    headings = re.findall(r"(?m)^#{1,6} (.+)$", page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_has_words_and_leads_somewhere(page: Path) -> None:
    for words, target in links(page):
        assert words, f"the link to {target} has no words"
        if "://" in target:
            continue
        name, _, anchor = target.partition("#")
        file = page.parent / name if name else page
        assert file.exists(), f"{target} leads nowhere"
        assert not anchor or anchor in anchors(file), f"{target}: no heading of this name"


def test_links_are_found() -> None:
    assert sum(1 for page in pages() for _ in links(page)) > 50


@pytest.mark.parametrize("room", sorted(path.parent.name for path in DOCS.glob("*/index.md")))
def test_an_index_lists_each_page_of_its_folder_with_its_title_and_what_it_is_for(room: str) -> None:
    index = (DOCS / room / "index.md").read_text(encoding="utf-8")
    listed = {match[2]: match[1] for match in re.finditer(r"(?m)^- \[([^\]]+)\]\(([a-z-]+)\.md\): \S.+$", index)}
    titles = {
        path.stem: re.findall(r"(?m)^# (.+)$", path.read_text(encoding="utf-8"))[0]
        for path in (DOCS / room).glob("*.md")
        if path.name != "index.md"
    }
    assert listed == titles
    assert set(re.findall(r"(?m)^([a-z-]+)$", index)) == titles.keys(), "the list of the book's contents"
