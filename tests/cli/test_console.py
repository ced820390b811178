from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from lockhouse.cli.console import Console

if TYPE_CHECKING:
    from collections.abc import Callable

SECRET = 'hunter"2'  # noqa: S105 - it opens nothing


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_INDEX_PRIVATE_PASSWORD", SECRET)
    monkeypatch.setenv("PIP_INDEX_URL", "https://me:qu1etr1ver@x.example/simple")
    monkeypatch.setenv("UV_INDEX_OTHER_TOKEN", "1")


@pytest.mark.parametrize(
    "say",
    [
        Console.answer,
        Console.info,
        Console.warning,
        Console.detail,
        lambda console, text: console.record({"name": text, "more": [text, {"deep": text}]}),
    ],
)
def test_nothing_shows_what_the_variables_hold_of_secrets(
    say: Callable[[Console, str], None], capsys: pytest.CaptureFixture[str]
) -> None:
    say(Console(verbose=True), f"a {SECRET} b https://me:qu1etr1ver@x.example/c d")
    said = "".join(capsys.readouterr())
    assert "a **** b https://****@x.example/c d" in said
    assert "hunter" not in said
    assert "qu1etr1ver" not in said


def test_a_record_keeps_its_form_whatever_is_secret(capsys: pytest.CaptureFixture[str]) -> None:
    Console().record({"version": 1, "text": "1"})
    assert json.loads(capsys.readouterr().out) == {"version": 1, "text": "****"}
