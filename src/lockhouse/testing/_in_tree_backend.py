"""A build backend in one file, with no build requirements: it is copied into test projects and sdists.

It runs under the Python that builds, so it keeps to the standard library of Python 3.8. Metadata comes from the
``[project]`` table. A dynamic version is read from ``VERSION.txt``, dynamic dependencies from ``dependencies.txt``.
Modules and packages are taken from the folder ``src``, or from the project's own folder where there is no ``src``.
"""

# ruff: noqa: ARG001, UP036  # PEP 517 names the arguments; it runs under Python 3.8 too
from __future__ import annotations

import ast
import base64
import gzip
import hashlib
import io
import os
import re
import sys
import tarfile
import zipfile
from itertools import product
from pathlib import Path
from typing import Any

NAME = "lockhouse_test_backend"
NOT_PACKAGED = (NAME, "noxfile", "setup", "conftest", "tests", "docs", "build", "dist")
TIMESTAMP = (1980, 1, 1, 0, 0, 0)


def build_wheel(wheel_directory: str, config_settings: object = None, metadata_directory: object = None) -> str:
    """Build a wheel of the project in the current folder (PEP 517)."""
    project = read_project()
    return save(Path(wheel_directory, wheel_name(project)), wheel_bytes(project, source_files()))


def build_editable(wheel_directory: str, config_settings: object = None, metadata_directory: object = None) -> str:
    """Build an editable wheel of the project in the current folder (PEP 660)."""
    project = read_project()
    link = {"_editable_" + folded(project["name"]) + ".pth": (str(source_folder()) + "\n").encode()}
    return save(Path(wheel_directory, wheel_name(project)), wheel_bytes(project, link))


def build_sdist(sdist_directory: str, config_settings: object = None) -> str:
    """Build an sdist of the project in the current folder (PEP 517)."""
    project = read_project()
    prefix = "src/" if source_folder().name == "src" else ""
    files = {prefix + name: data for name, data in source_files().items()}
    for name in ("pyproject.toml", NAME + ".py", "VERSION.txt", "dependencies.txt"):
        if Path(name).is_file():
            files[name] = Path(name).read_bytes()
    return save(Path(sdist_directory, stem_of(project) + ".tar.gz"), sdist_bytes(project, files))


def prepare_metadata_for_build_wheel(metadata_directory: str, config_settings: object = None) -> str:
    """Write the metadata without building (PEP 517)."""
    project = read_project()
    folder = Path(metadata_directory, dist_info(project))
    folder.mkdir(parents=True)
    for name, data in metadata_files(project).items():
        (folder / name).write_bytes(data)
    return folder.name


prepare_metadata_for_build_editable = prepare_metadata_for_build_wheel


def read_project() -> dict[str, Any]:
    """Read the ``[project]`` table of the current folder, and what our own table adds to it."""
    text = Path("pyproject.toml").read_text(encoding="utf-8")
    if sys.version_info >= (3, 11):
        import tomllib  # noqa: PLC0415

        tables: dict[str, Any] = tomllib.loads(text)
    else:
        tables = read_tables(text)
    project: dict[str, Any] = tables["project"]
    project.update(tables.get("tool", {}).get(NAME, {}))
    dynamic = project.get("dynamic", [])
    if "version" in dynamic:
        project["version"] = Path("VERSION.txt").read_text(encoding="utf-8").strip()
    if "dependencies" in dynamic:
        lines = Path("dependencies.txt").read_text(encoding="utf-8").splitlines()
        project["dependencies"] = [line for line in lines if line.strip() and not line.startswith("#")]
    return project


def read_tables(text: str) -> dict[str, Any]:
    """Read strings and lists of strings from TOML, for a Python without a reader of it.

    Such values, comments included, are spelled alike in TOML and Python; others are left out.
    """
    tables: dict[str, Any] = {}
    for header, body in re.findall(r"(?ms)^\[([\w.\"-]+)\][^\n]*\n(.*?)(?=^\[|\Z)", text):
        table = tables
        for part in header.split("."):
            table = table.setdefault(part.strip('"'), {})
        for key, value in re.findall(r"(?ms)^\s*\"?([\w.-]+)\"?\s*=\s*(\[.*?\](?=\s*(?:#[^\n]*)?$)|[^\n]*)$", body):
            try:
                table[key] = ast.literal_eval(value.strip())
            except (SyntaxError, ValueError):
                continue
    return tables


def source_folder() -> Path:
    """Give the folder that holds the project's modules."""
    folder = Path("src").resolve()
    return folder if folder.is_dir() else folder.parent


def source_files() -> dict[str, bytes]:
    """Read the modules of the current folder: path within the wheel → content."""
    folder = source_folder()
    modules = [path for path in folder.glob("*.py") if path.stem not in NOT_PACKAGED]
    for package in folder.glob("*/__init__.py"):
        if package.parent.name not in NOT_PACKAGED:
            modules += package.parent.rglob("*.py")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in modules}


def folded(name: str) -> str:
    """Give a name as it is spelled in file names."""
    return re.sub(r"[-_.]+", "_", name).lower()


def dist_info(project: dict[str, Any]) -> str:
    """Give the name of the metadata folder."""
    return f"{stem_of(project)}.dist-info"


def wheel_name(project: dict[str, Any], tag: str = "py3-none-any") -> str:
    """Give the file name of a wheel."""
    return f"{stem_of(project)}-{tag}.whl"


def stem_of(project: dict[str, Any]) -> str:
    """Give folded name and version, with which all file names begin."""
    return f"{folded(project['name'])}-{project['version']}"


def metadata(project: dict[str, Any]) -> bytes:
    """Render the core metadata of a ``[project]`` table."""
    lines = ["Metadata-Version: 2.2", "Name: " + project["name"], "Version: " + project["version"]]
    if "requires-python" in project:
        lines.append("Requires-Python: " + project["requires-python"])
    lines += ["Requires-Dist: " + requirement for requirement in project.get("dependencies", ())]
    for extra, requirements in project.get("optional-dependencies", {}).items():
        lines.append("Provides-Extra: " + extra)
        lines += ["Requires-Dist: " + with_extra(requirement, extra) for requirement in requirements]
    if "dependencies" in project.get("dynamic", ()):
        lines.append("Dynamic: Requires-Dist")
    lines += project.get("metadata-lines", ())
    return ("\n".join(lines) + "\n").encode()


def with_extra(requirement: str, extra: str) -> str:
    """Bind a requirement to an extra of its distribution."""
    body, semicolon, marker = requirement.partition(";")
    if not semicolon:
        separator = " ; " if "@" in body else "; "
        return body.rstrip() + separator + 'extra == "' + extra + '"'
    return body.rstrip() + " ; (" + marker.strip() + ') and extra == "' + extra + '"'


def metadata_files(project: dict[str, Any], tag: str = "py3-none-any") -> dict[str, bytes]:
    """Render the files of the metadata folder, but for RECORD."""
    tags = ["-".join(parts) for parts in product(*(part.split(".") for part in tag.split("-")))]
    pure = "true" if tag.endswith("-none-any") else "false"
    wheel = ["Wheel-Version: 1.0", "Generator: " + NAME, "Root-Is-Purelib: " + pure, *("Tag: " + item for item in tags)]
    files = {"METADATA": metadata(project), "WHEEL": ("\n".join(wheel) + "\n").encode()}
    groups = dict(project.get("entry-points", {}))
    if project.get("scripts"):
        groups["console_scripts"] = project["scripts"]
    if groups:
        lines: list[str] = []
        for group, entries in groups.items():
            lines += ["[" + group + "]", *(name + " = " + target for name, target in entries.items()), ""]
        files["entry_points.txt"] = "\n".join(lines).encode()
    return files


def wheel_bytes(project: dict[str, Any], files: dict[str, bytes], tag: str = "py3-none-any") -> bytes:
    """Render a wheel; the same arguments give the same bytes everywhere."""
    info = dist_info(project)
    members = dict(sorted(files.items()))
    members.update((info + "/" + name, data) for name, data in metadata_files(project, tag).items())
    record = [",".join((name, record_hash(data), str(len(data)))) for name, data in members.items()]
    members[info + "/RECORD"] = "".join(line + "\n" for line in (*record, info + "/RECORD,,")).encode()
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in members.items():
            archive.writestr(zip_member(name), data)
    return stream.getvalue()


def record_hash(data: bytes) -> str:
    """Give a hash as RECORD spells it."""
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()


def zip_member(name: str) -> zipfile.ZipInfo:
    """Give a zip member that looks the same wherever it is made; not compressed, for zlib differs between builds."""
    member = zipfile.ZipInfo(name, TIMESTAMP)
    member.create_system = 3
    member.external_attr = 0o100644 << 16
    return member


def sdist_bytes(project: dict[str, Any], files: dict[str, bytes]) -> bytes:
    """Render an sdist; the same arguments give the same bytes on one build of zlib."""
    stem = stem_of(project)
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name, data in sorted({**files, "PKG-INFO": metadata(project)}.items()):
            member = tarfile.TarInfo(stem + "/" + name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=0, fileobj=packed, mtime=0) as stream:
        stream.write(plain.getvalue())
    return packed.getvalue()


def save(path: Path, data: bytes) -> str:
    """Write a built file; give its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return os.path.basename(path)  # noqa: PTH119
