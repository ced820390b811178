"""The installer on top of pip."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from lockhouse.backends.failures import refused, unbuilt, unreachable
from lockhouse.backends.pip import Pip
from lockhouse.errors import BackendFailedError, HashMismatchError
from lockhouse.installers.files import hashed_lines, names_to_remove, remove_all, source_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from packaging.utils import NormalizedName

    from lockhouse.interfaces import CommandResult, CommandRunner, InstallRequest

_BUILD = re.compile(r"metadata-generation-failed|Failed to build|subprocess-exited-with-error|failed-wheel-build")
_HASHES = re.compile(r"DO NOT MATCH THE HASHES|Hashes are required in --require-hashes mode")


class PipInstaller:
    """Installs with ``pip install``, by a pip that serves the target; the environment itself needs none.

    Nothing is compiled: uv does not either, the interpreter does at the first import, and half of the time is saved.
    """

    name: ClassVar[str] = "pip"

    def install(self, request: InstallRequest, run: CommandRunner) -> None:
        """Remove, install files, install sources.

        :param request: what to do
        :param run: what runs commands
        :raises HashMismatchError: a file is not what the request says
        :raises BackendError: no pip serves the target, or pip failed
        :raises BuildFailedError: a source could not be built
        """
        installing = _Installing(request, run)
        installing.remove()
        if request.files:
            installing.add_files()
        if request.sources:
            installing.add_sources()


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
            indexes=request.indexes,
            # a pip that removes itself leaves nobody to install what follows
            may_use_own="pip" not in self._unwanted,
        )

    def remove(self) -> None:
        remove_all(self._unwanted, self._request.target, self._uninstall)

    def add_files(self) -> None:
        """Install from the files alone: no index, no network, no build, no dependencies, every file by its hash."""
        result = self._install(
            "files.txt",
            hashed_lines(self._request.files),
            "--no-index", "--require-hashes", "--only-binary=:all:", "--no-cache-dir",
            environ={"PIP_FIND_LINKS": "", "PIP_INDEX_URL": "", "PIP_EXTRA_INDEX_URL": ""},
        )  # fmt: skip
        if result.returncode == 0:
            return
        lines = self._pip.explain(result)
        if any(_HASHES.search(line) for line in lines):
            raise HashMismatchError("a stored file is not the one that the lock names", why=lines)
        raise BackendFailedError("pip cannot install the stored files", why=lines)

    def add_sources(self) -> None:
        """Build and install; always anew: pip keeps no wheel of a directory, and a commit never changes."""
        request = self._request
        names = ", ".join(sorted(source.name for source in request.sources))
        lines = [source_line(source, request.root) for source in request.sources]
        result = self._install("sources.txt", lines)
        if result.returncode == 0:
            return
        said = self._pip.explain(result)
        if any(_BUILD.search(line) for line in said):
            raise unbuilt(names, said, request.indexes)
        if error := refused(said, request.indexes) or unreachable(said, request.indexes):
            raise error
        raise BackendFailedError(f"pip cannot install {names}", why=said)

    def _uninstall(self, names: list[NormalizedName]) -> None:
        result = self._pip("uninstall", "--yes", *names)
        if result.returncode != 0:
            raise BackendFailedError("pip cannot remove packages", why=self._pip.explain(result))

    def _install(
        self, filename: str, lines: Iterable[str], *options: str, environ: dict[str, str] | None = None
    ) -> CommandResult:
        file = self._request.scratch / filename
        file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        # --ignore-installed: in an environment that sees the system's packages, one of those would do for pip
        return self._pip(
            "install", "--no-deps", "--ignore-installed", "--no-compile", "--no-warn-script-location",
            *options, "--requirement", str(file), environ=environ,
        )  # fmt: skip
