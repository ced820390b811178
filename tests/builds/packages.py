"""Sdists for tests of builds, and the setuptools of this environment as a wheel."""

from __future__ import annotations

import functools
import io
import zipfile
from importlib import metadata
from typing import TYPE_CHECKING

from lockhouse.testing.packages import PackageFile, build_sdist

if TYPE_CHECKING:
    from collections.abc import Mapping

SETUPTOOLS = '[build-system]\nrequires = ["setuptools"]\nbuild-backend = "setuptools.build_meta"\n'


@functools.cache
def setuptools_wheel() -> PackageFile:
    """Pack the installed setuptools into a wheel, the same bytes each time."""
    installed = metadata.distribution("setuptools")
    skipped = {"INSTALLER", "REQUESTED", "direct_url.json"}
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for file in sorted(installed.files or (), key=str):
            if ".." not in file.parts and "__pycache__" not in file.parts and file.name not in skipped:
                archive.writestr(zipfile.ZipInfo(file.as_posix()), file.read_binary())
    return PackageFile(
        filename=f"setuptools-{installed.version}-py3-none-any.whl",
        data=stream.getvalue(),
        name="setuptools",
        version=installed.version,
        requires_python=None,
        metadata=(installed.read_text("METADATA") or "").encode(),
    )


def setuptools_sdist(name: str, setup: str, files: Mapping[str, str] | None = None, **more: str) -> PackageFile:
    """Build an sdist with a ``setup.py``; it has a table ``[project]`` only if its ``pyproject.toml`` is given."""
    return build_sdist(name, "1.0", files={"setup.py": setup, "pyproject.toml": SETUPTOOLS, **(files or {}), **more})
