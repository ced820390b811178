"""Check: spec and lock → freshness. Read-only, offline, in process."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lockhouse.errors import LockMissingError, LockStaleError
from lockhouse.model.fresh import Fresh
from lockhouse.model.spec import OnStale
from lockhouse.model.target import is_imagined

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockhouse.interfaces import Reporter
    from lockhouse.model.freshness import Freshness, Reason, Stale
    from lockhouse.model.lock import Lock
    from lockhouse.model.spec import EnvironmentSpec
    from lockhouse.plugins import Plugins
    from lockhouse.storage.lockfiles import LockFiles

#: Resolvers that need no plugin.
_OWN_RESOLVERS = {"uv", "pip"}

#: What markers ask of an interpreter and the label of a target does not say.
_NOT_IN_THE_LABEL = (b"python_full_version", b"implementation_version", b"platform_release", b"platform_version")


def check(
    spec: EnvironmentSpec, files: LockFiles, *, plugins: Plugins, environment: Mapping[str, str] | None = None
) -> Freshness:
    """Say whether a lock satisfies a declaration.

    Where the lock is as Lockhouse wrote it, and was made from just these inputs for these Pythons (and for those of the
    environments that share it), that is all there is to know and nothing is parsed. Everywhere else its content is
    judged; so it is where projects of the repository are installed, whose versions are no inputs, and where hashes are
    declared.

    :param spec: what is declared
    :param files: where its lock lies
    :param plugins: who may have a say
    :param environment: marker environment of the one target that counts, None for all that are declared
    :raises LockInvalidError: the lock cannot be read
    """
    if not files.exists():
        from lockhouse.model.freshness import Missing  # noqa: PLC0415 - the quick answer does not need it

        return Missing(files.place)
    look = files.quick_look()
    unchanged = look.serves(spec.inputs) and spec.resolver in _OWN_RESOLVERS and not plugins.have_rules
    unchanged = unchanged and not spec.hashes  # hashes that are declared are no inputs
    unchanged = unchanged and not spec.local_projects  # their versions, and the Pythons they need, are no inputs
    if unchanged and not _asks_the_interpreter(files, environment):
        return Fresh()
    verdict = _placed(judge_lock(spec, files.read(), plugins=plugins, environment=environment), files)
    if unchanged and environment is not None and not isinstance(verdict, Fresh):
        return replace(verdict, first=_other_interpreter(environment))
    if look.inputs_digest is None or look.intact:
        return verdict
    return replace(verdict, notes=(*verdict.notes, f"{files.place} was edited since Lockhouse wrote it"))


def _asks_the_interpreter(files: LockFiles, environment: Mapping[str, str] | None) -> bool:
    """Tell whether the lock of one target may depend on what two interpreters of that target can differ in."""
    return environment is not None and not is_imagined(environment) and files.mentions(_NOT_IN_THE_LABEL)


def _other_interpreter(environment: Mapping[str, str]) -> str:
    """Say what helps where nothing was declared otherwise and yet the lock does not fit this interpreter."""
    minor, python = environment["python_version"], environment["python_full_version"]
    return (
        f"the lock was made with another Python {minor} than {python}, and a marker tells the two apart: run with that "
        f'one, or choose resolver = "uv", whose lock serves both, or let {python} be found when it is locked (first '
        "the Python that runs Lockhouse, then PATH)"
    )


def _placed(verdict: Fresh | Stale, files: LockFiles) -> Fresh | Stale:
    if isinstance(verdict, Fresh):
        return verdict
    reasons = tuple(_named(reason, files) for reason in verdict.reasons)
    return replace(verdict, reasons=reasons, path=files.place)


def _named(reason: Reason, files: LockFiles) -> Reason:
    """Name the file that is missing, where the record is one of its own."""
    from lockhouse.model.freshness import ReasonCode  # noqa: PLC0415 - the quick answer does not need it

    if reason.code is not ReasonCode.RECORD_MISSING or (missing := files.missing_record) is None:
        return reason
    message = (
        f"{missing} is not there, which records the inputs and dependencies of {files.place}; "
        "restore it from version control, or lock again"
    )
    return replace(reason, message=message)


def judge_lock(
    spec: EnvironmentSpec, lock: Lock, *, plugins: Plugins, environment: Mapping[str, str] | None = None
) -> Fresh | Stale:
    """Judge the content of a lock, by our rule and by those of plugins.

    :param spec: what is declared
    :param lock: the content of its lock
    :param plugins: who may have a say
    :param environment: marker environment of the one target that counts, None for all that are declared
    """
    from lockhouse.model.freshness import Reason, ReasonCode, Stale  # noqa: PLC0415 - the quick answer does not need it
    from lockhouse.model.input_changes import changed_inputs  # noqa: PLC0415 - likewise
    from lockhouse.model.judge import judge  # noqa: PLC0415 - likewise

    resolvers = () if spec.resolver in _OWN_RESOLVERS else plugins.resolver_names()
    verdict = judge(spec, lock, environment=environment, resolvers=resolvers)
    broken = tuple(
        Reason(code=ReasonCode.RULE_BROKEN, message=f'the plugin "{plugin}" says [{finding.code}] {finding.message}')
        for plugin, finding in plugins.findings(spec, lock)
    )
    if isinstance(verdict, Fresh) and not broken:
        return verdict
    reasons = (*verdict.reasons, *broken) if isinstance(verdict, Stale) else broken
    changes = () if lock.record is None else changed_inputs(lock.record.inputs, spec.inputs)
    return Stale(reasons, changes=changes)


def require_fresh(spec: EnvironmentSpec, files: LockFiles, verdict: Freshness, *, fix: str, reporter: Reporter) -> None:
    """Turn a verdict that is not "fresh" into the error that stops a session, or into a warning where that was chosen.

    What a fresh lock differs in from what is declared, and does not matter, is a detail.

    :param spec: what is declared
    :param files: where its lock lies
    :param verdict: what :func:`check` said
    :param fix: the command that locks this environment
    :param reporter: where to warn, and to tell details
    :raises LockMissingError: there is no lock
    :raises LockStaleError: the lock does not satisfy the declaration, and that may not be gone on with
    """
    if isinstance(verdict, Fresh):
        for note in verdict.notes:
            reporter.detail(note)
        return
    from lockhouse.model.freshness import Missing, ReasonCode, next_step  # noqa: PLC0415 - the quick answer does not need it

    if isinstance(verdict, Missing):
        raise LockMissingError(f'environment "{spec.name}" has no lock', why=f"{verdict.path} is not there", fix=fix)
    stale = LockStaleError(
        f'{files.place} does not match environment "{spec.name}"',
        why=map(str, verdict.reasons),
        fix=next_step(verdict, fix),
    )
    broken = any(reason.code is ReasonCode.RULE_BROKEN for reason in verdict.reasons)
    if broken or spec.on_stale is not OnStale.WARN:  # a rule of the team is no matter of age
        raise stale
    what = f'{stale.what} [{stale.code}]; the run goes on with it, as on-stale = "warn" says'
    reporter.warning(str(LockStaleError(what, why=stale.why, fix=stale.fix)).partition(": ")[2])
