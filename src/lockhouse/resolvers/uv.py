"""The resolver on top of uv: one resolution for all Pythons and platforms of an environment."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from lockhouse.backends.failures import refused, unreachable
from lockhouse.backends.uv import Uv
from lockhouse.errors import BackendFailedError, LockhouseError, ResolutionError
from lockhouse.interfaces import Resolution
from lockhouse.model.pythons import lower_bound
from lockhouse.resolvers.addresses import IndexAddresses
from lockhouse.resolvers.inputs import LocalPaths, requirement_line, write_lines
from lockhouse.resolvers.seeding import is_from_index, keep_recorded, pin_lines, with_descendants, without
from lockhouse.resolvers.unsolvable import metadata_unbuilt, unknown_package, unsolvable
from lockhouse.resolvers.uv_output import PylockReader, read_index_annotations

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from packaging.utils import NormalizedName

    from lockhouse.interfaces import CommandResult, CommandRunner, ResolveRequest
    from lockhouse.model.lock import LockedPackage

#: Where the bounds have no lower end: the oldest Python that environments are made for.
_OLDEST = "3.8"

_UNKNOWN = re.compile(
    r"[Bb]ecause ([A-Za-z0-9._-]+)\S* was not found in the (?:package registry|provided package locations)"
)
_UNSOLVABLE = re.compile(r"No solution found|conflicting URLs")
_BUILD = re.compile(r"Failed to (build|prepare|generate package metadata)|[Bb]uild backend")


class UvResolver:
    """Resolves with ``uv pip compile --universal``.

    The lower bound of the Pythons is uv's ``--python-version``. An upper bound has no part in the resolution (uv knows
    none): the lock may hold packages for newer Pythons, which no plan ever selects.
    """

    name: ClassVar[str] = "uv"
    universal: ClassVar[bool] = True

    def resolve(self, request: ResolveRequest, run: CommandRunner) -> Resolution:
        """Resolve.

        :param request: what to resolve
        :param run: what runs commands
        :raises ResolutionError: no set of versions satisfies the request
        :raises BackendError: uv is missing or too old, an index cannot be reached, or uv failed
        :raises BuildFailedError: the metadata of an sdist or directory could not be built
        """
        return Resolution(packages=_Resolving(request, run).packages())


class _Resolving:
    """One resolution: the files that uv reads, the runs, and their answer."""

    def __init__(self, request: ResolveRequest, run: CommandRunner) -> None:
        self._request = request
        self._uv = Uv(run, environ=request.environ, root=request.root, indexes=request.indexes)
        self._scratch = request.scratch
        self._runs = 0
        self._inputs = write_lines(
            self._scratch / "requirements.in", [requirement_line(item, request.root) for item in request.requirements]
        )
        self._constraints = [requirement_line(item, request.root) for item in request.constraints]
        self._reader = PylockReader(
            scratch=self._scratch,
            requires_python=request.requires_python,
            secrets=request.indexes.secrets,
            paths=LocalPaths(request.root, request.requirements),
        )

    def packages(self) -> tuple[LockedPackage, ...]:
        request = self._request
        if request.upgrade_all:
            packages = self._compile((), refresh=("--upgrade",))
        elif request.upgrade & {package.name for package in request.present}:
            packages = self._move(request.upgrade)
        else:
            packages = self._compile(request.present)
        return keep_recorded(self._with_indexes(packages), request.present)

    def _move(self, names: frozenset[NormalizedName]) -> tuple[LockedPackage, ...]:
        """Move packages to their newest version, and others only as far as these force them.

        A present pin that a moved package depends on would hold it back, for uv prefers present pins. So a first run
        is free to move what they bring in; a second one holds the moved packages where that led and all others where
        they are, and lets uv leave a present pin only where it must.
        """
        present = self._request.present
        refresh = tuple(f"--refresh-package={name}" for name in sorted(names))
        free = self._compile(without(present, with_descendants(names, present)), refresh=refresh)
        moved = pin_lines(package for package in free if package.name in names)
        try:
            return self._compile(without(present, names), constraints=moved)
        except ResolutionError:
            return free

    def _compile(
        self, seed: tuple[LockedPackage, ...], *, constraints: Iterable[str] = (), refresh: tuple[str, ...] = ()
    ) -> tuple[LockedPackage, ...]:
        output = self._next_file("pylock.{}.toml")
        _write_seed(output, seed)
        result = self._run(output, "--format=pylock.toml", "--generate-hashes", *refresh, constraints=constraints)
        if result.returncode != 0:
            raise self._failure(result)
        return self._reader.read(output)

    def _run(self, output: Path, *options: str, constraints: Iterable[str] = ()) -> CommandResult:
        request = self._request
        bounds = write_lines(self._next_file("constraints.{}.txt"), [*self._constraints, *constraints])
        arguments = [
            "pip", "compile", str(self._inputs), "--constraints", str(bounds), "--output-file", str(output),
            "--universal", "--python-version", str(lower_bound(request.requires_python) or _OLDEST),
            "--python", sys.executable, "--no-header", "--no-sources", "--quiet",
        ]  # fmt: skip
        if request.prereleases:
            arguments += ["--prerelease", "allow"]
        if request.exclude_newer is not None:
            arguments += ["--exclude-newer", request.exclude_newer]
        if request.indexes.no_index:
            arguments.append("--no-index")
        return self._uv(*arguments, *options)

    def _with_indexes(self, packages: tuple[LockedPackage, ...]) -> tuple[LockedPackage, ...]:
        """Set the index that each package came from: uv tells it in its requirements format only."""
        indexes = self._request.indexes
        if indexes.no_index:
            return packages
        if not indexes.extra and not indexes.find_links:
            default = None if indexes.default is None else indexes.default.public_url
            return tuple(replace(p, index=default) if is_from_index(p) else p for p in packages)
        output = write_lines(self._next_file("requirements.{}.txt"), pin_lines(packages))
        result = self._run(
            output,
            "--format=requirements.txt",
            "--no-annotate",
            "--emit-index-annotation",
            constraints=pin_lines(packages),
        )
        if result.returncode != 0:
            raise self._failure(result)
        known = IndexAddresses(indexes)
        told = read_index_annotations(output.read_text(encoding="utf-8"))
        return tuple(replace(p, index=known.public_of(told.get((p.name, p.version or ""), ""))) for p in packages)

    def _next_file(self, pattern: str) -> Path:
        self._runs += 1
        return self._scratch / pattern.format(self._runs)

    def _failure(self, result: CommandResult) -> LockhouseError:
        lines = self._uv.explain(result)
        text = "\n".join(lines)
        if error := refused(lines, self._request.indexes):
            return error
        if unknown := _UNKNOWN.search(text):
            return unknown_package(unknown[1], lines, self._request)
        if _UNSOLVABLE.search(text):
            return unsolvable(lines, self._request)
        if error := unreachable(lines, self._request.indexes):
            return error
        if _BUILD.search(text):
            return metadata_unbuilt(lines)
        return BackendFailedError("uv cannot resolve the requirements", why=lines)


def _write_seed(output: Path, packages: Iterable[LockedPackage]) -> None:
    """Write down the present pins where uv looks for its preferences: in the file that it is about to write."""
    import tomli_w  # noqa: PLC0415 - only a resolution writes this

    entries = [_seed_entry(package) for package in packages if package.version is not None]
    content = {"lock-version": "1.0", "created-by": "lockhouse", "packages": entries}
    output.write_text(tomli_w.dumps(content), encoding="utf-8")


def _seed_entry(package: LockedPackage) -> dict[str, object]:
    entry: dict[str, object] = {"name": package.name, "version": package.version}
    if package.marker is not None:
        entry["marker"] = package.marker
    for artifact in package.artifacts:
        if artifact.commit_id is not None:
            vcs = {"type": artifact.vcs, "url": artifact.url, "commit-id": artifact.commit_id}
            if artifact.requested_revision is not None:
                vcs["requested-revision"] = artifact.requested_revision
            entry["vcs"] = vcs
    return entry
