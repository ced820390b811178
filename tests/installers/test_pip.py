from __future__ import annotations

from lockhouse.installers.pip import PipInstaller
from lockhouse.testing.contracts.installer import InstallerContract


class TestPip(InstallerContract):
    installer_class = PipInstaller
