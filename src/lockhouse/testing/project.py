"""A project's folder, and the real tools run in it as processes."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess  # noqa: TID251  # a test must see what a process printed before it hung, and end all it started
import sys
import tempfile
import textwrap
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from lockhouse.testing.packages import BACKEND_NAME, BUILD_SYSTEM, backend_source

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

#: Seconds after which a tool counts as hanging.
DEFAULT_TIMEOUT = 120.0

#: Bytes of each stream that a result keeps: half from its start, half from its end.
OUTPUT_LIMIT = 1_000_000

_MODULES = frozenset({"lockhouse", "mypy", "nox", "pip", "pytest", "tox", "venv", "virtualenv"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a tool left.

    :ivar command: program and arguments, as they were given
    :ivar returncode: its exit code; negative for a signal
    :ivar stdout: decoded as UTF-8, undecodable bytes replaced, line ends as line feeds
    :ivar stderr: likewise
    """

    command: tuple[str, ...]
    returncode: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        """Give both streams, standard output first."""
        return self.stdout + self.stderr

    @property
    def lines(self) -> list[str]:
        """Give the lines of standard output."""
        return self.stdout.splitlines()

    @property
    def error_lines(self) -> list[str]:
        """Give the lines of standard error."""
        return self.stderr.splitlines()

    def line_with(self, text: str) -> str:
        """Give the one line of either stream that holds a text.

        :raises AssertionError: no line holds it, or several do
        """
        found = [line for line in self.output.splitlines() if text in line]
        if len(found) != 1:
            raise AssertionError(f"{len(found)} lines hold {text!r}, not one\n{self}")
        return found[0]

    def __str__(self) -> str:
        """Show everything, for the message of an assertion."""
        return (
            f"$ {' '.join(self.command)}\nexit code {self.returncode}\n"
            f"--- stdout\n{self.stdout}\n--- stderr\n{self.stderr}"
        )


class ProjectFolder:
    """A project's folder: files are written into it, tools run in it.

    :ivar path: where it is
    :ivar environ: variables that every run gets besides those of this process; None takes one away
    """

    def __init__(self, path: Path, environ: Mapping[str, str | None] | None = None) -> None:
        """Make the folder where it is missing.

        :param path: where it is to be
        :param environ: variables that every run gets
        """
        path.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.environ: dict[str, str | None] = dict(environ or {})

    def __truediv__(self, name: str) -> Path:
        """Give the path of a file in it."""
        return self.path / name

    def write(self, name: str, text: str | bytes) -> Path:
        """Write a file; text loses its common indentation and its first line end, and keeps the line ends it has.

        :param name: path within the project, with forward slashes; its folders are made
        :param text: the content
        :return: path of the file
        """
        path = self.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = text if isinstance(text, bytes) else textwrap.dedent(text).removeprefix("\n").encode()
        path.write_bytes(data)
        return path

    def read(self, name: str) -> str:
        """Read a text file, with the line ends that it has."""
        return (self.path / name).read_bytes().decode()

    def replace(self, name: str, old: str, new: str) -> None:
        """Change one place of a text file.

        :raises AssertionError: the old text is not there exactly once
        """
        text = self.read(name)
        if text.count(old) != 1:
            raise AssertionError(f"{name} holds {old!r} {text.count(old)} times, not once")
        self.write(name, text.replace(old, new).encode())

    def write_package(self, pyproject: str, modules: Mapping[str, str] | None = None) -> None:
        """Write a project that builds with no build requirement and no network.

        :param pyproject: ``pyproject.toml`` without ``[build-system]``; a ``[project]`` table with strings and lists
            of strings (a dynamic version comes from ``VERSION.txt``, dynamic dependencies from ``dependencies.txt``)
        :param modules: path within the project → content: ``src/demo/__init__.py`` or ``demo.py``
        """
        self.write("pyproject.toml", f"{BUILD_SYSTEM}\n{textwrap.dedent(pyproject).removeprefix(chr(10))}")
        self.write(f"{BACKEND_NAME}.py", backend_source())
        for name, text in (modules or {}).items():
            self.write(name, text)

    def run(
        self,
        program: str | Path,
        *arguments: str | Path,
        check: bool = False,
        env: Mapping[str, str | None] | None = None,
        cwd: Path | None = None,
        timeout: float = DEFAULT_TIMEOUT,
    ) -> Result:
        """Run a tool and wait for it; it reads no input.

        ``lockhouse``, ``nox``, ``pip``, ``pytest``, ``tox`` and the like are those of the running interpreter's
        environment, ``python`` is that interpreter, ``uv`` the binary that belongs to the installed package; all else
        is looked for on ``PATH``.

        :param program: a tool's name, or the path of a program
        :param arguments: its arguments
        :param check: fail unless its exit code is 0
        :param env: variables on top of those of the project; None takes one away
        :param cwd: working directory; None for the project's folder
        :param timeout: seconds
        :raises AssertionError: it failed though ``check`` was asked, or took longer; the message shows its output
        """
        command = (str(program), *map(str, arguments))
        with tempfile.TemporaryFile() as stdout, tempfile.TemporaryFile() as stderr:
            returncode = _wait(
                [*_program(str(program)), *command[1:]],
                cwd=cwd or self.path,
                env=_merged(os.environ, self.environ, env or {}),
                streams=(stdout, stderr),
                timeout=timeout,
            )
            result = Result(
                command=command,
                returncode=-1 if returncode is None else returncode,
                stdout=_bounded_text(stdout),
                stderr=_bounded_text(stderr),
            )
        if returncode is None:
            raise AssertionError(f"did not end within {timeout:g} seconds\n{result}")
        if check and returncode:
            raise AssertionError(f"failed\n{result}")
        return result


def _program(name: str) -> list[str]:
    if name in _MODULES:
        return [sys.executable, "-m", name]
    if name == "python":
        return [sys.executable]
    if name == "uv":
        import uv  # noqa: PLC0415  # only tests that run it need it

        return [str(uv.find_uv_bin())]
    return [name]


def _merged(*layers: Mapping[str, str | None]) -> dict[str, str]:
    merged: dict[str, str | None] = {}
    for layer in layers:
        merged.update(layer)
    return {name: value for name, value in merged.items() if value is not None}


def _wait(
    argv: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    streams: tuple[IO[bytes], IO[bytes]],
    timeout: float,
) -> int | None:
    """Run a command; give its exit code, or None when it had to be ended."""
    with subprocess.Popen(
        argv,
        cwd=cwd,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=streams[0],
        stderr=streams[1],
        start_new_session=True,
    ) as process:
        try:
            return process.wait(timeout)
        except subprocess.TimeoutExpired:
            _end(process)
            return None
        except BaseException:
            _end(process)
            raise


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and, where the platform groups them, all that it started."""
    if sys.platform == "win32":
        subprocess.run(["taskkill", "/T", "/F", "/PID", str(process.pid)], capture_output=True, check=False)  # noqa: S607
    else:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _bounded_text(stream: IO[bytes]) -> str:
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    if size <= OUTPUT_LIMIT:
        data = stream.read()
    else:
        head = stream.read(OUTPUT_LIMIT // 2)
        stream.seek(-(OUTPUT_LIMIT // 2), os.SEEK_END)
        data = head + f"\n... {size - OUTPUT_LIMIT} bytes left out ...\n".encode() + stream.read()
    return data.decode("utf-8", "replace").replace("\r\n", "\n")
