"""What mends a build that failed: a backend or a module that nothing brings, a layout that setuptools refuses."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from packaging.requirements import Requirement

from lockhouse.errors import BuildBackendMissingError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lockhouse.model.build_system import BuildSystem

#: What setuptools says that takes any folder beside the package for another one, that of the locks, too.
_FLAT_LAYOUT = "discovered in a flat-layout"
_FLAT_LAYOUT_FIX = (
    'name the packages in pyproject.toml, such as packages = ["mine"] in [tool.setuptools]; or have the locks where '
    'setuptools does not look: lock-directory = ".locks" in [tool.lockhouse], with the files of locks moved there'
)

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
    is_required = known is not None and known in {Requirement(line).name.lower() for line in system.requires}
    required = ", ".join(f'"{line}"' for line in system.requires) or "nothing"
    what = f'{label} cannot be built: its build requirements do not bring "{module}"'
    why = f"[build-system] has it built by {backend}, and requires {required}"
    if not own:
        return BuildBackendMissingError(what, why=why, fix="choose another version of it, or one that has a wheel")
    if is_required:
        return BuildBackendMissingError(
            what, why=why, fix=f"correct build-backend: {known}, which is required, has no {path}"
        )
    thing = f'"{known}"' if known is not None else f'the package that brings "{module}"'
    return BuildBackendMissingError(
        what, why=why, fix=f"add {thing} to requires in [build-system] of pyproject.toml, then run lockhouse lock"
    )


def advice(said: str, source: Path, *, own: bool) -> str | None:
    """Say what mends a build, where what its backend printed tells that.

    :param said: what it printed; the traceback comes last
    :param source: the project's folder
    :param own: whether it is the project itself
    """
    if _FLAT_LAYOUT in said:
        return _FLAT_LAYOUT_FIX
    module = missing_module(said)
    if module is None:
        return None
    top = module.partition(".")[0]
    if (source / f"{top}.py").is_file() or (source / top).is_dir():
        where = f"{top} lies in the folder of the project, which a build does not import from"
        return f"{where}: have setup.py put that folder on sys.path before it imports it" if own else None
    if not own:
        return "choose another version of it, or one that has a wheel"
    thing = f'the package that brings "{module}"'
    return f"add {thing} to requires in [build-system] of pyproject.toml, then run lockhouse lock"
