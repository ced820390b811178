"""The hooks of tox that Lockhouse implements.

tox calls them in each of its runs, also where no environment is locked. So they import next to nothing before it is
used; tox itself may not be installed.
"""

from __future__ import annotations

import os
import sys

import pluggy

from lockhouse.tox.names import EXTERNAL_PACKAGER, LOCK, LOCK_CHECK, OUR_NAME, OUR_RUNNER, PACKAGER
from lockhouse.tox.states import STATES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from tox.config.cli.parser import ToxParser
    from tox.config.sets import ConfigSet, EnvConfigSet
    from tox.session.state import State
    from tox.tox_env.register import ToxEnvRegister

#: Marks hooks of tox; the same as ``tox.plugin.impl``, which would import tox.
impl = pluggy.HookimplMarker("tox")

#: The words by which a command line asks for our commands, or for the list of all.
_ASKING = {LOCK, LOCK_CHECK, "-h", "--help"}


class _Kind:
    """A kind of environment, as tox registers it: the class is imported where the first environment of it is made.

    :param name: by which a configuration chooses it
    :param home: the module of its class
    :param of_class: the name of its class
    """

    def __init__(self, name: str, home: str, of_class: str) -> None:
        self._name = name
        self._home = home
        self._of_class = of_class

    def id(self) -> str:
        """Give the name by which a configuration chooses it."""
        return self._name

    def __call__(self, *arguments: Any) -> Any:
        """Make an environment."""
        from importlib import import_module  # noqa: PLC0415 - speed

        return getattr(import_module(self._home), self._of_class)(*arguments)


@impl
def tox_register_tox_env(register: ToxEnvRegister) -> None:
    """Register ``runner = lockhouse``, and its packaging environments."""
    run: Any = _Kind(OUR_RUNNER, "lockhouse.tox.runner", "LockhouseRunner")
    package: Any = _Kind(PACKAGER, "lockhouse.tox.packager", "LockhousePackager")
    external: Any = _Kind(EXTERNAL_PACKAGER, "lockhouse.tox.packager", "LockhouseExternalPackager")
    register.add_run_env(run)
    register.add_package_env(package)
    register.add_package_env(external)


@impl
def tox_add_env_config(env_conf: EnvConfigSet, state: State) -> None:
    """Remember the run, and let our packaging environment have the settings of tox's own."""
    STATES[env_conf] = state
    if env_conf.name and env_conf.name.startswith(OUR_NAME):
        from lockhouse.tox.packaging_env import inherit_settings  # noqa: PLC0415 - speed

        inherit_settings(env_conf, state)


@impl(trylast=True)
def tox_add_core_config(core_conf: ConfigSet, state: State) -> None:  # noqa: ARG001 - tox's signature
    """Stop where a runner is nearly ours: tox would pass over its environments, and end well."""
    if state.conf.options.command in {LOCK, LOCK_CHECK}:  # they look by themselves, and have exit codes of ours
        return
    from lockhouse.tox.misspelt import refuse_misspelt_before  # noqa: PLC0415 - speed

    refuse_misspelt_before(state)


@impl
def tox_add_option(parser: ToxParser) -> None:
    """Add ``tox lock`` and ``tox lock-check``, where this run may ask for them.

    tox makes an own parser of each command with all options that are common to them, twice in each run. For ours that
    is more than a percent of what a run takes in which nothing is to be done.
    """
    if _is_command_of_tox() and _ASKING.isdisjoint(sys.argv) and "_ARGCOMPLETE" not in os.environ:
        return
    from lockhouse.tox.commands import add_commands  # noqa: PLC0415 - speed

    add_commands(parser)


def _is_command_of_tox() -> bool:
    """Tell whether tox was started by its own name: then the words of this process are what it parses."""
    folder, name = os.path.split(sys.argv[0] if sys.argv else "")
    stem, _ = os.path.splitext(os.path.basename(folder) if name == "__main__.py" else name)  # noqa: PTH119, PTH122
    return stem == "tox"
