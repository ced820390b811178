"""The reasons why a lock is stale."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.cli.explanations.model import Explanation
from lockhouse.model.freshness import ReasonCode, WarningCode

if TYPE_CHECKING:
    from collections.abc import Mapping

_LOCK_AGAIN = "Run the command of the message, look at what it says has changed, and commit the lock."

FRESHNESS: Mapping[str, Explanation] = {
    ReasonCode.REQUIREMENT_UNMET: Explanation(
        means="A requirement is declared, and the pin of that package does not satisfy it. Or a requirement file "
        "declares hashes (`--hash`), and a file in the lock has none of them; "
        "where the line has a marker, no file of that pin has one.",
        matters="The tests would run with a version, or with a file, that you have ruled out.",
        mend=f"{_LOCK_AGAIN} If it was the pin that somebody moved on purpose, widen the requirement instead.",
    ),
    ReasonCode.REQUIREMENT_MISSING: Explanation(
        means="A requirement is declared, and the lock has no such package: it was added, or an extra, a group or a "
        "file that is included brought it in.",
        matters="The package would not be installed at all.",
        mend=f"{_LOCK_AGAIN} If it came in by mistake, the message says through which group, extra or file.",
    ),
    ReasonCode.REQUIREMENT_CHANGED: Explanation(
        means="A requirement or constraint was added, changed or removed that cannot be judged by content, so what the "
        "lock recorded counts: its marker is true in none of the environments that are looked at and may be true in "
        "another one (it asks for the release of a kernel, for instance), or it asks for extras of a package whose "
        "dependencies are not known (a directory or a checkout).",
        matters="On the machine that the marker means, the lock might be wrong, and nobody here could see it.",
        mend=_LOCK_AGAIN,
    ),
    ReasonCode.DIRECT_REFERENCE_CHANGED: Explanation(
        means="A requirement names a URL, a VCS reference or a path, and the lock has another one; or the other way "
        "round.",
        matters="The package would come from somewhere else than you say.",
        mend=_LOCK_AGAIN,
    ),
    ReasonCode.CONSTRAINT_VIOLATED: Explanation(
        means="A constraint is declared, and the pin of that package breaks it. A constraint was added or tightened.",
        matters="A bound that you set, often for a reason of security, would not hold.",
        mend=_LOCK_AGAIN,
    ),
    ReasonCode.CLOSURE_INCOMPLETE: Explanation(
        means="A locked package requires something that the lock does not have, or not in a version that will do; or "
        "the dependencies of a locked package are not known. A bot or a person who moves one pin alone often causes "
        "it.",
        matters="The environment would lack a package, or hold two that do not fit, and fail when it is imported.",
        mend="Run the command of the message: the pin that was moved is kept where that is possible.",
    ),
    ReasonCode.PIN_UNREACHABLE: Explanation(
        means="A package is pinned and nothing requires it, on no declared Python and platform. Most often its "
        "requirement was removed.",
        matters="The tests would see a package that your users do not get.",
        mend=_LOCK_AGAIN,
    ),
    ReasonCode.PIN_AMBIGUOUS: Explanation(
        means="Two pins of one package apply at once.",
        matters="Nobody can say which one is to be installed.",
        mend="Take the lock back from version control if it was edited or merged; else lock again.",
    ),
    ReasonCode.PYTHON_UNCOVERED: Explanation(
        means="A declared Python is outside of the lock's Python bounds: a Python was added, or `requires-python` was "
        "widened. Or a pin is for newer Pythons than one that is declared: somebody moved it.",
        matters="No resolver ever looked at that Python, so the pins may not work there.",
        mend=_LOCK_AGAIN,
    ),
    ReasonCode.TARGET_UNCOVERED: Explanation(
        means="The lock lists the environments that it is for, and a declared Python and platform is not among them.",
        matters="What would be installed there was never resolved.",
        mend="Lock again; a tool that limits the environments of a lock has to be told of this one.",
    ),
    ReasonCode.INDEXES_CHANGED: Explanation(
        means="The declared index options are others than those that the lock was made with. Your own configuration of "
        "pip and uv, and the credentials, do not count. Or a lock of requirements names an index that is not declared, "
        "and that no pin came from.",
        matters="The same name can be another package on another index.",
        mend="Lock again. A package that would come from another index than before has to be named: the command says "
        "so.",
    ),
    ReasonCode.POLICY_CHANGED: Explanation(
        means="Pre-releases are no longer allowed, or no requirement names one any more, and one is pinned. Or there "
        "is a new cut-off date, and a pinned file is not known to be older. Or somebody moved a pin past the "
        "cut-off date. Or `only-binary` or `no-binary` forbids the only files that a package has.",
        matters="The lock holds what your rule forbids.",
        mend=_LOCK_AGAIN,
    ),
    ReasonCode.HASH_MISSING: Explanation(
        means="A file in the lock has no sha256, sha384 or sha512, or one of a length or spelling that none has. "
        "Weaker hashes do not count.",
        matters="Nobody could tell whether the bytes that arrive are those that were locked.",
        mend="Lock again: where an index gives no strong hash, it is computed. What can have none, a directory or a "
        "checkout, is allowed by name in `allow-unhashed`.",
    ),
    ReasonCode.BUILD_UNLOCKED: Explanation(
        means="A package has only an sdist, or `no-binary` names it, or it is the project itself or another one of the "
        "repository, and the lock does not hold its build requirements: an older Lockhouse wrote it, or somebody moved "
        "the pin.",
        matters="What an sdist is built with decides what is installed, as the sdist itself does.",
        mend=_LOCK_AGAIN,
    ),
    ReasonCode.BUILD_REQUIRES_CHANGED: Explanation(
        means="`build-system.requires` of the project, or of another one of the repository, asks for something that "
        "the lock does not have for its build, or not in a version that will do; or the lock has something that is no "
        "longer asked for; or another backend builds it now.",
        matters="The project would be built with something else than you say, or could not be built at all.",
        mend=_LOCK_AGAIN,
    ),
    ReasonCode.FINGERPRINT_CHANGED: Explanation(
        means="A plugin adds inputs of its own (`lockhouse_fingerprint_inputs`), and what it gives now is not what the "
        "lock records.",
        matters="What the plugin stands for decides the lock as a requirement does.",
        mend=_LOCK_AGAIN,
    ),
    ReasonCode.PLUGIN_ABSENT: Explanation(
        means="A plugin took part in making the lock and is not installed here: its inputs, or the resolver that made "
        "the lock.",
        matters="Without it nobody can say whether its part of the inputs is as it was.",
        mend="Install the plugin beside Lockhouse. To go on without it for good, lock again without it.",
    ),
    ReasonCode.RECORD_MISSING: Explanation(
        means="The lock has no `[tool.lockhouse]` record, so neither inputs nor dependencies are known: another tool "
        "wrote it, or the file that holds the record was not committed.",
        matters="Whether the pins are complete cannot be told without knowing what each of them requires.",
        mend="Take the record back from version control, or run `lockhouse lock`; its pins are kept where they will "
        "do.",
    ),
    ReasonCode.RULE_BROKEN: Explanation(
        means="The rule of a plugin (`lockhouse_check_lock`) speaks against the lock. The plugin, its own code and its "
        "words are named.",
        matters="The rule is one that your team chose to have. It stops a run whatever `on-stale` says.",
        mend="Do what the rule asks for, in the declaration; then lock again.",
    ),
    WarningCode.ORPHAN_LOCK: Explanation(
        means="A warning, no reason: Lockhouse wrote this lock, and no declared environment uses it. The environment "
        "was renamed or removed, has another format or resolver now, or shares another lock. It is looked for where "
        "all environments are checked, and makes the exit code 1 with `lockhouse check --strict` only. An "
        "environment of tox that no `env_list` and no section names is not known here.",
        matters="Nobody keeps it fresh, and update bots and security scanners go on reading it.",
        mend="Delete it, or declare the environment that it is for. If that was renamed, rename the lock, too (`git mv "
        "locks/pylock.tests.toml locks/pylock.unit.toml`): all pins stay.",
    ),
}
