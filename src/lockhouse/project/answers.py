"""What is to be said about one environment, whichever way it is rendered."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockhouse.errors import EXIT_NO, EXIT_OK, LockhouseError
from lockhouse.model.fresh import Fresh
from lockhouse.model.redaction import hide_environ

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from lockhouse.model.freshness import Freshness, OrphanLock, Stale
    from lockhouse.model.input_changes import InputChange
    from lockhouse.model.spec import EnvironmentSpec, Origin

#: The states that make a command succeed.
GOOD = frozenset({"fresh", "matching"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """One reason of an answer.

    :ivar code: its stable code
    :ivar message: the fact in one line
    :ivar origin: where the declaration stands, or None
    :ivar package: the package that it is about, or None
    """

    code: str
    message: str
    origin: Origin | None = None
    package: str | None = None

    def __str__(self) -> str:
        """Give the fact and its place."""
        return self.message if self.origin is None else f"{self.message}; {self.origin}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is known of one environment.

    :ivar name: name of the environment
    :ivar lock: name of its lock
    :ivar state: ``fresh``, ``stale``, ``missing``, ``matching``, ``drifted`` or ``error``
    :ivar origin: where the environment is declared
    :ivar place: the file or folder that the answer is about, relative to the project, or None
    :ivar whys: the reasons
    :ivar changes: what was declared otherwise when the lock was made
    :ivar notes: what only verbose output has
    :ivar fix: the command that mends it
    :ivar error: what kept us from an answer
    """

    name: str
    lock: str
    state: str
    origin: Origin | None = None
    place: str | None = None
    whys: tuple[Why, ...] = ()
    changes: tuple[InputChange, ...] = ()
    notes: tuple[str, ...] = ()
    fix: str | None = None
    error: LockhouseError | None = None

    @property
    def good(self) -> bool:
        """Tell whether nothing has to be done."""
        return self.state in GOOD

    @property
    def title(self) -> str:
        """Give the words in front of the state: of an environment on disk, also where it is."""
        return f"{self.name} ({self.place})" if self.state in {"matching", "drifted"} else self.name


def of_error(spec: EnvironmentSpec, error: LockhouseError, environ: Mapping[str, str]) -> Answer:
    """Say what kept us from an answer.

    :param spec: the environment
    :param error: the error; it is given the environment's name where it does not have it
    :param environ: the user's environment variables; what they hold of secrets is hidden
    """
    named = f'"{spec.name}"' in error.what
    told = _hidden(error if named else error.within(f'environment "{spec.name}"'), environ)
    return Answer(name=spec.name, lock=spec.lock_name, state="error", origin=spec.origin, fix=told.fix, error=told)


def _hidden(error: LockhouseError, environ: Mapping[str, str]) -> LockhouseError:
    """Hide what the user's variables hold of secrets."""

    def hide(text: str) -> str:
        return hide_environ(text, environ)

    fix = None if error.fix is None else hide(error.fix)
    return error.reworded(hide(error.what), why=map(hide, error.why), fix=fix)


def of_freshness(spec: EnvironmentSpec, verdict: Freshness) -> Answer:
    """Say whether a lock satisfies what is declared.

    :param spec: the environment
    :param verdict: what the check found
    """
    if isinstance(verdict, Fresh):
        return Answer(name=spec.name, lock=spec.lock_name, state="fresh", origin=spec.origin, notes=verdict.notes)
    from lockhouse.model.freshness import Missing  # noqa: PLC0415 - what is fresh needs no reasons

    if isinstance(verdict, Missing):
        why = Why(code="lock-missing", message=f"{verdict.path} is not there")
        return _bad(spec, "missing", verdict.path, (why,))
    whys = tuple(
        Why(code=reason.code.value, message=reason.message, origin=reason.origin, package=reason.package)
        for reason in verdict.reasons
    )
    return _bad(spec, "stale", verdict.path, whys, verdict)


def _bad(spec: EnvironmentSpec, state: str, place: str, whys: tuple[Why, ...], verdict: Stale | None = None) -> Answer:
    from lockhouse.model.freshness import next_step  # noqa: PLC0415 - what is fresh needs no reasons

    return Answer(
        name=spec.name,
        lock=spec.lock_name,
        state=state,
        origin=spec.origin,
        place=place,
        whys=whys,
        changes=() if verdict is None else verdict.changes,
        notes=() if verdict is None else verdict.notes,
        fix=spec.lock_command if verdict is None else next_step(verdict, spec.lock_command),
    )


def summary(answers: Sequence[Answer], orphans: Sequence[OrphanLock] = ()) -> str:
    """Count the answers in one line: ``3 environments: 2 fresh, 1 stale; 1 orphan lock``.

    :param answers: all of them
    :param orphans: locks that no environment uses
    """
    counts = counted(answers)
    noun = "environment" if len(answers) == 1 else "environments"
    words = [f"{count} {state}{'s' if state == 'error' and count > 1 else ''}" for state, count in counts.items()]
    more = f"; {len(orphans)} orphan lock{'s' if len(orphans) > 1 else ''}" if orphans else ""
    return f"{len(answers)} {noun}: {', '.join(words)}{more}"


def counted(answers: Iterable[Answer]) -> dict[str, int]:
    """Count the answers by their state, the good ones first.

    :param answers: all of them
    """
    counts = Counter(answer.state for answer in answers)
    return dict(sorted(counts.items(), key=lambda item: (item[0] not in GOOD, item[0] == "error", item[0])))


def exit_code(answers: Iterable[Answer]) -> int:
    """Give the exit code: that of the first error, else whether all is good.

    :param answers: all of them
    """
    known = list(answers)
    return first_error(known) or (EXIT_OK if all(answer.good for answer in known) else EXIT_NO)


def first_error(answers: Iterable[Answer]) -> int:
    """Give the exit code of the first error, 0 where there is none.

    :param answers: all of them
    """
    return next((answer.error.exit_code for answer in answers if answer.error is not None), EXIT_OK)
