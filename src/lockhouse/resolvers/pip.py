"""The resolver on top of pip: one resolution for one target."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from packaging.version import Version

from lockhouse.backends.failures import refused, unreachable
from lockhouse.backends.pip import Pip
from lockhouse.errors import (
    BackendFailedError,
    BackendTooOldError,
    InterpreterError,
    LockhouseError,
    ResolutionError,
)
from lockhouse.interfaces import Resolution
from lockhouse.resolvers.inputs import LocalPaths, requirement_line, write_lines
from lockhouse.resolvers.pip_output import ReportReader, read_found_links, read_skipped_pages
from lockhouse.resolvers.revisions import HeldRevisions
from lockhouse.resolvers.seeding import Incoming, keep_recorded, pin_lines, with_descendants, without
from lockhouse.resolvers.unsolvable import metadata_unbuilt, unknown_package, unsolvable

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from lockhouse.interfaces import CommandResult, CommandRunner, ResolveRequest
    from lockhouse.model.lock import LockedPackage
    from lockhouse.model.target import Target

_CUTOFF_SINCE = Version("26.0")

_UNKNOWN = re.compile(r"No matching distribution found for ([A-Za-z0-9._-]+)")
_UNSOLVABLE = re.compile(
    r"ResolutionImpossible|conflicting dependencies|No matching distribution|requires a different Python"
)
_LINE_OF_FILE = re.compile(r"-r \S*requirements\.txt \(line (\d+)\)")
_BUILD = re.compile(r"metadata-generation-failed|Failed to build|subprocess-exited-with-error|pyproject_hooks")


class PipResolver:
    """Resolves with ``pip install --dry-run --report``, by a pip that serves the target."""

    name: ClassVar[str] = "pip"
    universal: ClassVar[bool] = False

    def resolve(self, request: ResolveRequest, run: CommandRunner) -> Resolution:
        """Resolve.

        :param request: what to resolve; it names a target
        :param run: what runs commands
        :raises ResolutionError: no set of versions satisfies the request
        :raises BackendError: no pip serves the target, an index cannot be reached, or pip failed
        :raises BuildFailedError: the metadata of an sdist or directory could not be built
        """
        if request.target is None:
            raise InterpreterError("the resolver pip needs an interpreter", why="it resolves for one target at a time")
        packages = _Resolving(request, request.target, run).packages()
        return Resolution(packages=keep_recorded(packages, request.present))


class _Resolving:
    """One resolution: the files that pip reads, the runs, and their answer.

    pip knows no preferences, only constraints. So the present pins are tried as constraints first; where that has no
    solution, a free run shows where things go, and a last one holds all those that need not move.
    """

    def __init__(self, request: ResolveRequest, target: Target, run: CommandRunner) -> None:
        self._request = request
        self._target = target
        self._scratch = request.scratch
        self._runs = 0
        self._pip = Pip(
            run,
            target=target,
            scratch=request.scratch,
            environ=request.environ,
            root=request.root,
            indexes=request.indexes,
        )
        if request.exclude_newer is not None and self._pip.version < _CUTOFF_SINCE:
            raise BackendTooOldError(
                f"pip {self._pip.version} knows no cut-off date",
                why=f"exclude-newer = {request.exclude_newer} needs pip {_CUTOFF_SINCE} or newer",
                fix='choose the resolver "uv" for this environment, or leave out exclude-newer',
            )
        staying = () if request.upgrade_all else without(request.present, request.upgrade)
        self._revisions = HeldRevisions(staying, request.indexes.secrets)
        self._inputs = write_lines(
            self._scratch / "requirements.txt",
            [self._revisions.line(item, requirement_line(item, request.root)) for item in request.requirements],
        )
        self._constraints = [requirement_line(item, request.root) for item in request.constraints]

    def packages(self) -> tuple[LockedPackage, ...]:
        present = () if self._request.upgrade_all else self._declared_allow(self._request.present)
        if not present:
            return self._install(())
        upgrade = self._request.upgrade
        held = without(present, with_descendants(upgrade, present))
        first = self._try(held)
        if first is not None and not upgrade & {package.name for package in present}:
            return first
        result = self._install(()) if first is None else first
        # what was upgraded stays where it got to, every other present pin that the result allows is held
        moved = [package for package in result if package.name in upgrade]
        stay = Incoming(self._request, result, self._target.markers).allow(without(present, upgrade))
        return self._try((*stay, *moved)) or result

    def _declared_allow(self, packages: Iterable[LockedPackage]) -> tuple[LockedPackage, ...]:
        return Incoming(self._request, (), self._target.markers).allow(packages)

    def _try(self, pins: tuple[LockedPackage, ...]) -> tuple[LockedPackage, ...] | None:
        try:
            return self._install(pins)
        except ResolutionError:
            return None

    def _install(self, pins: tuple[LockedPackage, ...]) -> tuple[LockedPackage, ...]:
        request = self._request
        self._runs += 1
        report = self._scratch / f"report.{self._runs}.json"
        log = self._scratch / f"log.{self._runs}.txt"
        bounds = write_lines(
            self._scratch / f"constraints.{self._runs}.txt", [*self._constraints, *pin_lines(pins, markers=False)]
        )
        arguments = ["--report", str(report), "--log", str(log), "--requirement", str(self._inputs)]
        arguments += ["--constraint", str(bounds)]
        if request.prereleases:
            arguments.append("--pre")
        if request.exclude_newer is not None:
            arguments += ["--uploaded-prior-to", request.exclude_newer]
        result = self._pip("install", "--dry-run", "--ignore-installed", *arguments)
        if result.returncode != 0:
            raise self._failure(result, log)
        reader = ReportReader(
            indexes=request.indexes,
            found=read_found_links(log),
            paths=LocalPaths(request.root, request.requirements),
        )
        return tuple(map(self._revisions.restore, reader.read(report)))

    def _declared_on(self, match: re.Match[str]) -> str:
        """Give the requirement on a line of the file that pip was given: the file is gone when the message is read."""
        number = int(match[1])
        declared = self._request.requirements
        return declared[number - 1].recorded if 0 < number <= len(declared) else match[0]

    def _failure(self, result: CommandResult, log: Path) -> LockhouseError:
        """Turn pip's failure into an error; pip calls a package unknown too when its index was not reached."""
        said = (*read_skipped_pages(log, self._request.indexes.secrets), *self._pip.explain(result))
        lines = tuple(_LINE_OF_FILE.sub(self._declared_on, line) for line in said)
        text = "\n".join(lines)
        if error := refused(lines, self._request.indexes) or unreachable(lines, self._request.indexes):
            return error
        unknown = _UNKNOWN.search(text)
        if unknown and "(from versions: none)" in text:
            target = f" for Python {self._target.python}"
            return unknown_package(unknown[1], lines, self._request, target=target)
        if _UNSOLVABLE.search(text):
            return unsolvable(lines, self._request)
        if _BUILD.search(text):
            return metadata_unbuilt(lines)
        return BackendFailedError("pip cannot resolve the requirements", why=lines)
