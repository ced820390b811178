"""The installer on top of uv."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from lockhouse.backends.uv import Uv
from lockhouse.errors import HashMismatchError
from lockhouse.installers.files import hashed_lines, names_to_remove, remove_all
from lockhouse.model.indexes import IndexOptions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from packaging.utils import NormalizedName

    from lockhouse.interfaces import CommandResult, CommandRunner, InstallRequest

_HASHES = re.compile(r"Hash mismatch|In `--require-hashes` mode")


class UvInstaller:
    """Installs with ``uv pip install``.

    Files are copied, never linked, out of uv's cache: an edit in one environment would reach all others through a link.
    """

    name: ClassVar[str] = "uv"

    def install(self, request: InstallRequest, run: CommandRunner) -> None:
        """Remove, and install files.

        :param request: what to do
        :param run: what runs commands
        :raises HashMismatchError: a file is not what the request says
        :raises BackendError: uv is missing or too old, or failed
        """
        request.cache.mkdir(parents=True, exist_ok=True)
        installing = _Installing(request, run)
        installing.remove()
        if request.files:
            installing.add_files()


class _Installing:
    def __init__(self, request: InstallRequest, run: CommandRunner) -> None:
        self._request = request
        self._uv = Uv(run, environ=request.environ, root=request.root, indexes=IndexOptions())
        self._shared = ("--python", request.target.executable, "--cache-dir", str(request.cache / "uv"), "--quiet")

    def remove(self) -> None:
        remove_all(names_to_remove(self._request), self._request.target, self._uninstall)

    def add_files(self) -> None:
        """Install from the files alone: no index, no network, no build, no dependencies, every file by its hash."""
        uv = self._uv
        result = self._install(
            uv, hashed_lines(self._request.files), "--offline", "--no-index", "--require-hashes", "--no-build"
        )
        if result.returncode == 0:
            return
        lines = uv.explain(result)
        if any(_HASHES.search(line) for line in lines):
            raise HashMismatchError("a stored file is not the one that the lock names", why=lines)
        raise uv.failure(result, "uv cannot install the stored files")

    def _uninstall(self, names: list[NormalizedName]) -> None:
        result = self._uv("pip", "uninstall", *self._shared, "--offline", *names)
        if result.returncode != 0:
            raise self._uv.failure(result, "uv cannot remove packages")

    def _install(self, uv: Uv, lines: Iterable[str], *options: str) -> CommandResult:
        file = self._request.scratch / "requirements.txt"
        file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return uv(
            "pip", "install", *self._shared, "--no-deps", "--link-mode", "copy", *options, "--requirements", str(file)
        )  # fmt: skip
