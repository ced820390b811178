"""Resolvers: they turn requirements into pinned packages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.hookspecs import hookimpl

if TYPE_CHECKING:
    from lockhouse.interfaces import Resolver


class UvPlugin:
    """Registers the resolver ``uv``."""

    @hookimpl
    def lockhouse_register_resolver(self) -> type[Resolver]:
        """Give the class."""
        from lockhouse.resolvers.uv import UvResolver  # noqa: PLC0415 - the fast path never resolves

        return UvResolver


class PipPlugin:
    """Registers the resolver ``pip``."""

    @hookimpl
    def lockhouse_register_resolver(self) -> type[Resolver]:
        """Give the class."""
        from lockhouse.resolvers.pip import PipResolver  # noqa: PLC0415 - the fast path never resolves

        return PipResolver
