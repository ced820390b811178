from __future__ import annotations

import subprocess
import sys

import pluggy

from lockhouse import hookspecs, installers, resolvers


def test_all_are_registered_through_the_hooks() -> None:
    manager = pluggy.PluginManager(hookspecs.NAME)
    manager.add_hookspecs(hookspecs)
    for room in (resolvers, installers):
        manager.register(room.UvPlugin())
        manager.register(room.PipPlugin())
    manager.check_pending()
    found = manager.hook.lockhouse_register_resolver() + manager.hook.lockhouse_register_installer()
    assert sorted(kind.name for kind in found) == ["pip", "pip", "uv", "uv"]


def test_the_rooms_are_imported_without_what_is_heavy() -> None:
    code = (
        "import sys, lockhouse.resolvers, lockhouse.installers\n"
        "print([name for name in ('subprocess', 'tomllib', 'uv', 'lockhouse.backends.pip') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
