"""Which commands install packages."""

from __future__ import annotations

from pathlib import Path

import pytest

from lockhouse.nox.installing import installs


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        (("pip", "install", "x"), True),
        (("pip3.11", "--quiet", "install", "x"), True),
        (("python", "-m", "pip", "uninstall", "x"), True),
        (("python3.12", "-I", "-m", "pip", "install", "x"), True),
        ((Path("/usr/bin/uv"), "pip", "sync", "locked.txt"), True),
        (("C:\\tools\\uv.exe", "sync"), True),
        (("uv", "--directory", "x", "sync", "--locked"), True),
        (("python", "-m", "uv", "add", "x"), True),
        (("poetry", "install"), True),
        (("conda", "install", "x"), True),
        (("pip-sync",), True),
        (("python", "-m", "pip", "--version"), False),
        (("uv", "build"), False),
        (("npm", "install"), False),
        (("make", "install"), False),
        (("python", "-c", "print('install')"), False),
        (("python", "setup.py", "build_ext", "--inplace"), False),
        (("python", "-m"), False),
        ((), False),
    ],
)
def test_commands(command: tuple[object, ...], expected: bool) -> None:
    assert installs(command) is expected
