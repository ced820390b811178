"""What the configuration of a tox environment says, as far as nothing of it has to be read further."""

from __future__ import annotations

import os
import re

from tox.tox_env.errors import Fail, Skip

from lockhouse.model.variables import CERTIFICATES, INDEX_PREFIXES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from tox.config.sets import CoreConfigSet, EnvConfigSet

#: Our own keys: setting → description. Each is ``lockhouse_`` and the name of the setting.
OWN_KEYS: Mapping[str, str] = {
    "environment": "environment of pyproject.toml to use instead of deps, dependency_groups and extras",
    "lock": "name of the lock, where it is not the environment's name without its Python factors",
    "python": "Python bounds of the lock, where they do not follow from the environments",
    "resolver": "who resolves",
    "installer": "who installs",
    "format": "format of the lock file: pylock or requirements",
    "on_stale": "what a run does where the lock is stale: error or warn",
    "wheelhouse": "folder or archive to install from; then nothing is looked for elsewhere",
}

PREFIX = "lockhouse_"

#: Ways in which tox does not put the project into the environment; then it is up to the spec, and to our own sync.
_NOT_PACKAGED = {"skip", "deps-only"}

# py, py311, py3.11, pypy310, cpython313t, 3.11, 3.13t: the factors by which tox chooses an interpreter
_PYTHON_FACTOR = r"(?:(?:py|pypy|cpython|jython|graalpy|rustpython|ironpython)(?:[2-9]\.?\d{0,2}t?d?)?|[23]\.\d+t?d?)"

#: Names of variables in set_env that say how packages are reached, in capitals, and how such names end.
_REACHING = {"NETRC", *CERTIFICATES}
_REACHING_END = "_PROXY"


def lock_base(name: str) -> str:
    """Give the default name of the lock: the environment's name without its Python factors.

    :param name: name of the environment, such as ``py311-django4``
    :return: such as ``django4``; ``py`` where nothing is left
    """
    name = re.sub(r"(?:^|(?<=-))(?:pypy|cpython)-(?=[23]\.\d)", "", name)  # tox also knows pypy-3.10-lint
    return "-".join(factor for factor in name.split("-") if not re.fullmatch(_PYTHON_FACTOR, factor)) or "py"


def tox_packages(conf: EnvConfigSet) -> bool:
    """Tell whether tox itself builds and installs the project.

    :param conf: the configuration of the environment
    """
    return str(conf["package"]) not in _NOT_PACKAGED


def environ_of(conf: EnvConfigSet) -> dict[str, str]:
    """Give the variables for resolving and installing: ours, and those of ``set_env`` that say where packages are.

    :param conf: the configuration of the environment
    """
    environ = dict(os.environ)
    set_env = conf["set_env"]
    for key in set_env:
        name = key.upper()
        if name in _REACHING or name.startswith(INDEX_PREFIXES) or name.endswith(_REACHING_END):
            environ[key] = set_env.load(key)
    return environ


def base_pythons_of(conf: EnvConfigSet) -> tuple[str, ...]:
    """Give the interpreters that an environment names; none where its configuration of them is broken.

    :param conf: the configuration of the environment
    """
    try:
        return tuple(str(python) for python in conf["base_python"])
    except (Fail, Skip, ValueError, RuntimeError):  # it fails by itself when it runs
        return ()


def asked_for(
    conf: EnvConfigSet, core: CoreConfigSet, base_pythons: Iterable[str], *, asked_for_editable: bool
) -> str | None:
    """Spell all that the configuration of an environment declares, in a text that is another one whenever that is.

    :param conf: the configuration of the environment
    :param core: the configuration of tox
    :param base_pythons: the interpreters of all environments that share its lock
    :param asked_for_editable: ``--develop`` was given
    :return: None where a key cannot be read: who needs it says so
    """
    keys = ("env_name", "package", "pip_pre", *(PREFIX + key for key in OWN_KEYS))
    try:
        return repr(
            (
                [str(conf[key]) for key in keys],
                [sorted(map(str, conf[key])) for key in ("dependency_groups", "extras") if key in conf],
                [conf[key].lines() for key in ("deps", "constraints")],
                [str(conf["pylock"]) if "pylock" in conf else "", _unknown(conf)],
                [str(core["tox_root"]), str(core["config_file_path"])],
                sorted(set(base_pythons)),
                asked_for_editable,
            )
        )
    except (Fail, Skip, ValueError, OSError, RuntimeError, KeyError):
        return None


def _unknown(conf: EnvConfigSet) -> list[str]:
    """List the keys that begin as ours do and are none."""
    return sorted(key for key in conf.unused() if key.replace("-", "_").startswith(PREFIX))
