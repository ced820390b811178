from __future__ import annotations

import os
import shutil
import ssl
from typing import TYPE_CHECKING, NoReturn

import pytest

from lockhouse.errors import ArtifactUnavailableError, InvalidSettingError
from lockhouse.fetchers import Fetcher
from lockhouse.interfaces import ArtifactLocation, Command
from lockhouse.model.indexes import IndexOptions
from lockhouse.model.variables import CERTIFICATE_FILES, CERTIFICATES
from lockhouse.process import run_command

from .conftest import Sent

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from .conftest import ScriptedServer


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory, leave_out: Callable[[str], NoReturn]) -> Path:
    """Give a file with a certificate for 127.0.0.1 and its key, which nobody trusts."""
    openssl = shutil.which("openssl")
    if openssl is None:
        leave_out("needs the openssl program")
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    options = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1"
    argv = (openssl, *options.split(), "-out", str(path), "-keyout", str(path.with_suffix(".key")))
    result = run_command(Command(argv=argv, env=dict(os.environ), timeout=60))
    assert result.returncode == 0, result.stderr
    return path


@pytest.fixture
def url(certificate: Path, serve: Callable[..., ScriptedServer]) -> str:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    return f"{serve(lambda _: Sent(body=b'secure'), context).url}/demo.whl"


def read(url: str, indexes: IndexOptions | None = None, environ: Mapping[str, str] | None = None) -> bytes:
    with Fetcher(indexes or IndexOptions(), environ or {}, pause=0.01).open(ArtifactLocation(url=url)) as download:
        return b"".join(download.chunks)


def test_an_unknown_certificate_is_refused_with_a_fix(url: str) -> None:
    with pytest.raises(ArtifactUnavailableError) as caught:
        read(url)

    assert "certificate of 127.0.0.1" in caught.value.what
    assert "SSL_CERT_FILE" in (caught.value.fix or "")


def test_a_configured_certificate_is_trusted(url: str, certificate: Path) -> None:
    assert read(url, IndexOptions(certificate=str(certificate))) == b"secure"


@pytest.mark.parametrize("variable", CERTIFICATE_FILES)
def test_certificates_of_the_environment_are_trusted(url: str, certificate: Path, variable: str) -> None:
    assert read(url, environ={variable: str(certificate)}) == b"secure"


def test_a_folder_of_certificates_is_trusted(url: str, certificate: Path, tmp_path: Path) -> None:
    openssl = shutil.which("openssl") or ""
    argv = (openssl, "x509", "-noout", "-hash", "-in", str(certificate))
    hashed = run_command(Command(argv=argv, env=dict(os.environ), timeout=60)).stdout.strip()
    shutil.copy(certificate, tmp_path / f"{hashed}.0")

    assert read(url, environ={"SSL_CERT_DIR": str(tmp_path)}) == b"secure"


@pytest.mark.parametrize("environ", [{}, {"NO_PROXY": "127.0.0.1"}])
def test_the_certificate_of_a_trusted_host_is_not_checked(url: str, environ: Mapping[str, str]) -> None:
    assert read(url, IndexOptions(trusted_hosts=("127.0.0.1",)), environ) == b"secure"


def test_only_the_environment_that_is_given_says_which_certificates(
    url: str, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    with pytest.raises(ArtifactUnavailableError):
        read(url)


@pytest.mark.parametrize("content", [None, b"no certificate"])
def test_certificates_that_cannot_be_read_are_named(tmp_path: Path, content: bytes | None) -> None:
    bundle = tmp_path / "bundle.pem"
    if content is not None:
        bundle.write_bytes(content)

    with pytest.raises(InvalidSettingError) as caught:
        read("https://127.0.0.1:9/demo.whl", environ={"SSL_CERT_FILE": str(bundle)})

    assert "SSL_CERT_FILE" in caught.value.what
    assert str(bundle) in caught.value.what


@pytest.mark.parametrize("first", range(len(CERTIFICATES)))
def test_the_first_variable_that_is_set_counts(tmp_path: Path, first: int) -> None:
    environ = {name: str(tmp_path / name) for name in reversed(CERTIFICATES[first:])}

    with pytest.raises(InvalidSettingError) as caught:
        read("https://127.0.0.1:9/demo.whl", environ=environ)

    assert f"the certificates of {CERTIFICATES[first]} cannot be read" in caught.value.what
