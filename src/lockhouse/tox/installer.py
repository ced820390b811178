"""Installs the package that tox built, without its dependencies: the lock has those."""

from __future__ import annotations

import tempfile
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.utils import InvalidSdistFilename, canonicalize_name, parse_sdist_filename, parse_wheel_filename
from tox.tox_env.package import PathPackage
from tox.tox_env.python.pip.pip_install import Pip

from lockhouse.config.user_indexes import effective_indexes
from lockhouse.errors import ConfigError, UnlockedInstallError
from lockhouse.interfaces import InstallRequest, StoredFile, UnhashedSource
from lockhouse.interpreters import describe
from lockhouse.model.lock import Artifact, ArtifactKind
from lockhouse.plugins import Plugins
from lockhouse.process import run_command
from lockhouse.storage.store import Store
from lockhouse.tox.declaration import environ_of
from lockhouse.tox.failures import as_tox_failures

if TYPE_CHECKING:
    from collections.abc import Iterable

    from packaging.utils import NormalizedName

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
        with as_tox_failures():
            if len(built) != len(packages):
                raise UnlockedInstallError(
                    f'tox environment "{self._env.name}": something is to be installed beside its lock ({of_type})',
                    why="what a lock does not name would be installed unpinned and unverified",
                    fix="declare it in deps, and lock again",
                )
            if built:
                self._install_built(built)

    def installed(self) -> list[str]:
        """List what is installed; pip, which tox would ask, need not be there."""
        from importlib.metadata import distributions  # noqa: PLC0415 - only for `--result-json` and the like

        folders = dict.fromkeys((str(self._env.env_site_package_dir()), str(self._env.env_site_package_dir_plat())))
        found = {f"{each.metadata['Name']}=={each.version}" for each in distributions(path=list(folders))}
        return sorted(found, key=str.lower)

    def _install_built(self, paths: Iterable[Path]) -> None:
        spec, environ = self._env.spec, environ_of(self._env.conf)
        root = self._env.project.root
        store = Store.at_default(environ)
        wheels = [path for path in paths if path.suffix == ".whl"]
        sources = [path for path in paths if path.suffix != ".whl"]
        python = self._env.env_python()
        with tempfile.TemporaryDirectory(prefix="lockhouse-") as scratch:
            request = InstallRequest(
                target=describe(python, run=run_command, cache=store.interpreters, environ=environ),
                root=root,
                scratch=Path(scratch),
                cache=store.root,
                files=tuple(_built_wheel(path) for path in wheels),
                sources=tuple(_built_source(path, spec.project_name) for path in sources),
                indexes=effective_indexes(spec.indexes, root=root, environ=environ),
                environ=environ,
            )
            Plugins(environ, root=root).installer(spec.installer).install(request, run_command)


def _built_wheel(path: Path) -> StoredFile:
    name, version, _, _ = parse_wheel_filename(path.name)
    digest = sha256(path.read_bytes()).hexdigest()
    return StoredFile(name=name, version=str(version), path=path, algorithm="sha256", digest=digest)


def _built_source(path: Path, project: NormalizedName | None) -> UnhashedSource:
    """Describe an sdist, or the project's folder for an editable install of the old kind."""
    if path.is_dir():
        name = project or canonicalize_name(path.name)
        return UnhashedSource(
            name=name, artifact=Artifact(kind=ArtifactKind.DIRECTORY, path=path.as_posix(), editable=True)
        )
    try:
        name, _ = parse_sdist_filename(path.name)
    except InvalidSdistFilename as error:
        raise ConfigError(f"{path.name} is no package that can be installed", why=str(error)) from error
    return UnhashedSource(name=name, artifact=Artifact(kind=ArtifactKind.ARCHIVE, path=path.as_posix()))
