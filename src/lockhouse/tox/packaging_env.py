"""The packaging environment of locked environments.

Two runners with other kinds of packaging environments collide on one name, and tox-uv makes its runner the default. So
ours has a name of its own beside tox's ``.pkg``, and takes over what the user says of ``.pkg``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.tox.names import OUR_NAME, TOX_NAME

if TYPE_CHECKING:
    from collections import Counter

    from tox.config.sets import EnvConfigSet
    from tox.session.state import State


def inherit_settings(env_conf: EnvConfigSet, state: State) -> None:
    """Let our packaging environment read what is configured for tox's own; its own settings come first.

    :param env_conf: its configuration
    :param state: the run
    """
    theirs = state.conf.get_env(TOX_NAME + env_conf.name.removeprefix(OUR_NAME), package=True)
    known = [loader for loader in theirs.loaders if loader not in env_conf.loaders]
    own = [loader for loader in env_conf.loaders if loader.section.name == env_conf.name]
    rest = [loader for loader in env_conf.loaders if loader not in own]
    env_conf.loaders[:] = [*own, *known, *rest]
    _mark_as_packaging(str(theirs.name), state)


def _mark_as_packaging(name: str, state: State) -> None:
    """Let tox know an environment as one that packages, where it has a section of its own and nobody else uses it.

    tox takes each section for an environment that runs, until another one names it as its packaging environment; and
    one of the name ``.pkg`` it then refuses.
    """
    # Private to tox: it has no public word for it, and counts so itself.
    counter: Counter[str] | None = getattr(state.envs, "_pkg_env_counter", None)
    if counter is not None:
        counter[name] += 1
