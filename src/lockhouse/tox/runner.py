"""``runner = lockhouse``: checked before anything is made, and installed from the lock."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import replace
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from weakref import WeakKeyDictionary

from tox.tox_env.python.virtual_env.runner import VirtualEnvRunner

from lockhouse.operations.unchanged import is_unchanged
from lockhouse.tox.failures import as_tox_failures
from lockhouse.tox.installer import PackageInstaller
from lockhouse.tox.keys import OWN_KEYS, asked_for, base_pythons_of, environ_of, lock_base, tox_packages
from lockhouse.tox.names import EXTERNAL_PACKAGER, LOCK, OUR_NAME, OUR_RUNNER, PACKAGER, TOX_NAME
from lockhouse.tox.states import STATES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tox.config.sets import ConfigSet

    from lockhouse.errors import EnvironmentConflictError
    from lockhouse.model.spec import EnvironmentSpec
    from lockhouse.operations.build_room import Product
    from lockhouse.project import Project

#: What each run of tox warned of already: it opens the project for each environment.
_WARNED: WeakKeyDictionary[ConfigSet, set[str]] = WeakKeyDictionary()


class LockhouseRunner(VirtualEnvRunner):
    """A tox environment that installs exactly what its lock says."""

    @staticmethod
    def id() -> str:
        """Give the name by which the configuration chooses it."""
        return OUR_RUNNER

    def register_config(self) -> None:
        """Add our keys to those of tox."""
        super().register_config()
        for key, description in OWN_KEYS.items():
            self.conf.add_config(keys=[f"lockhouse_{key}"], of_type=str, default="", desc=description)

    # -- the lock -------------------------------------------------------------------------------------------------

    @cached_property
    def project(self) -> Project:
        """Give the project, with the variables of this environment."""
        from lockhouse.project import Project  # noqa: PLC0415 - not where nothing changed
        from lockhouse.tox.reporter import ToxLog  # noqa: PLC0415 - likewise

        root, log = Path(self.core["tox_root"]), ToxLog(self.name, self._environ)
        return Project.open(root, environ=self._environ, reporter=log, warned=_WARNED.setdefault(self.core, set()))

    @cached_property
    def _environ(self) -> dict[str, str]:
        return environ_of(self.conf)

    @cached_property
    def spec(self) -> EnvironmentSpec:
        """Give what this environment declares.

        :raises ConfigError: it cannot be used
        """
        from lockhouse.tox.declaration import declared_environment, refuse_other_package  # noqa: PLC0415 - likewise

        pythons = self._base_pythons()
        spec = self.project.declarations.spec(declared_environment(self.conf, self.core, self.project, pythons))
        refuse_other_package(self.conf, self.core, spec, asked_for_editable=self._asked_for_editable)
        return replace(spec, locked_by=self._locked_by(spec))

    def _locked_by(self, spec: EnvironmentSpec) -> str:
        """Give the command that locks it, but for its name, to be pasted where tox was started."""
        from lockhouse.project.naming import option_for  # noqa: PLC0415 - not where nothing changed

        option = option_for(self.core["tox_root"])
        if self._is_listed or self._refers:
            return f"{spec.locked_by} {option}".rstrip()
        state = STATES.get(self.conf)
        if state is None or not option:
            return f"tox {LOCK} -e"
        return f"tox {LOCK} {option_for(state.conf.src_path).replace('-C', '-c', 1)} -e"

    @property
    def _is_listed(self) -> bool:
        """Tell whether tox knows of this environment also where nobody names it; else only tox can lock it."""
        state = STATES.get(self.conf)
        return state is None or self.name in chain(state.conf, *state.conf.core["labels"].values())

    @property
    def _refers(self) -> bool:
        """Tell whether it is an environment of ``pyproject.toml``."""
        return bool(str(self.conf["lockhouse_environment"]))

    @property
    def _asked_for_editable(self) -> bool:
        return bool(getattr(self.options, "develop", False))

    def _base_pythons(self) -> list[str]:
        return [python for conf in self._sharing_confs() for python in base_pythons_of(conf)]

    @property
    def _asked(self) -> str | None:
        """Spell what is declared, and whether this run brings the project."""
        declared = self._declared
        return None if declared is None else f"{declared} {self._installs_package}"

    @cached_property
    def _declared(self) -> str | None:
        pythons = base_pythons_of(self.conf) if self._refers else self._base_pythons()
        return asked_for(self.conf, self.core, pythons, asked_for_editable=self._asked_for_editable)

    @cached_property
    def _is_unchanged(self) -> bool:
        """Tell whether nothing changed since the last sync; it is looked at once for each environment that is made."""
        if logging.getLogger().isEnabledFor(logging.INFO):  # a trace has none of the details that are asked for
            return False
        asked = self._asked
        return asked is not None and is_unchanged(self.env_python(), asked, self._environ)

    def _sharing_confs(self) -> Iterator[Any]:
        """List the configurations of all environments that share this lock: their Pythons decide its bounds."""
        yield self.conf
        state = STATES.get(self.conf)
        if state is None:
            return
        own = self.lock_name
        for name in state.envs.iter(only_active=False):
            other = state.envs[name]
            if isinstance(other, LockhouseRunner) and other is not self and other.lock_name == own:
                yield other.conf

    @property
    def lock_name(self) -> str:
        """Give the name of the lock, as the configuration says it."""
        return str(self.conf["lockhouse_lock"]) or lock_base(self.name)

    # -- setting up -----------------------------------------------------------------------------------------------

    def setup(self) -> None:
        """Check the lock before anything is made, then set up."""
        if not self._run_state["setup"]:
            self._platform_check()
            base = Path(self.base_python.extra["executable"])
            with as_tox_failures(self.conf):
                if not self._is_unchanged:
                    self._require_fresh(base)
        super().setup()

    def _require_fresh(self, base: Path) -> None:
        from lockhouse.errors import LockMissingError, LockStaleError  # noqa: PLC0415 - not where nothing changed

        try:
            self.project.require_fresh(self.spec, base)
        except (LockMissingError, LockStaleError):
            if (conflict := self.conflict()) is not None:
                raise conflict from None
            raise

    def conflict(self) -> EnvironmentConflictError | None:
        """Say why it cannot be locked: another environment has the same lock and other inputs; None where none has."""
        return self.project.declarations.conflict(self.spec, self._others())

    def _others(self) -> Iterator[EnvironmentSpec]:
        """Give what the other environments of this run declare, so far as they can be used."""
        from lockhouse.errors import ConfigError  # noqa: PLC0415 - errors only

        state = STATES.get(self.conf)
        if state is None:
            return
        for name in tuple(state.envs.iter(only_active=False)):
            other = state.envs[name]
            if isinstance(other, LockhouseRunner) and other is not self:
                with suppress(ConfigError):
                    yield other.spec

    def create_python_env(self) -> None:
        """Make the environment; what was seen of the one before says nothing of it."""
        self.__dict__.pop("_is_unchanged", None)
        super().create_python_env()

    def _clean(self, *arguments: Any, **options: Any) -> None:
        self.__dict__.pop("_is_unchanged", None)
        super()._clean(*arguments, **options)

    def _setup_env(self) -> None:
        super()._setup_env()
        if getattr(self.options, "skip_env_install", False):
            with as_tox_failures(self.conf):
                self._require_matching()

    def _require_matching(self) -> None:
        if not self._is_unchanged:
            from lockhouse.model.spec import quoted  # noqa: PLC0415 - likewise

            self.project.require_matching(
                self.spec,
                self.env_python(),
                skip_project=tox_packages(self.conf),
                fix=f"tox run -e {quoted(self.name)}",
            )

    def _setup_with_env(self) -> None:
        super()._setup_with_env()
        skipped = any(getattr(self.options, name, False) for name in ("skip_pkg_install", "skip_env_install"))
        # without commands nothing runs without the project: so a layer of packages alone is made
        packaged = self.package_env is not None and tox_packages(self.conf)
        if skipped and packaged and not getattr(self.options, "no_test", False):
            from lockhouse.model.spec import quoted  # noqa: PLC0415 - likewise

            with as_tox_failures(self.conf):
                self.project.require_project(
                    self._packaged_spec,
                    self.env_python(),
                    through_sdist=self._goes_through_sdist,
                    may_be_missing=self.options.command in {"exec", "e"},  # tox itself never installs it there
                    fix=f"tox run -e {quoted(self.name)}",
                )

    def _install_deps(self) -> None:
        """Install what the lock has, and the project with it, where tox would install it afterwards."""
        try:
            with as_tox_failures(self.conf):
                self._refuse_settings()
                self._sync()
        except KeyboardInterrupt:  # tox runs this in a thread, and ends such a thread like this
            raise SystemExit(-2) from None

    def _refuse_settings(self) -> None:
        if self.package_env is None:
            return
        from lockhouse.tox.packager import LockhousePackager  # noqa: PLC0415 - only where the project is packaged

        if isinstance(self.package_env, LockhousePackager):
            self.package_env.refuse_settings()

    def _sync(self) -> None:
        if self._is_unchanged:
            return
        spec, python = self._run_spec, self.env_python()
        skip_project, through_sdist = self._skips_project, self._goes_through_sdist
        self.project.sync(spec, python, skip_project=skip_project, through_sdist=through_sdist)
        if (asked := self._asked) is not None:
            self.project.remember(spec, python, asked, skip_project=skip_project, through_sdist=through_sdist)

    @property
    def _skips_project(self) -> bool:
        """Tell whether the project is left as it is in this run."""
        return tox_packages(self.conf) and not self._installs_package

    @property
    def _installs_package(self) -> bool:
        """Tell whether the project is built from its build lock and installed, in this run."""
        if self.package_env is None or not tox_packages(self.conf) or self.conf["package"] == "external":
            return False
        return not (getattr(self.options, "skip_pkg_install", False) or self.options.package_only)

    @property
    def _goes_through_sdist(self) -> bool:
        return str(self.conf["package"]) in {"sdist", "sdist-wheel"}

    @property
    def _run_spec(self) -> EnvironmentSpec:
        """Give the spec as this one run has it."""
        return self._packaged_spec if self._installs_package else self.spec

    @property
    def _packaged_spec(self) -> EnvironmentSpec:
        """Give the spec with the mode that tox packages in: ``--develop`` asks for another one than is declared."""
        from lockhouse.tox.declaration import package_mode  # noqa: PLC0415 - not where nothing changed

        return replace(self.spec, project=package_mode(self.conf))

    def build_package(self, folder: Path) -> Path:
        """Build the project as this environment has it.

        :param folder: where the file goes
        """
        with as_tox_failures(self.conf):
            product: Product = "sdist" if self.conf["package"] == "sdist" else "wheel"
            return self.project.build_package(self.spec, self.env_python(), product=product, folder=folder)

    def interrupt(self) -> None:
        """Break off what is being fetched; tox itself ends only the commands that it started."""
        super().interrupt()
        self.project.cancel()

    def _install_dependency_groups(self) -> None:
        """Do nothing: the lock has them."""

    def _install_package_deps_only(self) -> None:
        """Do nothing: the lock has them."""

    # -- the project's own package --------------------------------------------------------------------------------

    @property
    def installer(self) -> PackageInstaller:
        """Give what installs the built package."""
        if self._installer is None:
            self._installer = PackageInstaller(self)
        assert isinstance(self._installer, PackageInstaller)  # noqa: S101 - for the type checker
        return self._installer

    @property
    def default_pkg_type(self) -> str:
        """Give how the project is packaged where ``package`` is not set; tox calls it then, and not before.

        As the environment of ``pyproject.toml`` has it, where one is used; else a wheel, which needs no build in the
        environment.
        """
        return cast("str", lambda *_: self._default_package())  # tox takes a function for a default, too

    def _default_package(self) -> str:
        from lockhouse.tox.declaration import package_said  # noqa: PLC0415 - likewise

        with as_tox_failures(self.conf):
            said = package_said(str(self.conf["lockhouse_environment"]), self.project)
        if said is not None:
            return said
        known = super().default_pkg_type
        return "wheel" if known == "sdist" else known

    def get_package_env_types(self) -> tuple[str, str] | None:
        """Name the packaging environment, as tox does, but with our own default name."""
        if not self._register_package_conf():
            return None
        external = self.conf["package"] == "external"
        description = "tox environment used to package"
        self.core.add_config(["package_env", "isolated_build_env"], str, TOX_NAME, description)
        chosen = str(self.core["package_env"])
        default = (OUR_NAME if chosen == TOX_NAME else chosen) + ("_external" if external else "")
        self.conf.add_config(["package_env"], str, default, description)
        kind = EXTERNAL_PACKAGER if external else PACKAGER
        self.conf.add_constant(["package_tox_env_type"], "tox package type used to generate the package", kind)
        return str(self.conf["package_env"]), kind
