"""A plugin for Lockhouse: packages that the project's ``[tool.team-rules]`` bans are in no lock.

::

    [tool.team-rules]
    banned = { requests = "we use httpx", "left-pad" = "" }
"""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from lockhouse import Finding, hookimpl
from lockhouse.errors import InvalidSettingError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from packaging.utils import NormalizedName

    from lockhouse import Lock

_TABLE = "[tool.team-rules]"


@hookimpl
def lockhouse_check_lock(lock: Lock, root: Path) -> Iterable[Finding]:
    """Find the banned packages of a lock.

    A hook takes those of its arguments that it needs: this rule is the same for every environment.

    :param lock: the content of the lock
    :param root: the project's folder
    """
    banned = _banned(root / "pyproject.toml")
    for package in lock.packages:
        if package.name in banned:
            reason = banned[package.name]
            message = f"{package.label} is banned by {_TABLE}" + (f": {reason}" if reason else "")
            yield Finding(code="banned-package", message=message, package=package.name)


def _banned(pyproject: Path) -> Mapping[NormalizedName, str]:
    """Read which packages are banned, and why.

    :raises InvalidSettingError: the table is not of the form that it must have
    """
    if not pyproject.is_file():
        return {}
    table = tomllib.loads(pyproject.read_text(encoding="utf-8")).get("tool", {}).get("team-rules", {})
    banned = table.get("banned", {})
    if not isinstance(banned, dict) or not all(isinstance(reason, str) for reason in banned.values()):
        raise InvalidSettingError(
            f"pyproject.toml: {_TABLE}: banned is to be a table of names and reasons",
            fix='write banned = { NAME = "reason" }',
        )
    return {canonicalize_name(name): reason for name, reason in banned.items()}
