"""The proxies that environment variables name, as the HTTP library takes them from the variables of this process.

Neither it (``httpx2._utils.get_environment_proxies``) nor the standard library, which it asks
(``urllib.request.getproxies``), can be given other variables; a test holds the answers equal.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_SCHEMES = ("http", "https", "all")
_END = "_proxy"
#: Where the standard library has the settings of the system: Windows and macOS.
_SYSTEM = ("getproxies_registry", "getproxies_macosx_sysconf")


def proxies_in(environ: Mapping[str, str]) -> dict[str, str | None]:
    """Say which addresses are reached through which proxy.

    :param environ: the user's environment variables; where they name none at all, the system may
    :return: pattern of addresses, as a client mounts transports → the address of the proxy; None for no proxy
    """
    named = _named(environ) or _of_system()
    exempt = [host.strip() for host in named.get("no", "").split(",")]
    if "*" in exempt:
        return {}
    proxies: dict[str, str | None] = {
        f"{scheme}://": address if "://" in address else f"http://{address}"
        for scheme in _SCHEMES
        if (address := named.get(scheme))
    }
    proxies |= dict.fromkeys(pattern for host in exempt if host for pattern in _patterns(host))
    return {pattern: proxy for pattern, proxy in proxies.items() if proxy is not None or _is_pattern(pattern)}


def _named(environ: Mapping[str, str]) -> dict[str, str]:
    """Read the variables as the standard library does: lower case counts more, also where it is empty."""
    named = {name.lower(): value for name, value in environ.items() if value}
    if "REQUEST_METHOD" in environ:  # of a CGI script, HTTP_PROXY is what a request has in its header "Proxy"
        named.pop(f"http{_END}", None)
    named |= {name.lower(): value for name, value in environ.items() if name.endswith(_END)}
    return {name.removesuffix(_END): value for name, value in named.items() if value and name.endswith(_END)}


def _of_system() -> dict[str, str]:
    import urllib.request  # noqa: PLC0415 - for speed: the client brings it

    ask = next((getattr(urllib.request, name) for name in _SYSTEM if hasattr(urllib.request, name)), dict)
    found: dict[str, str] = ask()
    return found


def _patterns(host: str) -> Iterator[str]:
    """Give the pattern for an entry of ``NO_PROXY``; none for one that means nothing."""
    address, slash, length = host.partition("/")
    if "://" in host:
        yield host
    elif _is_address(address, ipaddress.IPv4Address):
        yield f"all://{host}"
    elif _is_address(address, ipaddress.IPv6Address):
        yield f"all://[{address}]{slash}{length}"
    elif host.lower() == "localhost" or host.startswith("["):
        yield f"all://{host}"
    elif not slash:  # a name stands for itself and all below; one that begins with a dot, or with "*.", for all below
        yield f"all://{host}" if host.startswith("*.") else f"all://*{host}"


def _is_address(text: str, kind: type[ipaddress.IPv4Address | ipaddress.IPv6Address]) -> bool:
    try:
        kind(text)
    except ValueError:
        return False
    return True


def _is_pattern(pattern: str) -> bool:
    """Tell whether a client takes it: who writes nonsense into ``NO_PROXY`` exempts nothing by it."""
    import httpx2  # noqa: PLC0415 - for speed: the client brings it

    try:
        httpx2.Client(transport=httpx2.BaseTransport(), mounts={pattern: None}).close()
    except (httpx2.InvalidURL, ValueError):
        return False
    return True
