"""A project written down in a few lines, for the tests of this folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lockhouse.config.declared import DeclaredEnvironment
from lockhouse.config.project import ProjectConfig
from lockhouse.config.validation import parse_environment
from lockhouse.model.spec import EnvironmentSpec, Origin

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

NOXFILE = Origin(source='session "tests"', file="noxfile.py", line=7)


def write(root: Path, **files: str) -> None:
    """Write files; ``__`` stands for a dot, ``___`` for a slash."""
    for name, text in files.items():
        path = root / name.replace("___", "/").replace("__", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def declare(
    name: str = "tests",
    *,
    base: str | None = None,
    pythons_run: tuple[str, ...] = (),
    parameters: Mapping[str, str] | None = None,
    requirements_text: tuple[tuple[str, Origin], ...] = (),
    **keywords: Any,
) -> DeclaredEnvironment:
    """Declare an environment as a noxfile does."""
    return DeclaredEnvironment(
        name=name,
        settings=parse_environment(keywords, NOXFILE),
        origin=NOXFILE,
        base=base,
        pythons=pythons_run,
        parameters=parameters or {},
        requirements_text=requirements_text,
    )


def expand(root: Path, environ: Mapping[str, str] | None = None, **keywords: Any) -> EnvironmentSpec:
    """Expand one environment of the project in a folder; its Python bounds are there unless it says others."""
    if not {"python", "pythons", "pythons_run"} & keywords.keys():
        keywords["python"] = ">=3.11"
    return ProjectConfig.read(root, environ or {}).expand(declare(**keywords))


def recorded(spec: EnvironmentSpec) -> list[str]:
    """Give the requirements as a lock would record them."""
    return sorted(requirement.recorded for requirement in spec.requirements)
