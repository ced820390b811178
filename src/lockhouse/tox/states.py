"""What a run of tox knows beyond the configuration of one environment."""

from __future__ import annotations

from weakref import WeakKeyDictionary

TYPE_CHECKING = False
if TYPE_CHECKING:
    from tox.config.sets import EnvConfigSet
    from tox.session.state import State

#: The state of the run that an environment's configuration belongs to: it knows the other environments.
STATES: WeakKeyDictionary[EnvConfigSet, State] = WeakKeyDictionary()
