"""The configuration of a project: read once, and the starting point of every expansion."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockhouse.config.declared import DeclaredEnvironment
from lockhouse.config.expansion import Expansion
from lockhouse.config.nearest import nearest
from lockhouse.config.project_files import ProjectFiles
from lockhouse.config.pyproject import Pyproject
from lockhouse.config.validation import parse_settings
from lockhouse.config.watched import WatchedVariables
from lockhouse.errors import UnknownEnvironmentError
from lockhouse.trace.looks import Looks

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from lockhouse.model.spec import EnvironmentSpec, Origin

_TABLE = ("tool", "lockhouse")


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ProjectConfig(ProjectFiles):
    """What the files of a project declare."""

    @classmethod
    def read(cls, root: Path, environ: Mapping[str, str]) -> ProjectConfig:
        """Read the configuration of a project; files that are not there are no error.

        :param root: the project's folder
        :param environ: the user's environment variables
        :raises ConfigError: ``pyproject.toml`` cannot be read
        :raises InvalidSettingError: ``[tool.lockhouse]`` is wrong; all problems are named
        """
        root = root.absolute()
        looks = Looks()
        pyproject = Pyproject.read(root, looks)
        table = pyproject.table(*_TABLE)
        settings = parse_settings(
            table, pyproject.origin(_TABLE), line_of=lambda path: pyproject.lines.line_of_key((*_TABLE, *path))
        )
        variables = WatchedVariables(environ, looks)
        return cls(root=root, environ=variables, pyproject=pyproject, settings=settings, looks=looks)

    def declared(self) -> tuple[DeclaredEnvironment, ...]:
        """Give the environments of ``[tool.lockhouse.environments]``, in the order of the file."""
        return tuple(
            DeclaredEnvironment(
                name=name,
                settings=settings,
                origin=self.pyproject.origin(
                    (*_TABLE, "environments", name), source=f"[tool.lockhouse.environments.{name}]"
                ),
            )
            for name, settings in self.settings.environments.items()
        )

    def environment(self, name: str) -> DeclaredEnvironment:
        """Give one environment of ``[tool.lockhouse.environments]``.

        :param name: its name
        :raises UnknownEnvironmentError: there is none of this name; the nearest is named
        """
        for declared in self.declared():
            if declared.name == name:
                return declared
        known = list(self.settings.environments)
        guess = nearest(name, known)
        raise UnknownEnvironmentError(
            f'pyproject.toml declares no environment "{name}"',
            why=f"[tool.lockhouse.environments] has {', '.join(known) or 'none'}",
            fix=f'write "{guess}"' if guess else f"add [tool.lockhouse.environments.{name}]",
        )

    def require_served(self, declared: DeclaredEnvironment, listed: Iterable[str], by: Origin) -> None:
        """Refuse Pythons that an environment does not serve, of somebody who refers to it.

        :param declared: the environment
        :param listed: the Pythons that it is run on, as nox and tox name them
        :param by: who refers to it
        :raises ConfigError: the environment is not for some of them, or cannot be used
        """
        Expansion(files=self, declared=declared, filled=declared.filled()).require_served(listed, by)

    def expand(self, declared: DeclaredEnvironment) -> EnvironmentSpec:
        """Expand one environment: groups, extras, files and the project's own dependencies.

        :param declared: what a frontend or ``pyproject.toml`` says
        :raises ConfigError: it cannot be expanded
        """
        return Expansion(files=self, declared=declared, filled=declared.filled()).spec()
