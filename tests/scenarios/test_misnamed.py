"""A wheel whose file name is none of a wheel: resolvers pass over it without a word, and we say so."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from lockhouse.testing import build_wheel

from .installing import declare, lock

if TYPE_CHECKING:
    from lockhouse.testing import PackageIndex, ProjectFolder

RUNNING = f"3.{sys.version_info.minor}"


@pytest.mark.parametrize("resolver", ["uv", "pip"])
def test_a_wheel_that_is_passed_over_for_its_name_is_told(
    resolver: str, index: PackageIndex, project: ProjectFolder
) -> None:
    index.add_wheel("other", "1.0")
    index.add(replace(build_wheel("demo", "1.0"), filename="demo-1.0-py3-any.whl"))
    declare(project, "other", "demo", extra=f'resolver = "{resolver}"\npythons = ["{RUNNING}"]', python=RUNNING)
    told = "demo-1.0-py3-any.whl is listed for demo, and passed over: that is no name of a wheel"
    refused = project.run("lockhouse", "lock")
    assert "error[unsolvable]" in refused.output, refused
    assert f"why: {told}" in refused.output
    index.add_sdist("demo", "1.0")
    said = lock(project)
    assert f"warning: {told}" in said.output
    assert "demo 1.0 is built from its sdist" in said.output
