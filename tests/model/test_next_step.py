from __future__ import annotations

import shlex

from lockhouse.model.freshness import Missing, OrphanLock, Reason, ReasonCode, Stale, next_step

LOCK = "lockhouse lock tests"
BROKEN = Reason(code=ReasonCode.RULE_BROKEN, message='the plugin "team" says [banned] alpha is banned')
UNMET = Reason(code=ReasonCode.REQUIREMENT_UNMET, message="alpha>=2 is declared, 1 is pinned")


def test_locking_mends_what_is_stale_or_missing() -> None:
    assert next_step(Missing("locks/pylock.tests.toml"), LOCK) == LOCK
    assert next_step(Stale((UNMET,)), LOCK) == LOCK
    assert next_step(Stale((BROKEN, UNMET)), LOCK) == LOCK


def test_locking_alone_mends_no_broken_rule() -> None:
    step = next_step(Stale((BROKEN,)), LOCK)
    assert step != LOCK
    assert step.startswith("change the inputs")
    assert step.endswith(LOCK)


def test_what_removes_an_orphan_can_be_pasted_into_a_shell() -> None:
    orphan = OrphanLock(
        name="my env", files=("locks/pylock.my env.toml", "locks/pylock.b$(x).toml", "locks/pylock.c.toml")
    )
    words = shlex.split(orphan.fix.partition(": ")[2])
    assert words == ["git", "rm", *orphan.files]
    assert orphan.fix.endswith(" locks/pylock.c.toml")
