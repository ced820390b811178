"""How an install request is written down for a tool, and what of it is there already."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

from lockhouse.backends.environ import absolute_path, file_address
from lockhouse.model.lock import ArtifactKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from packaging.utils import NormalizedName

    from lockhouse.interfaces import InstallRequest, StoredFile, UnhashedSource
    from lockhouse.model.target import Target

_ENDINGS = (".dist-info", ".egg-info", ".egg-link")


def hashed_lines(files: Iterable[StoredFile]) -> list[str]:
    """Give the lines of a requirements file that names exactly these files, each by its hash and its folder.

    A file is named by version and found in its folder, not by its path: an installation by path would leave a
    ``direct_url.json`` with a path of this machine in the environment.

    :param files: verified files
    """
    links = {f"--find-links {file_address(file.path.absolute().parent)}" for file in files}
    pins = [f"{file.name}=={file.version} --hash={file.algorithm}:{file.digest}" for file in files]
    return [*sorted(links), *sorted(pins)]


def source_line(source: UnhashedSource, root: Path) -> str:
    """Give the line of a requirements file that names a directory or a checkout.

    :param source: what to install
    :param root: the project's folder
    """
    artifact = source.artifact
    if artifact.kind is ArtifactKind.VCS:
        subdirectory = f"#subdirectory={artifact.subdirectory}" if artifact.subdirectory else ""
        return f"{source.name} @ {artifact.vcs}+{artifact.url}@{artifact.commit_id}{subdirectory}"
    place = file_address(absolute_path(artifact.path or "", root) / (artifact.subdirectory or ""))
    return f"-e {place}" if artifact.editable else f"{source.name} @ {place}"


def names_to_remove(request: InstallRequest) -> list[NormalizedName]:
    """Give the distributions that have to go first, of those that are there.

    What is to be installed goes first too: the same version with other bytes would look installed to a tool.

    :param request: the request
    """
    unwanted = {*request.remove, *(file.name for file in request.files), *(source.name for source in request.sources)}
    return sorted(unwanted & installed_names(request.target))


def installed_names(target: Target) -> set[NormalizedName]:
    """List the distributions of an environment without starting its interpreter.

    :param target: the interpreter of the environment
    """
    found: set[NormalizedName] = set()
    for folder in {target.purelib, target.platlib}:
        if not Path(folder).is_dir():
            continue
        for entry in Path(folder).iterdir():
            if entry.suffix in _ENDINGS:
                found.add(canonicalize_name(_name_part(entry.stem, ended=entry.suffix)))
    return found


def _name_part(stem: str, *, ended: str) -> str:
    # NAME-VERSION.dist-info; but NAME.egg-info, NAME-VERSION.egg-info and NAME-VERSION-py3.8.egg-info
    return stem.rpartition("-")[0] if ended == ".dist-info" else stem.partition("-")[0]
