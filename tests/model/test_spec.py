"""What a spec says of itself."""

from __future__ import annotations

import shlex
from dataclasses import replace

import pytest

from .making import spec


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("tests", "lockhouse lock tests"),
        ("tests-3.12", "lockhouse lock tests-3.12"),
        ("tests(django='4.2')", "lockhouse lock \"tests(django='4.2')\""),
        ("tests(a=$HOME)", "lockhouse lock 'tests(a=$HOME)'"),
        ('tests(a="b")', "lockhouse lock 'tests(a=\"b\")'"),
    ],
)
def test_the_command_that_locks_can_be_pasted(name: str, command: str) -> None:
    assert replace(spec(), name=name).lock_command == command
    assert shlex.split(command)[2:] == [name]
    assert replace(spec(), name=name, locked_by="tox lock -e").lock_command.startswith("tox lock -e ")
