"""Every tutorial and how-to with commands is followed for real, against an index of the tests' own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.docs.pages import DOCS, fill, follow

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from lockhouse.testing import PackageIndex, ProjectFolder

pytestmark = pytest.mark.skipif(not DOCS.is_dir(), reason="the documentation is not part of this copy")

#: Page → how many commands it has, so that a block that is not recognised is noticed.
PAGES = {
    "tutorials/nox.md": 9,
    "tutorials/tox.md": 8,
    "how-to/share-a-lock.md": 3,
    "how-to/workspaces.md": 7,
    "how-to/conflicting-environments.md": 3,
    "how-to/update-bots.md": 2,
    "how-to/upgrade.md": 6,
    "how-to/private-indexes.md": 1,
}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_can_be_followed(
    page: str,
    project: ProjectFolder,
    index: PackageIndex,
    path_with_pythons: Mapping[str, Path],  # noqa: ARG001 - nox and tox look for them there
    require_python: Callable[[str], Path],
) -> None:
    for python in ("3.11", "3.12"):
        require_python(python)
    fill(index)
    assert follow(DOCS / page, project, index) == PAGES[page]
