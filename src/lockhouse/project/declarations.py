"""What a project declares: in ``pyproject.toml``, in the noxfile, in the tox configuration."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from lockhouse.errors import ConfigError, EnvironmentConflictError, UnknownEnvironmentError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from lockhouse.config.declared import DeclaredEnvironment
    from lockhouse.config.project import ProjectConfig
    from lockhouse.errors import BackendNotFoundError
    from lockhouse.model.spec import EnvironmentSpec, Origin
    from lockhouse.plugins import Plugins


class Declarations:
    """The environments of a project, as whoever declares them says them.

    :param config: what ``pyproject.toml`` says
    :param plugins: who finds environments elsewhere, and adds to the inputs
    """

    def __init__(self, config: ProjectConfig, plugins: Plugins) -> None:
        self._config = config
        self._plugins = plugins
        self._known: dict[str, list[EnvironmentSpec]] | None = None
        self._claims: dict[str, list[DeclaredEnvironment]] | None = None

    def declared(self, name: str) -> DeclaredEnvironment:
        """Give an environment of ``pyproject.toml``.

        :param name: its name
        :raises UnknownEnvironmentError: there is none of this name
        """
        return self._config.environment(name)

    def referred(self, name: str, *, pythons: Iterable[str], by: Origin) -> DeclaredEnvironment:
        """Give an environment of ``pyproject.toml`` to a session or tox environment that refers to it.

        :param name: its name
        :param pythons: what it is run on there, as nox and tox name Pythons; nothing where that is not said
        :param by: who refers to it
        :raises UnknownEnvironmentError: there is none of this name
        :raises InvalidSettingError: it does not serve all these Pythons
        """
        try:
            declared = self._config.environment(name)
        except UnknownEnvironmentError as error:
            raise error.within(str(by)) from error
        listed = tuple(pythons)
        if listed:
            self._config.require_served(declared, listed, by)
        return declared

    def spec(self, declared: DeclaredEnvironment) -> EnvironmentSpec:
        """Expand a declaration.

        :param declared: what a frontend or ``pyproject.toml`` says
        :raises ConfigError: it cannot be expanded
        :raises EnvironmentConflictError: ``pyproject.toml`` declares the same name with other inputs
        """
        spec = self._fingerprinted(self._config.expand(declared))
        for other in self._config.declared():
            if other.name == declared.name and other.origin != declared.origin:
                joined = self._joined(self._fingerprinted(self._config.expand(other)), spec)
                return replace(joined, on_stale=spec.on_stale, wheelhouse=spec.wheelhouse)
        return spec

    def environments(self, unavailable: list[BackendNotFoundError] | None = None) -> tuple[EnvironmentSpec, ...]:
        """Give all environments of the project, those of noxfile and tox configuration included.

        :param unavailable: takes the error for each tool whose environments cannot be known because it is not there;
            where not given, such an error is raised
        :raises BackendNotFoundError: a tool is not there, and its environments were not to be left out
        :raises ConfigError: one of them cannot be read
        :raises EnvironmentConflictError: one name or lock is declared twice with different inputs
        """
        from lockhouse.config.lock_names import LockClaim, refuse_collisions  # noqa: PLC0415 - where all are looked at
        from lockhouse.model.spec import by_lock  # noqa: PLC0415 - likewise

        declared = self._config.declared()
        discovered = self._plugins.discover_environments(self._config.root, unavailable)
        claims = [LockClaim.of_declared(each.filled()) for each in declared]
        refuse_collisions([*claims, *map(LockClaim.of_spec, discovered)])
        known: dict[str, EnvironmentSpec] = {}
        specs = (self._fingerprinted(self._config.expand(each)) for each in declared)
        for spec in (*specs, *discovered):
            other = known.get(spec.name)
            known[spec.name] = spec if other is None else self._joined(other, spec)
        self._known = by_lock(known.values())
        return tuple(known.values())

    def conflict(
        self, spec: EnvironmentSpec, others: Iterable[EnvironmentSpec] = ()
    ) -> EnvironmentConflictError | None:
        """Say why an environment cannot be locked: another one has the same lock and other inputs.

        No noxfile is read and no configuration of tox that was not read before.

        :param spec: the environment
        :param others: environments that are known to who asks
        :return: None where there is no such other one
        """
        from lockhouse.model.spec import merged  # noqa: PLC0415 - only for what is not fresh

        known = self._sharing(spec) if self._known is None else self._known.get(spec.lock_name, [])
        sharing = [each for each in (*known, *others) if each.lock_name == spec.lock_name and each.name != spec.name]
        try:
            merged([spec, *sharing])
        except EnvironmentConflictError as error:
            return error
        return None

    def _sharing(self, spec: EnvironmentSpec) -> list[EnvironmentSpec]:
        """Give the environments of ``pyproject.toml`` that have the lock of this one, and can be read."""
        from lockhouse.config.lock_names import LockClaim  # noqa: PLC0415 - only for what is not fresh

        if self._claims is None:
            self._claims = {}
            for each in self._config.declared():
                with suppress(ConfigError):
                    self._claims.setdefault(LockClaim.of_declared(each.filled()).lock, []).append(each)
        found = []
        for each in self._claims.get(spec.lock_name, ()):
            with suppress(ConfigError):
                found.append(self._fingerprinted(self._config.expand(each)))
        return found

    def named(self, names: Collection[str]) -> tuple[EnvironmentSpec, ...]:
        """Give environments by name; all where no name is given.

        Names that ``pyproject.toml`` declares are read from there alone. The name of a parametrized session stands for
        all its environments, as in ``nox -s``.

        :param names: names of environments
        :raises UnknownEnvironmentError: a name is declared nowhere; the nearest is named
        :raises ConfigError: a name was given, and nothing is declared at all
        """
        own = {declared.name: declared for declared in self._config.declared()}
        if names and all(name in own for name in names):
            return tuple(self._fingerprinted(self._config.expand(own[name])) for name in names)
        known = self.environments()
        if not names:
            return known
        from lockhouse.project.naming import meant  # noqa: PLC0415 - not for names of pyproject.toml

        if not known:
            raise self.nothing()
        return meant(names, known)

    def nothing(self) -> ConfigError:
        """Give the error for a project that declares no environment."""
        from lockhouse.project.naming import nothing_declared  # noqa: PLC0415 - errors only

        return nothing_declared(self._config.root, self._config.settings.noxfiles)

    def one(self, name: str) -> EnvironmentSpec:
        """Give the one environment of a name.

        :param name: its name
        :raises UnknownEnvironmentError: there is none of this name, or it stands for several
        """
        from lockhouse.project.naming import only  # noqa: PLC0415 - only where just one is wanted

        return only(name, self.named([name]))

    def _fingerprinted(self, spec: EnvironmentSpec) -> EnvironmentSpec:
        fingerprints = self._plugins.fingerprints(spec)
        return replace(spec, fingerprints=fingerprints) if fingerprints else spec

    def _joined(self, one: EnvironmentSpec, other: EnvironmentSpec) -> EnvironmentSpec:
        from lockhouse.model.spec import merge_shared_locks  # noqa: PLC0415 - only for a name declared twice

        if one.lock_name != other.lock_name:
            raise EnvironmentConflictError(
                f'the environment "{one.name}" is declared twice with different locks',
                why=[f'{each.origin}: lock "{each.lock_name}"' for each in (one, other)],
                fix="give the two the same lock, or one of them another name",
            )
        return merge_shared_locks([one, other])[one.lock_name]
