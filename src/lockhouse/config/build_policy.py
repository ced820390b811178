"""What is said of builds: which packages may be built, must be built, and may use the network meanwhile."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.errors import InvalidSettingError
from lockhouse.model.build_policy import ALL, BuildPolicy
from lockhouse.model.canonical import normalized

if TYPE_CHECKING:
    from lockhouse.config.declared import FilledEnvironment
    from lockhouse.config.settings import LockhouseSettings


def build_policy(declared: FilledEnvironment, common: LockhouseSettings) -> BuildPolicy:
    """Give what is said of the builds of an environment.

    :param declared: the environment; what it does not say, the common settings do
    :param common: the table ``[tool.lockhouse]``
    :raises InvalidSettingError: a package may not be built, and must be
    """
    own = declared.settings
    only = _names(own.only_binary, common.only_binary)
    none = _names(own.no_binary, common.no_binary)
    if both := sorted({*only} & {*none}):
        raise InvalidSettingError(
            f'{declared.origin}: environment "{declared.name}" has {", ".join(both)} both in only-binary and in '
            "no-binary",
            why="the one forbids to build it, the other forbids to take a wheel",
            fix="name it in one of them",
        )
    network = _names(own.allow_network, common.allow_network)
    return BuildPolicy(only_binary=only, no_binary=none, allow_network=network)


def _names(own: tuple[str, ...] | None, common: tuple[str, ...]) -> tuple[str, ...]:
    names = common if own is None else own
    return tuple(sorted({name if name == ALL else normalized(name) for name in names}))
