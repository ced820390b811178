"""Nox sessions that install exactly what their lock says: a thin frontend.

::

    import lockhouse.nox as lockhouse

    @lockhouse.session(python=["3.11", "3.12"], groups=["test"], project="editable")
    def tests(session):
        session.run("pytest", *session.posargs)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lockhouse.nox.decorator import session
    from lockhouse.nox.discovery import needs, plugin

__all__ = ["needs", "plugin", "session"]


def __getattr__(name: str) -> Any:
    # `needs` must answer where nox is not installed, and a session needs nothing of what discovery imports.
    if name == "session":
        from lockhouse.nox.decorator import session  # noqa: PLC0415

        return session
    if name in {"needs", "plugin"}:
        from lockhouse.nox import discovery  # noqa: PLC0415

        return getattr(discovery, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
