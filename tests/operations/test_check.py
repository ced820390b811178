"""The check of one lock: when its first lines are enough, and which of its verdicts stop a run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.errors import LockStaleError
from lockhouse.model.freshness import Fresh, Reason, ReasonCode, Stale, next_step
from lockhouse.model.spec import LockFormat, OnStale
from lockhouse.model.target import cpython_markers
from lockhouse.operations.check import check, require_fresh
from lockhouse.operations.complete import Completeness
from lockhouse.plugins import Plugins
from lockhouse.storage.lockfiles import lock_files
from tests.model.making import lock_of, pin, spec

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.model.lock import Lock
    from lockhouse.model.spec import EnvironmentSpec
    from lockhouse.storage.lockfiles import LockFiles

ASKED = spec("a", "b; python_full_version < '3.11.5'", pythons=("3.11",), resolver="pip")
MADE = replace(lock_of(ASKED, pin("a", "1"), pin("b", "1")), requires_python="==3.11.*")


def plugins(root: Path) -> Plugins:
    return Plugins({}, root=root, entry_points=())


def written(root: Path, asked: EnvironmentSpec, lock: Lock) -> LockFiles:
    files = lock_files(root, asked, "cp311-linux-x86_64")
    for path, data in files.render(asked, lock).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return files


def on(patch: str) -> dict[str, str]:
    markers = cpython_markers("3.11", "linux", machine="x86_64")
    return {**markers, "python_full_version": f"3.11.{patch}", "implementation_version": f"3.11.{patch}"}


@pytest.mark.parametrize("lock_format", list(LockFormat))
def test_a_lock_for_one_patch_level_is_not_called_fresh_on_another(tmp_path: Path, lock_format: LockFormat) -> None:
    asked = replace(ASKED, lock_format=lock_format)
    files = written(tmp_path, asked, MADE)
    assert check(asked, files, plugins=plugins(tmp_path), environment=on("4")) == Fresh()
    verdict = check(asked, files, plugins=plugins(tmp_path), environment=on("7"))
    assert isinstance(verdict, Stale)
    assert [reason.code for reason in verdict.reasons] == [ReasonCode.PIN_UNREACHABLE]
    step = next_step(verdict, "lockhouse lock tests")
    assert "another Python 3.11 than 3.11.7" in step, "locking again with the same one would change nothing"
    assert step.endswith(": lockhouse lock tests")


def test_where_no_interpreter_was_asked_the_first_lines_are_enough(tmp_path: Path) -> None:
    files = written(tmp_path, ASKED, MADE)
    assert check(ASKED, files, plugins=plugins(tmp_path), environment=on("50")) == Fresh()


class Recorder:
    def __init__(self) -> None:
        self.warnings: list[str] = []

    def warning(self, message: str) -> None:
        self.warnings.append(message)


def test_a_broken_rule_stops_a_run_that_goes_on_with_a_stale_lock(tmp_path: Path) -> None:
    asked, reporter = replace(ASKED, on_stale=OnStale.WARN), Recorder()
    files: Any = lock_files(tmp_path, asked)
    old = Reason(code=ReasonCode.REQUIREMENT_UNMET, message="old")
    require_fresh(asked, files, Stale((old,)), fix="lock", reporter=reporter)  # type: ignore[arg-type]
    assert len(reporter.warnings) == 1
    broken = Reason(code=ReasonCode.RULE_BROKEN, message="banned")
    with pytest.raises(LockStaleError, match="banned"):
        require_fresh(asked, files, Stale((old, broken)), fix="lock", reporter=reporter)  # type: ignore[arg-type]


def complete(root: Path, asked: EnvironmentSpec, files: LockFiles, *packages: Any) -> None:
    target: Any = _Target()
    Completeness(
        spec=asked, files=files, target=target, own=None, plugins=plugins(root), environment=on("4")
    ).require_closed(packages)


class _Target:
    label = "cp311-linux-x86_64"
    markers = on("4")


def test_what_a_sync_finds_is_an_error_unless_the_check_says_the_same(tmp_path: Path) -> None:
    asked = spec("a", resolver="pip", on_stale=OnStale.WARN)
    files = written(tmp_path, asked, lock_of(asked, pin("a", "1")))
    with pytest.raises(LockStaleError, match='a 1 requires "c"'):
        complete(tmp_path, asked, files, pin("a", "1", "c"))
    with pytest.raises(LockStaleError, match="the lock has no a"):
        complete(tmp_path, asked, files)
    more = spec("a>=2", "new", resolver="pip", on_stale=OnStale.WARN)
    complete(tmp_path, more, files, pin("a", "1"))
    with pytest.raises(LockStaleError):
        complete(tmp_path, replace(more, on_stale=OnStale.ERROR), files, pin("a", "1"))
