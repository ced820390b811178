"""Short ways to make values for the tests of pure rules."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from lockhouse.model.lock import Artifact, ArtifactKind, Lock, LockedPackage, LockRecord
from lockhouse.model.spec import DeclaredRequirement, EnvironmentSpec, Origin, canonical_requirement


def declared(text: str, line: int = 1) -> DeclaredRequirement:
    return DeclaredRequirement(
        text=canonical_requirement(Requirement(text)),
        origin=Origin(source='dependency group "test"', file="pyproject.toml", line=line),
    )


def spec(*requirements: str, constraints: tuple[str, ...] = (), **fields: Any) -> EnvironmentSpec:
    known: dict[str, Any] = {"name": "tests", "lock_name": "tests", "requires_python": ">=3.11"}
    known |= {"origin": Origin(source="[tool.lockhouse.environments.tests]", file="pyproject.toml", line=9)}
    return EnvironmentSpec(
        **(known | fields),
        requirements=tuple(declared(text) for text in requirements),
        constraints=tuple(declared(text) for text in constraints),
    )


def wheel(name: str, version: str, tag: str = "py3-none-any", **fields: Any) -> Artifact:
    filename = f"{name.replace('-', '_')}-{version}-{tag}.whl"
    known: dict[str, Any] = {
        "filename": filename,
        "url": f"https://index.example/files/{filename}",
        "hashes": {"sha256": hashlib.sha256(filename.encode()).hexdigest()},
    }
    return Artifact(kind=ArtifactKind.WHEEL, **(known | fields))


def pin(name: str, version: str, *requires: str, **fields: Any) -> LockedPackage:
    known: dict[str, Any] = {"artifacts": (wheel(name, version),), "requires": requires}
    return LockedPackage(name=canonicalize_name(name), version=version, **(known | fields))


def lock_of(made_from: EnvironmentSpec, *packages: LockedPackage, **fields: Any) -> Lock:
    known: dict[str, Any] = {
        "requires_python": made_from.requires_python,
        "record": LockRecord(inputs=made_from.inputs),
    }
    return Lock(packages=tuple(packages), **(known | fields))


def changed(lock: Lock, name: str, **fields: Any) -> Lock:
    return replace(lock, packages=tuple(replace(p, **fields) if p.name == name else p for p in lock.packages))
