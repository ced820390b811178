"""Asks an interpreter for its markers, tags and paths, and remembers the answer."""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lockhouse.errors import BackendError, InterpreterError
from lockhouse.interfaces import Command
from lockhouse.interpreters.signs import signs_of
from lockhouse.model.target import Target

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockhouse.interfaces import CommandRunner

#: The form of a remembered answer; any other is not used.
_FORM = 1

#: Seconds that an interpreter may take to say what it is.
_PATIENCE = 60.0

_OLDEST = "3.8"


def describe(executable: Path | str, *, run: CommandRunner, cache: Path | None, environ: Mapping[str, str]) -> Target:
    """Ask an interpreter what it is; one that has not changed since is not started again.

    A remembered answer counts only while the executable (real path, size, time of change), the environment's
    ``pyvenv.cfg``, the system and our ``packaging`` are what they were.

    :param executable: path of the interpreter
    :param run: starts it
    :param cache: folder for the answers, made where needed; None to always ask
    :param environ: the user's environment variables
    :raises InterpreterError: it is not there, does not run, or is older than 3.8
    """
    python = Path(os.path.abspath(executable))  # noqa: PTH100 - links must stay: they tell an environment
    fingerprint = _fingerprint(python)
    memory = None if cache is None else cache / f"{_key(python)}.json"
    known = None if memory is None else _recall(memory, fingerprint)
    if known is not None:
        return known
    target = _ask(python, run, environ)
    if memory is not None:
        _remember(memory, fingerprint, target)
    return target


def _ask(python: Path, run: CommandRunner, environ: Mapping[str, str]) -> Target:
    import packaging  # noqa: PLC0415 - a remembered answer needs its version only

    # -I shuts out the folder and the variables of the user, -B leaves no bytecode beside our packages
    probe = Path(__file__).with_name("probe.py")
    argv = (str(python), "-I", "-B", str(probe), str(Path(packaging.__file__).parent))
    try:
        result = run(Command(argv=argv, env=_clean(environ), timeout=_PATIENCE))
    except BackendError as error:
        raise InterpreterError(f"{python} cannot be started", why=error.why or error.what, fix=_FIX) from error
    if result.returncode != 0:
        said = [line for line in (result.stderr or result.stdout).splitlines() if line.strip()]
        why = f"it ended with {result.returncode}" + (f": {said[-1].strip()}" if said else "")
        raise InterpreterError(f"{python} does not say what it is", why=why, fix=_FIX)
    return _read(python, result.stdout)


_FIX = f"give a working interpreter of Python {_OLDEST} or newer, or make the environment anew"


def _read(python: Path, output: str) -> Target:
    import json  # noqa: PLC0415 - speed

    try:
        # a sitecustomize of the environment may print before the probe does
        answer: dict[str, Any] = json.loads(output.strip().splitlines()[-1])
        markers = {str(key): str(value) for key, value in answer["markers"].items()}
        paths = {name: str(answer[name]) for name in ("prefix", "purelib", "platlib", "scripts")}
        return Target(executable=str(python), markers=markers, tags=_tags(python, markers, answer), **paths)
    except (ValueError, LookupError, AttributeError, TypeError) as error:
        why = "its answer cannot be read: " + (output.strip()[-200:] or "it printed nothing")
        raise InterpreterError(f"{python} does not say what it is", why=why, fix=_FIX) from error


def _tags(python: Path, markers: Mapping[str, str], answer: Mapping[str, Any]) -> tuple[str, ...]:
    if answer["tags"] is not None:
        return tuple(dict.fromkeys(map(str, answer["tags"])))
    if markers["python_version"] != _OLDEST:
        raise InterpreterError(
            f"{python} is Python {markers['python_version']}",
            why=f"environments of Python {_OLDEST} and newer are served",
            fix=_FIX,
        )
    from lockhouse.interpreters.old_tags import tags_of_38  # noqa: PLC0415 - only for old targets

    return tags_of_38(answer["facts"])


def _clean(environ: Mapping[str, str]) -> dict[str, str]:
    env = {key: value for key, value in environ.items() if not key.upper().startswith(("PYTHON", "__PYVENV"))}
    if sys.platform == "darwin":
        env["SYSTEM_VERSION_COMPAT"] = "0"  # else a Python built for an old macOS is told that it runs on 10.16
    return env


def _key(python: Path) -> str:
    from hashlib import sha256  # noqa: PLC0415 - speed

    return sha256(os.fsencode(python)).hexdigest()


def _fingerprint(python: Path) -> dict[str, Any]:
    from packaging import __version__ as packaging_version  # noqa: PLC0415 - speed

    try:
        return {"form": _FORM, **signs_of(str(python)), "packaging": packaging_version}
    except OSError as error:
        why = f"it points at {python.readlink()}, which is gone" if python.is_symlink() else "there is no such file"
        raise InterpreterError(f"{python} cannot be started", why=why, fix=_FIX) from error


def _recall(memory: Path, fingerprint: dict[str, Any]) -> Target | None:
    import json  # noqa: PLC0415 - speed

    try:
        record = json.loads(memory.read_bytes())
        if record["fingerprint"] != fingerprint:
            return None
        return Target(**{**record["target"], "tags": tuple(record["target"]["tags"])})
    except (OSError, ValueError, LookupError, TypeError, RecursionError):
        return None  # no answer, or a damaged one: it is asked for again


def _remember(memory: Path, fingerprint: dict[str, Any], target: Target) -> None:
    import json  # noqa: PLC0415 - speed
    import tempfile  # noqa: PLC0415 - speed
    from dataclasses import asdict  # noqa: PLC0415 - speed

    record = json.dumps({"fingerprint": fingerprint, "target": asdict(target)})
    # A folder that cannot be written costs time, and nothing else: the next run asks again.
    with contextlib.suppress(OSError):
        memory.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=memory.parent, suffix=".tmp", delete=False, encoding="utf-8") as new:
            new.write(record)
        try:
            os.replace(new.name, memory)  # noqa: PTH105 - one step, whole or not at all
        except OSError:
            os.unlink(new.name)  # noqa: PTH108 - Windows: another process has the file open
