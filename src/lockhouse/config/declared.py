"""What a frontend hands over: one environment as its user declared it, not yet expanded."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING

from lockhouse.config.nearest import nearest
from lockhouse.errors import InvalidSettingError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockhouse.config.settings import EnvironmentSettings
    from lockhouse.model.spec import Origin

#: ``${NAME}`` is an environment variable, not a placeholder.
_PLACEHOLDER = re.compile(r"(?<!\$)\{([A-Za-z_][A-Za-z0-9_]*)\}")

#: Settings that say how an environment is run, not what it holds.
_POLICIES = ("on_stale", "wheelhouse")

_FILLED = ("requirements", "requirement_files", "constraints", "constraint_files", "groups", "extras")


@dataclass(frozen=True, kw_only=True)
class DeclaredEnvironment:
    """One environment as its user declared it.

    :ivar name: the name by which the user calls it: ``tests``, ``tests(django='4.2')``
    :ivar settings: what was said about it; its strings may hold ``{parameter}`` placeholders
    :ivar origin: where it is declared
    :ivar base: the name that its lock has by default, where that is not ``name`` (nox: the name of the function, which
        the environments of all its Pythons and parameters share)
    :ivar pythons: the Pythons that the frontend runs it on, as the frontend names them; what is no version is ignored
    :ivar parameters: values for the placeholders (nox: ``parametrize``)
    :ivar requirements_text: text in the format of pip's requirement files, with its origin; the line of the origin, if
        any, is that of the first line of the text, and paths in it are relative to the folder of the origin's file
    """

    name: str
    settings: EnvironmentSettings
    origin: Origin
    base: str | None = None
    pythons: tuple[str, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    requirements_text: tuple[tuple[str, Origin], ...] = ()

    def with_policy(self, policy: EnvironmentSettings) -> DeclaredEnvironment:
        """Give the same environment with the policies of who runs it, where it has some of its own.

        :param policy: settings of which only the policies count
        """
        said = {name: value for name in _POLICIES if (value := getattr(policy, name)) is not None}
        if not said:
            return self
        import msgspec  # noqa: PLC0415 - the settings model has it loaded

        return replace(self, settings=msgspec.structs.replace(self.settings, **said))

    def filled(self) -> FilledEnvironment:
        """Put the values of the parameters into the placeholders.

        :raises InvalidSettingError: a placeholder names no parameter
        """
        filling = _Filling(self)
        lists = {name: tuple(map(filling.fill, getattr(self.settings, name))) for name in _FILLED}
        text = self.requirements_text
        if self.parameters:
            text = tuple((filling.fill(lines), origin) for lines, origin in text)
        lock = self.settings.lock
        if lock is None:
            used = [self.parameters[name] for name in self.parameters if name in filling.used]
            lock = "-".join([self.base or self.name, *used])
        else:
            lock = filling.fill(lock)
        known = {each.name: getattr(self, each.name) for each in fields(self)}
        known |= {"settings": _replaced(self.settings, lists), "requirements_text": text}
        return FilledEnvironment(**known, lock=lock)


@dataclass(frozen=True, kw_only=True)
class FilledEnvironment(DeclaredEnvironment):
    """An environment whose placeholders are filled.

    :ivar lock: the name of its lock, as the user would say it
    """

    lock: str


class _Filling:
    """Fills placeholders and remembers which parameters were used."""

    def __init__(self, declared: DeclaredEnvironment) -> None:
        self._declared = declared
        self.used: set[str] = set()

    def fill(self, text: str) -> str:
        return _PLACEHOLDER.sub(lambda match: self._value(match[1], text), text)

    def _value(self, name: str, text: str) -> str:
        parameters = self._declared.parameters
        if name not in parameters:
            guess = nearest(name, parameters)
            raise InvalidSettingError(
                f'{self._declared.origin}: environment "{self._declared.name}" has no parameter {name!r}',
                why=f"{text!r} names it; there {_list_of(parameters)}",
                fix=f"write {{{guess}}}" if guess else None,
            )
        self.used.add(name)
        return parameters[name]


def _list_of(parameters: Mapping[str, str]) -> str:
    return f"are {', '.join(parameters)}" if parameters else "are no parameters"


def _replaced(settings: EnvironmentSettings, values: Mapping[str, tuple[str, ...]]) -> EnvironmentSettings:
    import msgspec  # noqa: PLC0415 - the settings model has it loaded

    return msgspec.structs.replace(settings, **values)
