"""Names of environment variables that several rooms go by; it imports nothing, so that quick answers can have it."""

from __future__ import annotations

#: How the names of variables begin, in capitals, in which addresses of indexes stand, with what is secret in them.
INDEX_PREFIXES = ("PIP_", "UV_", "LOCKHOUSE_")
