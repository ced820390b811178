"""The same inputs in other words: order, comments, spelling, line ends, and another file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

    from .generated import Inputs


def respelled(inputs: Inputs, folder: Path, chance: Random) -> None:
    """Write inputs as somebody else might have written them.

    :param inputs: what is to be said
    :param folder: where the project is to be
    :param chance: decides how
    """
    folder.mkdir(parents=True, exist_ok=True)
    requirements = _lines(inputs.requirements, chance)
    from_file = [requirements.pop() for _ in range(chance.randint(0, len(requirements)))]
    text = f"""\
# all that is needed
[dependency-groups]
inner = {_array(_lines(inputs.groups["test"], chance), chance)}
Test = [{{ include-group = "Inner" }}]

[project]
version = "7.7"   # another one
name = "De_Mo"
dependencies = {_array(_lines(inputs.dependencies, chance), chance)}
requires-python = "{_bounds(inputs.bounds, chance)}"

[project.optional-dependencies]
CLI = {_array(_lines(inputs.extras["cli"], chance), chance)}
unused = ["nobody-asks-for-this"]

[tool.lockhouse.environments.tests]
project = "dependencies"
extras = ["Cli"]
groups = ["test"]
constraints = {_array(_lines(inputs.constraints, chance), chance)}
requirements = {_array(requirements, chance)}
requirement-files = ["deep/one.txt"]
"""
    files = {
        "pyproject.toml": text,
        "deep/one.txt": "# nothing but\n-r ../two.txt\n",
        "two.txt": "".join(f"{_continued(line, chance)}{chance.choice(('', '   # why'))}\n\n" for line in from_file),
    }
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        end = chance.choice((b"\n", b"\r\n"))
        path.write_bytes(content.encode().replace(b"\n", end))


def _lines(lines: list[str], chance: Random) -> list[str]:
    """Shuffle lines, say some twice, and spell each in another way."""
    said = [*lines, *chance.choices(lines, k=chance.randint(0, 2))] if lines else []
    chance.shuffle(said)
    return [_spelled(line, chance) for line in said]


def _spelled(line: str, chance: Random) -> str:
    requirement, _, marker = line.partition(";")
    match = re.match(r"([a-z-]+)(\[more\])?(.*)", requirement)
    assert match is not None
    name = "".join(chance.choice((char.lower(), char.upper())) for char in match[1])
    name = name.replace("-", chance.choice(("-", "_", ".", "--")))
    extra = chance.choice(("[more]", " [ MORE ] ", "[More,more]")) if match[2] else ""
    parts = [part for part in match[3].split(",") if part]
    chance.shuffle(parts)
    space = chance.choice(("", " "))
    specifier = f",{space}".join(re.sub(r"^([<>=!~]+)", rf"\1{space}", part) for part in parts)
    if specifier and chance.random() < 0.3:
        specifier = f"({specifier})"
    if marker:
        marker = marker.strip().replace("'", chance.choice(("'", '"')))
        marker = chance.choice((f" ; {marker}", f";{marker}", f" ;  ({marker})"))
    return f"{name}{extra}{' ' if specifier.startswith('(') else space}{specifier}{marker}"


def _bounds(text: str, chance: Random) -> str:
    parts = text.split(",")
    chance.shuffle(parts)
    return chance.choice((",", " , ")).join(parts)


def _array(lines: list[str], chance: Random) -> str:
    if chance.random() < 0.5:
        return "[" + ", ".join(map(_string, lines)) + "]"
    return "[\n" + "".join(f"  {_string(line)},  # {number}\n" for number, line in enumerate(lines)) + "]"


def _string(line: str) -> str:
    return f"'{line}'" if "'" not in line else '"' + line.replace('"', '\\"') + '"'


def _continued(line: str, chance: Random) -> str:
    return line.replace(";", " \\\n  ;", 1) if chance.random() < 0.3 else line
