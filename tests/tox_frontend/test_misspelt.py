"""Runners that are nearly ours, in every spelling that tox reads; and what only looks like one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from tox.report import HandledError
from tox.run import setup_state

from lockhouse.tox.discovery import needs
from lockhouse.tox.misspelt import may_be_misspelt, refuse_misspelt_before

if TYPE_CHECKING:
    from pathlib import Path

    from tox.session.state import State

NO_TOX = '[tool.tox]\nenv_list = ["a"]\n'


def state_of(root: Path, file: str, text: str) -> State:
    (root / file).write_text(text)
    return setup_state(["run", "--conf", str(root / file), "--root", str(root)])


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("tox.ini", "[testenv:a]\nrunner = lockhose\n"),
        ("tox.ini", "[testenv:a]\nrunner: lockhose\n"),
        ("tox.ini", "[testenv:a]\nrunner =\n    lockhose\n"),
        ("tox.ini", "[testenv]\nrunner = {env:MY_RUNNER:lockhose}\n"),
        ("tox.ini", "[tox]\nenv_list = a, b\n[testenv]\nrunner =\n    b: virtualenv\n    a: Lockhuose\n"),
        ("tox.ini", "[base]\nrunner = lockhouse2\n[testenv]\nrunner = {[base]runner}\n"),
        ("setup.cfg", "[tox:tox]\nenv_list = a\n[testenv]\nrunner=lokhouse\n"),
        ("tox.toml", 'env_list = ["a"]\n[env_run_base]\n"runner" = "lock-house"\n'),
        ("tox.toml", "[env.a]\nrunner = 'lockhous'\n"),
        ("pyproject.toml", "[tool.tox.env.a]\nrunner = '''lockhouze'''\n"),
    ],
)
def test_a_runner_that_is_nearly_ours_is_refused(tmp_path: Path, file: str, text: str) -> None:
    state = state_of(tmp_path, file, text)
    with pytest.raises(HandledError, match="no runner is called") as caught:
        refuse_misspelt_before(state)
    assert f"({file})" in str(caught.value)
    assert "fix: write runner = lockhouse" in str(caught.value)
    assert needs(tmp_path)


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("pyproject.toml", NO_TOX + '[tool.other]\nrunner = "locker"\n'),
        ("pyproject.toml", NO_TOX + '[tool.other]\nrunner = "lockhose"\n'),
        ("tox.ini", "[testenv]\ncommands = tests --runner=lightouse --runner=lockhose\n"),
        ("tox.ini", "[other]\nrunner = lockhose\n[testenv]\n"),
        ("tox.ini", "[testenv]\n# runner = lockhose\nrunner = virtualenv\n"),
        ("tox.ini", "[testenv]\nrunner = locker\n"),
        ("tox.ini", "[testenv]\nrunner = lighthouse\n"),
        ("tox.ini", "[testenv]\nrunner = lockhouse\n"),
        ("tox.ini", "[testenv]\nrunner = {[nowhere]lockhose}\n"),
        ("tox.ini", "[testenv]\n"),
    ],
)
def test_a_project_that_does_not_mean_us_is_never_refused(tmp_path: Path, file: str, text: str) -> None:
    state = state_of(tmp_path, file, text)
    refuse_misspelt_before(state)


def test_our_own_keys_are_no_reason_to_ask_tox() -> None:
    assert not may_be_misspelt(b"[testenv]\nrunner = lockhouse\nlockhouse_environment = tests\nlockhouse_lock = all\n")
    assert may_be_misspelt(b"[testenv]\nrunner = lockhousee\n")


def test_looking_leaves_nothing_behind(tmp_path: Path) -> None:
    text = (
        "[tox]\nenv_list = a\n[testenv]\nrunner = virtualenv\n# runner = lockhose\n"
        "[testenv:.pkg]\n[pkgenv]\nx = 1\n[testenv:own]\n"
    )
    state = state_of(tmp_path, "tox.ini", text)
    mine = state.conf.get_env("own")
    refuse_misspelt_before(state)
    assert state.conf.get_env("own") is mine
    packaging = state.conf.get_env(".pkg", package=True)
    assert [loader.section.key for loader in packaging.loaders] == ["testenv:.pkg", "pkgenv"]
