"""What plugins give: held against what it is to be, and called so that what is wrong with it is told as theirs."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import pluggy

    from lockhouse.interfaces import (
        ArtifactLocation,
        CommandRunner,
        Installer,
        InstallRequest,
        Resolution,
        Resolver,
        ResolveRequest,
    )
    from lockhouse.model.freshness import Finding
    from lockhouse.model.spec import EnvironmentSpec

_Made = TypeVar("_Made")

#: Modules that stand in a traceback before the code of a plugin does.
_BEFORE_PLUGINS = (__name__.rpartition(".")[0], "importlib", "_frozen_importlib")


class ResolverOfPlugin:
    """A resolver that a plugin brings. It is called under guard; all else of it is as it is.

    :param made: the resolver
    :param guarded: calls what it is given, and tells the plugin's failures as such
    """

    name: ClassVar[str]
    universal: ClassVar[bool]

    def __init__(self, made: Resolver, guarded: Callable[[Callable[[], Resolution]], Resolution]) -> None:
        vars(self).update(name=made.name, universal=made.universal)
        self._made = made
        self._guarded = guarded

    def resolve(self, request: ResolveRequest, run: CommandRunner) -> Resolution:
        """Resolve."""
        return self._guarded(lambda: _resolution(self._made.resolve(request, run)))

    def __getattr__(self, name: str) -> Any:
        """Give whatever else it has."""
        return getattr(self._made, name)


class InstallerOfPlugin:
    """An installer that a plugin brings. It is called under guard; all else of it is as it is.

    :param made: the installer
    :param guarded: calls what it is given, and tells the plugin's failures as such
    """

    name: ClassVar[str]

    def __init__(self, made: Installer, guarded: Callable[[Callable[[], None]], None]) -> None:
        vars(self).update(name=made.name)
        self._made = made
        self._guarded = guarded

    def install(self, request: InstallRequest, run: CommandRunner) -> None:
        """Do what the request says."""
        self._guarded(partial(self._made.install, request, run))

    def __getattr__(self, name: str) -> Any:
        """Give whatever else it has."""
        return getattr(self._made, name)


# -- what is wrong ------------------------------------------------------------------------------------------------


def misfit_of(manager: pluggy.PluginManager, plugin: object) -> str | None:
    """Say what of a plugin would never be called, or not as its author thinks; pluggy takes it all the same.

    :param manager: where it is registered
    :param plugin: the plugin
    """
    hooks = manager.get_hookcallers(plugin) or []
    marked = {hook.name for hook in hooks}
    if bare := sorted(name for name in vars(manager.hook) if name not in marked and hasattr(plugin, name)):
        return f"{', '.join(bare)}: not marked with lockhouse.hookimpl"
    if not hooks:
        return "it has none of the hooks"
    implementations = (each for hook in hooks for each in hook.get_hookimpls() if each.plugin is plugin)
    wrappers = sorted(each.function.__name__ for each in implementations if each.wrapper or each.hookwrapper)
    return f"{', '.join(wrappers)}: a wrapper, where a plain function is called" if wrappers else None


def problems_of(kind: Any, method: str) -> list[str]:
    """List why what was registered is no class of a resolver, or of an installer.

    :param kind: what was registered
    :param method: what it has to do
    """
    if not isinstance(kind, type):
        return [f"it is {_described(kind)}, not a class"]
    problems = []
    name, universal = getattr(kind, "name", None), getattr(kind, "universal", None)
    if not isinstance(name, str) or not name:
        problems.append(f"{kind.__name__}.name is {_described(name)}, not the name by which settings choose it")
    if method == "resolve" and not isinstance(universal, bool):
        problems.append(f"{kind.__name__}.universal is {_described(universal)}, not True or False")
    if not callable(getattr(kind, method, None)):
        problems.append(f"{kind.__name__} has no method {method}")
    return problems


def why_of(error: BaseException) -> list[str]:
    """Say what a plugin raised, and where in its code.

    :param error: what was raised
    """
    text = str(error)
    lines = (f"{type(error).__name__}: {text}" if text else type(error).__name__).splitlines()
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_globals.get("__name__", "").startswith(_BEFORE_PLUGINS):
        trace = trace.tb_next
    if trace is not None:
        lines.append(f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}")
    return [line for line in lines if line.strip()]


def _of_kind(kind: type[_Made], value: object) -> _Made:
    if not isinstance(value, kind):
        raise TypeError(f"it gave {_described(value)}, not {kind.__name__}")
    return value


def _described(value: object) -> str:
    if value is None or isinstance(value, (bool, str)):
        return repr(value)
    return f"an object of {type(value).__name__}"


# -- what hooks answer: a generator does its work only here -------------------------------------------------------


def as_it_is(answer: Any) -> Any:
    """Take what will be looked at by whoever asked.

    :param answer: of a hook that registers
    """
    return answer


def nothing(_: object) -> None:
    """Take nothing: who is told something has nothing to say.

    :param _: of a hook that announces
    """


def specs(answer: Iterable[object] | None) -> tuple[EnvironmentSpec, ...]:
    """Take environments.

    :param answer: of ``lockhouse_discover_environments``
    :raises TypeError: it is something else
    """
    from lockhouse.model.spec import EnvironmentSpec  # noqa: PLC0415 - whoever found some has imported it

    return tuple(_of_kind(EnvironmentSpec, each) for each in answer or ())


def texts(answer: Mapping[object, object] | None) -> dict[str, str]:
    """Take names and values.

    :param answer: of ``lockhouse_fingerprint_inputs``
    :raises TypeError: it is something else
    """
    return {str(key): str(value) for key, value in dict(answer or {}).items()}


def findings(answer: Iterable[object] | None) -> tuple[Finding, ...]:
    """Take what speaks against a lock.

    :param answer: of ``lockhouse_check_lock``
    :raises TypeError: it is something else
    """
    from lockhouse.model.freshness import Finding  # noqa: PLC0415 - only where there is a rule

    return tuple(_of_kind(Finding, each) for each in answer or ())


def location(answer: object) -> ArtifactLocation | None:
    """Take an address.

    :param answer: of ``lockhouse_locate_artifact``
    :raises TypeError: it is something else
    """
    from lockhouse.interfaces import ArtifactLocation  # noqa: PLC0415 - only where somebody is asked

    return None if answer is None else _of_kind(ArtifactLocation, answer)


def _resolution(answer: object) -> Resolution:
    from lockhouse.interfaces import Resolution  # noqa: PLC0415 - only where something is resolved

    return _of_kind(Resolution, answer)
