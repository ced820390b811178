"""``tox lock`` and ``tox lock-check``."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

from tox.session.env_select import CliEnv, register_env_select_flags

from lockhouse.errors import EXIT_OK, ConfigError, LockhouseError
from lockhouse.tox.names import LOCK, LOCK_CHECK

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tox.config.cli.parser import ToxParser
    from tox.session.state import State

    from lockhouse.errors import BackendNotFoundError
    from lockhouse.model.freshness import OrphanLock
    from lockhouse.model.spec import EnvironmentSpec
    from lockhouse.project import Project
    from lockhouse.project.answers import Answer
    from lockhouse.tox.runner import LockhouseRunner

_LOGGER = logging.getLogger(__name__)

#: What tox says without ``-v``.
_DEFAULT_VERBOSITY = 2


def add_commands(parser: ToxParser) -> None:
    """Add both sub-commands.

    :param parser: tox's parser
    """
    lock = parser.add_command(LOCK, [], "lock environments (runner = lockhouse)", lock_environments)
    register_env_select_flags(lock, default=CliEnv())
    lock.add_argument("--upgrade", action="store_true", help="move everything to its newest allowed version")
    lock.add_argument(
        "--upgrade-package",
        action="append",
        default=[],
        metavar="NAME",
        help="move one package to its newest allowed version; may be given more than once",
    )
    lock.add_argument("--dry-run", action="store_true", help="say what would change, and write nothing")
    check = parser.add_command(LOCK_CHECK, [], "check locks, read-only and offline", check_locks)
    register_env_select_flags(check, default=CliEnv())


def lock_environments(state: State) -> int:
    """Lock the selected environments.

    :param state: the run
    :return: 0, or the exit code of the first failure
    """
    from packaging.utils import canonicalize_name  # noqa: PLC0415 - keeps every other tox command fast

    from lockhouse.operations.lock_outcome import LockFailure, require_known_names  # noqa: PLC0415 - keeps the others fast

    options = state.conf.options
    upgrade = {canonicalize_name(name) for name in options.upgrade_package}
    code = EXIT_OK
    outcomes = []
    selected: list[LockhouseRunner] = []
    try:
        selected += _selected(state)
        for project, specs in _by_project(selected):
            for outcome in project.lock(specs, upgrade_all=options.upgrade, upgrade=upgrade, dry_run=options.dry_run):
                outcomes.append(outcome)
                if isinstance(outcome, LockFailure):
                    failed = _failed(outcome.error, selected)
                    code = code or failed
                else:
                    print(*outcome.lines(), sep="\n")  # noqa: T201 - a command's output
        require_known_names(upgrade, outcomes)
    except LockhouseError as error:
        return _failed(error, selected)
    return code


def check_locks(state: State) -> int:
    """Check the locks of the selected environments.

    :param state: the run
    :return: 0 where all are fresh, 1 where one is stale or missing, or the exit code of the first error
    """
    from lockhouse.model.fresh import Fresh  # noqa: PLC0415 - only here
    from lockhouse.project.answers import Answer, exit_code, of_freshness, summary  # noqa: PLC0415 - only here
    from lockhouse.project.words import lines_of, lines_of_orphan  # noqa: PLC0415 - only here

    try:
        selected = _selected(state)
    except LockhouseError as error:
        return _failed(error, [])
    answers: list[Answer] = []
    for environment in selected:
        try:
            spec = environment.spec
            verdict = environment.project.check(spec)
            if not isinstance(verdict, Fresh) and (conflict := environment.conflict()) is not None:
                raise conflict
            answer = of_freshness(spec, verdict)
            answers.append(replace(answer, name=environment.name))
        except LockhouseError as error:
            _failed(error, [environment])
            answers.append(Answer(name=environment.name, lock=environment.lock_name, state="error", error=error))
    lines = []
    for answer in _told_once(answers):
        lines += [line.text for line in lines_of(answer)]
        if answer.good and state.conf.options.verbosity > _DEFAULT_VERBOSITY:
            lines += [f"  {note}" for note in answer.notes]
    orphans = () if _are_chosen(state) else _orphans(selected[0].project)
    lines += [line.text for orphan in orphans for line in lines_of_orphan(orphan)]
    for line in (*lines, summary(answers, orphans)):
        print(_hidden(line, selected))  # noqa: T201 - a command's output
    return exit_code(answers)


def _told_once(answers: Iterable[Answer]) -> list[Answer]:
    """Join the answers about one lock that agree: the environments that share it are named together."""
    known: dict[tuple[object, ...], list[Answer]] = {}
    for answer in answers:
        if answer.error is None:
            said = (answer.lock, answer.state, answer.place, answer.whys, answer.changes, answer.notes)
            known.setdefault(said, []).append(answer)
    return [replace(same[0], name=", ".join(answer.name for answer in same)) for same in known.values()]


def _orphans(project: Project) -> tuple[OrphanLock, ...]:
    """Find locks that no environment uses; none where not all environments can be known."""
    unavailable: list[BackendNotFoundError] = []
    try:
        specs = project.declarations.environments(unavailable)
        return () if unavailable else project.orphan_locks(specs)
    except LockhouseError:  # `lockhouse check` says what is wrong with the others
        return ()


def _failed(error: LockhouseError, concerned: list[LockhouseRunner]) -> int:
    """Say an error."""
    _LOGGER.error("%s", _hidden(str(error), concerned))
    return error.exit_code


def _hidden(text: str, concerned: list[LockhouseRunner]) -> str:
    """Hide what the variables of the environments hold of secrets."""
    from lockhouse.model.redaction import hide_environ  # noqa: PLC0415 - keeps every other tox command fast
    from lockhouse.tox.keys import environ_of  # noqa: PLC0415 - likewise

    for environment in concerned:
        text = hide_environ(text, environ_of(environment.conf))
    return text


def _are_chosen(state: State) -> bool:
    """Tell whether the command line chooses environments; else it means all."""
    options = state.conf.options
    chosen = bool(getattr(options, "env", None) or options.labels or options.factors)
    return chosen and not (getattr(options, "env", None) is not None and options.env.is_all)


def _selected(state: State) -> list[LockhouseRunner]:
    """Give the environments that the command line names, or all.

    :raises ConfigError: none of them is ours
    """
    from lockhouse.tox.misspelt import refuse_misspelt_runners  # noqa: PLC0415 - keeps every other tox command fast
    from lockhouse.tox.runner import LockhouseRunner  # noqa: PLC0415 - likewise

    state.envs.on_empty_fallback_py = False
    all_of_them = not _are_chosen(state)
    found = [state.envs[name] for name in state.envs.iter(only_active=not all_of_them)]
    if all_of_them:  # tox itself knows what to say of one that was chosen
        refuse_misspelt_runners(state)
    ours = [environment for environment in found if isinstance(environment, LockhouseRunner)]
    if not ours:
        where = f"declared in {state.conf.core['tox_root']}" if all_of_them else "among those that were chosen"
        raise ConfigError(
            f"no locked environment is {where}",
            why=f"looked at {', '.join(environment.name for environment in found) or 'no environment'}: "
            "none has runner = lockhouse",
            fix="set runner = lockhouse in [testenv], or in the environment"
            if found
            else "list environments in env_list, each with runner = lockhouse, or choose one: -e py",
        )
    return ours


def _by_project(environments: list[LockhouseRunner]) -> Iterator[tuple[Project, list[EnvironmentSpec]]]:
    """Group the environments whose variables agree: only ``set_env`` tells their projects apart."""
    from lockhouse.tox.keys import environ_of  # noqa: PLC0415 - keeps every other tox command fast

    groups: dict[tuple[tuple[str, str], ...], tuple[Project, list[EnvironmentSpec]]] = {}
    for environment in environments:
        key = tuple(sorted(environ_of(environment.conf).items()))
        groups.setdefault(key, (environment.project, []))[1].append(environment.spec)
    yield from groups.values()
