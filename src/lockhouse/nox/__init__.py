"""Nox sessions that install exactly what their lock says: a thin frontend.

::

    import lockhouse.nox as lockhouse

    @lockhouse.session(python=["3.11", "3.12"], groups=["test"], project="editable")
    def tests(session):
        session.run("pytest", *session.posargs)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lockhouse.nox.discovery import NoxPlugin, needs

if TYPE_CHECKING:
    from lockhouse.nox.decorator import session

__all__ = ["needs", "plugin", "session"]

#: What is registered with the plugin manager, so that the command line knows the sessions of a noxfile.
plugin = NoxPlugin()


def __getattr__(name: str) -> Any:
    # `needs` must answer where nox is not installed, so the decorator, which imports it, is loaded when it is used.
    if name == "session":
        from lockhouse.nox.decorator import session  # noqa: PLC0415

        return session
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
