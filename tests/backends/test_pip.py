from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from lockhouse.backends.pip import Pip
from lockhouse.errors import BackendNotFoundError, BackendTooOldError
from lockhouse.model.indexes import Index, IndexOptions

from .scripted import ScriptedRunner, target

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

OWN = "/nowhere/bin/python"
VENV = "Scripts/python.exe" if os.name == "nt" else "bin/python"


def choose(
    tmp_path: Path,
    answer: Callable[[tuple[str, ...]], str | None],
    *,
    version: str = "3.8.18",
    environ: Mapping[str, str] | None = None,
    indexes: IndexOptions | None = None,
    prefix: str = "/nowhere",
    may_use_own: bool = True,
) -> tuple[Pip, ScriptedRunner]:
    run = ScriptedRunner(answer)
    pip = Pip(
        run,
        target=target(version, prefix),
        scratch=tmp_path,
        environ=environ or {},
        root=tmp_path,
        indexes=indexes or IndexOptions(),
        may_use_own=may_use_own,
    )
    return pip, run


def only(*known: str) -> Callable[[tuple[str, ...]], str | None]:
    return lambda argv: "pip 23.0.1 from here (python 3.8)" if argv[0] in known else None


def started(pip: Pip, run: ScriptedRunner) -> tuple[str, ...]:
    pip("list")
    return run.commands[-1].argv


def test_the_pip_beside_us_serves_a_new_target_and_nothing_is_started_to_know(tmp_path: Path) -> None:
    pip, run = choose(tmp_path, lambda _: "", version="3.12.1")
    assert not run.commands
    assert started(pip, run) == (sys.executable, "-m", "pip", "--python", OWN, "list")


def test_an_old_target_is_served_by_its_own_pip(tmp_path: Path) -> None:
    assert started(*choose(tmp_path, only(OWN))) == (OWN, "-m", "pip", "list")


def test_a_target_without_pip_is_served_by_that_of_its_base(tmp_path: Path) -> None:
    base = tmp_path / ("python.exe" if os.name == "nt" else "python3.8")
    base.touch()
    (tmp_path / "pyvenv.cfg").write_text(f"home = {tmp_path}\nversion = 3.8.18\n", encoding="utf-8")
    chosen = choose(tmp_path, only(str(base)), prefix=str(tmp_path))
    assert started(*chosen) == (str(base), "-m", "pip", "--python", OWN, "list")


def test_else_by_the_one_of_its_standard_library(tmp_path: Path) -> None:
    made = str(tmp_path / "pip" / VENV)
    chosen = choose(tmp_path, lambda argv: "" if "venv" in argv else only(made)(argv))
    assert started(*chosen) == (made, "-m", "pip", "--python", OWN, "list")


def test_its_own_pip_does_not_remove_itself(tmp_path: Path) -> None:
    with pytest.raises(BackendNotFoundError):
        choose(tmp_path, only(OWN), may_use_own=False)


def test_no_pip_at_all_is_told_with_a_fix(tmp_path: Path) -> None:
    with pytest.raises(BackendNotFoundError, match=r"3\.8\.18") as missing:
        choose(tmp_path, lambda _: None)
    assert "uv" in str(missing.value.fix)


def test_a_pip_that_is_too_old_is_told_as_such(tmp_path: Path) -> None:
    with pytest.raises(BackendTooOldError) as old:
        choose(tmp_path, lambda argv: "pip 20.1 from here" if argv[0] == OWN else None)
    assert old.value.why == ("found pip 20.1, needs 22.2 or newer",)


def test_indexes_go_by_variables_and_those_of_the_user_do_not_pass(tmp_path: Path) -> None:
    indexes = IndexOptions(
        default=Index(url="https://me:hush@index.example/simple"),
        extra=(Index(url="https://team.example/simple"),),
        find_links=("a shelf", "https://files.example/a b"),
        no_index=True,
        trusted_hosts=("team.example", "index.example"),
        keyring=True,
        certificate="ca.pem",
    )
    environ = {"PIP_PRE": "1", "PIP_PROXY": "http://proxy.example", "PYTHONPATH": "x", "HOME": "h", "FORCE_COLOR": "1"}
    pip, run = choose(tmp_path, only(OWN), indexes=indexes, environ=environ)
    pip("list")
    command = run.commands[-1]
    assert "hush" not in " ".join(command.argv)
    assert {key: value for key, value in command.env.items() if key != "PIP_CONFIG_FILE"} == {
        "HOME": "h",
        "NO_COLOR": "1",
        "PIP_CERT": str(tmp_path / "ca.pem"),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_EXTRA_INDEX_URL": "https://team.example/simple",
        "PIP_FIND_LINKS": f"{(tmp_path / 'a shelf').as_uri()} https://files.example/a%20b",
        "PIP_INDEX_URL": "https://me:hush@index.example/simple",
        "PIP_KEYRING_PROVIDER": "subprocess",
        "PIP_NO_INDEX": "1",
        "PIP_NO_INPUT": "1",
        "PIP_PROXY": "http://proxy.example",
        "PIP_TRUSTED_HOST": "team.example index.example",
    }
