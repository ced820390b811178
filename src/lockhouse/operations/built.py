"""Install what somebody else built of the project: without its dependencies, the lock has those."""

from __future__ import annotations

import tempfile
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)

from lockhouse.errors import ConfigError
from lockhouse.interfaces import InstallRequest, StoredFile, UnhashedSource
from lockhouse.model.lock import Artifact, ArtifactKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from packaging.utils import NormalizedName

    from lockhouse.operations.sync import SyncTools


def install_built(
    paths: Iterable[Path], *, python: Path, project: NormalizedName | None, root: Path, tools: SyncTools
) -> None:
    """Install wheels, sdists or the project's folder.

    :param paths: what was built
    :param python: the interpreter of the environment
    :param project: name of the project, for a folder
    :param root: the project's folder
    :param tools: what to work with
    :raises ConfigError: a file is no package
    :raises BackendError: the installer failed
    """
    found = list(paths)
    with tempfile.TemporaryDirectory(prefix="lockhouse-") as scratch:
        request = InstallRequest(
            target=tools.describe(python),
            root=root,
            scratch=Path(scratch),
            cache=tools.store.root,
            files=tuple(_wheel(path) for path in found if path.suffix == ".whl"),
            sources=tuple(_source(path, project) for path in found if path.suffix != ".whl"),
            indexes=tools.indexes,
            environ=tools.environ,
        )
        tools.installer.install(request, tools.run)


def _wheel(path: Path) -> StoredFile:
    try:
        name, version, _, _ = parse_wheel_filename(path.name)
    except InvalidWheelFilename as error:
        raise _no_package(path, error) from error
    digest = sha256(path.read_bytes()).hexdigest()
    return StoredFile(name=name, version=str(version), path=path, algorithm="sha256", digest=digest)


def _source(path: Path, project: NormalizedName | None) -> UnhashedSource:
    """Describe an sdist, or the project's folder for an editable install of the old kind."""
    if path.is_dir():
        name = project or canonicalize_name(path.name)
        folder = Artifact(kind=ArtifactKind.DIRECTORY, path=path.as_posix(), editable=True)
        return UnhashedSource(name=name, artifact=folder)
    try:
        name, _ = parse_sdist_filename(path.name)
    except InvalidSdistFilename as error:
        raise _no_package(path, error) from error
    return UnhashedSource(name=name, artifact=Artifact(kind=ArtifactKind.ARCHIVE, path=path.as_posix()))


def _no_package(path: Path, error: ValueError) -> ConfigError:
    return ConfigError(f"{path.name} is no package that can be installed", why=str(error))
