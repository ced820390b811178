"""Installers: they put stored files into an environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.hookspecs import hookimpl

if TYPE_CHECKING:
    from lockhouse.interfaces import Installer


class UvPlugin:
    """Registers the installer ``uv``."""

    @hookimpl
    def lockhouse_register_installer(self) -> type[Installer]:
        """Give the class."""
        from lockhouse.installers.uv import UvInstaller  # noqa: PLC0415 - the fast path never installs

        return UvInstaller


class PipPlugin:
    """Registers the installer ``pip``."""

    @hookimpl
    def lockhouse_register_installer(self) -> type[Installer]:
        """Give the class."""
        from lockhouse.installers.pip import PipInstaller  # noqa: PLC0415 - the fast path never installs

        return PipInstaller
