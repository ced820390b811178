"""What is said of builds: which packages may, must or may not be built, and what their backends are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from lockhouse.errors import InvalidSettingError
from lockhouse.model.build_policy import ALL, BuildOptions, BuildPolicy
from lockhouse.model.canonical import normalized

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockhouse.config.declared import FilledEnvironment
    from lockhouse.config.settings import EnvironmentSettings, LockhouseSettings

_Value = TypeVar("_Value")


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
    return BuildPolicy(only_binary=only, no_binary=none, allow_network=network, options=_options(own, common))


def _options(own: EnvironmentSettings, common: LockhouseSettings) -> tuple[tuple[str, BuildOptions], ...]:
    """Give what backends are told, by package; the two kinds of options are each said as a whole."""
    settings = _by_name(common.config_settings if own.config_settings is None else own.config_settings)
    variables = _by_name(common.build_variables if own.build_variables is None else own.build_variables)
    return tuple(
        (name, _told(settings.get(name, {}), variables.get(name, {}))) for name in sorted({*settings, *variables})
    )


def _told(settings: Mapping[str, str | tuple[str, ...]], variables: Mapping[str, str]) -> BuildOptions:
    pairs = ((key, (value,) if isinstance(value, str) else value) for key, value in settings.items())
    return BuildOptions(settings=tuple(sorted(pairs)), variables=tuple(sorted(variables.items())))


def _by_name(tables: Mapping[str, Mapping[str, _Value]]) -> dict[str, Mapping[str, _Value]]:
    return {_name(package): table for package, table in tables.items()}


def _name(text: str) -> str:
    return text if text == ALL else normalized(text)


def _names(own: tuple[str, ...] | None, common: tuple[str, ...]) -> tuple[str, ...]:
    names = common if own is None else own
    return tuple(sorted({_name(name) for name in names}))
