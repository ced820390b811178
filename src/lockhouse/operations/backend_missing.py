"""What to say where a build cannot import its backend, because its build requirements do not bring it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lockhouse.errors import BuildBackendMissingError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockhouse.model.build_system import BuildSystem

_NO_MODULE = re.compile(r"ModuleNotFoundError: No module named '([^']+)'")

#: The package that brings a module. A name that is not known is not guessed: anybody may own it on an index.
_BROUGHT_BY: Mapping[str, str] = {
    "flit_core": "flit-core",
    "hatchling": "hatchling",
    "maturin": "maturin",
    "mesonpy": "meson-python",
    "pbr": "pbr",
    "pdm.backend": "pdm-backend",
    "poetry.core": "poetry-core",
    "scikit_build_core": "scikit-build-core",
    "setuptools": "setuptools",
    "sipbuild": "sip",
    "uv_build": "uv-build",
}


def missing_module(traceback: str) -> str | None:
    """Give the module that an import did not find, where that is what failed.

    :param traceback: of the import
    """
    *_, last = traceback.strip().splitlines() or [""]
    found = _NO_MODULE.match(last)
    return None if found is None else found[1]


def backend_missing(module: str, system: BuildSystem, *, label: str, own: bool) -> BuildBackendMissingError:
    """Make the error for a build whose backend cannot be imported for want of a module.

    :param module: the module
    :param system: how the project wants to be built
    :param label: name and version of the package
    :param own: whether it is the project itself
    """
    backend = system.backend.partition(":")[0]
    path = backend if f"{backend}.".startswith(f"{module}.") else module  # "poetry" alone does not name its package
    known = next((name for brought, name in _BROUGHT_BY.items() if f"{path}.".startswith(f"{brought}.")), None)
    required = ", ".join(f'"{line}"' for line in system.requires) or "nothing"
    what = f'{label} cannot be built: its build requirements do not bring "{module}"'
    why = f"[build-system] has it built by {backend}, and requires {required}"
    if not own:
        return BuildBackendMissingError(what, why=why, fix="choose another version of it, or one that has a wheel")
    thing = f'"{known}"' if known is not None else f'the package that brings "{module}"'
    return BuildBackendMissingError(
        what, why=why, fix=f"add {thing} to requires in [build-system] of pyproject.toml, then run lockhouse lock"
    )
