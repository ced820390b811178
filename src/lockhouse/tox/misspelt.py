"""Runners that are nearly ours: tox passes over an environment whose runner it does not know, and ends well."""

from __future__ import annotations

import re

from lockhouse.tox.names import OUR_RUNNER

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tox.session.state import State

#: How many slips of the pen a misspelt runner has at most. No word that means something else is as near.
_MOST_SLIPS = 2

#: The key, and on how many lines its value may stand: on that of the key, or on one of the next.
_KEY = b"runner"
_LINES = 3
_WORD = rb"[\w.-]+"


def is_misspelt(runner: str) -> bool:
    """Tell whether a runner is nearly ours: whoever wrote it believes to have a lock.

    :param runner: its name
    """
    if runner == OUR_RUNNER or abs(len(runner) - len(OUR_RUNNER)) > _MOST_SLIPS:
        return False
    word = runner.lower()
    if len(set(OUR_RUNNER).difference(word)) > _MOST_SLIPS:  # a slip takes one letter away at most
        return False
    from lockhouse.config.nearest import slips  # noqa: PLC0415 - most configurations have no other runner

    return slips(word, OUR_RUNNER) <= _MOST_SLIPS


def may_be_misspelt(content: bytes) -> bool:
    """Tell whether tox has to be asked whether a runner is nearly ours.

    :param content: of a configuration file of tox
    """
    values = (b"\n".join(after.split(b"\n", _LINES)[:_LINES]) for after in content.split(_KEY)[1:])
    words = {word for value in values for word in re.findall(_WORD, value)}
    return any(is_misspelt(word.decode()) for word in words)


def refuse_misspelt_runners(state: State) -> None:
    """Refuse environments whose runner is nearly ours, and unknown to tox.

    :param state: the run; its environments were looked at
    :raises InvalidSettingError: there are some; all are named
    """
    # older releases of tox lack it
    unavailable: Callable[[], Mapping[str, str]] = getattr(state.envs, "unavailable_envs", dict)
    _refuse({name: runner for name, runner in unavailable().items() if is_misspelt(runner)}, state)


def refuse_misspelt_before(state: State) -> None:
    """Refuse the same, before tox looks at any environment.

    :param state: the run; all plugins have configured it
    :raises HandledError: there are some; tox shows it and ends
    """
    if not may_be_misspelt(_content(state)):
        return
    from tox.report import HandledError  # noqa: PLC0415 - tox may not be installed
    from tox.tox_env.register import REGISTER  # noqa: PLC0415 - likewise

    from lockhouse.errors import InvalidSettingError  # noqa: PLC0415 - speed

    known = set(REGISTER.env_runners)
    wrong = {name: runner for name, runner in _runners(state) if runner not in known and is_misspelt(runner)}
    try:
        _refuse(wrong, state)
    except InvalidSettingError as error:
        raise HandledError(str(error)) from error


def _content(state: State) -> bytes:
    try:
        with open(state.conf.src_path, "rb") as file:  # noqa: PTH123 - it may be a text
            return file.read()
    except OSError:  # there need not be one
        return b""


def _runners(state: State) -> Iterator[tuple[str, str]]:
    """List the environments with the runner that is configured, as tox itself reads it, and leave no trace."""
    conf = state.conf
    made: Mapping[str, object] = getattr(conf, "_env_to_conf_set", {})
    try:
        names = dict.fromkeys([*conf, "py"])  # py is what tox takes where no environment is declared
    except Exception:  # noqa: BLE001 - tox itself says what is wrong with its configuration
        return
    for name in names:
        known = name in made
        try:
            runner = _runner(state, name)
        except Exception:  # noqa: BLE001 - likewise
            runner = None
        if not known:
            conf.clear_env(name)  # tox makes it otherwise where it packages
        if runner is not None:
            yield name, runner


def _runner(state: State, name: str) -> str | None:
    from tox.config.loader.api import ConfigLoadArgs  # noqa: PLC0415 - tox may not be installed

    conf = state.conf.get_env(name)
    for loader in conf.loaders:
        try:
            # not through the configuration set, which would keep the value
            return str(loader.load("runner", str, None, state.conf, ConfigLoadArgs([], name, name)))
        except KeyError:
            continue
    return None


def _refuse(wrong: Mapping[str, str], state: State) -> None:
    if not wrong:
        return
    from pathlib import Path  # noqa: PLC0415 - errors only

    from lockhouse.errors import InvalidSettingError  # noqa: PLC0415 - likewise

    file = Path(state.conf.src_path).name
    raise InvalidSettingError(
        "; ".join(f'tox environment "{name}" ({file}): no runner is called {wrong[name]!r}' for name in wrong),
        why="tox passes over an environment whose runner it does not know, and ends well",
        fix=f"write runner = {OUR_RUNNER}",
    )
