"""Runners that are nearly ours: tox passes over an environment whose runner it does not know, and ends well."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from lockhouse.errors import InvalidSettingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from tox.session.state import State

#: What ``runner`` has to be for a locked environment.
OUR_RUNNER = "lockhouse"

_RUNNER = re.compile(rb"^[^#;\n]*?\brunner[\"']?[ \t]*=[ \t]*[\"']?([A-Za-z0-9._-]+)", re.MULTILINE)


def misspelt_runners(content: bytes) -> list[str]:
    """List the runners in a configuration that are nearly ours: whoever wrote them believes to have a lock.

    :param content: of a configuration file of tox
    """
    return _near({match[1].decode() for match in _RUNNER.finditer(content)} - {OUR_RUNNER})


def refuse_misspelt_runners(state: State) -> None:
    """Refuse environments whose runner is nearly ours, and unknown to tox.

    :param state: the run; its environments were looked at
    :raises InvalidSettingError: there are some; all are named
    """
    # older releases of tox lack it
    unavailable: Callable[[], Mapping[str, str]] = getattr(state.envs, "unavailable_envs", dict)
    runners = unavailable()
    near = _near(runners.values())
    wrong = {name: runner for name, runner in runners.items() if runner in near}
    if wrong:
        file = Path(state.conf.core["config_file_path"]).name
        raise _refused(f'tox environment "{name}" ({file}): no runner is called {wrong[name]!r}' for name in wrong)


def refuse_misspelt_in(file: Path) -> None:
    """Refuse a configuration with runners that are nearly ours, and unknown to tox; before tox looks at any of it.

    :param file: the configuration file
    :raises HandledError: there are some; tox shows it and ends
    """
    try:
        content = file.read_bytes()
    except OSError:  # there need not be one
        return
    from tox.report import HandledError  # noqa: PLC0415 - tox may not be installed

    if wrong := [name for name in misspelt_runners(content) if not _is_registered(name)]:
        raise HandledError(str(_refused(f"{file.name}: no runner is called {name!r}" for name in wrong)))


def _is_registered(name: str) -> bool:
    from tox.tox_env.register import REGISTER  # noqa: PLC0415 - tox may not be installed

    try:
        REGISTER.runner(name)
    except KeyError:
        return False
    return True


def _near(runners: Iterable[str]) -> list[str]:
    names = sorted(set(runners))
    if not names:
        return []
    from lockhouse.config.nearest import nearest  # noqa: PLC0415 - most configurations have no other runner

    return [name for name in names if nearest(name, [OUR_RUNNER])]


def _refused(facts: Iterable[str]) -> InvalidSettingError:
    return InvalidSettingError(
        "; ".join(facts),
        why="tox passes over an environment whose runner it does not know, and ends well",
        fix=f"write runner = {OUR_RUNNER}",
    )
