"""The project as a file: one that somebody else built is installed, one that is asked for is built."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import InvalidWheelFilename, parse_wheel_filename

from lockhouse.errors import ConfigError, LockStaleError
from lockhouse.interfaces import InstallRequest, StoredFile
from lockhouse.interpreters import prefix_of, site_packages_of
from lockhouse.model.closure import walk
from lockhouse.model.lock import LockedPackage
from lockhouse.operations.complete import require_python
from lockhouse.operations.edges import requires_in, wheel_metadata
from lockhouse.operations.sync import Syncing
from lockhouse.storage.site_packages import installed_packages

if TYPE_CHECKING:
    from collections.abc import Iterable

    from lockhouse.model.target import Target
    from lockhouse.operations.build_room import Product
    from lockhouse.operations.sync import SyncTools
    from lockhouse.operations.sync_request import SyncRequest


def install_built(paths: Iterable[Path], request: SyncRequest, tools: SyncTools) -> None:
    """Install wheels and sdists of the project, without dependencies; what they require must be there.

    :param paths: what was built; a wheel of an sdist is built from the build lock
    :param request: the environment; all that its lock has is installed
    :param tools: what to work with
    :raises ConfigError: a file is no package
    :raises LockStaleError: it requires what the lock lacks
    :raises UnsupportedTargetError: it is not for the Python of the environment
    :raises BuildError: an sdist cannot be built
    :raises BackendError: the installer failed
    """
    target = tools.describe(request.python)
    files = tuple(_wheel(path, request, tools) for path in paths)
    for file in files:
        _require_satisfied(file, request, target)
    with tempfile.TemporaryDirectory(prefix="lockhouse-") as scratch:
        asked = InstallRequest(
            target=target,
            root=request.root,
            scratch=Path(scratch),
            cache=tools.store.root,
            files=files,
            environ=tools.environ,
        )
        tools.installer.install(asked, tools.run)


def build_package(request: SyncRequest, tools: SyncTools, *, product: Product, folder: Path) -> Path:
    """Build the project from its build lock, and install nothing.

    :param request: the environment whose lock says what it is built with
    :param tools: what to work with
    :param product: a wheel or an sdist
    :param folder: where the file goes
    :return: the file
    :raises LockhouseError: as :meth:`lockhouse.operations.project_build.ProjectBuilder.wheel`
    """
    folder.mkdir(parents=True, exist_ok=True)
    builder = Syncing(request, tools).project_builder()
    if product == "sdist":
        return builder.sdist(folder)
    wheel = builder.wheel().file.path
    return Path(shutil.copy(wheel, folder / wheel.name))


def _wheel(path: Path, request: SyncRequest, tools: SyncTools) -> StoredFile:
    if path.suffix != ".whl":
        return Syncing(request, tools).project_builder().wheel_of(path).file
    try:
        name, version, _, _ = parse_wheel_filename(path.name)
    except InvalidWheelFilename as error:
        raise ConfigError(f"{path.name} is no package that can be installed", why=str(error)) from error
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return StoredFile(name=name, version=str(version), path=path, algorithm="sha256", digest=digest)


def _require_satisfied(file: StoredFile, request: SyncRequest, target: Target) -> None:
    """Hold what a wheel requires, with the extras that are asked for, against what is installed."""
    present = installed_packages(site_packages_of(prefix_of(request.python)))
    packages = [
        LockedPackage(name=package.name, version=package.version, requires=())
        for package in present
        if package.name != file.name
    ]
    metadata = wheel_metadata(file.path)
    require_python(file.name, metadata, target, request.spec)
    own = LockedPackage(name=file.name, version=file.version, requires=requires_in(metadata))
    extras = f"[{','.join(request.spec.extras)}]" if request.spec.extras else ""
    found = walk([Requirement(f"{file.name}{extras}")], [*packages, own], target.markers)
    lacking = [f'it requires "{demand.requirement}", which is not installed' for demand in found.unmet]
    lacking += [
        f'it requires "{demand.requirement}", {package.version} is installed' for demand, package in found.violated
    ]
    if lacking:
        raise LockStaleError(
            f'{request.files.place} lacks what {file.path.name} requires in environment "{request.spec.name}"',
            why=dict.fromkeys(lacking),
            fix=request.spec.lock_command,
        )
