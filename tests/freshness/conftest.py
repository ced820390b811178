from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.testing import PackageIndex, ProjectFolder

from .locked_project import Case, Kind, make, put_back, stock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="package")
def stocked() -> Iterator[PackageIndex]:
    """Give the index of the project; a test of its own does not change it."""
    with PackageIndex() as index:
        stock(index)
        yield index


@pytest.fixture(scope="package")
def template(stocked: PackageIndex, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Kind], ProjectFolder]:
    """Give a function from a kind of lock to the locked project, made once for each."""
    made: dict[Kind, ProjectFolder] = {}

    def template(kind: Kind) -> ProjectFolder:
        if kind not in made:
            made[kind] = make(tmp_path_factory.mktemp(str(kind)) / "project", kind, stocked)
        return made[kind]

    return template


@pytest.fixture(scope="package")
def in_place(
    template: Callable[[Kind], ProjectFolder], tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Kind], Case]:
    """Give a function from a kind of lock to the one copy of its project, as it was locked.

    Its environments and caches stay from one edit to the next, as they do for a person.
    """
    folder = tmp_path_factory.mktemp("edited")
    caches = {name: str(folder / name) for name in ("LOCKHOUSE_CACHE_DIR", "PIP_CACHE_DIR", "UV_CACHE_DIR")}

    def in_place(kind: Kind) -> Case:
        case = put_back(template(kind), folder / str(kind), kind)
        case.project.environ.update(caches)
        return case

    return in_place
