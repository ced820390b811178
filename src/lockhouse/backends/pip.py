"""pip: which one serves a target, in what environment it runs."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from lockhouse.backends.environ import absolute_path, clean_environ, link_address
from lockhouse.backends.output import explanation
from lockhouse.errors import BackendNotFoundError, BackendTooOldError
from lockhouse.interfaces import Command

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lockhouse.interfaces import CommandResult, CommandRunner
    from lockhouse.model.indexes import IndexOptions
    from lockhouse.model.target import Target

#: The oldest pip that does what is asked of it here: ``--dry-run --report``.
MINIMUM = Version("22.2")
#: The oldest pip that can be run for another interpreter (``--python``).
_MINIMUM_FOR_OTHERS = Version("22.3")

_KEPT = frozenset({
    "PIP_CACHE_DIR",
    "PIP_CERT",
    "PIP_CLIENT_CERT",
    "PIP_DEFAULT_TIMEOUT",
    "PIP_KEYRING_PROVIDER",
    "PIP_NO_CACHE_DIR",
    "PIP_PROXY",
    "PIP_RESUME_RETRIES",
    "PIP_RETRIES",
    "PIP_TIMEOUT",
    "PIP_TRUSTED_HOST",
})  # fmt: skip
# what pip says of an attempt after which it tried again; only the last one counts
_RETRIED = re.compile(r"^WARNING: Retrying \(Retry\(total=[1-9].*$", re.MULTILINE)
_FIX = "choose uv instead, which serves this Python, or put pip into it: python -m ensurepip --upgrade"


class Pip:
    """A pip that serves a target, with the environment and the runner that it is started with.

    These are tried in turn: the pip beside Lockhouse, run for the target, where the target is new enough for it; the
    target's own; that of the interpreter which the target was made from; and the one that the target's standard library
    brings, in a virtual environment made for it.
    """

    def __init__(
        self,
        run: CommandRunner,
        *,
        target: Target,
        scratch: Path,
        environ: Mapping[str, str],
        root: Path,
        indexes: IndexOptions,
        may_use_own: bool = True,
    ) -> None:
        """Choose a pip.

        :param run: what runs commands
        :param target: the interpreter to serve
        :param scratch: a folder for a virtual environment, where one is needed
        :param environ: the user's environment variables
        :param root: the project's folder, in which pip runs
        :param indexes: where packages are looked for
        :param may_use_own: whether the target's own pip will do; not where it is to be removed or replaced
        :raises BackendNotFoundError: no pip serves the target
        :raises BackendTooOldError: those that do are too old
        """
        self._run = run
        self._root = root
        self._indexes = indexes
        self._environ = _environ(environ, indexes, root)
        self._command, self.version = self._choose(target, scratch, may_use_own=may_use_own)

    def __call__(self, *arguments: str, environ: Mapping[str, str] | None = None) -> CommandResult:
        """Run pip with arguments.

        :param arguments: the sub-command and its options; nothing secret
        :param environ: variables to set besides
        """
        return self._start(*self._command, *arguments, environ=environ)

    def explain(self, result: CommandResult) -> tuple[str, ...]:
        """Give what pip said of a failure, line by line, with nothing secret.

        What is known of a conflict stands in the standard output, after what pip says of its progress.

        :param result: what it left
        """
        _, found, conflict = result.stdout.partition("The conflict is caused by:")
        conflict = conflict.partition("To fix this")[0]
        stderr = _RETRIED.sub("", result.stderr)
        return explanation(f"{found}{conflict}\n{stderr}", self._indexes.secrets)

    def _start(self, *argv: str, environ: Mapping[str, str] | None = None) -> CommandResult:
        return self._run(Command(argv=argv, env={**self._environ, **(environ or {})}, cwd=self._root))

    def _choose(self, target: Target, scratch: Path, *, may_use_own: bool) -> tuple[tuple[str, ...], Version]:
        too_old: list[str] = []
        for command, version, minimum in self._candidates(target, scratch, may_use_own=may_use_own):
            if version >= minimum:
                return command, version
            too_old.append(f"found pip {version}, needs {minimum} or newer")
        place = f"Python {target.python} ({target.executable})"
        if too_old:
            raise BackendTooOldError(f"the pip of {place} is too old", why=too_old, fix=_FIX)
        raise BackendNotFoundError(
            f"no pip serves {place}",
            why="neither the pip beside Lockhouse, nor one of its own, nor one that its standard library brings",
            fix=_FIX,
        )

    def _candidates(
        self, target: Target, scratch: Path, *, may_use_own: bool
    ) -> Iterator[tuple[tuple[str, ...], Version, Version]]:
        ours = _version_beside_us(target.python)
        if ours is not None:
            yield (sys.executable, "-m", "pip", "--python", target.executable), ours, _MINIMUM_FOR_OTHERS
        if may_use_own:
            own = self._version_under(target.executable)
            if own is not None:
                yield (target.executable, "-m", "pip"), own, MINIMUM
        base = _base_python(target)
        if base is not None:
            shared = self._version_under(base)
            if shared is not None:
                yield (base, "-m", "pip", "--python", target.executable), shared, _MINIMUM_FOR_OTHERS
        folder = scratch / "pip"
        if self._start(target.executable, "-m", "venv", str(folder)).returncode == 0:
            python = str(folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))
            bundled = self._version_under(python)
            if bundled is not None:
                yield (python, "-m", "pip", "--python", target.executable), bundled, _MINIMUM_FOR_OTHERS

    def _version_under(self, python: str) -> Version | None:
        result = self._start(python, "-m", "pip", "--version")
        match = re.match(r"pip (\d\S*)", result.stdout)
        return Version(match[1]) if result.returncode == 0 and match else None


def _base_python(target: Target) -> str | None:
    """Give the interpreter that a virtual environment was made from, as its ``pyvenv.cfg`` tells; None elsewhere."""
    config = Path(target.prefix) / "pyvenv.cfg"
    if not config.is_file():
        return None
    pairs = (line.partition("=") for line in config.read_text(encoding="utf-8").splitlines())
    home = {key.strip().lower(): value.strip() for key, _, value in pairs}.get("home")
    if home is None:
        return None
    minor = target.markers["python_version"]
    names = ("python.exe",) if os.name == "nt" else (f"python{minor}", "python3", "python")
    return next((str(Path(home) / name) for name in names if (Path(home) / name).is_file()), None)


def _version_beside_us(python: str) -> Version | None:
    """Give the version of the pip beside Lockhouse, if it runs on a Python of this version."""
    from importlib import metadata  # noqa: PLC0415 - only who runs pip pays for it

    try:
        found = metadata.metadata("pip")
    except metadata.PackageNotFoundError:
        return None
    bounds = SpecifierSet(found["Requires-Python"] or "")
    return Version(found["Version"]) if bounds.contains(python, prereleases=True) else None


def _environ(environ: Mapping[str, str], indexes: IndexOptions, root: Path) -> dict[str, str]:
    """Hand over the indexes by variables: other users can read a command line, and it ends up in messages."""
    env = clean_environ(environ, prefix="PIP_", keeps=_KEPT.__contains__)
    env |= {"PIP_CONFIG_FILE": os.devnull, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1", "NO_COLOR": "1"}
    env.pop("FORCE_COLOR", None)
    if indexes.default is not None:
        env["PIP_INDEX_URL"] = indexes.default.url
    if indexes.extra:
        env["PIP_EXTRA_INDEX_URL"] = " ".join(index.url.replace(" ", "%20") for index in indexes.extra)
    if indexes.find_links:
        env["PIP_FIND_LINKS"] = " ".join(link_address(link, root) for link in indexes.find_links)
    if indexes.no_index:
        env["PIP_NO_INDEX"] = "1"
    if indexes.trusted_hosts:
        env["PIP_TRUSTED_HOST"] = " ".join(indexes.trusted_hosts)
    if indexes.keyring:
        env["PIP_KEYRING_PROVIDER"] = "subprocess"
    if indexes.certificate is not None:
        env["PIP_CERT"] = str(absolute_path(indexes.certificate, root))
    return env
