"""What may be built, must be built, with which settings, and what may use the network meanwhile."""

from __future__ import annotations

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.utils import NormalizedName

#: In a policy, the name that stands for every package.
ALL = ":all:"


#: Variables that each build gets from us, whatever anybody says.
FIXED_VARIABLES = frozenset(
    {
        "HOME", "LANG", "LC_ALL", "NO_COLOR", "PATH", "PIP_CONFIG_FILE", "PIP_DISABLE_PIP_VERSION_CHECK",
        "PIP_NO_INDEX", "PIP_NO_INPUT", "PYTHONHASHSEED", "PYTHONNOUSERSITE", "SOURCE_DATE_EPOCH", "TEMP", "TMP",
        "TMPDIR", "TZ", "USERPROFILE", "UV_OFFLINE", "VIRTUAL_ENV",
    }
)  # fmt: skip


def is_fixed(variable: str) -> bool:
    """Tell whether nobody may set an environment variable of builds: it is ours, or leads to the network.

    :param variable: its name
    """
    return variable.upper() in FIXED_VARIABLES or variable.lower().endswith("_proxy")


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildOptions:
    """What the backend is told for a build.

    :ivar settings: config settings (PEP 517): key and values, sorted by key
    :ivar variables: environment variables: name and value, sorted by name
    """

    settings: tuple[tuple[str, tuple[str, ...]], ...] = ()
    variables: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        """Give the one spelling that stands in records; empty where nothing is told."""
        if self == BuildOptions():
            return ""
        return json.dumps({"config-settings": dict(self.settings), "variables": dict(self.variables)}, sort_keys=True)

    def over(self, common: BuildOptions) -> BuildOptions:
        """Give these and, for what they do not name, the common ones.

        :param common: what holds for all packages
        """
        return BuildOptions(
            settings=tuple(sorted({**dict(common.settings), **dict(self.settings)}.items())),
            variables=tuple(sorted({**dict(common.variables), **dict(self.variables)}.items())),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildPolicy:
    """What may be built, must be built, with which options, and what may use the network meanwhile.

    A name beats ``:all:`` of the opposite list.

    :ivar only_binary: names of packages that are never built, or ``:all:``
    :ivar no_binary: names of packages that are built even where a wheel fits, or ``:all:``
    :ivar allow_network: names of packages whose build may use the network
    :ivar options: what backends are told, by the name of the package or ``:all:``
    :ivar wheels_only: whether nothing can be built at all, whatever the names say
    """

    only_binary: tuple[str, ...] = ()
    no_binary: tuple[str, ...] = ()
    allow_network: tuple[str, ...] = ()
    options: tuple[tuple[str, BuildOptions], ...] = ()
    wheels_only: bool = False

    def options_of(self, name: NormalizedName) -> BuildOptions:
        """Give what the backend is told for a package; what is said of it by name wins over what is said of all.

        :param name: its name
        """
        known = dict(self.options)
        return known.get(name, BuildOptions()).over(known.get(ALL, BuildOptions()))

    def refuses(self, name: NormalizedName) -> bool:
        """Tell whether a package may not be built.

        :param name: its name
        """
        return self.wheels_only or name in self.only_binary or (ALL in self.only_binary and name not in self.no_binary)

    def demands(self, name: NormalizedName) -> bool:
        """Tell whether a package is built even where it has wheels.

        :param name: its name
        """
        return name in self.no_binary or (ALL in self.no_binary and name not in self.only_binary)


class Rebuild(StrEnum):
    """When the project itself is built again."""

    CHANGED = "changed"  # where something changed that can influence the build
    ALWAYS = "always"  # before each run: its build looks at what is not in its folder


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectBuildPolicy:
    """What decides when and from what the project itself is built.

    :ivar rebuild: when it is built again
    :ivar files: patterns of files that count although version control ignores them, relative to the project
    :ivar variables: names of environment variables that its build sees, and that count
    :ivar scm: whether its build looks at version control; None where what it asks for tells
    """

    rebuild: Rebuild = Rebuild.CHANGED
    files: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()
    scm: bool | None = None


#: Where nothing can be built: in a wheelhouse, and from one.
NEVER_BUILD = BuildPolicy(wheels_only=True)
