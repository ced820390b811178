"""The hooks of tox that Lockhouse implements."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import pluggy

if TYPE_CHECKING:
    from tox.config.cli.parser import ToxParser
    from tox.config.sets import EnvConfigSet
    from tox.session.state import State
    from tox.tox_env.register import ToxEnvRegister

#: Marks hooks of tox; the same as ``tox.plugin.impl``, which would import tox.
impl = pluggy.HookimplMarker("tox")

#: The state of the run that an environment's configuration belongs to: it knows the other environments.
STATES: WeakKeyDictionary[EnvConfigSet, State] = WeakKeyDictionary()


@impl
def tox_register_tox_env(register: ToxEnvRegister) -> None:
    """Register ``runner = lockhouse``."""
    from lockhouse.tox.runner import LockhouseRunner  # noqa: PLC0415 - tox may not be installed

    register.add_run_env(LockhouseRunner)


@impl
def tox_add_env_config(env_conf: EnvConfigSet, state: State) -> None:
    """Remember the run, and let our packaging environment have the settings of tox's own."""
    from lockhouse.tox.packaging_env import inherit_settings  # noqa: PLC0415 - tox may not be installed

    STATES[env_conf] = state
    inherit_settings(env_conf, state)


@impl
def tox_add_option(parser: ToxParser) -> None:
    """Add ``tox lock`` and ``tox lock-check``."""
    from lockhouse.tox.commands import add_commands  # noqa: PLC0415 - tox may not be installed

    add_commands(parser)
