"""Interpreters: what one accepts (asked, and remembered), which one it is (never asked), and where one is found."""

from lockhouse.interpreters.description import describe
from lockhouse.interpreters.discovery import find_interpreter
from lockhouse.interpreters.identity import identify, prefix_of, site_packages_of

__all__ = ["describe", "find_interpreter", "identify", "prefix_of", "site_packages_of"]
