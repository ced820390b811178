"""The public face: every name is there, and importing it costs nothing."""

from __future__ import annotations

import subprocess
import sys

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
