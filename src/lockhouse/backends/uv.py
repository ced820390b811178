"""uv: where it is, in what environment it runs, what its failures mean."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from lockhouse.backends.environ import absolute_path, clean_environ, link_address
from lockhouse.backends.failures import refused, unreachable
from lockhouse.backends.output import explanation
from lockhouse.errors import BackendFailedError, BackendNotFoundError, BackendTooOldError, LockhouseError
from lockhouse.interfaces import Command

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lockhouse.interfaces import CommandResult, CommandRunner
    from lockhouse.model.indexes import Index, IndexOptions

#: The oldest uv that does what is asked of it here.
MINIMUM = (0, 13)

_KEPT = frozenset(
    {
        "UV_AZURE_ENDPOINT_URL",
        "UV_CACHE_DIR",
        "UV_CONCURRENT_BUILDS",
        "UV_CONCURRENT_DOWNLOADS",
        "UV_CONCURRENT_INSTALLS",
        "UV_CREDENTIALS_DIR",
        "UV_GCS_ENDPOINT_URL",
        "UV_GITHUB_TOKEN",
        "UV_HTTP_CONNECT_TIMEOUT",
        "UV_HTTP_RETRIES",
        "UV_HTTP_TIMEOUT",
        "UV_INSECURE_HOST",
        "UV_KEYRING_PROVIDER",
        "UV_LOCK_TIMEOUT",
        "UV_NATIVE_TLS",
        "UV_NO_CACHE",
        "UV_OFFLINE",
        "UV_PYTHON_INSTALL_DIR",
        "UV_REQUEST_TIMEOUT",
        "UV_S3_ENDPOINT_URL",
        "UV_SYSTEM_CERTS",
    }
)
_CREDENTIALS = re.compile(r"UV_INDEX_.+_(USERNAME|PASSWORD)")
_INDEX_NAME = re.compile(r"[A-Za-z0-9._-]+")


def _keeps(key: str) -> bool:
    return key in _KEPT or _CREDENTIALS.fullmatch(key) is not None


class Uv:
    """A uv binary, with the environment and the runner that it is started with."""

    def __init__(self, run: CommandRunner, *, environ: Mapping[str, str], root: Path, indexes: IndexOptions) -> None:
        """Find uv and see that it is new enough.

        :param run: what runs commands
        :param environ: the user's environment variables
        :param root: the project's folder, in which uv runs
        :param indexes: where packages are looked for
        :raises BackendNotFoundError: there is no uv
        :raises BackendTooOldError: it is too old
        """
        self._run = run
        self._root = root
        self._indexes = indexes
        self._program = _program()
        self._environ = _environ(environ, indexes, root)
        self._check_version()

    def __call__(self, *arguments: str, environ: Mapping[str, str] | None = None) -> CommandResult:
        """Run uv with arguments, read no configuration file, download no Python.

        :param arguments: the sub-command and its options; nothing secret
        :param environ: variables to set besides
        """
        argv = (self._program, *arguments, "--no-config", "--no-progress", "--color=never")
        return self._run(Command(argv=argv, env={**self._environ, **(environ or {})}, cwd=self._root))

    def explain(self, result: CommandResult) -> tuple[str, ...]:
        """Give what uv said of a failure, line by line, with nothing secret.

        :param result: what it left
        """
        return explanation(result.stderr or result.stdout, self._indexes.secrets)

    def failure(self, result: CommandResult, what: str) -> LockhouseError:
        """Turn a failure that is no answer into an error: credentials refused, index unreachable, or anything else.

        :param result: what uv left
        :param what: the fact that the error states where nothing better is known
        """
        lines = self.explain(result)
        return refused(lines, self._indexes) or unreachable(lines, self._indexes) or BackendFailedError(what, why=lines)

    def _check_version(self) -> None:
        result = self("--version")
        match = re.search(r"uv (\d+)\.(\d+)", result.stdout)
        if result.returncode != 0 or match is None:
            raise BackendFailedError("uv does not tell its version", why=self.explain(result))
        if (int(match[1]), int(match[2])) < MINIMUM:
            raise BackendTooOldError(
                f"uv {match[1]}.{match[2]} is too old",
                why=f"Lockhouse needs uv {MINIMUM[0]}.{MINIMUM[1]} or newer, found {result.stdout.strip()}",
                fix="python -m pip install --upgrade uv",
            )


def _program() -> str:
    try:
        import uv  # noqa: PLC0415 - only who runs uv pays for it

        return str(uv.find_uv_bin())
    except (ImportError, FileNotFoundError) as error:
        raise BackendNotFoundError(
            "uv is not there", why=str(error).splitlines()[0], fix="python -m pip install --upgrade uv"
        ) from error


def _environ(environ: Mapping[str, str], indexes: IndexOptions, root: Path) -> dict[str, str]:
    """Hand over the indexes by variables: other users can read a command line, and it ends up in messages."""
    env = clean_environ(environ, prefix="UV_", keeps=_keeps)
    env["UV_PYTHON_DOWNLOADS"] = "never"
    if indexes.default is not None:
        env["UV_DEFAULT_INDEX"] = _named(indexes.default)
    if indexes.extra:
        env["UV_INDEX"] = " ".join(_named(index) for index in indexes.extra)
    if indexes.find_links:
        env["UV_FIND_LINKS"] = ",".join(link_address(link, root) for link in indexes.find_links)
    if indexes.trusted_hosts:
        env["UV_INSECURE_HOST"] = " ".join(indexes.trusted_hosts)
    if indexes.keyring:
        env["UV_KEYRING_PROVIDER"] = "subprocess"
    if indexes.certificate is not None:
        env["SSL_CERT_FILE"] = str(absolute_path(indexes.certificate, root))
    return env


def _named(index: Index) -> str:
    """Give an index as uv reads it; the name is what ``UV_INDEX_<NAME>_PASSWORD`` refers to."""
    url = index.url.replace(" ", "%20")
    return f"{index.name}={url}" if index.name and _INDEX_NAME.fullmatch(index.name) else url
