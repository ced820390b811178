"""A hermetic package index and a harness for tests of Lockhouse and of its plugins.

Install it with ``lockhouse[testing]``, and name the pytest plugin in the ``conftest.py`` at the root of the tests::

    pytest_plugins = ["lockhouse.testing.plugin"]

Lockhouse itself never imports this package.
"""

from __future__ import annotations

from lockhouse.testing.index import FaultKind, IndexRoot, PackageIndex
from lockhouse.testing.packages import PackageFile, build_sdist, build_wheel
from lockhouse.testing.project import ProjectFolder, Result

__all__ = [
    "FaultKind",
    "IndexRoot",
    "PackageFile",
    "PackageIndex",
    "ProjectFolder",
    "Result",
    "build_sdist",
    "build_wheel",
]
