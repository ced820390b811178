"""The hooks of tox that Lockhouse implements."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import pluggy

if TYPE_CHECKING:
    from tox.config.cli.parser import ToxParser
    from tox.config.sets import ConfigSet, EnvConfigSet
    from tox.session.state import State
    from tox.tox_env.register import ToxEnvRegister

#: Marks hooks of tox; the same as ``tox.plugin.impl``, which would import tox.
impl = pluggy.HookimplMarker("tox")

#: The state of the run that an environment's configuration belongs to: it knows the other environments.
STATES: WeakKeyDictionary[EnvConfigSet, State] = WeakKeyDictionary()


@impl
def tox_register_tox_env(register: ToxEnvRegister) -> None:
    """Register ``runner = lockhouse``, and its packaging environments."""
    from lockhouse.tox.packager import LockhouseExternalPackager, LockhousePackager  # noqa: PLC0415 - likewise
    from lockhouse.tox.runner import LockhouseRunner  # noqa: PLC0415 - tox may not be installed

    register.add_run_env(LockhouseRunner)
    register.add_package_env(LockhousePackager)
    register.add_package_env(LockhouseExternalPackager)


@impl
def tox_add_env_config(env_conf: EnvConfigSet, state: State) -> None:
    """Remember the run, and let our packaging environment have the settings of tox's own."""
    from lockhouse.tox.packaging_env import inherit_settings  # noqa: PLC0415 - tox may not be installed

    STATES[env_conf] = state
    inherit_settings(env_conf, state)


@impl(trylast=True)
def tox_add_core_config(core_conf: ConfigSet, state: State) -> None:  # noqa: ARG001 - tox's signature
    """Stop where a runner is nearly ours: tox would pass over its environments, and end well."""
    if state.conf.options.command in {"lock", "lock-check"}:  # they look by themselves, and have exit codes of ours
        return
    from lockhouse.tox.misspelt import refuse_misspelt_before  # noqa: PLC0415 - tox may not be installed

    refuse_misspelt_before(state)


@impl
def tox_add_option(parser: ToxParser) -> None:
    """Add ``tox lock`` and ``tox lock-check``."""
    from lockhouse.tox.commands import add_commands  # noqa: PLC0415 - tox may not be installed

    add_commands(parser)
