"""Tiny wheels and sdists, built in memory; the same arguments give the same bytes."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lockhouse.testing import _in_tree_backend as backend

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

#: The module name of the build backend that :func:`build_sdist` puts into an sdist.
BACKEND_NAME = backend.NAME

#: A ``[build-system]`` table that builds without any build requirement.
BUILD_SYSTEM = f"""\
[build-system]
requires = []
build-backend = "{BACKEND_NAME}"
backend-path = ["."]
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageFile:
    """A wheel or sdist.

    :ivar filename: its name, as an index lists it
    :ivar data: its bytes
    :ivar name: name of the package, as it was given
    :ivar version: version of the package
    :ivar requires_python: Python bounds that an index tells, or None
    :ivar metadata: core metadata that an index may serve beside it (PEP 658), or None
    """

    filename: str
    data: bytes
    name: str
    version: str
    requires_python: str | None = None
    metadata: bytes | None = None

    @property
    def sha256(self) -> str:
        """Give the lower-case hex digest of the bytes."""
        return hashlib.sha256(self.data).hexdigest()

    def write_to(self, folder: Path) -> Path:
        """Write it into a folder, which is made where it is missing; give its path."""
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / self.filename
        path.write_bytes(self.data)
        return path

    def with_flipped_byte(self, position: int | None = None) -> PackageFile:
        """Give the same file with one byte changed.

        :param position: which byte; None for the one in the middle
        """
        return replace(self, data=flip_byte(self.data, position))

    def with_other_bytes(self) -> PackageFile:
        """Give a file of the same name that installs as well, but is another."""
        return replace(self, data=other_bytes(self.data))


def build_wheel(
    name: str,
    version: str,
    *,
    requires: Sequence[str] = (),
    requires_python: str | None = None,
    extras: Mapping[str, Sequence[str]] | None = None,
    modules: Mapping[str, str | bytes] | None = None,
    entry_points: Mapping[str, Mapping[str, str]] | None = None,
    tag: str = "py3-none-any",
    size: int = 0,
    metadata_extra: Iterable[str] = (),
) -> PackageFile:
    """Build a wheel.

    :param name: name of the package, in any spelling
    :param version: its version
    :param requires: its requirements
    :param requires_python: its Python bounds
    :param extras: extra → requirements
    :param modules: path within the wheel → content; None for one module that is named like the package and
        holds ``__version__``
    :param entry_points: group → name → target; console scripts stand in the group ``console_scripts``
    :param tag: compatibility tag, which may be compressed (``py2.py3-none-any``)
    :param size: bytes of padding, which do not compress
    :param metadata_extra: more lines of core metadata
    """
    project = _project_table(
        name,
        version,
        requires=requires,
        requires_python=requires_python,
        extras=extras,
        entry_points=entry_points,
        metadata_extra=metadata_extra,
    )
    files = _module_files(name, version, modules)
    if size:
        files[f"{backend.folded(name)}.padding"] = _padding(name, size)
    return PackageFile(
        filename=backend.wheel_name(project, tag),
        data=backend.wheel_bytes(project, files, tag),
        name=name,
        version=version,
        requires_python=requires_python,
        metadata=backend.metadata(project),
    )


def build_sdist(
    name: str,
    version: str,
    *,
    requires: Sequence[str] = (),
    requires_python: str | None = None,
    extras: Mapping[str, Sequence[str]] | None = None,
    modules: Mapping[str, str | bytes] | None = None,
    entry_points: Mapping[str, Mapping[str, str]] | None = None,
    size: int = 0,
    metadata_extra: Iterable[str] = (),
    static_metadata: bool = True,
    build_system: str = BUILD_SYSTEM,
    files: Mapping[str, str | bytes] | None = None,
) -> PackageFile:
    """Build an sdist that can be built in its turn, with no build requirement and no network.

    :param name: name of the package, in any spelling
    :param version: its version
    :param requires: its requirements
    :param requires_python: its Python bounds
    :param extras: extra → requirements
    :param modules: path within the wheel to be → content; None as for :func:`build_wheel`
    :param entry_points: group → name → target
    :param size: bytes of padding, which do not compress
    :param metadata_extra: more lines of core metadata
    :param static_metadata: False declares the requirements dynamic, so that a resolver must run the backend
    :param build_system: text of the ``[build-system]`` table, for a backend of your own
    :param files: more files of the sdist (``setup.py``, a backend of your own) → content; these win
    """
    project = _project_table(
        name,
        version,
        requires=requires,
        requires_python=requires_python,
        extras=extras,
        entry_points=entry_points,
        metadata_extra=metadata_extra,
    )
    members = {f"src/{path}": data for path, data in _module_files(name, version, modules).items()}
    if not static_metadata:
        members["dependencies.txt"] = "".join(f"{line}\n" for line in project["dependencies"]).encode()
        project["dynamic"] = ["dependencies"]
    members["pyproject.toml"] = f"{build_system}\n{_pyproject_tables(project)}".encode()
    members[f"{BACKEND_NAME}.py"] = backend_source()
    if size:
        members["padding"] = _padding(name, size)
    members.update((path, _encoded(data)) for path, data in (files or {}).items())
    return PackageFile(
        filename=f"{backend.stem_of(project)}.tar.gz",
        data=backend.sdist_bytes(project, members),
        name=name,
        version=version,
        requires_python=requires_python,
    )


def backend_source() -> bytes:
    """Give the source of the build backend, to be saved beside a ``pyproject.toml`` with :data:`BUILD_SYSTEM`."""
    return Path(backend.__file__).read_bytes()


def flip_byte(data: bytes, position: int | None = None) -> bytes:
    """Give the bytes with one of them inverted.

    :param data: any bytes; empty ones stay empty
    :param position: which byte; None for the one in the middle
    """
    if not data:
        return data
    changed = bytearray(data)
    changed[len(data) // 2 if position is None else position] ^= 0xFF
    return bytes(changed)


def other_bytes(data: bytes) -> bytes:
    """Give an archive that holds the same and something else; bytes that are no zip file count as gzip.

    A wheel gains the module ``other_bytes.py``, so that a test sees it when it was installed all the same.

    :param data: a wheel or an sdist
    """
    if not zipfile.is_zipfile(io.BytesIO(data)):
        return data + gzip.compress(b"\0" * 512, mtime=0)
    stream = io.BytesIO(data)
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr(backend.zip_member("other_bytes.py"), "installed = True\n")
    return stream.getvalue()


def _project_table(
    name: str,
    version: str,
    *,
    requires: Sequence[str],
    requires_python: str | None,
    extras: Mapping[str, Sequence[str]] | None,
    entry_points: Mapping[str, Mapping[str, str]] | None,
    metadata_extra: Iterable[str],
) -> dict[str, Any]:
    groups = dict(entry_points or {})
    project: dict[str, Any] = {"name": name, "version": version, "dependencies": list(requires)}
    if requires_python is not None:
        project["requires-python"] = requires_python
    project["optional-dependencies"] = dict(extras or {})
    project["scripts"] = groups.pop("console_scripts", {})
    project["entry-points"] = groups
    project["metadata-lines"] = list(metadata_extra)
    return project


def _pyproject_tables(project: Mapping[str, Any]) -> str:
    table = {key: value for key, value in project.items() if value}
    ours = {"metadata-lines": table.pop("metadata-lines", [])}
    if "dynamic" in table:
        table.pop("dependencies", None)
    return "\n".join([*_toml_table("project", table), *_toml_table(f"tool.{BACKEND_NAME}", ours)])


def _toml_table(header: str, table: Mapping[str, Any]) -> list[str]:
    lines = [f"[{header}]"]
    # a basic string of TOML and a string of JSON are spelled alike
    lines += [f"{json.dumps(key)} = {json.dumps(value)}" for key, value in table.items() if not _is_table(value)]
    lines.append("")
    for key, value in table.items():
        if _is_table(value) and value:
            lines += _toml_table(f"{header}.{json.dumps(key)}", value)
    return lines


def _is_table(value: object) -> bool:
    return isinstance(value, dict)


def _module_files(name: str, version: str, modules: Mapping[str, str | bytes] | None) -> dict[str, bytes]:
    if modules is None:
        modules = {f"{backend.folded(name)}.py": f'__version__ = "{version}"\n'}
    return {path: _encoded(data) for path, data in modules.items()}


def _encoded(data: str | bytes) -> bytes:
    return data.encode() if isinstance(data, str) else data


def _padding(name: str, size: int) -> bytes:
    return hashlib.shake_256(name.encode()).digest(size)
