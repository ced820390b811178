"""Says of each project in a folder which wheel an environment would get now, and why. Nothing is built or installed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lockhouse.interpreters import prefix_of
from lockhouse.model.build_policy import Rebuild
from lockhouse.model.project_info import PURE, BuildState, ProjectInfo
from lockhouse.model.spec import ProjectMode
from lockhouse.operations.sources import PROJECT, changes_of_project
from lockhouse.operations.sync import Syncing
from lockhouse.storage.receipts import read_receipt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockhouse.errors import LockhouseError
    from lockhouse.model.project_info import ExpectedWheel
    from lockhouse.model.receipt import InstalledSource, Receipt
    from lockhouse.operations.source_builds import SourceBuilds
    from lockhouse.operations.sync import SyncTools
    from lockhouse.operations.sync_request import SyncRequest
    from lockhouse.operations.verify import MadeEnvironment


@dataclass(frozen=True, slots=True, kw_only=True)
class Informed:
    """What is known of one environment on disk.

    :ivar made: the environment
    :ivar info: what the next sync would do about each project that it installs from a folder, that under test first;
        or what kept us from an answer
    """

    made: MadeEnvironment
    info: tuple[ProjectInfo, ...] | LockhouseError


def project_info(request: SyncRequest, tools: SyncTools) -> tuple[ProjectInfo, ...]:
    """Say what the next sync of an environment would do about the projects that it installs from their folders.

    :param request: the environment
    :param tools: what a sync would work with
    :return: the project under test, where it is ours to install, and then the others by name
    :raises LockStaleError: the lock does not say what a project is built with
    :raises LockInvalidError: the lock cannot be read
    :raises SelectionError: the lock does not serve the interpreter
    :raises InterpreterError: the interpreter of the environment is gone
    """
    builds = Syncing(request, replace(tools, describe=tools.describe_anew)).source_builds()  # which notes nothing
    receipt = read_receipt(prefix_of(request.python))
    found = sorted(builds.sources(), key=lambda source: source.path != PROJECT)
    return tuple(_info(request, builds, receipt, source) for source in found)


def _info(request: SyncRequest, builds: SourceBuilds, receipt: Receipt | None, now: InstalledSource) -> ProjectInfo:
    expected = None if now.editable else builds.builder_of(now).expected()
    changes = tuple(_changes(request, receipt, now, expected))
    kept = expected is not None and expected.wheel is not None
    state = BuildState.KEPT if kept and not _is_always_built(request) else BuildState.TO_BUILD
    return ProjectInfo(
        name=now.name,
        path=now.path,
        mode=ProjectMode.EDITABLE if now.editable else ProjectMode.WHEEL,
        state=state if changes else BuildState.INSTALLED,
        expected=expected,
        variables=tuple(
            name if name in request.variables else f"{name} (not set)"
            for name in sorted(request.spec.project_build.variables)
        ),
        through_sdist=request.through_sdist and now.path == PROJECT,
        changes=changes,
    )


def _is_always_built(request: SyncRequest) -> bool:
    return request.spec.project_build.rebuild is Rebuild.ALWAYS


def _changes(
    request: SyncRequest, receipt: Receipt | None, now: InstalledSource, expected: ExpectedWheel | None
) -> Iterator[str]:
    before = None if receipt is None else next((each for each in receipt.sources if each.path == now.path), None)
    if receipt is None or before is None or not any(package.name == now.name for package in receipt.packages):
        yield f"{now.name} is not installed there"
        return
    if before.editable != now.editable:
        yield f"it is installed {'editable' if before.editable else 'as a wheel'}"
        return
    if before.identity != now.identity:
        yield from changes_of_project(request, before, now) or ["something of it changed since it was installed"]
    if expected is not None:
        yield from _changes_around(receipt, now, expected)
    if _is_always_built(request):
        yield 'rebuild = "always" has it built before each run'


def _changes_around(receipt: Receipt, now: InstalledSource, expected: ExpectedWheel) -> Iterator[str]:
    """Hold what the installed wheel was built with against what one would be built with now."""
    proof = next((record for record in receipt.built if record.name == now.name), None)
    if proof is None:
        yield "nothing says what the installed one was built with"
        return
    if proof.build_lock != expected.build_lock:
        yield "what it is built with changed in the lock"
    if expected.interpreter not in {PURE, proof.interpreter}:
        yield f"it was built for {proof.interpreter}, the interpreter is {expected.interpreter}"
