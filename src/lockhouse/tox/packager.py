"""The packaging environments of locked environments: the project is built by Lockhouse, from its build lock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tox.tox_env.package import PathPackage
from tox.tox_env.python.virtual_env.package.cmd_builder import VirtualEnvCmdBuilder
from tox.tox_env.python.virtual_env.package.pyproject import Pep517VirtualEnvPackager

from lockhouse.errors import ConfigError
from lockhouse.tox.failures import as_tox_failures
from lockhouse.tox.names import EXTERNAL_PACKAGER, PACKAGER

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from pathlib import Path

    from packaging.requirements import Requirement
    from tox.config.sets import EnvConfigSet
    from tox.tox_env.package import Package, PackageToxEnv
    from tox.tox_env.runner import RunToxEnv

#: What tox's own packaging environments take, and a locked build does not.
_NOT_TAKEN = ("config_settings_build_wheel", "config_settings_build_sdist", "config_settings_build_editable")


class Packages(Protocol):
    """A run environment that can build the project."""

    def build_package(self, folder: Path) -> Path:
        """Build the project as the environment has it, into a folder."""
        ...


class LockhousePackager(Pep517VirtualEnvPackager):
    """Has the settings of tox's own, and builds nothing by itself: what is installed, the run environment syncs."""

    @staticmethod
    def id() -> str:
        """Give the name by which run environments ask for it."""
        return PACKAGER

    def register_run_env(self, run_env: RunToxEnv) -> Generator[tuple[str, str], PackageToxEnv, None]:
        """Remember a run environment; none needs further packaging environments."""
        if "deps" not in self.conf:
            self.conf.add_config(
                keys="deps", of_type=list[str], default=[], desc="not taken: see build-system.requires"
            )
        self._runs: dict[str, RunToxEnv] = getattr(self, "_runs", {})
        self._runs[str(run_env.conf.name)] = run_env
        yield from ()

    def child_pkg_envs(self, run_conf: EnvConfigSet) -> Iterator[PackageToxEnv]:  # noqa: ARG002 - tox's signature
        """Give none."""
        return iter(())

    def load_deps_for_env(self, for_env: EnvConfigSet) -> list[Requirement]:  # noqa: ARG002 - tox's signature
        """Give none: the lock has them."""
        return []

    def perform_packaging(self, for_env: EnvConfigSet) -> list[Package]:
        """Build where nothing but the package is asked for; else the run environment brought the project already.

        :param for_env: the configuration of the run environment
        """
        with as_tox_failures(self.conf):
            self.refuse_settings()
            if not self.options.package_only:
                return []
            run: Packages = self._runs[str(for_env.name)]  # type: ignore[assignment]  # ours alone ask for this type
            return [PathPackage(run.build_package(self.conf["pkg_dir"]))]

    def refuse_settings(self) -> None:
        """Refuse what would get into a build beside its lock.

        :raises ConfigError: there is some
        """
        name = self.conf["env_name"]
        if self.conf["deps"]:
            raise ConfigError(
                f'packaging environment "{name}": deps stand beside a locked build',
                why="the project is built with what its lock has for it, and nothing else",
                fix="move them to build-system.requires of pyproject.toml, and lock again",
            )
        given = [key for key in _NOT_TAKEN if self.conf[key]]
        if given:
            raise ConfigError(
                f'packaging environment "{name}": {", ".join(given)} cannot be passed to a locked build',
                why="they would decide what is built, and nox and the command line would not know them",
                fix="say it with config-settings in [tool.lockhouse], and remove the key",
            )
        if self.conf["package_root"] != self.core["tox_root"]:
            raise ConfigError(
                f'packaging environment "{name}": package_root is {self.conf["package_root"]}',
                why="the lock is for the project in tox's root",
                fix="run tox in the folder of the project",
            )

    def _teardown(self) -> None:
        """Do nothing: no backend was started."""


class LockhouseExternalPackager(VirtualEnvCmdBuilder):
    """Takes what somebody else built; of an sdist, the wheel is built from the build lock."""

    @staticmethod
    def id() -> str:
        """Give the name by which run environments ask for it."""
        return EXTERNAL_PACKAGER

    def register_run_env(self, run_env: RunToxEnv) -> Generator[tuple[str, str], PackageToxEnv, None]:  # noqa: ARG002
        """Ask for no further packaging environment."""
        yield from ()

    def extract_install_info(self, for_env: EnvConfigSet, path: Path) -> list[Package]:  # noqa: ARG002
        """Give the package as it is: what it requires is looked at when it is installed.

        :param for_env: the configuration of the run environment
        :param path: the package
        """
        return [PathPackage(path)]
