"""The HTTP client: proxies, certificates and time limits as the user's set-up has them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lockhouse.errors import InvalidSettingError
from lockhouse.model.indexes import hide
from lockhouse.model.variables import CERTIFICATES

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

    from httpx2 import HTTPTransport
    from unearth.fetchers import PyPIClient

    from lockhouse.model.indexes import IndexOptions

#: The environment variable that sets how many seconds a server may stay silent.
TIMEOUT_VARIABLE = "LOCKHOUSE_HTTP_TIMEOUT"

_CONNECT_SECONDS = 10.0
_SILENT_SECONDS = 30.0


def make_client(indexes: IndexOptions, environ: Mapping[str, str]) -> PyPIClient:
    """Make a client that any number of threads may share.

    :param indexes: its trusted hosts and its certificate count
    :param environ: the user's environment variables; those of this process do not count
    :raises InvalidSettingError: the time limit is no number, or the certificates or a proxy cannot be used
    """
    import logging  # noqa: PLC0415 - for speed: a run that fetches nothing makes no client

    import httpx2  # noqa: PLC0415 - for speed, as above
    from unearth.fetchers import PyPIClient  # noqa: PLC0415 - for speed, as above

    for name in ("httpx2", "httpcore2"):  # they log whole addresses and headers: tokens must not get into a log
        logging.getLogger(name).setLevel(logging.WARNING)
    connect, silent = _limits(environ)
    verify = _certificates(indexes.certificate, environ) or True
    trusted = {f"all://{host}" for host in indexes.trusted_hosts}  # the client mounts them by itself
    proxied = {key: way for key, way in _proxied(environ, verify=verify).items() if key not in trusted}
    return PyPIClient(
        trusted_hosts=indexes.trusted_hosts,
        verify=verify,
        trust_env=False,
        timeout=httpx2.Timeout(silent, connect=connect, pool=None),
        headers={"User-Agent": "lockhouse", "Accept-Encoding": "identity"},
        follow_redirects=True,
        mounts={**proxied, "file://": None},  # no server may lead to a file of this machine
    )


def _proxied(environ: Mapping[str, str], *, verify: ssl.SSLContext | bool) -> dict[str, HTTPTransport | None]:
    """Make the ways through proxies: pattern of addresses → the way, None for the straight one."""
    from lockhouse.fetchers.proxies import proxies_in  # noqa: PLC0415 - for speed, as above

    proxies = proxies_in(environ).items()
    return {pattern: None if proxy is None else _way(pattern, proxy, verify=verify) for pattern, proxy in proxies}


def _way(pattern: str, proxy: str, *, verify: ssl.SSLContext | bool) -> HTTPTransport:
    import httpx2  # noqa: PLC0415 - for speed, as above

    variable = f"{pattern.partition(':')[0].upper()}_PROXY"
    what = f"the proxy of {variable} cannot be used: {hide(proxy)}"
    try:
        return httpx2.HTTPTransport(proxy=proxy, verify=verify, trust_env=False)
    except ImportError:
        raise InvalidSettingError(
            what,
            why="SOCKS needs the package socksio, which is not installed beside Lockhouse",
            fix="pip install socksio",
        ) from None
    except (ValueError, httpx2.InvalidURL) as error:
        raise InvalidSettingError(
            what,
            why=hide(str(error)),
            fix=f"let {variable} be an address such as http://proxy.example:3128, or unset it",
        ) from None


def _limits(environ: Mapping[str, str]) -> tuple[float, float]:
    given = environ.get(TIMEOUT_VARIABLE)
    if not given:
        return _CONNECT_SECONDS, _SILENT_SECONDS
    try:
        seconds = float(given)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < float("inf"):
        raise InvalidSettingError(
            f"{TIMEOUT_VARIABLE}={given} cannot be used",
            why="it must be a number of seconds above 0",
            fix=f"set {TIMEOUT_VARIABLE} to {_SILENT_SECONDS:g}, or unset it",
        )
    return seconds, seconds


def _certificates(configured: str | None, environ: Mapping[str, str]) -> ssl.SSLContext | None:
    """Load the certificates to trust, or give None for those of the system."""
    named = [("certificate", configured)]
    named += [(variable, environ.get(variable)) for variable in CERTIFICATES]
    setting, place = next(((name, value) for name, value in named if value), ("", None))
    if place is None:
        return None
    import ssl  # noqa: PLC0415 - for speed, as above

    try:
        if Path(place).is_dir():
            return ssl.create_default_context(capath=place)
        return ssl.create_default_context(cafile=place)
    except OSError as error:  # ssl.SSLError is one
        raise InvalidSettingError(
            f"the certificates of {setting} cannot be read: {place}",
            why=error.strerror or str(error),
            fix=f"let {setting} name a file of certificates in PEM form",
        ) from error
