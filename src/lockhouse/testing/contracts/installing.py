# ruff: noqa: S101 - these are tests
"""An environment that an installer under test works on."""

from __future__ import annotations

import os
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Any

from packaging.utils import canonicalize_name

from lockhouse.interfaces import Command, InstallRequest, StoredFile
from lockhouse.interpreters import describe
from lockhouse.process import run_command
from lockhouse.testing.contracts.running import RecordingRunner

if TYPE_CHECKING:
    from lockhouse.interfaces import Installer
    from lockhouse.model.target import Target
    from lockhouse.testing.packages import PackageFile


class Installing:
    """An environment without pip, a project and a store."""

    def __init__(self, installer: Installer, *, python: Path, folder: Path) -> None:
        """Make the environment.

        :param installer: the installer under test
        :param python: the interpreter to make it from
        :param folder: an empty folder for everything
        """
        self.installer = installer
        self.run = RecordingRunner()
        self.root = folder / "pro ject"
        self.root.mkdir()
        self.folder = folder
        self._requests = 0
        self.target = make_environment(python, folder / "environment")

    def __call__(self, *, target: Target | None = None, environ: dict[str, str] | None = None, **fields: Any) -> None:
        """Install.

        :param target: another environment than that of this object
        :param environ: variables of the user to add
        :param fields: further fields of the request
        """
        self._requests += 1
        scratch = self.folder / f"scratch {self._requests}"
        scratch.mkdir()
        request = InstallRequest(
            target=target or self.target,
            root=self.root,
            scratch=scratch,
            cache=self.folder / "installer cache",
            environ={**os.environ, **(environ or {})},
            **fields,
        )
        self.installer.install(request, self.run)

    def stored(self, file: PackageFile) -> StoredFile:
        """Put a wheel into the store, as the store does: in a folder of its own that its digest names.

        :param file: the wheel
        """
        return StoredFile(
            name=canonicalize_name(file.name),
            version=file.version,
            path=file.write_to(self.folder / "store, shared" / file.sha256),
            algorithm="sha256",
            digest=file.sha256,
        )

    def python(self, code: str, *, target: Target | None = None) -> str:
        """Run code in the environment; give what it printed."""
        executable = (target or self.target).executable
        command = Command(argv=(executable, "-I", "-c", code), env=dict(os.environ), cwd=self.folder)
        result = run_command(command)
        assert result.returncode == 0, result.stderr
        return result.stdout.strip()

    def installed(self, *, target: Target | None = None) -> dict[str, str]:
        """Give what is installed, as the files of the environment tell: normalised name → version."""
        found = {}
        for info in self.site_packages(target=target).glob("*.dist-info"):
            name, _, version = info.name.removesuffix(".dist-info").rpartition("-")
            found[str(canonicalize_name(name))] = version
        return found

    def site_packages(self, *, target: Target | None = None) -> Path:
        """Give the folder of the installed packages."""
        return Path((target or self.target).purelib)

    def script(self, name: str) -> Path:
        """Give the path of a script."""
        return Path(self.target.scripts) / f"{name}{sysconfig.get_config_var('EXE') or ''}"


def make_environment(python: Path, folder: Path) -> Target:
    """Make a virtual environment without pip.

    :param python: the interpreter to make it from
    :param folder: where
    """
    command = Command(argv=(str(python), "-m", "venv", "--without-pip", str(folder)), env=dict(os.environ))
    made = run_command(command)
    assert made.returncode == 0, made.stderr
    executable = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    return describe(executable, run=run_command, cache=None, environ=os.environ)
