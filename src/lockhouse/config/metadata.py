"""What a project says of itself without being built: name, version, Python bounds, dependencies and extras."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeAlias

from lockhouse.config.nearest import nearest
from lockhouse.config.pyproject import PYPROJECT, Pyproject
from lockhouse.config.requirement_files import RequirementReader
from lockhouse.config.requirement_lines import read_requirement
from lockhouse.config.setup_cfg import SETUP_CFG, SetupCfg
from lockhouse.errors import ConfigError, InvalidRequirementError
from lockhouse.model.canonical import normalized
from lockhouse.model.spec import DeclaredRequirement, Origin

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from packaging.utils import NormalizedName

    from lockhouse.trace.looks import Looks

SETUP_PY = "setup.py"

Requirements: TypeAlias = tuple[DeclaredRequirement, ...]


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class ProjectMetadata:
    """The static metadata of the project under test.

    Nothing is judged before it is asked for: what is dynamic is an error only where an environment needs it.

    :ivar root: the project's folder
    :ivar pyproject: its ``pyproject.toml``
    :ivar looks: takes down what is read
    """

    root: Path
    pyproject: Pyproject
    looks: Looks

    @cached_property
    def name(self) -> NormalizedName | None:
        """Give the normalised name, or None where it is not static."""
        name = self._project.get("name") or self._setup_cfg.get("metadata", "name")
        return normalized(name) if isinstance(name, str) else None

    @cached_property
    def version(self) -> str | None:
        """Give the version, or None where it is not static."""
        version = self._project.get("version")
        return version if isinstance(version, str) else None

    @cached_property
    def requires_python(self) -> tuple[str, Origin] | None:
        """Give the Python bounds and their place, or None where there are none.

        :raises ConfigError: they are no string
        """
        bounds, origin = self._project.get("requires-python"), ("project", "requires-python")
        if isinstance(bounds, str):
            return bounds, self.pyproject.origin(origin, source="requires-python")
        if bounds is not None:
            raise ConfigError(
                f"{self.pyproject.origin(origin, source='requires-python')} is not a string",
                fix='write for instance requires-python = ">=3.11"',
            )
        bounds = self._setup_cfg.get("options", "python_requires")
        return None if bounds is None else (bounds, Origin(source="python_requires", file=SETUP_CFG))

    @cached_property
    def dependencies(self) -> Requirements:
        """Give the project's own dependencies.

        :raises ConfigError: they are not static, or there is no project
        :raises InvalidRequirementError: one of them cannot be read
        """
        if "dependencies" in self._dynamic or not self._project:
            return self._from_setuptools("dependencies", "install_requires")
        path = ("project", "dependencies")
        return self._listed(self._project.get("dependencies", []), path, "project dependencies")

    def extra_requirements(self, name: str, origin: Origin) -> Requirements:
        """Give what an extra adds to the dependencies.

        :param name: the extra, in any spelling
        :param origin: where it is asked for
        :raises InvalidRequirementError: the project has no such extra
        :raises ConfigError: the extras are not static
        """
        extras = self._extras
        wanted = normalized(name)
        if wanted not in extras:
            guess = nearest(wanted, extras)
            raise InvalidRequirementError(
                f"{origin}: the project has no extra {name!r}",
                why=f"it has {', '.join(extras) or 'none'}",
                fix=f"write {guess!r} instead of {name!r}" if guess else None,
            )
        return extras[wanted]

    @property
    def static_extras(self) -> Mapping[NormalizedName, Requirements]:
        """Give what each extra adds; nothing where the extras are not static.

        :raises InvalidRequirementError: one of the requirements cannot be read
        """
        try:
            return self._extras
        except InvalidRequirementError:
            raise
        except ConfigError:
            return {}

    @cached_property
    def _extras(self) -> Mapping[NormalizedName, Requirements]:
        if "optional-dependencies" in self._dynamic or not self._project:
            return self._extras_from_setuptools()
        return {
            normalized(extra): self._listed(listed, ("project", "optional-dependencies", extra), f'extra "{extra}"')
            for extra, listed in self.pyproject.table("project", "optional-dependencies").items()
        }

    @cached_property
    def _project(self) -> Mapping[str, Any]:
        return self.pyproject.table("project")

    @cached_property
    def _setup_cfg(self) -> SetupCfg:
        return SetupCfg.read(self.root, self.looks)

    @property
    def _dynamic(self) -> tuple[str, ...]:
        dynamic = self._project.get("dynamic", ())
        return tuple(map(str, dynamic)) if isinstance(dynamic, list) else ()

    def _listed(self, listed: object, path: tuple[str, ...], source: str) -> Requirements:
        place = self.pyproject.origin(path, source=source)
        if not isinstance(listed, list) or not all(isinstance(text, str) for text in listed):
            raise ConfigError(f"{place} is not a list of strings")
        return tuple(
            read_requirement(text, self.pyproject.origin(path, text, source=source), root=self.root, looks=self.looks)
            for text in listed
        )

    def _from_setuptools(self, field: str, option: str) -> Requirements:
        source = self.pyproject.table("tool", "setuptools", "dynamic").get(field)
        if source is not None:
            return self._from_files(source, ("tool", "setuptools", "dynamic", field))
        self._require_static(field)
        return self._from_setup_cfg(self._setup_cfg.get("options", option) or "", f"{option}")

    def _extras_from_setuptools(self) -> Mapping[NormalizedName, Requirements]:
        path = ("tool", "setuptools", "dynamic", "optional-dependencies")
        tables = self.pyproject.table(*path)
        if tables:
            return {normalized(extra): self._from_files(source, (*path, extra)) for extra, source in tables.items()}
        self._require_static("optional-dependencies")
        section = self._setup_cfg.sections.get("options.extras_require", {})
        return {normalized(extra): self._from_setup_cfg(text, f'extra "{extra}"') for extra, text in section.items()}

    def _from_files(self, source: object, path: tuple[str, ...]) -> Requirements:
        """Read what setuptools reads: ``{file = "requirements.txt"}`` or a list of files."""
        place = self.pyproject.origin(path)
        files = source.get("file") if isinstance(source, dict) else None
        files = [files] if isinstance(files, str) else files
        if not isinstance(files, list) or not all(isinstance(file, str) for file in files):
            raise ConfigError(f'{place} does not name files as {{ file = ["requirements.txt"] }}')
        reader = RequirementReader(root=self.root, environ={}, looks=self.looks)
        for file in files:
            reader.file(file, origin=place)
        return reader.result().requirements

    def _from_setup_cfg(self, text: str, source: str) -> Requirements:
        reader = RequirementReader(root=self.root, environ={}, looks=self.looks)
        if text.startswith("file:"):
            for file in text.removeprefix("file:").split(","):
                reader.file(file.strip(), origin=Origin(source=source, file=SETUP_CFG))
        else:
            reader.text(text.replace(";\n", "\n"), Origin(source=source, file=SETUP_CFG))
        return reader.result().requirements

    def _require_static(self, field: str) -> None:
        """Accept what only ``setup.cfg`` can have said; refuse what code may have said."""
        if "options" in self._setup_cfg.sections and not self._computed_by_setup_py():
            return
        if self._project:
            raise ConfigError(
                f"{self.pyproject.origin(('project', 'dynamic'))}: the {field} of the project are dynamic",
                why="they are known only after a build; Lockhouse reads them from [project], "
                "from files named in [tool.setuptools.dynamic] and from setup.cfg",
                fix=f"list them in [project] {field}, or name their file in [tool.setuptools.dynamic]",
            )
        if self.looks.kind(self.root / SETUP_PY) or self._setup_cfg.sections or self.pyproject.table("build-system"):
            raise ConfigError(
                f"the {field} of the project are declared in no file that can be read without a build",
                why=f"there is no [project] table in {PYPROJECT}",
                fix=f"list them in [project] {field} of {PYPROJECT}, beside name, version and requires-python",
            )
        raise ConfigError(
            "there is no project in this folder",
            why=f"neither {PYPROJECT} with a [project] table nor {SETUP_CFG} is there",
            fix='set project = "none", or add a [project] table',
        )

    def _computed_by_setup_py(self) -> bool:
        try:
            code = self.looks.file(self.root / SETUP_PY).decode("utf-8", "replace")
        except FileNotFoundError:
            return False
        return any(word in code for word in ("install_requires", "extras_require", "setup_requires"))
