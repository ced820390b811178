"""Tox environments that install exactly what their lock says: a thin frontend.

``runner = lockhouse`` in an environment's configuration chooses it; ``tox lock`` and ``tox lock-check`` lock and check.
This module is the plugin that tox loads; importing it does not import tox, which need not be installed.
"""

from __future__ import annotations

from lockhouse.tox.hooks import tox_add_core_config, tox_add_env_config, tox_add_option, tox_register_tox_env

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from lockhouse.tox.discovery import needs, plugin

__all__ = [
    "needs",
    "plugin",
    "tox_add_core_config",
    "tox_add_env_config",
    "tox_add_option",
    "tox_register_tox_env",
]


def __getattr__(name: str) -> Any:
    if name in {"needs", "plugin"}:  # tox loads this module for each run, and uses neither
        from lockhouse.tox import discovery  # noqa: PLC0415 - likewise

        return getattr(discovery, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
