"""Sdists for tests of builds, and the setuptools of this environment as a wheel."""

from __future__ import annotations

import functools
import io
import textwrap
import zipfile
from importlib import metadata
from typing import TYPE_CHECKING

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from lockhouse.testing.packages import BACKEND_NAME, PackageFile, build_sdist

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SETUPTOOLS = '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'
_OWN = '[build-system]\nrequires = {}\nbuild-backend = "own_backend"\nbackend-path = ["."]\n'


def setuptools_wheel() -> PackageFile:
    """Pack the installed setuptools into a wheel, the same bytes each time."""
    return installed_wheel("setuptools")


@functools.cache
def installed_wheel(name: str) -> PackageFile:
    """Pack an installed distribution of pure Python into a wheel, the same bytes each time."""
    installed = metadata.distribution(name)
    skipped = {"INSTALLER", "REQUESTED", "direct_url.json"}
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for file in sorted(installed.files or (), key=str):
            if ".." not in file.parts and "__pycache__" not in file.parts and file.name not in skipped:
                archive.writestr(zipfile.ZipInfo(file.as_posix()), file.read_binary())
    return PackageFile(
        filename=f"{name.replace('-', '_')}-{installed.version}-py3-none-any.whl",
        data=stream.getvalue(),
        name=name,
        version=installed.version,
        metadata=(installed.read_text("METADATA") or "").encode(),
    )


def installed_wheels(*names: str) -> list[PackageFile]:
    """Pack installed distributions and all that they require here."""
    found: dict[str, PackageFile] = {}
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found[name] = installed_wheel(name)
        required = map(Requirement, metadata.requires(name) or ())
        waiting += [canonicalize_name(each.name) for each in required if each.marker is None or each.marker.evaluate()]
    return list(found.values())


def setuptools_sdist(name: str, setup: str, files: Mapping[str, str] | None = None) -> PackageFile:
    """Build an sdist that setuptools builds from a ``setup.py``."""
    return build_sdist(
        name, "1.0", files={"setup.py": textwrap.dedent(setup), "pyproject.toml": _SETUPTOOLS, **(files or {})}
    )


def sdist_with_hooks(name: str, hooks: str, *, requires: Sequence[str] = (), static: bool = True) -> PackageFile:
    """Build an sdist whose backend is the in-tree one with hooks of a test's own; ``base`` is the in-tree one.

    :param requires: its static build requirements
    :param static: whether the sdist says itself that it has no dependencies; else its backend says that it needs some
    """
    source = f"import {BACKEND_NAME} as base\nfrom {BACKEND_NAME} import *\n{textwrap.dedent(hooks)}"
    return build_sdist(
        name,
        "1.0",
        requires=() if static else ["dependency"],
        static_metadata=static,
        build_system=_OWN.format(list(requires)),
        files={"own_backend.py": source},
    )
