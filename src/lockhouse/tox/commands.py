"""``tox lock`` and ``tox lock-check``."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from tox.session.env_select import CliEnv, register_env_select_flags

from lockhouse.errors import EXIT_NO, EXIT_OK, ConfigError, LockhouseError, LockMissingError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tox.config.cli.parser import ToxParser
    from tox.session.state import State

    from lockhouse.model.freshness import Freshness
    from lockhouse.model.spec import EnvironmentSpec
    from lockhouse.project import Project
    from lockhouse.tox.runner import LockhouseRunner

_LOGGER = logging.getLogger(__name__)


def add_commands(parser: ToxParser) -> None:
    """Add both sub-commands.

    :param parser: tox's parser
    """
    lock = parser.add_command("lock", [], "lock environments (runner = lockhouse)", lock_environments)
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
    check = parser.add_command("lock-check", [], "check locks, read-only and offline", check_locks)
    register_env_select_flags(check, default=CliEnv())


def lock_environments(state: State) -> int:
    """Lock the selected environments.

    :param state: the run
    :return: 0, or the exit code of the first failure
    """
    from packaging.utils import canonicalize_name  # noqa: PLC0415 - keeps every other tox command fast

    from lockhouse.operations.lock import LockFailure, require_known_names  # noqa: PLC0415 - keeps the others fast

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
    from lockhouse.model.freshness import Fresh  # noqa: PLC0415 - keeps every other tox command fast

    stale, broken = False, EXIT_OK
    verdicts: dict[tuple[str, Freshness], list[EnvironmentSpec]] = {}
    try:
        selected = _selected(state)
    except LockhouseError as error:
        return _failed(error, [])
    for environment in selected:
        try:
            spec = environment.spec
            freshness = environment.project.check(spec)
        except LockhouseError as error:
            failed = _failed(error, [environment])
            broken = broken or failed
            continue
        verdicts.setdefault((spec.lock_name, freshness), []).append(spec)
        stale = stale or not isinstance(freshness, Fresh)
    for (_, freshness), specs in verdicts.items():
        print(_checked(specs, freshness))  # noqa: T201 - a command's output
    return broken or (EXIT_NO if stale else EXIT_OK)


def _failed(error: LockhouseError, concerned: list[LockhouseRunner]) -> int:
    """Say an error; what the variables of the environments hold of secrets is hidden."""
    from lockhouse.model.redaction import hide_environ  # noqa: PLC0415 - errors only
    from lockhouse.tox.declaration import environ_of  # noqa: PLC0415 - errors only

    text = str(error)
    for environment in concerned:
        text = hide_environ(text, environ_of(environment.conf))
    _LOGGER.error("%s", text)
    return error.exit_code


def _selected(state: State) -> list[LockhouseRunner]:
    """Give the environments that the command line names, or all.

    :raises ConfigError: none of them is ours
    """
    from lockhouse.tox.misspelt import refuse_misspelt_runners  # noqa: PLC0415 - keeps every other tox command fast
    from lockhouse.tox.runner import LockhouseRunner  # noqa: PLC0415 - likewise

    options = state.conf.options
    state.envs.on_empty_fallback_py = False
    chosen = bool(getattr(options, "env", None) or options.labels or options.factors)
    all_of_them = not chosen or (getattr(options, "env", None) is not None and options.env.is_all)
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
            fix="set runner = lockhouse in [testenv], or in the environment",
        )
    return ours


def _by_project(environments: list[LockhouseRunner]) -> Iterator[tuple[Project, list[EnvironmentSpec]]]:
    """Group the environments whose variables agree: only ``set_env`` tells their projects apart."""
    from lockhouse.tox.declaration import environ_of  # noqa: PLC0415 - keeps every other tox command fast

    groups: dict[tuple[tuple[str, str], ...], tuple[Project, list[EnvironmentSpec]]] = {}
    for environment in environments:
        key = tuple(sorted(environ_of(environment.conf).items()))
        groups.setdefault(key, (environment.project, []))[1].append(environment.spec)
    yield from groups.values()


def _checked(specs: list[EnvironmentSpec], freshness: Freshness) -> str:
    """Give the verdict on a lock in the words of ``lockhouse check``, with all environments that share it."""
    from lockhouse.model.freshness import Fresh, Stale, next_step  # noqa: PLC0415 - keeps every other tox command fast

    names = ", ".join(spec.name for spec in specs)
    if isinstance(freshness, Fresh):
        return f"{names}: fresh"
    if isinstance(freshness, Stale):
        lines = [f"{names}: stale", *(f"  why[{reason.code}]: {reason}" for reason in freshness.reasons)]
        if freshness.changes:
            lines.append(f"  inputs in {freshness.path} (-) and as declared now (+):")
            lines += [f"    {line}" for change in freshness.changes for line in change.lines()]
    else:
        lines = [f"{names}: missing", f"  why[{LockMissingError.code}]: {freshness.path} is not there"]
    return "\n".join([*lines, f"  fix: {next_step(freshness, specs[0].lock_command)}"])
