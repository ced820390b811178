"""Finds, validates and calls plugins."""

from __future__ import annotations

from lockhouse.plugins.plugins import DEFAULT_RESOLVER, DISABLE_VARIABLE, Plugins, may_have_sessions

__all__ = ["DEFAULT_RESOLVER", "DISABLE_VARIABLE", "Plugins", "may_have_sessions"]
