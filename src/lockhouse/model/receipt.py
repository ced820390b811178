"""What was installed: written after a sync succeeded, and only then."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.utils import NormalizedName

    from lockhouse.model.interpreter import InterpreterIdentity
    from lockhouse.model.provenance import Provenance

#: The version of the receipt's form; any other is treated as no receipt.
RECEIPT_VERSION = 6

#: The length of the RECORD of a distribution that has none, and of one that is there more than once.
NO_RECORD, DOUBLED = -1, -2


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledPackage:
    """One distribution as it stood after the sync.

    :ivar name: normalised name
    :ivar version: version in its metadata
    :ivar artifact: ``algorithm:digest`` of the file that it was installed from; empty for what no hash can cover
    :ivar dist_info: name of its ``.dist-info`` folder
    :ivar record_size: length of its RECORD in bytes
    :ivar record_mtime_ns: time of last change of its RECORD, in nanoseconds
    """

    name: NormalizedName
    version: str
    artifact: str
    dist_info: str
    record_size: int
    record_mtime_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledFiles:
    """The files of one package as they stood after the sync.

    :ivar name: normalised name of the package
    :ivar folder: the folder that its paths are relative to, itself relative to the environment, with forward slashes
    :ivar dist_info: name of its ``.dist-info`` folder
    :ivar record: sha256 of its RECORD
    :ivar paths: the files whose size and time are looked at before each run, with forward slashes
    :ivar digest: sha256 over these sizes and times
    :ivar unhashed: path and sha256 of the files that its RECORD gives no strong hash; empty where there is none
    """

    name: NormalizedName
    folder: str
    dist_info: str
    record: str
    paths: tuple[str, ...]
    digest: str
    unhashed: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledSource:
    """One thing that was installed from a directory: the project itself, or what was allowed by name.

    :ivar name: normalised name
    :ivar path: path of the directory, relative to the project
    :ivar editable: whether it was installed editable
    :ivar identity: what stands for its content: as long as it is the same, nothing needs to be built again
    :ivar build_lock: digest of what it was built with; empty where the installer built it
    """

    name: NormalizedName
    path: str
    editable: bool
    identity: str
    build_lock: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a sync left behind.

    :ivar environment: name of the environment
    :ivar lock_digest: sha256 of the lock file's bytes
    :ivar target: label of the target
    :ivar interpreter: which interpreter
    :ivar installer: name of the installer
    :ivar packages: what was installed, sorted by name
    :ivar sources: what was installed from directories, sorted by name
    :ivar files: the files of the packages
    :ivar seeded: path, relative to the environment, and sha256 of the files that the environment was seeded with and
        that no package owns; of programs the path alone, and no sha256
    :ivar skip_project: somebody else installs the project
    :ivar built: what proves the wheels that were built here, sorted by name
    """

    environment: str
    lock_digest: str
    target: str
    interpreter: InterpreterIdentity
    installer: str
    packages: tuple[InstalledPackage, ...]
    sources: tuple[InstalledSource, ...] = ()
    files: tuple[InstalledFiles, ...] = ()
    seeded: tuple[tuple[str, str], ...] = ()
    skip_project: bool = False
    built: tuple[Provenance, ...] = ()
