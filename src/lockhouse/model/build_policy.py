"""What may be built, must be built, and may use the network meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.utils import NormalizedName

#: In a policy, the name that stands for every package.
ALL = ":all:"


@dataclass(frozen=True, slots=True, kw_only=True)
class BuildPolicy:
    """What may be built, must be built, and may use the network meanwhile.

    A name beats ``:all:`` of the opposite list.

    :ivar only_binary: names of packages that are never built, or ``:all:``
    :ivar no_binary: names of packages that are built even where a wheel fits, or ``:all:``
    :ivar allow_network: names of packages whose build may use the network
    :ivar wheels_only: whether nothing can be built at all, whatever the names say
    """

    only_binary: tuple[str, ...] = ()
    no_binary: tuple[str, ...] = ()
    allow_network: tuple[str, ...] = ()
    wheels_only: bool = False

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
    """

    rebuild: Rebuild = Rebuild.CHANGED
    files: tuple[str, ...] = ()
    variables: tuple[str, ...] = ()


#: Where nothing can be built: in a wheelhouse, and from one.
NEVER_BUILD = BuildPolicy(wheels_only=True)
