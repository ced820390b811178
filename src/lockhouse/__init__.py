"""Lockhouse: every nox session and tox environment installs exactly what its lock says."""
