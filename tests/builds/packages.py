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
_ASKS = """
    def get_requires_for_build_wheel(config_settings=None):
        return ["asked-for"]

    def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
        import asked_for
        return base.build_wheel(wheel_directory)
"""
_EXTENSION = """
    from setuptools import Extension, setup
    setup(name="compiled", version="1.0", ext_modules=[Extension("compiled", ["compiled.c"])])
"""
_C = """
#include <Python.h>
static PyObject *answer(PyObject *self, PyObject *args) { return PyLong_FromLong(42); }
static PyMethodDef methods[] = {{"answer", answer, METH_NOARGS, ""}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "compiled", NULL, -1, methods};
PyMODINIT_FUNC PyInit_compiled(void) { return PyModule_Create(&module); }
"""
_LEGACY = """
    import warnings
    from setuptools import setup
    warnings.warn("of old")
    setup(name="legacy", version="1.0", py_modules=["legacy"], setup_requires=["helper"])
"""


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


def compiled_sdist() -> PackageFile:
    """Build an sdist ``compiled`` with an extension in C: ``compiled.answer()`` gives 42."""
    return setuptools_sdist("compiled", _EXTENSION, {"compiled.c": _C})


def legacy_sdist() -> PackageFile:
    """Build an sdist ``legacy`` with ``setup_requires``, which wants ``helper``: ``legacy.answer`` is 43."""
    return setuptools_sdist("legacy", _LEGACY, {"legacy.py": "answer = 43\n"})


def asking_sdist(name: str) -> PackageFile:
    """Build an sdist whose backend asks for ``asked-for`` when it is run, and needs it to build."""
    return sdist_with_hooks(name, _ASKS)
