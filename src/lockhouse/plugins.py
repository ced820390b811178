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
from lockhouse.trace.program import OWN_DISTRIBUTION, distributions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
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
        self._disabled = {name.strip() for name in environ.get(DISABLE_VARIABLE, "").split(",")}
        self._distributions: dict[str, str] = {}

    @cached_property
    def _entry_points(self) -> tuple[metadata.EntryPoint, ...]:
        found: Iterable[metadata.EntryPoint] | None = self._given
        if found is None:
            from importlib.metadata import entry_points  # noqa: PLC0415 - a quarter of what a quick check imports

            found = entry_points(group=GROUP)
        return tuple(point for point in found if point.name not in self._disabled)

    @cached_property
    def foreign(self) -> bool:
        """Tell whether there is a plugin that is not part of Lockhouse."""
        if self._given is None and distributions(sys.path) is not None:
            return False
        return any(_distribution_of(point) != OWN_DISTRIBUTION for point in self._entry_points)

    def resolver(self, name: str) -> Resolver:
        """Give the resolver of this name.

        :raises BackendNotFoundError: there is none
        """
        return _chosen(name, self._registered("lockhouse_register_resolver"), "resolver")()  # type: ignore[no-any-return]

    def is_universal(self, name: str) -> bool:
        """Tell whether one lock of this resolver serves all targets.

        :param name: name of the resolver
        :raises BackendNotFoundError: there is none
        """
        return name == DEFAULT_RESOLVER or self.resolver(name).universal

    def resolver_names(self) -> tuple[str, ...]:
        """List the names of all resolvers."""
        return tuple(sorted(self._registered("lockhouse_register_resolver")))

    def installer(self, name: str) -> Installer:
        """Give the installer of this name.

        :raises BackendNotFoundError: there is none
        """
        return _chosen(name, self._registered("lockhouse_register_installer"), "installer")()  # type: ignore[no-any-return]

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
        for _, call in reversed(self._calls("lockhouse_discover_environments", root=root)):  # as pluggy does
            try:
                found += call() or ()
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
        found: dict[str, dict[str, str]] = {}
        for plugin, values in self._call_each("lockhouse_fingerprint_inputs", spec=spec, root=self._root):
            if values:
                found[plugin] = {str(key): str(value) for key, value in dict(values).items()}
        return found

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
        return tuple(
            (plugin, finding)
            for plugin, found in self._call_each("lockhouse_check_lock", spec=spec, lock=lock, root=self._root)
            for finding in found or ()
        )

    def locate_artifact(self, artifact: Artifact) -> ArtifactLocation | None:
        """Ask where an artifact can be had instead.

        :param artifact: the lock's entry
        """
        if not self._implemented("lockhouse_locate_artifact"):
            return None
        located: ArtifactLocation | None = self._call("lockhouse_locate_artifact", artifact=artifact)
        return located

    def lock_written(self, spec: EnvironmentSpec, lock: Lock, previous: Lock | None) -> None:
        """Announce that a lock was written."""
        if self._implemented("lockhouse_lock_written"):
            self._call("lockhouse_lock_written", spec=spec, lock=lock, previous=previous)

    def environment_synced(self, spec: EnvironmentSpec, receipt: Receipt) -> None:
        """Announce that an environment was synced."""
        if self._implemented("lockhouse_environment_synced"):
            self._call("lockhouse_environment_synced", spec=spec, receipt=receipt)

    def names(self) -> tuple[str, ...]:
        """List the names of the plugins that are not part of Lockhouse."""
        return tuple(sorted(p.name for p in self._entry_points if _distribution_of(p) != OWN_DISTRIBUTION))

    # -- calling --------------------------------------------------------------------------------------------------

    def _implemented(self, hook: str) -> bool:
        # what Lockhouse itself brings implements none of the hooks that are asked for by this
        return self.foreign and bool(getattr(self._manager.hook, hook).get_hookimpls())

    def _call(self, hook: str, **arguments: object) -> Any:
        return self._guarded(hook, lambda: getattr(self._manager.hook, hook)(**arguments), "a plugin")

    def _call_each(self, hook: str, **arguments: object) -> Iterator[tuple[str, Any]]:
        for plugin, call in self._calls(hook, **arguments):
            yield plugin, call()

    def _calls(self, hook: str, **arguments: object) -> list[tuple[str, Callable[[], Any]]]:
        calls: list[tuple[str, Callable[[], Any]]] = []
        for implementation in getattr(self._manager.hook, hook).get_hookimpls():
            wanted = {name: arguments[name] for name in implementation.argnames}
            call = partial(implementation.function, **wanted)
            calls.append((implementation.plugin_name, partial(self._guarded, hook, call, implementation.plugin_name)))
        return calls

    def _guarded(self, hook: str, call: Callable[[], _Made], plugin: str) -> _Made:
        try:
            return call()
        except LockhouseError:
            raise
        except Exception as error:
            raise HookFailedError(
                f'the hook {hook} of the plugin "{self._culprit(error, plugin)}" failed',
                why=f"{type(error).__name__}: {error}",
                fix=f"mend or remove the plugin, or leave it out: {DISABLE_VARIABLE}=NAME",
            ) from error

    def _culprit(self, error: BaseException, fallback: str) -> str:
        """Find the plugin whose code raised, by the files of the traceback."""
        files = set()
        trace = error.__traceback__
        while trace is not None:
            files.add(trace.tb_frame.f_globals.get("__name__"))
            trace = trace.tb_next
        for name, plugin in self._manager.list_name_plugin():
            if getattr(plugin, "__name__", type(plugin).__module__) in files and name != fallback:
                return str(name)
        return fallback

    def _registered(self, hook: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        owners: dict[str, str] = {}
        for plugin, made in self._call_each(hook):
            for kind in made if isinstance(made, (list, tuple)) else (made,):
                name = kind.name
                if name in found:
                    raise PluginConflictError(
                        f'two plugins register "{name}" ({hook})',
                        why=f"{self._owner(owners[name])} and {self._owner(plugin)}",
                        fix=f"uninstall one of them, or leave one out: {DISABLE_VARIABLE}=NAME",
                    )
                found[name], owners[name] = kind, plugin
        return found

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
        for point in self._entry_points:
            self._register(manager, point)
        return manager

    def _register(self, manager: pluggy.PluginManager, point: metadata.EntryPoint) -> None:
        owner = _distribution_of(point)
        leave_out = f"mend or remove the plugin, or leave it out: {DISABLE_VARIABLE}={point.name}"
        try:
            plugin = point.load()
        except LockhouseError:
            raise
        except Exception as error:
            raise PluginLoadError(
                f'the plugin "{point.name}" of {owner} cannot be loaded',
                why=f"{type(error).__name__}: {error}",
                fix=leave_out,
            ) from error
        try:
            manager.register(plugin, point.name)
            manager.check_pending()
        except Exception as error:
            raise PluginLoadError(
                f'the plugin "{point.name}" of {owner} does not fit the hook specifications',
                why=str(error),
                fix=leave_out,
            ) from error
        self._distributions[point.name] = owner


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
