"""``pyproject.toml``, read once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lockhouse.config.toml_lines import TomlLines
from lockhouse.errors import ConfigError
from lockhouse.model.spec import Origin
from lockhouse.model.unparsed import UNPARSED, why_unparsed

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.trace.looks import Looks

PYPROJECT = "pyproject.toml"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Pyproject:
    """The content of ``pyproject.toml``, with the places in it.

    :ivar data: its tables; empty where there is no such file
    :ivar lines: finds lines in it
    :ivar place: the file, as messages call it
    """

    data: Mapping[str, Any] = field(default_factory=dict)
    lines: TomlLines = field(default_factory=lambda: TomlLines(""))
    place: str = PYPROJECT

    @classmethod
    def read(cls, root: Path, looks: Looks, *, place: str = PYPROJECT) -> Pyproject:
        """Read the file of a project; a missing file is an empty one.

        :param root: the project's folder
        :param looks: takes down what was read
        :param place: the file, as messages call it
        :raises ConfigError: it cannot be read, or is no TOML
        """
        path = root / PYPROJECT
        try:
            content = looks.file(path)
        except (FileNotFoundError, NotADirectoryError):
            return cls(place=place)
        except OSError as error:
            raise ConfigError(
                f"{place} cannot be read", why=error.strerror or str(error), fix=f"make {place} a file that can be read"
            ) from error
        data, text = read_toml(content, place)
        return cls(data=data, lines=TomlLines(text), place=place)

    def table(self, *path: str) -> Mapping[str, Any]:
        """Give a table, empty where there is none.

        :param path: the keys from the top
        :raises ConfigError: something else than a table stands there
        """
        found: Mapping[str, Any] = self.data
        for length, key in enumerate(path, start=1):
            found = found.get(key, {})
            if not isinstance(found, Mapping):
                raise ConfigError(
                    f"{self.origin(path[:length])} is not a table", fix=f"write it as [{'.'.join(path[:length])}]"
                )
        return found

    def origin(self, path: tuple[str, ...], value: str | None = None, *, source: str | None = None) -> Origin:
        """Name a place in the file.

        :param path: the keys from the top
        :param value: the string within that value, if one is meant
        :param source: words for it, where the keys do not say enough
        """
        line = self.lines.line_of_key(path) if value is None else self.lines.line_of_string(path, value)
        return Origin(source=source or f"[{'.'.join(path)}]", file=self.place, line=line)


def read_toml(content: bytes, name: str) -> tuple[dict[str, Any], str]:
    """Parse the bytes of a TOML file.

    :param content: the bytes
    :param name: how messages call the file
    :return: its tables, and its text with plain line ends
    :raises ConfigError: it is no TOML; the line and the parser's words are in the message
    """
    import tomllib  # noqa: PLC0415 - not needed where there is no such file

    try:
        text = content.decode("utf-8-sig").replace("\r\n", "\n")
        return tomllib.loads(text), text
    except UnicodeDecodeError as error:
        why = f"{error.reason} at byte {error.start}"
        raise ConfigError(f"{name} is not UTF-8", why=why, fix=f"save {name} as UTF-8") from error
    except UNPARSED as error:
        line = re.search(r"at line (\d+)", str(error))
        place = f"{name}:{line[1]}" if line else name
        raise ConfigError(f"{place} is not valid TOML", why=why_unparsed(error), fix=f"mend {place}") from error
