"""A project that a resolver under test works for."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from lockhouse.interfaces import ResolveRequest
from lockhouse.interpreters import describe
from lockhouse.model.indexes import Index, IndexOptions
from lockhouse.model.spec import DeclaredRequirement, Origin, canonical_requirement
from lockhouse.process import run_command
from lockhouse.testing.contracts.running import RecordingRunner

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from lockhouse.interfaces import Resolver
    from lockhouse.model.lock import LockedPackage
    from lockhouse.model.target import Target
    from lockhouse.testing.index import PackageIndex


class Resolving:
    """A project that the resolver under test works for."""

    def __init__(self, resolver: Resolver, *, root: Path, scratch: Path, index: PackageIndex) -> None:
        """Begin without a lock.

        :param resolver: the resolver under test
        :param root: the project's folder
        :param scratch: a folder for the scratch folders
        :param index: the index that is asked unless a test says otherwise
        """
        self.resolver = resolver
        self.root = root
        self.index = index
        self.run = RecordingRunner()
        self._scratch = scratch
        self._target: Target | None = None
        if not resolver.universal:
            self._target = describe(sys.executable, run=run_command, cache=None, environ=os.environ)

    def __call__(
        self,
        *requirements: str | DeclaredRequirement,
        constraints: Sequence[str] = (),
        environ: dict[str, str] | None = None,
        **fields: Any,
    ) -> tuple[LockedPackage, ...]:
        """Resolve.

        :param requirements: PEP 508 lines, or whole declarations
        :param constraints: PEP 508 lines
        :param environ: variables of the user to add
        :param fields: further fields of the request
        """
        scratch = self._scratch / str(len(list(self._scratch.iterdir())))
        scratch.mkdir()
        fields.setdefault("indexes", IndexOptions(default=Index(url=self.index.url_with_credentials)))
        fields.setdefault("requires_python", f">=3.{sys.version_info.minor}")
        request = ResolveRequest(
            root=self.root,
            scratch=scratch,
            requirements=tuple(declare(item) for item in requirements),
            constraints=tuple(declare(item) for item in constraints),
            target=self._target,
            environ={**os.environ, **(environ or {})},
            **fields,
        )
        return self.resolver.resolve(request, self.run).packages

    def versions(self, *requirements: str | DeclaredRequirement, **fields: Any) -> dict[str, str | None]:
        """Resolve; give the versions by name."""
        return versions(self(*requirements, **fields))

    def lock(self, *requirements: str, **fields: Any) -> tuple[LockedPackage, ...]:
        """Resolve, and record the dependencies as operations do from the metadata of the files."""
        return tuple(replace(p, requires=self._requires(p)) for p in self(*requirements, **fields))

    def _requires(self, package: LockedPackage) -> tuple[str, ...]:
        if package.requires is not None:
            return package.requires
        return self.dependencies.get((package.name, package.version), ())

    dependencies: ClassVar[dict[tuple[str, str | None], tuple[str, ...]]] = {}


def declare(item: str | DeclaredRequirement, *, path: str | None = None, editable: bool = False) -> DeclaredRequirement:
    """Declare a requirement as the readers of declarations do.

    :param item: a PEP 508 line
    :param path: path of a directory or archive, relative to the project
    :param editable: whether a directory is to be editable
    """
    if isinstance(item, DeclaredRequirement):
        return item
    text = canonical_requirement(Requirement(item))
    return DeclaredRequirement(text=text, origin=Origin(source="the test"), path=path, editable=editable)


def versions(packages: Sequence[LockedPackage]) -> dict[str, str | None]:
    """Give the version of each package."""
    return {package.name: package.version for package in packages}


def by_name(packages: Sequence[LockedPackage]) -> dict[str, LockedPackage]:
    """Give each package by its name; there must be one a name."""
    found: dict[str, LockedPackage] = {package.name: package for package in packages}
    if len(found) != len(packages):
        raise AssertionError(f"one name twice: {[package.label for package in packages]}")
    return found


def names(*given: str) -> frozenset[Any]:
    """Give normalised names."""
    return frozenset(canonicalize_name(name) for name in given)
