"""A verdict agrees with a new resolution, over chance edits of inputs and locks.

Fresh: locking again, from the lock as it is, changes no pin. Stale: it changes the lock, or fails. Between the lock and
the edits the index gets newer releases of everything, so that a resolver that is let loose moves.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import pytest

from lockhouse.model.freshness import Fresh, Stale

from .generated import NEW, OLD, Generated, Inputs, Releases, edit_inputs, edit_lock, pins_of
from .locked_project import MINOR

if TYPE_CHECKING:
    from lockhouse.model.lock import Lock
    from lockhouse.testing import PackageIndex

#: Why a check may say "fresh" where locking again changes something; the page on freshness says the same.
EXPLAINED = {
    "moved-pin": "somebody moved a pin: what its version requires is in no lock, and looked at when it is installed",
    "undeclared-pythons": "what differs is for Pythons that are not declared, or no longer: it is installed nowhere",
}

SEED = 20240601
EDITS_OF_ONE_PROJECT = 10


@dataclass(frozen=True, kw_only=True)
class Disagreement:
    """One edit of which a check and a new resolution say different things."""

    seed: int
    edits: tuple[str, ...]
    verdict: str
    told: tuple[str, ...]
    locked: str

    def __str__(self) -> str:
        return f"[{self.seed}] {'; '.join(self.edits)}: {self.verdict} {list(self.told)}, but {self.locked}"


def projects(resolver: str, heavy: int, light: int) -> list[object]:
    """Give the seeds of projects, the first ones for every run."""
    return [
        pytest.param(
            resolver, SEED + number, id=f"{resolver}-{number}", marks=() if number < light else pytest.mark.full
        )
        for number in range(heavy)
    ]


@pytest.mark.parametrize(("resolver", "seed"), [*projects("uv", 30, 1), *projects("pip", 5, 0)])
def test_a_check_agrees_with_a_new_resolution(
    index: PackageIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, resolver: str, seed: int
) -> None:
    chance = Random(seed)  # noqa: S311 - the same for each run
    releases = Releases.by(chance)
    releases.publish(index, OLD)
    base = locked(tmp_path, chance, resolver)
    releases.publish(index, NEW)
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "fresh-cache"))  # a page that uv knows may be asked for later
    found = []
    for number in range(EDITS_OF_ONE_PROJECT):
        found += disagreements(base.copy(tmp_path / f"edit-{number}"), releases, chance, seed)
    assert not found, "\n".join(map(str, found))


def locked(tmp_path: Path, chance: Random, resolver: str) -> Generated:
    """Give the first project by chance that can be locked at all."""
    settings = {"resolver": resolver, "format": chance.choice(("pylock", "requirements"))}
    for number in range(50):
        made = Generated(tmp_path / f"base-{number}", Inputs.by(chance), settings)
        if resolver == "pip":
            made.inputs.bounds, made.inputs.settings = f">={MINOR}", {"pythons": [MINOR]}
        made.write()
        if made.lock() is None:
            assert isinstance(made.verdict(), Fresh)
            return made
    raise AssertionError(seed_of(chance))


def seed_of(chance: Random) -> str:
    return f"nothing can be locked: {chance.getstate()[1][:3]}"


def disagreements(case: Generated, releases: Releases, chance: Random, seed: int) -> list[Disagreement]:
    """Edit a project by chance, check it, lock it again, and compare."""
    edits = []
    for _ in range(chance.randint(1, 2)):
        if chance.random() < 0.7:
            words, inputs = edit_inputs(case.inputs, chance)
            case.write(inputs)
        else:
            words = edit_lock(case.editor, case.content(), releases, chance)
        edits.append(words)
    verdict, before, content = case.verdict(), case.files(), case.content()
    failure = case.lock()
    told = tuple(f"{reason.code} {reason.package}" for reason in verdict.reasons) if isinstance(verdict, Stale) else ()
    locked = None
    if isinstance(verdict, Fresh):
        if failure is not None:
            locked = f"locking fails: {failure}"
        elif case.pins() != pins_of(content) and not explained(case, content):
            locked = f"locking changes {sorted(case.pins() ^ pins_of(content))}"
    elif failure is None and case.files() == before:
        locked = "locking changes nothing"
    if locked is None:
        return []
    return [
        Disagreement(seed=seed, edits=tuple(edits), verdict=type(verdict).__name__.lower(), told=told, locked=locked)
    ]


def explained(case: Generated, before: Lock) -> str | None:
    """Say why pins may have changed though the lock was fresh, as a key of :data:`EXPLAINED`."""
    if any(package.requires_assumed for package in before.packages):
        return "moved-pin"
    _, spec = case.opened()
    recorded = before.record
    assert recorded is not None
    bounded = any(operator in spec.requires_python for operator in ("<", "=="))
    narrower = bounded or bool(spec.pythons) or spec.requires_python != recorded.inputs.requires_python
    if narrower and case.same_selection(before, case.content()):
        return "undeclared-pythons"
    return None


def test_each_class_of_disagreement_is_explained_to_people() -> None:
    page = Path(__file__).parents[2].joinpath("docs/explanation/freshness.md").read_text("utf-8")
    assert [key for key in EXPLAINED if f"`{key}`\n: " not in page] == []
