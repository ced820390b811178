"""Tox environments that install exactly what their lock says: a thin frontend.

``runner = lockhouse`` in an environment's configuration chooses it; ``tox lock`` and ``tox lock-check`` lock and check.
This module is the plugin that tox loads; importing it does not import tox, which need not be installed.
"""

from __future__ import annotations

from lockhouse.tox.discovery import ToxPlugin, needs
from lockhouse.tox.hooks import tox_add_core_config, tox_add_env_config, tox_add_option, tox_register_tox_env

__all__ = [
    "needs",
    "plugin",
    "tox_add_core_config",
    "tox_add_env_config",
    "tox_add_option",
    "tox_register_tox_env",
]

#: What is registered with the plugin manager, so that the command line knows the environments of a tox configuration.
plugin = ToxPlugin()
