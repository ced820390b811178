from __future__ import annotations

import base64
import logging
import os
import sys
from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import ArtifactUnavailableError, InvalidSettingError
from lockhouse.fetchers import Fetcher
from lockhouse.interfaces import ArtifactLocation
from lockhouse.model.indexes import Index, IndexOptions
from lockhouse.testing.index import PackageIndex

from .conftest import Sent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from http.server import BaseHTTPRequestHandler
    from pathlib import Path

    from .conftest import ScriptedServer

USER, PASSWORD = "user", "open:s@same/1"


@pytest.fixture
def private() -> Iterator[PackageIndex]:
    with PackageIndex(username=USER, password=PASSWORD) as index:
        yield index


def read(url: str, indexes: IndexOptions | None = None, environ: Mapping[str, str] | None = None) -> bytes:
    fetcher = Fetcher(indexes or IndexOptions(), os.environ if environ is None else environ, pause=0.01)
    with fetcher.open(ArtifactLocation(url=url)) as download:
        return b"".join(download.chunks)


def refusal(url: str, indexes: IndexOptions | None = None) -> ArtifactUnavailableError:
    with pytest.raises(ArtifactUnavailableError) as caught:
        read(url, indexes)
    return caught.value


def basic(user: str, password: str) -> str:
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


def test_credentials_of_the_index_go_with_its_files(private: PackageIndex) -> None:
    wheel = private.add_wheel("demo", "1.0")
    indexes = IndexOptions(extra=(Index(url=private.url_with_credentials),))

    assert read(private.file_url(wheel), indexes) == wheel.data


def test_credentials_in_the_address_itself_are_used(private: PackageIndex) -> None:
    wheel = private.add_wheel("demo", "1.0")
    userinfo = private.url_with_credentials.split("//")[1].split("@")[0]

    assert read(private.file_url(wheel).replace("//", f"//{userinfo}@")) == wheel.data


@pytest.mark.parametrize("variable", ["HOME", "NETRC"])
def test_credentials_in_netrc_are_used(private: PackageIndex, tmp_path: Path, variable: str) -> None:
    wheel = private.add_wheel("demo", "1.0")
    netrc = tmp_path / ".netrc"
    netrc.write_text(f"machine 127.0.0.1\nlogin {USER}\npassword {PASSWORD}\n")
    environ = {variable: str(tmp_path if variable == "HOME" else netrc)}

    assert read(private.file_url(wheel), environ=environ) == wheel.data


def test_a_broken_netrc_is_named_without_its_words(private: PackageIndex, tmp_path: Path) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1\nlogin user\npasword sesame\n")

    with pytest.raises(InvalidSettingError) as caught:
        read(private.file_url("demo.whl"), environ={"NETRC": str(netrc)})

    assert str(netrc) in caught.value.what
    assert "line 3" in caught.value.why[0]
    assert "sesame" not in str(caught.value)


def test_without_credentials_the_fix_names_them(private: PackageIndex) -> None:
    wheel = private.add_wheel("demo", "1.0")

    error = refusal(private.file_url(wheel))

    assert "HTTP 401" in error.what
    assert "credentials" in (error.fix or "")
    assert len(private.requests) == 1


def test_wrong_credentials_reach_no_message_and_no_log(
    private: PackageIndex, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    wheel = private.add_wheel("demo", "1.0")
    wrong = private.url.replace("//", "//user:wrong-sesame@")
    token = "t0ken-0123456789abcdef"  # noqa: S105
    path = private.file_url(wheel).replace("/files/", f"/{token}/files/")

    errors = [refusal(private.file_url(wheel), IndexOptions(default=Index(url=wrong))), refusal(path)]

    shown = "".join(map(str, errors)) + caplog.text + "".join(capfd.readouterr())
    assert "wrong-sesame" not in shown
    assert basic("user", "wrong-sesame") not in shown
    assert token not in shown


@pytest.mark.parametrize("changed", ["host", "scheme"])
def test_credentials_go_to_their_own_origin_only(index: PackageIndex, changed: str) -> None:
    wheel = index.add_wheel("demo", "1.0")
    secret = index.url.replace("//", "//user:sesame@")
    other = secret.replace("127.0.0.1", "localhost") if changed == "host" else secret.replace("http:", "https:")

    read(index.file_url(wheel), IndexOptions(default=Index(url=other)))

    [request] = index.requests
    assert "authorization" not in request.headers


def test_of_several_indexes_on_one_host_the_closest_gives_its_credentials(index: PackageIndex) -> None:
    index.root("team-a", username="a", password="pass-a")  # noqa: S106
    team_b = index.root("team-b", username="b", password="pass-b")  # noqa: S106
    wheel = team_b.add_wheel("demo", "1.0")
    indexes = IndexOptions(
        extra=tuple(
            Index(url=index.url.replace("//", f"//{t}:pass-{t}@").replace("simple", f"team-{t}/simple")) for t in "ab"
        )
    )

    assert read(team_b.file_url(wheel), indexes) == wheel.data


def test_credentials_do_not_follow_a_redirect_to_another_host(
    index: PackageIndex, serve: Callable[..., ScriptedServer]
) -> None:
    wheel = index.add_wheel("demo", "1.0")
    seen: list[str | None] = []

    def script(request: BaseHTTPRequestHandler) -> Sent:
        seen.append(request.headers.get("Authorization"))
        return Sent(status=302, headers={"Location": index.file_url(wheel)})

    server = serve(script)
    indexes = IndexOptions(default=Index(url=server.url.replace("//", "//user:sesame@")))

    assert read(f"{server.url}/demo.whl", indexes) == wheel.data
    assert seen == [basic("user", "sesame")]
    assert "authorization" not in index.requests.matching("*.whl")[0].headers


@pytest.fixture
def keyring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Put a keyring program on PATH, and the module of that name out of reach; give the program's log."""
    if os.name == "nt":
        pytest.skip("the program is a shell script")
    log = tmp_path / "asked"
    program = tmp_path / "bin" / "keyring"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" >> {log}\nprintf "%s\\n%s\\n" "{USER}" "{PASSWORD}"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    monkeypatch.setitem(sys.modules, "keyring", None)
    return log


def test_the_keyring_is_asked_where_the_user_allowed_it(private: PackageIndex, keyring: Path) -> None:
    wheel = private.add_wheel("demo", "1.0")
    indexes = IndexOptions(default=Index(url=private.url), keyring=True)

    assert read(private.file_url(wheel), indexes) == wheel.data
    assert private.url in keyring.read_text()


def test_the_keyring_is_not_asked_otherwise(private: PackageIndex, keyring: Path) -> None:
    wheel = private.add_wheel("demo", "1.0")

    refusal(private.file_url(wheel), IndexOptions(default=Index(url=private.url)))

    assert not keyring.exists()
