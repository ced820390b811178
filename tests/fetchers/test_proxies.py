"""The proxies of given variables are those that the HTTP library would take from the variables of this process."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from httpx2._utils import get_environment_proxies

from lockhouse.fetchers.proxies import proxies_in

if TYPE_CHECKING:
    from collections.abc import Mapping

PROXY = "http://proxy.example:3128"


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"HTTP_PROXY": PROXY, "HTTPS_PROXY": "http://me:secret@other.example", "ALL_PROXY": "socks5://s.example:1080"},
        {"FTP_PROXY": PROXY, "TRAVIS_APT_PROXY": PROXY, "PROXY": PROXY, "_proxy": PROXY},
        {"https_proxy": "proxy.example:3128", "HTTPS_PROXY": PROXY},
        {"HTTPS_PROXY": PROXY, "https_proxy": ""},
        {"https_proxy": "", "HTTPS_PROXY": PROXY},
        {"Https_Proxy": PROXY, "ALL_proxy": PROXY},
        {"HTTP_PROXY": PROXY, "HTTPS_PROXY": PROXY, "REQUEST_METHOD": "GET"},
        {"HTTP_PROXY": PROXY, "http_proxy": "http://lower.example", "REQUEST_METHOD": ""},
        *(
            {"HTTP_PROXY": PROXY, "no_proxy" if hosts.islower() else "NO_PROXY": hosts}
            for hosts in (
                "*",
                "a.example, *",
                "a.example,.b.example,*.c.example",
                "localhost, LOCALHOST,127.0.0.1, 10.0.0.0/8,192.168.0.1:8080",
                "::1,fe80::/10,[::1],[::1]:8080",
                "a.example:8080,host,a/b,*.a/b, ,",
                "http://a.example,all://,https://b.example:443",
                "10.0.0.0/99,fe80::/x,http://[::1,a b,:::,http://a.example:port,-",
            )
        ),
    ],
)
def test_they_are_those_of_the_library(environ: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", environ)
    expected = get_environment_proxies()
    monkeypatch.undo()
    assert proxies_in(environ) == expected
    assert proxies_in({}) == {}


def test_where_no_variable_names_any_those_of_the_system_count(monkeypatch: pytest.MonkeyPatch) -> None:
    system = {"https": "proxy.example:3128", "ftp": PROXY}
    monkeypatch.setattr("urllib.request.getproxies_registry", lambda: system, raising=False)
    assert proxies_in({"OTHER": "said"}) == {"https://": PROXY}
    assert proxies_in({"NO_PROXY": "a.example"}) == {"all://*a.example": None}
