"""The files that nox and tox read, and whether one of them says anything to them."""

from __future__ import annotations

from lockhouse.config.pyproject import PYPROJECT

_SETUP_CFG = "setup.cfg"

#: The files without which tox has nothing to run, and those without which neither nox nor tox has.
TOX_FILES = ("tox.ini", "tox.toml", _SETUP_CFG, PYPROJECT)
FRONTEND_FILES = ("noxfile.py", *TOX_FILES)


def is_for_frontend(name: str, content: bytes) -> bool:
    """Tell whether a file says anything to nox or tox.

    :param name: one of the names above
    :param content: what is in it
    """
    if name == _SETUP_CFG:
        return b"tox:tox" in content
    return name != PYPROJECT or (b"tox" in content and _has_tox_table(content))


def _has_tox_table(content: bytes) -> bool:
    """Look for ``tool.tox``, which TOML can spell in many ways."""
    import tomllib  # noqa: PLC0415 - most projects do not name tox there

    try:
        tool = tomllib.loads(content.decode("utf-8-sig")).get("tool", {})
    except (ValueError, RecursionError):  # who reads it says what is wrong with it
        return True
    return isinstance(tool, dict) and isinstance(tool.get("tox"), dict)
