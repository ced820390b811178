"""Which interpreter an environment runs on, read from the disk: nothing is started."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lockhouse.errors import InterpreterError
    from lockhouse.model.interpreter import InterpreterIdentity


_LIBRARIES = ("python", "pypy", "graalpy")
#: So many bytes of a copied interpreter are read at each end.
_SAMPLE = 65536
_FOLDERS_OF_EXECUTABLES = ("bin", "scripts")


def prefix_of(python: Path) -> Path:
    """Give the root of the environment that an interpreter belongs to.

    :param python: its path, links not followed
    """
    folder = python.parent
    return folder.parent if folder.name.lower() in _FOLDERS_OF_EXECUTABLES else folder


def identify(python: Path) -> InterpreterIdentity:
    """Tell which base interpreter the python of an environment is.

    A patched, moved or rebuilt interpreter has another identity. The version is what the environment recorded when it
    was made (``pyvenv.cfg``, conda's own records), and as exact as that record.

    :param python: path of the interpreter in the environment
    :raises InterpreterError: it is not there, what it points at is gone, the environment has another one beside it, or
        nothing says that it is one
    """
    from lockhouse.model.interpreter import InterpreterIdentity  # noqa: PLC0415 - the quick answer compares the facts

    facts = facts_of(python)
    if facts is None:
        raise _wrong(python)
    return InterpreterIdentity(**facts)


def facts_of(python: Path) -> dict[str, Any] | None:
    """Give the facts that make the identity of an interpreter, by the names that they have there.

    :param python: path of the interpreter in the environment
    :return: None where it is not there, what it points at is gone, the environment has another one beside it, or
        nothing says that it is one, and the interpreter is that of another place
    """
    if not os.path.lexists(python):  # a copy is known by the interpreter in its home, which may be there all the same
        return None
    prefix = prefix_of(python)
    config = _read_config(python, prefix)
    try:
        real = _base_of(python, config).resolve(strict=True)
        stat = real.stat()
    except (OSError, RuntimeError):  # a RuntimeError is a loop of links
        return None
    if not config and not is_whole(prefix, real):
        return None
    version = _version(config, prefix, real)
    if config and _other_names(python, version):
        return None
    return {
        "executable": str(real),
        "size": stat.st_size,
        "mtime_ns": stat.st_mtime_ns,
        "version": version,
        "system_packages": config.get("include-system-site-packages", "").lower() == "true",
    }


def is_whole(prefix: Path, real: Path) -> bool:
    """Tell whether a folder without ``pyvenv.cfg`` is a Python of its own: it sees the packages that lie in it.

    :param prefix: the folder
    :param real: its interpreter, links followed
    """
    return real.is_relative_to(prefix.resolve()) or (prefix / "conda-meta").is_dir()


def lost_config(python: Path, sees: Path) -> InterpreterError:
    """Say that an interpreter does not know that it is in an environment.

    :param python: its path
    :param sees: the Python whose packages it sees
    """
    from lockhouse.errors import InterpreterError  # noqa: PLC0415 - errors only

    prefix = prefix_of(python)
    found = (prefix / "pyvenv.cfg").is_file()
    return InterpreterError(
        f"the environment {prefix} has {'a pyvenv.cfg that does not count' if found else 'no pyvenv.cfg'}",
        why=f"so {python} sees the packages of {sees} instead of those of the environment",
        fix=f"if {prefix} is a virtual environment, remove the folder, so that it is made anew",
    )


def _other_names(python: Path, version: str) -> list[str]:
    """Name the interpreters of an environment that are other ones than the one by which it is known.

    A session may start any of ``python``, ``python3`` and ``python3.X``. Only virtual environments are looked at: the
    folders of the system hold interpreters of all kinds.
    """
    if os.name == "nt":
        return []
    folder = os.fspath(python.parent)
    own = os.stat(python)  # noqa: PTH116 - for each run: no objects
    found = []
    for name in ("python3", f"python{'.'.join(version.split('.')[:2])}"):
        try:
            status = os.stat(f"{folder}/{name}")  # noqa: PTH116 - likewise
        except OSError:
            continue
        if os.path.samestat(status, own):
            continue
        links = os.path.islink(f"{folder}/{name}"), python.is_symlink()  # noqa: PTH114 - likewise
        if any(links) or status.st_size != own.st_size or not _is_copy(f"{folder}/{name}", python):
            found.append(name)
    return found


def _is_copy(one: str, other: Path) -> bool:
    """Tell whether two files of one size are copies of one interpreter: by their first and last bytes.

    There stand the numbers and signs of a build; all of it is too much to read before each run.
    """
    try:
        with open(one, "rb") as first, other.open("rb") as second:  # noqa: PTH123 - likewise
            if first.read(_SAMPLE) != second.read(_SAMPLE):
                return False
            for file in (first, second):
                file.seek(-min(_SAMPLE, file.seek(0, os.SEEK_END)), os.SEEK_END)
            return first.read() == second.read()
    except OSError:
        return False


def site_packages_of(prefix: Path) -> tuple[Path, ...]:
    """List the folders of an environment that hold its distributions, without starting its interpreter.

    :param prefix: the environment's root
    :return: existing folders, the one for pure packages first; empty where there is none
    """
    windows = prefix / "Lib" / "site-packages"
    if os.name == "nt":
        return (windows,) if windows.is_dir() else ()
    minor = ".".join(_version(_read_config(prefix / "bin" / "python", prefix), prefix, None).split(".")[:2])
    found: list[Path] = []
    for library in _libraries(prefix):
        version = _version_of_library(library.name)
        folder = library / "site-packages"
        if version and minor in {"", version} and folder.is_dir():
            found.append(folder)
    return tuple({os.path.realpath(folder): folder for folder in reversed(found)}.values())[::-1]


def _libraries(prefix: Path) -> list[Path]:
    found = []
    for folder in (prefix / "lib", prefix / "lib64"):
        try:
            names = os.listdir(folder)  # noqa: PTH208 - before every run: a glob takes ten times as long
        except OSError:
            continue
        found += [folder / name for name in sorted(names) if _version_of_library(name)]
    return found


def _version_of_library(name: str) -> str:
    """Give the version of Python that a library is for, as ``python3.13t`` is for 3.13; empty where it is for none."""
    for kind in _LIBRARIES:
        if name.startswith(kind):
            version = name.removeprefix(kind).removesuffix("t")
            major, _, minor = version.partition(".")
            return version if major == "3" and minor.isdecimal() else ""
    return ""


def _read_config(python: Path, prefix: Path) -> dict[str, str]:
    # the file stands beside the executable or one folder above it (PEP 405)
    for folder in dict.fromkeys((prefix, python.parent)):
        try:
            text = (folder / "pyvenv.cfg").read_text("utf-8", "replace")
        except OSError:
            continue
        pairs = (line.partition("=") for line in text.splitlines())
        return {key.strip().lower(): value.strip() for key, separator, value in pairs if separator}
    return {}


def _base_of(python: Path, config: dict[str, str]) -> Path:
    if python.is_symlink() or "home" not in config:
        return python
    # A copy, or on Windows a small program that starts the real one: the base stands in `home`.
    home = Path(config["home"])
    minor = ".".join(_recorded_version(config).split(".")[:2])
    named = [Path(config[key]) for key in ("base-executable", "executable") if config.get(key)]
    ending = ".exe" if os.name == "nt" else ""
    guessed = [home / f"{name}{ending}" for name in (f"python{minor}", "python", "python3", "pypy3", "pypy")]
    candidates = [*named, home / python.name, *guessed]
    return next((path for path in candidates if path.is_file()), candidates[0])


def _recorded_version(config: dict[str, str]) -> str:
    # venv writes `version`, uv and virtualenv `version_info`, the latter as 3.12.4.final.0
    text = config.get("version_info") or config.get("version", "")
    numbers = []
    for part in text.split(".")[:3]:
        number = part[: len(part) - len(part.lstrip("0123456789"))]
        numbers += [number] if number else []
        if number != part or not number:
            break
    return ".".join(numbers) if len(numbers) > 1 else ""


def _version(config: dict[str, str], prefix: Path, real: Path | None) -> str:
    recorded = _recorded_version(config)
    if recorded:
        return recorded
    for record in sorted(prefix.glob("conda-meta/python-3.*.json")):
        return record.name.split("-")[1]
    if real is not None:
        named = re.search(r"3\.\d+", real.name)
        if named:
            return named[0]
    versions = {_version_of_library(path.name) for path in _libraries(prefix)}
    return versions.pop() if len(versions) == 1 else ""


def _wrong(python: Path) -> InterpreterError:
    """Say why there are no facts."""
    try:
        config = _read_config(python, prefix_of(python))
        real = python.resolve(strict=True)
        if not config and not is_whole(prefix_of(python), real):
            return lost_config(python, real)
        version = _version(config, prefix_of(python), real)
        names = _other_names(python, version) if config else []
    except (OSError, RuntimeError):
        names = []
    return _mixed(python, names) if names else _gone(python)


def _mixed(python: Path, names: list[str]) -> InterpreterError:
    from lockhouse.errors import InterpreterError  # noqa: PLC0415 - errors only

    prefix = prefix_of(python)
    return InterpreterError(
        f"the environment {prefix} has more than one interpreter",
        why=[
            f"{python} leads to {python.resolve()}",
            *(f"{python.parent / name} leads to {(python.parent / name).resolve()}" for name in names),
        ],
        fix=f"remove the folder {prefix}, so that it is made anew",
    )


def _gone(python: Path) -> InterpreterError:
    from lockhouse.errors import InterpreterError  # noqa: PLC0415 - errors only

    prefix = prefix_of(python)
    wanted = str(python)
    if python.is_symlink():
        wanted = str(python.readlink())
    elif python.exists():
        wanted = str(_base_of(python, _read_config(python, prefix)))
    return InterpreterError(
        f"the interpreter of the environment {prefix} is gone",
        why=f"{python} needs {wanted}, which does not exist" if wanted != str(python) else f"there is no {python}",
        fix=f"remove the folder {prefix}, so that it is made anew",
    )
