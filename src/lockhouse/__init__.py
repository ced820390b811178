"""Lockhouse: every nox session and tox environment installs exactly what its lock says.

This is the public face: what plugins and programs may rely on. nox users import :mod:`lockhouse.nox`; tox finds
``runner = lockhouse`` by itself.
"""

from __future__ import annotations

TYPE_CHECKING = False  # `typing` takes longer to import than a quick check may
if TYPE_CHECKING:
    from typing import Any

    from lockhouse.errors import LockhouseError
    from lockhouse.hookspecs import hookimpl
    from lockhouse.interfaces import (
        ArtifactLocation,
        Command,
        CommandResult,
        CommandRunner,
        Installer,
        InstallRequest,
        Reporter,
        Resolution,
        Resolver,
        ResolveRequest,
        StoredFile,
    )
    from lockhouse.model.drift import Drifted, DriftReason, Matching
    from lockhouse.model.freshness import Finding, Fresh, Missing, Reason, Stale
    from lockhouse.model.indexes import Index, IndexOptions
    from lockhouse.model.lock import Artifact, ArtifactKind, Lock, LockedPackage, LockRecord
    from lockhouse.model.outcomes import SyncOutcome
    from lockhouse.model.receipt import Receipt
    from lockhouse.model.spec import DeclaredRequirement, EnvironmentSpec, Origin
    from lockhouse.model.target import Target
    from lockhouse.operations.lock_outcome import LockFailure, LockOutcome, LockStatus
    from lockhouse.operations.verify import MadeEnvironment, Verified
    from lockhouse.project import Project
    from lockhouse.project.declarations import Declarations

#: Where each public name is defined. They are loaded when they are used: `import lockhouse` costs nothing.
_HOMES = {
    "lockhouse.errors": ("LockhouseError",),
    "lockhouse.hookspecs": ("hookimpl",),
    "lockhouse.interfaces": (
        "ArtifactLocation",
        "Command",
        "CommandResult",
        "CommandRunner",
        "InstallRequest",
        "Installer",
        "Reporter",
        "Resolution",
        "ResolveRequest",
        "Resolver",
        "StoredFile",
    ),
    "lockhouse.model.drift": ("DriftReason", "Drifted", "Matching"),
    "lockhouse.model.freshness": ("Finding", "Fresh", "Missing", "Reason", "Stale"),
    "lockhouse.model.indexes": ("Index", "IndexOptions"),
    "lockhouse.model.lock": ("Artifact", "ArtifactKind", "Lock", "LockRecord", "LockedPackage"),
    "lockhouse.model.outcomes": ("SyncOutcome",),
    "lockhouse.model.receipt": ("Receipt",),
    "lockhouse.model.spec": ("DeclaredRequirement", "EnvironmentSpec", "Origin"),
    "lockhouse.model.target": ("Target",),
    "lockhouse.operations.lock_outcome": ("LockFailure", "LockOutcome", "LockStatus"),
    "lockhouse.operations.verify": ("MadeEnvironment", "Verified"),
    "lockhouse.project": ("Project",),
    "lockhouse.project.declarations": ("Declarations",),
}

__all__ = [
    "Artifact",
    "ArtifactKind",
    "ArtifactLocation",
    "Command",
    "CommandResult",
    "CommandRunner",
    "Declarations",
    "DeclaredRequirement",
    "DriftReason",
    "Drifted",
    "EnvironmentSpec",
    "Finding",
    "Fresh",
    "Index",
    "IndexOptions",
    "InstallRequest",
    "Installer",
    "Lock",
    "LockFailure",
    "LockOutcome",
    "LockRecord",
    "LockStatus",
    "LockedPackage",
    "LockhouseError",
    "MadeEnvironment",
    "Matching",
    "Missing",
    "Origin",
    "Project",
    "Reason",
    "Receipt",
    "Reporter",
    "Resolution",
    "ResolveRequest",
    "Resolver",
    "Stale",
    "StoredFile",
    "SyncOutcome",
    "Target",
    "Verified",
    "hookimpl",
]


def __getattr__(name: str) -> Any:
    from importlib import import_module  # noqa: PLC0415 - most runs import what they need by its place

    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(home), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
