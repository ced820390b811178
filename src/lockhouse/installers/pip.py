"""The installer on top of pip."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from lockhouse.backends.pip import Pip
from lockhouse.errors import BackendFailedError, HashMismatchError
from lockhouse.installers.files import hashed_lines, names_to_remove, remove_all
from lockhouse.model.indexes import IndexOptions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from packaging.utils import NormalizedName

    from lockhouse.interfaces import CommandResult, CommandRunner, InstallRequest

_HASHES = re.compile(r"DO NOT MATCH THE HASHES|Hashes are required in --require-hashes mode")


class PipInstaller:
    """Installs with ``pip install``, by a pip that serves the target; the environment itself needs none.

    Nothing is compiled: uv does not either, the interpreter does at the first import, and half of the time is saved.
    """

    name: ClassVar[str] = "pip"

    def install(self, request: InstallRequest, run: CommandRunner) -> None:
        """Remove, and install files.

        :param request: what to do
        :param run: what runs commands
        :raises HashMismatchError: a file is not what the request says
        :raises BackendError: no pip serves the target, or pip failed
        """
        installing = _Installing(request, run)
        installing.remove()
        if request.files:
            installing.add_files()


class _Installing:
    def __init__(self, request: InstallRequest, run: CommandRunner) -> None:
        self._request = request
        self._unwanted: list[NormalizedName] = names_to_remove(request)
        self._pip = Pip(
            run,
            target=request.target,
            scratch=request.scratch,
            environ=request.environ,
            root=request.root,
            indexes=IndexOptions(),
            # a pip that removes itself leaves nobody to install what follows
            may_use_own="pip" not in self._unwanted,
        )

    def remove(self) -> None:
        remove_all(self._unwanted, self._request.target, self._uninstall)

    def add_files(self) -> None:
        """Install from the files alone: no index, no network, no build, no dependencies, every file by its hash."""
        result = self._install(
            hashed_lines(self._request.files),
            "--no-index", "--require-hashes", "--only-binary=:all:", "--no-cache-dir",
        )  # fmt: skip
        if result.returncode == 0:
            return
        lines = self._pip.explain(result)
        if any(_HASHES.search(line) for line in lines):
            raise HashMismatchError("a stored file is not the one that the lock names", why=lines)
        raise BackendFailedError("pip cannot install the stored files", why=lines)

    def _uninstall(self, names: list[NormalizedName]) -> None:
        result = self._pip("uninstall", "--yes", *names)
        if result.returncode != 0:
            raise BackendFailedError("pip cannot remove packages", why=self._pip.explain(result))

    def _install(self, lines: Iterable[str], *options: str) -> CommandResult:
        file = self._request.scratch / "requirements.txt"
        file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        # --ignore-installed: in an environment that sees the system's packages, one of those would do for pip
        return self._pip(
            "install", "--no-deps", "--ignore-installed", "--no-compile", "--no-warn-script-location",
            *options, "--requirement", str(file),
        )  # fmt: skip
