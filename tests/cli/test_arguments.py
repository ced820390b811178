"""The parser of the command line."""

from __future__ import annotations

import pytest

from lockhouse.cli.arguments import parser

_COMMANDS = ("lock", "check", "sync", "verify", "build-info", "list", "wheelhouse", "cache")


@pytest.mark.parametrize("command", _COMMANDS)
def test_a_command_line_is_parsed_as_if_there_were_no_other_command(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    def helped(words: list[str]) -> str:
        with pytest.raises(SystemExit) as left:
            parser(words).parse_args([command, "--help"])
        assert left.value.code == 0
        return capsys.readouterr().out

    assert helped([command, "--help"]) == helped([])
    other = next(name for name in _COMMANDS if name != command)
    with pytest.raises(SystemExit):
        parser([command]).parse_args([other, "--help"])
    assert "invalid choice" in capsys.readouterr().err


@pytest.mark.parametrize("words", [[], ["chekc"], ["--help"], ["-q", "check"]])
def test_what_begins_with_no_command_is_parsed_by_all(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parser(words).parse_args(["--help"])
    helped = capsys.readouterr().out
    assert all(f"\n    {command}" in helped for command in _COMMANDS)
