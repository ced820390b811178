"""The variables that tests run with: nothing of the person or the CI service that runs them, and no index in reach."""

from __future__ import annotations

import os
import socket
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

#: Variables that configure the tools under test, or Python itself; every name that begins so is taken away.
CLEARED_PREFIXES = (
    "CONDA_",
    "GIT_",
    "GITHUB_",
    "HATCH_",
    "LOCKHOUSE_",
    "NOX",
    "PDM_",
    "PIP_",
    "PIPENV_",
    "POETRY_",
    "PYTHON",
    "TOX",
    "UV_",
    "VIRTUALENV_",
    "VIRTUAL_ENV",
    "XDG_",
    "_TOX",
    "__TOX",
)

#: Variables that change colours, certificates, proxies, or the belief to run on a CI service.
CLEARED_NAMES = frozenset(
    {
        "ALL_PROXY",
        "APPVEYOR",
        "BUILDKITE",
        "BUILD_BUILDID",
        "BUILD_ID",
        "CI",
        "CIRCLECI",
        "CLICOLOR",
        "CLICOLOR_FORCE",
        "COLORTERM",
        "COLUMNS",
        "CURL_CA_BUNDLE",
        "FORCE_COLOR",
        "FTP_PROXY",
        "GITLAB_CI",
        "HOMEDRIVE",
        "HOMEPATH",
        "HTTPS_PROXY",
        "HTTP_PROXY",
        "JENKINS_URL",
        "LINES",
        "NETRC",
        "NO_COLOR",
        "NO_PROXY",
        "PYENV_DIR",
        "PYENV_VERSION",
        "PYENV_VIRTUAL_ENV",
        "PYTEST_ADDOPTS",
        "PYTEST_PLUGINS",
        "PY_COLORS",
        "REQUESTS_CA_BUNDLE",
        "SOURCE_DATE_EPOCH",
        "SSL_CERT_DIR",
        "SSL_CERT_FILE",
        "TEAMCITY_VERSION",
        "TF_BUILD",
        "TRAVIS",
        "TTY_COMPATIBLE",
        "TTY_INTERACTIVE",
    }
)

_FOLDERS = {
    "HOME": "home",
    "XDG_CACHE_HOME": "home/.cache",
    "XDG_CONFIG_HOME": "home/.config",
    "XDG_DATA_HOME": "home/.local/share",
    "XDG_STATE_HOME": "home/.local/state",
    "XDG_CONFIG_DIRS": "etc",
    "LOCKHOUSE_CACHE_DIR": "cache/lockhouse",
    "PIP_CACHE_DIR": "cache/pip",
    "UV_CACHE_DIR": "cache/uv",
    "TMPDIR": "tmp",
}
_WINDOWS_FOLDERS = {
    "USERPROFILE": "home",
    "APPDATA": "home/AppData/Roaming",
    "LOCALAPPDATA": "home/AppData/Local",
    "TEMP": "tmp",
    "TMP": "tmp",
}
_SETTINGS = {
    "GIT_AUTHOR_DATE": "2024-01-01T00:00:00+00:00",
    "GIT_AUTHOR_EMAIL": "author@project.example",
    "GIT_AUTHOR_NAME": "Author",
    "GIT_COMMITTER_DATE": "2024-01-01T00:00:00+00:00",
    "GIT_COMMITTER_EMAIL": "author@project.example",
    "GIT_COMMITTER_NAME": "Author",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "PIP_CONFIG_FILE": os.devnull,
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_NO_INPUT": "1",
    # a wrong address fails soon; a test of passing faults asks for retries. pip says what is wrong only when it retries
    "PIP_RETRIES": "1",
    "UV_HTTP_RETRIES": "0",
    "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
    # uv would try to download what is missing
    "UV_PYTHON_DOWNLOADS": "never",
    "VIRTUALENV_NO_DOWNLOAD": "1",
    "VIRTUALENV_NO_PERIODIC_UPDATE": "1",
}


def isolated_environ(outside: Mapping[str, str], folder: Path, *, shared: Path, index_url: str) -> dict[str, str]:
    """Give the whole environment of an isolated test, and make the folders that it names.

    What is neither cleared nor set here is kept, ``PATH`` above all. HOME is empty, so there is no configuration of a
    user; that of the machine is out of reach too. A test about configuration files removes the variables that win
    over them (``PIP_CONFIG_FILE``, ``PIP_INDEX_URL``, ``UV_DEFAULT_INDEX``) and writes the files below HOME.

    :param outside: the environment that the tests were started with
    :param folder: where HOME, the caches and the temporary files of this test go
    :param shared: a folder for what virtualenv unpacks once for all tests
    :param index_url: the default index of pip and uv
    """
    environ = {name: value for name, value in outside.items() if not _cleared(name)}
    folders = {**_FOLDERS, **(_WINDOWS_FOLDERS if sys.platform == "win32" else {})}
    for name, relative in folders.items():
        path = folder / relative
        path.mkdir(parents=True, exist_ok=True)
        environ[name] = str(path)
    environ.update(_SETTINGS)
    environ["VIRTUALENV_OVERRIDE_APP_DATA"] = str(shared / "virtualenv")
    environ.update(index_environ(index_url))
    return environ


def index_environ(url: str) -> dict[str, str]:
    """Give the variables that make an index the default one of pip and uv.

    :param url: address of its simple repository API
    """
    return {"PIP_INDEX_URL": url, "UV_DEFAULT_INDEX": url}


@contextmanager
def closed_port() -> Iterator[int]:
    """Hold a port of the loopback at which nothing listens, and that nobody else gets meanwhile."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield int(held.getsockname()[1])


def _cleared(name: str) -> bool:
    upper = name.upper()
    return upper in CLEARED_NAMES or upper.startswith(CLEARED_PREFIXES)
