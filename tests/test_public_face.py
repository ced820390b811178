"""The public face: every name is there, and importing it costs nothing."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import lockhouse


def test_every_public_name_can_be_had_and_has_one_home() -> None:
    homes = [name for names in lockhouse._HOMES.values() for name in names]
    assert sorted(homes) == sorted(lockhouse.__all__)
    assert len(set(homes)) == len(homes)
    for name in lockhouse.__all__:
        assert getattr(lockhouse, name) is not None


def test_importing_the_package_loads_nothing_else() -> None:
    code = "import sys, lockhouse; print(sorted(m for m in sys.modules if m.startswith(('lockhouse.', 'packaging'))))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_page_of_the_python_api_names_what_can_be_imported() -> None:
    page = (Path(__file__).parents[1] / "docs/reference/api.md").read_text("utf-8")
    places = re.findall(r"autoclass:: lockhouse\.([\w.]+)\.(\w+)$", page, re.MULTILINE)
    assert len(places) > 20
    others = {name for home, name in places if home.partition(".")[0] != "testing"}
    assert others <= set(lockhouse.__all__)
