"""Takes down by what "fresh" and "matching" were decided, so that the next run need not decide it again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.config.frontend_files import FRONTEND_FILES
from lockhouse.interpreters.identity import prefix_of, site_packages_of
from lockhouse.model.drift import Matching
from lockhouse.model.fresh import Fresh
from lockhouse.operations.check import check
from lockhouse.operations.drift import find_drift, not_ours
from lockhouse.operations.orphans import orphan_locks
from lockhouse.operations.trace_files import keep_trace, look_at, save_trace
from lockhouse.operations.unchanged import (
    TRACE_NAME,
    asked_of,
    line_of_names,
    line_of_project,
    line_of_source,
    trace_name,
)
from lockhouse.plugins import DISABLE_VARIABLE, may_have_sessions
from lockhouse.storage.lockfiles.orphans import locks_in
from lockhouse.storage.receipts import RECEIPT_NAME, read_receipt
from lockhouse.storage.untouched import names_digest
from lockhouse.trace.trace import render

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from lockhouse.model.receipt import InstalledSource
    from lockhouse.model.spec import EnvironmentSpec
    from lockhouse.operations.sync_request import SyncRequest
    from lockhouse.plugins import Plugins
    from lockhouse.storage.lockfiles import LockFiles
    from lockhouse.trace.looks import Looks


def trace_environment(
    request: SyncRequest, asked: str, looks: Looks, *, plugins: Plugins, environ: Mapping[str, str]
) -> None:
    """Write the trace of an environment, where all is in order; else leave what is there, which then says nothing.

    Lock and environment are judged once more, between two looks at the files that count: so what is taken down is what
    was judged. A lock for one target is left out: which one counts is known only by asking the interpreter. So is what
    plugins have a say in: they are asked each time, and not twice.

    :param request: the environment, just synced
    :param asked: what is declared, as the frontend has it, in a text
    :param looks: what the declaration was read from
    :param plugins: who may have a say
    :param environ: the variables of the user
    """
    if request.environment is not None or plugins.foreign:
        return
    prefix = prefix_of(request.python)
    seen = looks.copy()
    look_at((*request.files.paths, prefix / RECEIPT_NAME), seen)
    for name in request.spec.project_build.variables:
        seen.variable(environ, name)
    receipt = read_receipt(prefix)
    names = names_digest(map(str, site_packages_of(prefix)))
    verdict = check(request.spec, request.files, plugins=plugins)
    if receipt is None or not isinstance(verdict, Fresh) or find_drift(request, to_sync=True) != Matching():
        return
    sources = (_line_of(source, request) for source in receipt.sources)
    trace = render(asked, (line_of_names(names, tuple(not_ours(request))), *sources), seen, environ)
    save_trace(prefix / TRACE_NAME, trace)


def _line_of(source: InstalledSource, request: SyncRequest) -> str:
    content, *_ = source.identity.split("\n")  # what else is in it stands in the declaration and in variables
    folder = str(request.root / source.path)  # spelled as drift spells it: its identity is made of paths
    if not source.editable:
        return line_of_project(folder, record=str(request.tree(source.path).place), identity=content)
    build = request.spec.build_of(source.path)
    return line_of_source(folder, identity=content, named=() if build is None else build.files)


def trace_locks(
    root: Path,
    locks: Iterable[tuple[EnvironmentSpec, LockFiles]],
    said: Iterable[str],
    looks: Looks,
    *,
    plugins: Plugins,
    environ: Mapping[str, str],
) -> None:
    """Write the trace of all locks of a project, where all of them are fresh and none is an orphan.

    A project with sessions of nox or environments of tox has none: what these declare is known only by running them.

    :param root: the project's folder
    :param locks: all its environments, and where the lock of each lies
    :param said: what a check says of them, if they are fresh
    :param looks: what the declarations were read from
    :param plugins: who may have a say
    :param environ: the variables of the user
    """
    known = list(locks)
    seen = looks.copy()
    seen.variable(environ, DISABLE_VARIABLE)
    directories = {spec.lock_directory for spec, _ in known}
    look_at((*(root / name for name in FRONTEND_FILES), *(path for _, files in known for path in files.paths)), seen)
    for directory in sorted(directories):
        seen.names(root / directory)
        look_at((root / files[-1] for _, _, files in locks_in(root, directory)), seen)  # which may become orphans
    if may_have_sessions(root):
        return
    verdicts = (check(spec, files, plugins=plugins) for spec, files in known)
    if any(not isinstance(verdict, Fresh) or verdict.notes for verdict in verdicts):
        return
    specs = [spec for spec, _ in known]
    if not orphan_locks(root, specs, directories, is_universal=plugins.is_universal):
        keep_trace(trace_name(str(root)), asked_of(str(root)), said, seen, environ)
