"""The static parts of ``setup.cfg``, and the name of a project that is not to be built."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lockhouse.config.pyproject import PYPROJECT, Pyproject
from lockhouse.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lockhouse.trace.looks import Looks

SETUP_CFG = "setup.cfg"


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class SetupCfg:
    """The content of ``setup.cfg``.

    :ivar sections: section → key → value; keys as setuptools reads them, with underscores
    """

    sections: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    @classmethod
    def read(cls, root: Path, looks: Looks) -> SetupCfg:
        """Read the file of a project; a missing file is an empty one.

        :param root: the project's folder
        :param looks: takes down what was read
        :raises ConfigError: it cannot be read
        """
        path = root / SETUP_CFG
        if looks.kind(path) != "file":
            return cls()
        import configparser  # noqa: PLC0415 - few projects have this file

        parser = configparser.RawConfigParser()
        try:
            parser.read_string(
                looks.file(path).decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n"), SETUP_CFG
            )
        except (configparser.Error, UnicodeDecodeError, OSError) as error:
            raise ConfigError(f"{SETUP_CFG} cannot be read", why=str(error).splitlines()[0]) from error
        return cls(
            sections={
                name: {key.replace("-", "_"): value for key, value in parser.items(name)} for name in parser.sections()
            }
        )

    def get(self, section: str, key: str) -> str | None:
        """Give a value, or None where it is not there."""
        return self.sections.get(section, {}).get(key)


def static_name(folder: Path, looks: Looks, *, shown: str | None = None) -> str | None:
    """Read the name of the project in a folder; None where it is not static.

    :param folder: a folder with ``pyproject.toml`` or ``setup.cfg``
    :param looks: takes down what was read
    :param shown: the folder, as messages call it; None for that of the project under test
    :raises ConfigError: one of the files cannot be read
    """
    place = PYPROJECT if shown is None else f"{shown}/{PYPROJECT}"
    name = Pyproject.read(folder, looks, place=place).table("project").get("name")
    if name is None:
        name = SetupCfg.read(folder, looks).get("metadata", "name")
    return name if isinstance(name, str) else None
