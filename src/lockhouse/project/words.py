"""Answers as lines for people, the same in every frontend: a reason a line, and what mends it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lockhouse.interfaces import Reporter
    from lockhouse.model.freshness import OrphanLock
    from lockhouse.model.outcomes import SyncOutcome
    from lockhouse.model.spec import EnvironmentSpec
    from lockhouse.model.wheelhouse import Manifest
    from lockhouse.project.answers import Answer


class Line(NamedTuple):
    """One line.

    :ivar text: what it says
    :ivar style: ``good``, ``error``, ``warning``, ``removed`` or ``added``; None for a plain one
    """

    text: str
    style: str | None = None


def lines_of(answer: Answer) -> Iterator[Line]:
    """Give the lines of an answer that is no error. The notes of a good one are not among them.

    :param answer: about one environment
    """
    if answer.good:
        yield Line(f"{answer.title}: {answer.state}", "good")
        return
    yield Line(f"{answer.title}: {answer.state}", "error")
    for why in answer.whys:
        yield Line(f"  why[{why.code}]: {why}")
    if answer.changes:
        yield Line(f"  inputs in {answer.place} (-) and as declared now (+):")
        for line in (line for change in answer.changes for line in change.lines()):
            yield Line(f"    {line}", "removed" if line.startswith("-") else "added")
    for note in answer.notes:
        yield Line(f"  note: {note}")
    if answer.fix:
        yield Line(f"  fix: {answer.fix}")


def lines_of_fresh(specs: Iterable[EnvironmentSpec]) -> list[str]:
    """Give what is said of environments whose locks are all fresh, the summary last.

    :param specs: the environments
    """
    from lockhouse.model.fresh import Fresh  # noqa: PLC0415 - only after locking
    from lockhouse.project.answers import of_freshness, summary  # noqa: PLC0415 - likewise

    answers = [of_freshness(spec, Fresh()) for spec in specs]
    return [*(line.text for answer in answers for line in lines_of(answer)), summary(answers)]


def lines_of_orphan(orphan: OrphanLock) -> Iterator[Line]:
    """Give the lines about a lock that no environment uses.

    :param orphan: the lock
    """
    from lockhouse.model.freshness import WarningCode  # noqa: PLC0415 - what is fresh needs no reasons

    yield Line(f"{orphan.files[0]}: orphan", "warning")
    yield Line(f"  why[{WarningCode.ORPHAN_LOCK}]: {orphan}")
    yield Line(f"  fix: {orphan.fix}")


def lines_of_wheelhouse(manifest: Manifest) -> list[str]:
    """Give what is told of a wheelhouse that was built, the summary first.

    :param manifest: its manifest
    """
    return [
        summary_of_wheelhouse(manifest),
        *(f"  {line}" for line in manifest.served),
        *(f"  {record.words}" for record in manifest.built),
        f"  its manifest has the digest sha256:{manifest.check}",
    ]


def summary_of_wheelhouse(manifest: Manifest) -> str:
    """Count the wheels of a wheelhouse: ``64 wheels, 48,000,000 bytes``.

    :param manifest: its manifest
    """
    wheels = [file for file in manifest.files if file.package is not None]
    return f"{quantity(len(wheels), 'wheel')}, {sum(file.size for file in wheels):,} bytes"


def quantity(count: int, noun: str) -> str:
    """Count something: ``1 file``, ``2 files``.

    :param count: how many there are
    :param noun: what they are, in the singular
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def tell_of_sync(outcome: SyncOutcome, name: str, place: str, reporter: Reporter) -> None:
    """Say what a sync did, and why.

    :param outcome: what it did
    :param name: the environment
    :param place: its lock file
    :param reporter: where to say it
    """
    done = [f"{len(outcome.installed)} installed"] if outcome.installed else []
    if outcome.removed:
        done.append(f"{len(outcome.removed)} removed ({', '.join(outcome.removed)})")
    reporter.info(f"{name}: {', '.join(done) or 'nothing to install'}, from {place}")
    for reason in outcome.reasons:
        if reason in outcome.repairs:
            reporter.info(f"  repaired: {reason}")
        else:
            reporter.detail(f"  because {reason}")
