from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.backends.uv import Uv
from lockhouse.errors import BackendFailedError, BackendNotFoundError, BackendTooOldError
from lockhouse.interfaces import CommandResult
from lockhouse.model.indexes import Index, IndexOptions

from .scripted import ScriptedRunner

if TYPE_CHECKING:
    from pathlib import Path

INDEXES = IndexOptions(
    default=Index(url="https://me:hush@index.example/simple"),
    extra=(Index(url="https://team.example/simple", name="team"), Index(url="https://odd.example/s", name="odd name")),
    find_links=("a, shelf", "https://files.example/a b"),
    trusted_hosts=("team.example",),
    keyring=True,
    certificate="ca.pem",
)


def uv(tmp_path: Path, *, version: str = "uv 0.13.9", **environ: str) -> tuple[Uv, ScriptedRunner]:
    run = ScriptedRunner(lambda _: version)
    return Uv(run, environ=environ, root=tmp_path, indexes=INDEXES), run


def test_indexes_go_by_variables_and_never_by_arguments(tmp_path: Path) -> None:
    made, run = uv(tmp_path)
    made("pip", "compile")
    env = run.commands[-1].env
    assert "hush" not in " ".join(run.commands[-1].argv)
    assert env == {
        "SSL_CERT_FILE": str(tmp_path / "ca.pem"),
        "UV_DEFAULT_INDEX": "https://me:hush@index.example/simple",
        "UV_FIND_LINKS": f"{(tmp_path / 'a, shelf').as_uri().replace(',', '%2C')},https://files.example/a%20b",
        "UV_INDEX": "team=https://team.example/simple https://odd.example/s",
        "UV_INSECURE_HOST": "team.example",
        "UV_KEYRING_PROVIDER": "subprocess",
        "UV_PYTHON_DOWNLOADS": "never",
    }


def test_of_the_variables_of_the_user_only_those_pass_that_change_no_answer(tmp_path: Path) -> None:
    kept = {"UV_CACHE_DIR": "c", "UV_INDEX_TEAM_PASSWORD": "p", "UV_HTTP_TIMEOUT": "9", "HTTPS_PROXY": "x", "PATH": "y"}
    dropped = {"UV_PRERELEASE": "allow", "UV_RESOLUTION": "lowest", "UV_INDEX_STRATEGY": "z", "PYTHONPATH": "q"}
    made, run = uv(tmp_path, **kept, **dropped)
    made("pip", "compile")
    env = run.commands[-1].env
    assert {key: env.get(key) for key in (*kept, *dropped)} == {**kept, **dict.fromkeys(dropped)}


@pytest.mark.parametrize("version", ["uv 0.12.99", "uv 0.4.0 (abc 2024-01-01)"])
def test_an_old_uv_is_told_as_such(tmp_path: Path, version: str) -> None:
    with pytest.raises(BackendTooOldError) as old:
        uv(tmp_path, version=version)
    assert version in old.value.why[0]
    assert old.value.fix


def test_something_else_that_is_called_uv(tmp_path: Path) -> None:
    with pytest.raises(BackendFailedError):
        uv(tmp_path, version="ultraviolet")


def test_a_missing_uv_is_told_with_a_fix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def find() -> str:
        raise FileNotFoundError("/bin/uv")

    monkeypatch.setattr("uv.find_uv_bin", find)
    with pytest.raises(BackendNotFoundError) as missing:
        uv(tmp_path)
    assert missing.value.fix


def test_what_it_says_of_a_failure_holds_no_secret(tmp_path: Path) -> None:
    made, _ = uv(tmp_path)
    stderr = "\x1b[31merror\x1b[0m: hush\n\n  cause: dns error for https://x:y@index.example/simple/a\n"
    error = made.failure(CommandResult(returncode=2, stdout="", stderr=stderr), "uv failed")
    assert error.what == "the index at index.example cannot be reached"
    assert error.why == ("****", "dns error for https://****@index.example/simple/a")
