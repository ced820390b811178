"""What a decorated session declares: kept unread until it is needed, then turned into an environment."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nox._decorators import Func

    from lockhouse.config.declared import DeclaredEnvironment
    from lockhouse.model.spec import Origin
    from lockhouse.nox.keywords import OnInstall
    from lockhouse.project import Project

#: What an install inside of a locked session does, the default first.
ON_INSTALL: tuple[OnInstall, ...] = ("refuse", "warn", "allow")

#: The attribute by which a registered session is known as ours.
ATTRIBUTE = "lockhouse_declaration"

#: Settings that nox has keywords of its own for.
_FROM_NOX = {"python", "pythons"}

#: Keywords that say how a session behaves, not what it installs; they may stand beside ``environment``.
_POLICIES = {"on_install", "on_stale", "wheelhouse"}


@dataclass(frozen=True, kw_only=True)
class Declaration:
    """The keywords of one decorator.

    :ivar name: name of the session
    :ivar file: path of the file that holds it
    :ivar line: line on which it starts
    :ivar keywords: the keywords that are not nox's
    :ivar nox_names: names of all keywords that nox knows
    :ivar python: the Pythons as they stand in the decorator: nox adds to those of the session by ``-P``
    """

    name: str
    file: str
    line: int
    keywords: Mapping[str, Any]
    nox_names: tuple[str, ...]
    python: object = None

    @property
    def pythons(self) -> tuple[str, ...]:
        """Give the Pythons that the decorator names."""
        return _pythons(self.python)

    @property
    def on_install(self) -> str:
        """Give what an install inside of the session does.

        :raises InvalidSettingError: it is none of the known words
        """
        chosen = self.keywords.get("on_install", ON_INSTALL[0])
        if chosen not in ON_INSTALL:
            from lockhouse.errors import InvalidSettingError  # noqa: PLC0415 - errors only

            raise InvalidSettingError(
                f"{self._place()}: on_install: expected one of {', '.join(ON_INSTALL)}, found {chosen!r}",
                fix=f"write on_install={_quoted(_nearest(str(chosen), ON_INSTALL) or ON_INSTALL[0])}",
            )
        return str(chosen)

    @property
    def inputs(self) -> dict[str, Any]:
        """Give the keywords that decide what is installed; the policies of a session do not."""
        return {key: value for key, value in self.keywords.items() if key not in {"environment", *_POLICIES}}

    @property
    def refers(self) -> bool:
        """Tell whether the environment is declared elsewhere, if at all."""
        return "environment" in self.keywords or not self.inputs

    def declared(self, variant: Variant, project: Project) -> DeclaredEnvironment:
        """Give the environment of one variant of the session.

        :param variant: which of its calls
        :param project: knows the environments of ``pyproject.toml``
        :raises InvalidSettingError: the keywords do not make an environment (all problems of one kind are named), or
            it runs on Pythons that the environment is not for to which it refers
        :raises UnknownEnvironmentError: it refers to an environment that is not declared
        """
        from lockhouse.config.declared import DeclaredEnvironment  # noqa: PLC0415 - keeps `nox --list` fast
        from lockhouse.config.validation import parse_environment  # noqa: PLC0415 - keeps `nox --list` fast

        self.check()
        origin = self.origin(project.root, variant.name)
        policy = {key: value for key, value in self.keywords.items() if key in _POLICIES - {"on_install"}}
        if self.refers:
            return self._referred(variant, project).with_policy(parse_environment(policy, origin))
        declared = DeclaredEnvironment(
            name=variant.name,
            base=self.name,
            settings=parse_environment({**self.inputs, **policy}, origin),
            origin=origin,
            pythons=variant.pythons,
            parameters=variant.texts,
        )
        if not variant.siblings or declared.settings.lock is not None:
            return declared
        from lockhouse.nox.apart import with_lock_of_its_own  # noqa: PLC0415 - parametrized sessions only

        return with_lock_of_its_own(declared, variant)

    def check(self) -> None:
        """Find keywords that nobody knows, and those that exclude one another.

        :raises InvalidSettingError: there are some
        """
        import msgspec  # noqa: PLC0415 - keeps `nox --list` fast

        from lockhouse.config.settings import EnvironmentSettings  # noqa: PLC0415 - keeps `nox --list` fast
        from lockhouse.errors import InvalidSettingError  # noqa: PLC0415 - not where nothing changed

        settings = {field.name for field in msgspec.structs.fields(EnvironmentSettings)} - _FROM_NOX
        known = [*settings, *self.nox_names, "environment", "on_install"]
        unknown = {key: _nearest(key, known) for key in self.keywords if key not in known}
        if unknown:
            raise InvalidSettingError(
                f"{self._place()}: unknown keyword {', '.join(map(repr, unknown))}",
                why=[
                    f"{key!r} is not known" + (f"; did you mean {near!r}?" if near else "")
                    for key, near in unknown.items()
                ],
                fix="; ".join(f"write {near}= instead of {key}=" for key, near in unknown.items() if near) or None,
            )
        if "environment" in self.keywords and self.inputs:
            table = f"[tool.lockhouse.environments.{self.keywords['environment']}]"
            raise InvalidSettingError(
                f"{self._place()}: environment= stands beside {', '.join(f'{key}=' for key in self.inputs)}",
                why="an environment of pyproject.toml is taken as it is declared there",
                fix=f"move them to {table}, or remove environment=",
            )
        _ = self.on_install

    def origin(self, root: Path, name: str | None = None) -> Origin:
        """Say where the session is declared.

        :param root: the project's folder
        :param name: the name of one of its calls; that of the session where it is not given
        """
        from lockhouse.model.spec import Origin  # noqa: PLC0415 - keeps `nox --list` fast

        path = Path(self.file)
        file = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
        return Origin(source=f'nox session "{name or self.name}"', file=file, line=self.line)

    def _place(self) -> str:
        return f'nox session "{self.name}" ({Path(self.file).name}:{self.line})'

    def _referred(self, variant: Variant, project: Project) -> DeclaredEnvironment:
        from lockhouse.errors import InvalidSettingError, UnknownEnvironmentError  # noqa: PLC0415 - likewise

        by = self.origin(project.root)
        if "environment" in self.keywords:
            return project.declarations.referred(str(self.keywords["environment"]), pythons=variant.pythons, by=by)
        try:
            return project.declarations.referred(self.name, pythons=variant.pythons, by=by)
        except UnknownEnvironmentError as error:
            raise InvalidSettingError(
                f"{self._place()} does not say what to install",
                why=f"it has no inputs, and pyproject.toml has no [tool.lockhouse.environments.{self.name}]",
                fix='give it inputs, such as @session(groups=["test"]), or declare that environment',
            ) from error


class Siblings(tuple["Variant", ...]):  # noqa: SLOT001 - a tuple has no slots
    """All calls of a parametrized session, with what is found out once for all of them.

    :ivar locks: name of a call → the lock that it has instead of the one by its values; None where nobody asked yet
    """

    locks: Mapping[str, str] | None = None


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One call of a session, for all the Pythons that it runs on.

    :ivar name: how the user calls it: ``tests``, ``tests(django='5.1')``
    :ivar parameters: its parameters, without the Python that chooses the interpreter
    :ivar pythons: the Pythons, as nox names them
    :ivar siblings: all calls of a parametrized session, itself included; these name none
    """

    name: str
    parameters: Mapping[str, object]
    pythons: tuple[str, ...] = ()
    siblings: Siblings = field(default_factory=Siblings)

    @property
    def texts(self) -> dict[str, str]:
        """Give the parameters as they are filled in."""
        return {key: str(value) for key, value in self.parameters.items()}


def variants(function: Func, declaration: Declaration) -> tuple[Variant, ...]:
    """List the variants of a session.

    :param function: the session as nox registered it
    :param declaration: what was declared
    """
    pythons = _pythons(function.python)
    parametrize = getattr(function, "parametrize", None)
    if parametrize is None:
        return (Variant(name=declaration.name, parameters={}, pythons=pythons),)
    # As nox does it: a parameter "python" chooses the interpreter, unless the session says so or takes it itself.
    chooses = function.python is None and not _takes_python(function)
    found: list[Variant] = []
    for call in parametrize:
        parameters: dict[str, object] = dict(call.call_spec)
        text = str(call)
        here = pythons
        if chooses and "python" in parameters:
            here = _pythons(parameters.pop("python"))
            text = ", ".join(f"{key}={value!r}" for key, value in parameters.items())
        known = next((position for position, each in enumerate(found) if each.parameters == parameters), None)
        if known is None:
            name = f"{declaration.name}({text})" if parameters else declaration.name
            found.append(Variant(name=name, parameters=parameters, pythons=here))
        else:
            joined = tuple(dict.fromkeys((*found[known].pythons, *here)))
            found[known] = replace(found[known], pythons=joined)
    siblings = Siblings(found if len(found) > 1 else ())
    return tuple(replace(each, siblings=siblings) for each in found)


def _pythons(python: object) -> tuple[str, ...]:
    if isinstance(python, str):
        return (python,)
    if isinstance(python, (list, tuple, set, frozenset)):
        return tuple(str(each) for each in (sorted(python) if isinstance(python, (set, frozenset)) else python))
    return ()  # None, False: nox decides


def _takes_python(function: Func) -> bool:
    import inspect  # noqa: PLC0415 - only parametrized sessions need it

    return "python" in inspect.signature(function.func).parameters


def _nearest(wrong: str, right: Any) -> str | None:
    from lockhouse.config.nearest import nearest  # noqa: PLC0415 - errors only

    return nearest(wrong, right)


def _quoted(text: str) -> str:
    return f'"{text}"'
