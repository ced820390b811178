"""Interpreters: what one accepts (asked, and remembered), which one it is (never asked), and where one is found."""

from __future__ import annotations

TYPE_CHECKING = False  # `typing` takes longer to import than a quick answer may
if TYPE_CHECKING:
    from lockhouse.interpreters.description import describe
    from lockhouse.interpreters.discovery import find_interpreter
    from lockhouse.interpreters.identity import identify, prefix_of, site_packages_of

__all__ = ["describe", "find_interpreter", "identify", "prefix_of", "site_packages_of"]

_MODULES = {"describe": "description", "find_interpreter": "discovery"}


def __getattr__(name: str) -> object:
    """Import what is asked for when it is: most runs need but the identity."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415 - loaded already

    return getattr(import_module(f"{__name__}.{_MODULES.get(name, 'identity')}"), name)
