"""Finds, validates and calls plugins.

Plugins are entry points in the group ``lockhouse``; each is loaded by itself, so that a broken one is named. As long as
none is installed, nothing of this costs more than a look at the entry points.
"""

from __future__ import annotations

import sys
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, TypeVar

from lockhouse.config.frontend_files import FRONTEND_FILES, is_for_frontend
from lockhouse.config.nearest import nearest
from lockhouse.config.pyproject import PYPROJECT
from lockhouse.errors import (
    BackendNotFoundError,
    HookFailedError,
    LockhouseError,
    PluginConflictError,
    PluginLoadError,
)
from lockhouse.plugins import answers
from lockhouse.trace.program import OWN_DISTRIBUTION, distributions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from importlib import metadata
    from pathlib import Path

    import pluggy

    from lockhouse.interfaces import ArtifactLocation, Installer, Resolver
    from lockhouse.model.freshness import Finding
    from lockhouse.model.lock import Artifact, Lock
    from lockhouse.model.receipt import Receipt
    from lockhouse.model.spec import EnvironmentSpec

GROUP = "lockhouse"
#: The resolver that is known to be universal without loading it.
DEFAULT_RESOLVER = "uv"
DISABLE_VARIABLE = "LOCKHOUSE_DISABLE_PLUGINS"

_Made = TypeVar("_Made")


class Plugins:
    """All plugins of this run.

    :param environ: environment variables; ``LOCKHOUSE_DISABLE_PLUGINS`` lists names to leave out, with commas
    :param root: the project's folder
    :param entry_points: what to look at instead of the installed entry points
    """

    def __init__(
        self, environ: Mapping[str, str], *, root: Path, entry_points: Iterable[metadata.EntryPoint] | None = None
    ) -> None:
        self._root = root
        self._given = None if entry_points is None else tuple(entry_points)
        self._disabled = {name.strip() for name in environ.get(DISABLE_VARIABLE, "").split(",")} - {""}
        self._distributions: dict[str, str] = {}

    @cached_property
    def _entry_points(self) -> tuple[metadata.EntryPoint, ...]:
        found: Iterable[metadata.EntryPoint] | None = self._given
        if found is None:
            from importlib.metadata import entry_points  # noqa: PLC0415 - a quarter of what a quick check imports

            found = entry_points(group=GROUP)
        return tuple(sorted((p for p in found if p.name not in self._disabled), key=lambda point: point.name))

    @cached_property
    def foreign(self) -> bool:
        """Tell whether there is a plugin that is not part of Lockhouse."""
        if self._given is None and distributions(sys.path) is not None:
            return False
        return any(_distribution_of(point) != OWN_DISTRIBUTION for point in self._entry_points)

    def resolver(self, name: str) -> Resolver:
        """Give the resolver of this name.

        :raises BackendNotFoundError: there is none
        :raises PluginError: a plugin registers what is none, or two register one name; or it cannot be made
        """
        kind, plugin = _chosen(name, self._resolvers, "resolver")
        made: Resolver = self._guarded(f'the resolver "{name}"', plugin, kind)
        if plugin not in self._distributions:
            return made
        return answers.ResolverOfPlugin(made, partial(self._guarded, f'the resolver "{name}"', plugin))

    def is_universal(self, name: str) -> bool:
        """Tell whether one lock of this resolver serves all targets.

        :param name: name of the resolver
        :raises BackendNotFoundError: there is none
        """
        return name == DEFAULT_RESOLVER or self.resolver(name).universal

    def resolver_names(self) -> tuple[str, ...]:
        """List the names of all resolvers."""
        return tuple(sorted(self._resolvers))

    def installer(self, name: str) -> Installer:
        """Give the installer of this name.

        :raises BackendNotFoundError: there is none
        :raises PluginError: a plugin registers what is none, or two register one name; or it cannot be made
        """
        kind, plugin = _chosen(name, self._installers, "installer")
        made: Installer = self._guarded(f'the installer "{name}"', plugin, kind)
        if plugin not in self._distributions:
            return made
        return answers.InstallerOfPlugin(made, partial(self._guarded, f'the installer "{name}"', plugin))

    def discover_environments(
        self, root: Path, unavailable: list[BackendNotFoundError] | None = None
    ) -> tuple[EnvironmentSpec, ...]:
        """List the environments that are declared outside of ``pyproject.toml``.

        :param root: the project's folder
        :param unavailable: takes the error of each plugin whose tool is not there; where not given, it is raised
        """
        if not self.foreign and self._given is None and not may_have_sessions(root):
            return ()  # our own frontends, which take long to import, would find nothing
        found: list[EnvironmentSpec] = []
        for _, call in self._calls("lockhouse_discover_environments", answers.specs, root=root):
            try:
                found += call()
            except BackendNotFoundError as error:
                if unavailable is None:
                    raise
                unavailable.append(error)
        return tuple(found)

    def fingerprints(self, spec: EnvironmentSpec) -> dict[str, dict[str, str]]:
        """Ask for inputs that plugins add, by plugin.

        :param spec: the environment
        """
        if not self._implemented("lockhouse_fingerprint_inputs"):
            return {}
        calls = self._calls("lockhouse_fingerprint_inputs", answers.texts, spec=spec, root=self._root)
        return {plugin: values for plugin, call in calls if (values := call())}

    @property
    def have_rules(self) -> bool:
        """Tell whether a plugin wants to see every lock."""
        return self._implemented("lockhouse_check_lock")

    def findings(self, spec: EnvironmentSpec, lock: Lock) -> tuple[tuple[str, Finding], ...]:
        """Ask the rules of plugins about a lock.

        :param spec: the environment
        :param lock: the content of its lock
        :return: the name of the plugin and what it found
        """
        if not self.have_rules:
            return ()
        calls = self._calls("lockhouse_check_lock", answers.findings, spec=spec, lock=lock, root=self._root)
        return tuple((plugin, finding) for plugin, call in calls for finding in call())

    def locate_artifact(self, artifact: Artifact) -> ArtifactLocation | None:
        """Ask where an artifact can be had instead.

        :param artifact: the lock's entry
        """
        if not self._implemented("lockhouse_locate_artifact"):
            return None
        calls = self._calls("lockhouse_locate_artifact", answers.location, artifact=artifact)
        return next((location for _, call in calls if (location := call()) is not None), None)

    def lock_written(self, spec: EnvironmentSpec, lock: Lock, previous: Lock | None) -> None:
        """Announce that a lock was written."""
        if self._implemented("lockhouse_lock_written"):
            self._announce("lockhouse_lock_written", spec=spec, lock=lock, previous=previous)

    def environment_synced(self, spec: EnvironmentSpec, receipt: Receipt) -> None:
        """Announce that an environment was synced."""
        if self._implemented("lockhouse_environment_synced"):
            self._announce("lockhouse_environment_synced", spec=spec, receipt=receipt)

    def names(self) -> tuple[str, ...]:
        """List the names of the plugins that are not part of Lockhouse."""
        return tuple(sorted(p.name for p in self._entry_points if _distribution_of(p) != OWN_DISTRIBUTION))

    # -- calling --------------------------------------------------------------------------------------------------

    def _implemented(self, hook: str) -> bool:
        # what Lockhouse itself brings implements none of the hooks that are asked for by this
        return self.foreign and bool(getattr(self._manager.hook, hook).get_hookimpls())

    def _announce(self, hook: str, **arguments: object) -> None:
        for _, call in self._calls(hook, answers.nothing, **arguments):
            call()

    def _calls(
        self, hook: str, take: Callable[[Any], _Made], **arguments: object
    ) -> list[tuple[str, Callable[[], _Made]]]:
        """Give a call for each plugin that implements a hook, in the order in which they have their say.

        :param hook: name of the hook
        :param take: takes the answer: what is wrong with it is found while it is known whose it is
        """
        calls: list[tuple[str, Callable[[], _Made]]] = []
        for implementation in reversed(getattr(self._manager.hook, hook).get_hookimpls()):
            wanted = {name: arguments[name] for name in implementation.argnames}
            call = partial(_taken, take, partial(implementation.function, **wanted))
            plugin = implementation.plugin_name
            calls.append((plugin, partial(self._guarded, f"the hook {hook}", plugin, call)))
        return calls

    def _guarded(self, what: str, plugin: str, call: Callable[[], _Made]) -> _Made:
        """Call what a plugin brings; what it raises, unless it is an error of ours, is a defect of the plugin."""
        try:
            return call()
        except LockhouseError:
            raise
        except (Exception, SystemExit) as error:
            if plugin not in self._distributions:
                raise
            raise HookFailedError(
                f"{what} of the plugin {self._owner(plugin)} failed",
                why=answers.why_of(error),
                fix=self._mend(plugin),
            ) from error

    def _mend(self, plugin: str) -> str:
        return f"mend or remove the plugin, or leave it out: {self._without(plugin)}"

    def _without(self, plugin: str) -> str:
        return f"{DISABLE_VARIABLE}={','.join(sorted({*self._disabled, plugin}))}"

    # -- what is registered ---------------------------------------------------------------------------------------

    @cached_property
    def _resolvers(self) -> Mapping[str, tuple[type[Any], str]]:
        return self._registered("lockhouse_register_resolver", "resolver", "resolve")

    @cached_property
    def _installers(self) -> Mapping[str, tuple[type[Any], str]]:
        return self._registered("lockhouse_register_installer", "installer", "install")

    def _registered(self, hook: str, what: str, method: str) -> Mapping[str, tuple[type[Any], str]]:
        """Ask all plugins for their classes, by name: each with the plugin that it is of."""
        found: dict[str, tuple[type[Any], str]] = {}
        for plugin, call in self._calls(hook, answers.as_it_is):
            kind = call()
            problems = answers.problems_of(kind, method)
            if problems:
                raise PluginLoadError(
                    f"what {hook} of the plugin {self._owner(plugin)} returns is no {what}",
                    why=problems,
                    fix=self._mend(plugin),
                )
            if kind.name in found:
                raise self._conflict(f'the {what} "{kind.name}"', found[kind.name][1], plugin)
            found[kind.name] = (kind, plugin)
        return found

    def _conflict(self, what: str, one: str, other: str) -> PluginConflictError:
        foreign = [plugin for plugin in (one, other) if plugin in self._distributions]
        remedy = (
            "uninstall one, or leave one out" if len(foreign) > 1 else "have it choose another name, or leave it out"
        )
        return PluginConflictError(
            f"two plugins register {what}",
            why=f"{self._owner(one)} and {self._owner(other)}",
            fix=f"{remedy}: {self._without(foreign[-1])}",
        )

    def _owner(self, plugin: str) -> str:
        return f'"{plugin}" of {self._distributions.get(plugin, OWN_DISTRIBUTION)}'

    # -- loading --------------------------------------------------------------------------------------------------

    @cached_property
    def _manager(self) -> pluggy.PluginManager:
        import pluggy  # noqa: PLC0415 - only where a hook is called

        from lockhouse import hookspecs, installers, resolvers  # noqa: PLC0415

        manager = pluggy.PluginManager(hookspecs.NAME)
        manager.add_hookspecs(hookspecs)
        for room in (resolvers, installers):
            manager.register(room.UvPlugin(), f"{room.__name__}.uv")
            manager.register(room.PipPlugin(), f"{room.__name__}.pip")
        loaded = [(point, self._load(point)) for point in self._entry_points]
        for point, plugin in reversed(loaded):  # pluggy has the last one called first
            self._register(manager, point, plugin)
        return manager

    def _load(self, point: metadata.EntryPoint) -> object:
        owner = _distribution_of(point)
        known = self._distributions.setdefault(point.name, owner)
        if known != owner:
            raise PluginConflictError(
                f'two plugins are named "{point.name}"',
                why=f"one is of {known}, the other of {owner}",
                fix=f"uninstall one of them, or leave out both: {self._without(point.name)}",
            )
        try:
            plugin: object = point.load()
        except LockhouseError:
            raise
        except (Exception, SystemExit) as error:
            raise PluginLoadError(
                f"the plugin {self._owner(point.name)} cannot be loaded",
                why=answers.why_of(error),
                fix=self._mend(point.name),
            ) from error
        return plugin

    def _register(self, manager: pluggy.PluginManager, point: metadata.EntryPoint, plugin: object) -> None:
        try:
            manager.register(plugin, point.name)
            manager.check_pending()
            misfit = answers.misfit_of(manager, plugin)
        except Exception as error:  # noqa: BLE001 - pluggy has no base of its errors; it looks at all that a plugin has
            misfit = str(error)
        if misfit is not None:
            raise PluginLoadError(
                f"the plugin {self._owner(point.name)} does not fit the hook specifications",
                why=misfit.splitlines(),
                fix=self._mend(point.name),
            )


def may_have_sessions(root: Path) -> bool:
    """Tell whether nox or tox may have something to run in a project.

    :param root: the project's folder
    """
    for name in FRONTEND_FILES:
        try:
            content = (root / name).read_bytes()
            if is_for_frontend(name, content) or (name == PYPROJECT and b"noxfiles" in content):
                return True
        except FileNotFoundError:
            continue
        except OSError:  # whoever needs it says what is wrong
            return True
    return False


def _taken(take: Callable[[Any], _Made], call: Callable[[], Any]) -> _Made:
    return take(call())


def _distribution_of(point: metadata.EntryPoint) -> str:
    return "an unknown distribution" if point.dist is None else point.dist.name


def _chosen(name: str, known: Mapping[str, Any], what: str) -> Any:
    if name in known:
        return known[name]
    guess = nearest(name, known)
    raise BackendNotFoundError(
        f'there is no {what} "{name}"',
        why=f"known are {', '.join(sorted(known))}",
        fix=f'{what} = "{guess}"' if guess else f"install the plugin that brings it, or choose another {what}",
    )
