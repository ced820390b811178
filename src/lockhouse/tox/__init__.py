"""Tox environments that install exactly what their lock says: a thin frontend.

``runner = lockhouse`` in an environment's configuration chooses it; ``tox lock`` and ``tox lock-check`` lock and check.
This module is the plugin that tox loads.
"""

from __future__ import annotations

from typing import Any

from lockhouse.tox.discovery import ToxPlugin, needs

__all__ = ["needs", "plugin"]

#: What is registered with the plugin manager, so that the command line knows the environments of a tox configuration.
plugin = ToxPlugin()

_HOOKS = ("tox_add_env_config", "tox_add_option", "tox_register_tox_env")


def __getattr__(name: str) -> Any:
    # `needs` must answer where tox is not installed, so the hooks, which import it, are loaded when tox asks for them.
    if name in _HOOKS:
        from lockhouse.tox import hooks  # noqa: PLC0415

        return getattr(hooks, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOOKS})
