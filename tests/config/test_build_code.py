"""What of a project takes part in its own build, as its files declare it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.config.build_system import declared_build
from lockhouse.config.pyproject import Pyproject
from lockhouse.trace.looks import Looks

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lockhouse.model.build_system import DeclaredBuild

HATCH = '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
FLIT = '[build-system]\nrequires = ["flit-core"]\nbuild-backend = "flit_core.buildapi"\n[project]\n'
POETRY = '[build-system]\nrequires = ["poetry-core"]\nbuild-backend = "poetry.core.masonry.api"\n'
PDM = '[build-system]\nrequires = ["pdm-backend"]\nbuild-backend = "pdm.backend"\n'
MESON = '[build-system]\nrequires = ["meson-python"]\nbuild-backend = "mesonpy"\n'
DYNAMIC = "[tool.setuptools.dynamic]\n"
OWN = '[build-system]\nrequires = []\nbuild-backend = "own.api:it"\nbackend-path = ["{}"]\n'

#: The files that may be a module ``demo``.
DEMO = ("demo.py", "demo/__init__.py", "src/demo.py", "src/demo/__init__.py")


def declared(folder: Path, pyproject: str, files: Mapping[str, str]) -> DeclaredBuild:
    for name, text in {"pyproject.toml": pyproject, **files}.items():
        (folder / name).write_text(text, encoding="utf-8")
    looks = Looks()
    return declared_build(Pyproject.read(folder, looks), folder, looks)


@pytest.mark.parametrize(
    ("pyproject", "files", "runs", "named"),
    [
        ("", {}, False, ()),
        ("", {"setup.cfg": "[metadata]\nversion = attr: demo.VERSION\n"}, True, DEMO),
        (
            "",
            {"setup.cfg": "[options]\ninstall_requires = file:\n  conf/a.list,\n  conf/b.list\npackages = find:\n"},
            False,
            ("conf/a.list", "conf/b.list"),
        ),
        (
            "",
            {"setup.cfg": "[options]\ninstall_requires =\n  file: conf/a.list\nzip_safe = no\n"},
            False,
            ("conf/a.list",),
        ),
        (
            "",
            {"setup.cfg": "[metadata]\nversion = file: VERSION\n[options]\ninstall_requires=file: a.in, b.in\n"},
            False,
            ("VERSION", "a.in", "b.in"),
        ),
        ("", {"setup.cfg": "[options]\ncmdclass =\n  build_py = mine.Build\n"}, True, ()),
        ('[tool.setuptools.cmdclass]\nbuild_py = "mine.Build"\n', {}, True, ()),
        (
            DYNAMIC
            + 'version = {attr = "demo.V"}\nreadme = {file = "README.md"}\n'
            + DYNAMIC[:-2]
            + '.optional-dependencies]\ncli = {file = ["conf/cli.list"]}\n',
            {},
            True,
            ("README.md", "conf/cli.list", *DEMO),
        ),
        (HATCH, {}, False, ()),
        (HATCH + '[tool.hatch.build.hooks.vcs]\nversion-file = "_version.py"\n', {}, False, ()),
        (HATCH + '[tool.hatch.build.hooks.custom]\npath = "tools/hook.py"\n', {}, True, ("tools/hook.py",)),
        (HATCH + "[tool.hatch.build.targets.wheel.hooks.build-scripts]\n", {}, True, ()),
        (HATCH + '[tool.hatch.metadata.hooks.custom]\npath = "meta.py"\n', {}, True, ("meta.py",)),
        (HATCH + '[tool.hatch.metadata.hooks.requirements_txt]\nfiles = ["a.list"]\n', {}, False, ("a.list",)),
        (
            HATCH + '[tool.hatch.metadata.hooks.requirements_txt.optional-dependencies]\ncli = ["b.list"]\n',
            {},
            False,
            ("b.list",),
        ),
        (HATCH + '[tool.hatch.version]\npath = "src/demo/about.py"\n', {}, False, ("src/demo/about.py",)),
        (HATCH + '[tool.hatch.version]\nsource = "code"\npath = "about.py"\n', {}, True, ("about.py",)),
        (HATCH, {"hatch.toml": '[build.hooks.custom]\npath = "hook.py"\n'}, True, ("hook.py",)),
        (HATCH, {"hatch.toml": "no TOML"}, True, ()),
        (HATCH + "[tool]\nhatch = 1\n", {}, False, ()),
        (FLIT + 'name = "demo"\nversion = "1.0"\n', {}, False, ()),
        (FLIT + 'name = "demo"\ndynamic = ["version"]\n', {}, True, DEMO),
        (
            FLIT + 'name = "x-y"\ndynamic = ["version"]\n[tool.flit.module]\nname = "demo"\n',
            {},
            True,
            DEMO,
        ),
        (DYNAMIC + 'version = {attr = "not a name.V"}\n', {}, True, ()),
        (DYNAMIC + 'version = {attr = "VERSION"}\n', {}, True, ()),
        (POETRY, {}, False, ()),
        (POETRY + '[tool.poetry]\nbuild = "build.py"\n', {}, True, ("build.py",)),
        (POETRY + '[tool.poetry.build]\nscript = "build.py"\n', {}, True, ("build.py",)),
        (PDM + '[tool.pdm.version]\nsource = "scm"\n', {}, False, ()),
        (PDM + '[tool.pdm.build]\ncustom-hook = "tools/pdm.py"\n', {}, True, ("tools/pdm.py",)),
        (PDM + '[tool.pdm.version]\nsource = "call"\ngetter = "demo:version"\n', {}, True, ()),
        (MESON, {}, True, ()),
        (OWN.format("tools"), {}, True, ("tools",)),
        (OWN.format("."), {}, True, ("*.py", "own")),
    ],
)
def test_what_runs_and_what_is_read(
    pyproject: str, files: Mapping[str, str], runs: bool, named: tuple[str, ...], tmp_path: Path
) -> None:
    build = declared(tmp_path, pyproject, files)
    assert (build.runs_code, build.files) == (runs, named)


@pytest.mark.parametrize(
    ("script", "versioned"),
    [
        ("setup(use_scm_version=True)", True),
        ('setup(setup_requires=["setuptools_scm>=8"])', True),
        ('setup(setup_requires=["pbr"], pbr=True)', True),
        ('setup(url="https://example.invalid/setuptools-scm-helper")', False),
        ('setup(version="1.0")', False),
    ],
)
def test_a_version_from_version_control_is_known_by_the_text_of_a_script(
    script: str, versioned: bool, tmp_path: Path
) -> None:
    assert declared(tmp_path, "", {"setup.py": script}).versioned is versioned
