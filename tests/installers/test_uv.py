from __future__ import annotations

from lockhouse.installers.uv import UvInstaller
from lockhouse.testing.contracts.installer import InstallerContract


class TestUv(InstallerContract):
    installer_class = UvInstaller
