"""Installs the package that tox built, without its dependencies: the lock has those."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tox.tox_env.package import PathPackage
from tox.tox_env.python.pip.pip_install import Pip

from lockhouse.tox.failures import as_tox_failures

if TYPE_CHECKING:
    from lockhouse.tox.runner import LockhouseRunner


class PackageInstaller(Pip):
    """An installer that takes built packages and nothing else; it keeps the configuration keys of tox's own."""

    _env: LockhouseRunner

    def install(self, arguments: Any, section: str, of_type: str) -> None:  # noqa: ARG002 - tox's signature
        """Install built packages.

        :param arguments: what tox wants installed
        :param section: who wants it
        :param of_type: what it is for
        """
        packages = list(arguments) if isinstance(arguments, (list, tuple)) else [arguments]
        built = [package.path for package in packages if isinstance(package, PathPackage)]
        with as_tox_failures(self._env.conf):
            if len(built) != len(packages):
                from lockhouse.errors import UnlockedInstallError  # noqa: PLC0415 - speed

                raise UnlockedInstallError(
                    f'tox environment "{self._env.name}": something is to be installed beside its lock ({of_type})',
                    why="what a lock does not name would be installed unpinned and unverified",
                    fix="declare it in deps, and lock again",
                )
            if built:
                self._env.project.install_built(self._env.spec, self._env.env_python(), built)

    def installed(self) -> list[str]:
        """List what is installed; pip, which tox would ask, need not be there."""
        from importlib.metadata import distributions  # noqa: PLC0415 - only for `--result-json` and the like

        folders = dict.fromkeys((str(self._env.env_site_package_dir()), str(self._env.env_site_package_dir_plat())))
        found = {f"{each.metadata['Name']}=={each.version}" for each in distributions(path=list(folders))}
        return sorted(found, key=str.lower)
