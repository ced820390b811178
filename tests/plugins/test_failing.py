"""What a plugin's resolver or installer raises is told as the plugin's, and the other environments are locked."""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint
from typing import TYPE_CHECKING

import pytest

from lockhouse.interfaces import Installer, Resolver
from lockhouse.plugins import Plugins

from .making import QUIET, as_the_fix_says, declare

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.testing import ProjectFolder

    from .making import Site

RASH = """
class Rash:
    name = "rash"
    universal = True

    def __init__(self):
        {init}

    def resolve(self, request, run):
        {resolve}


@hookimpl
def lockhouse_register_resolver():
    return Rash
"""

INSTALLER = """
class RashInstaller:
    name = "rash"

    def install(self, request, run):
        {install}


@hookimpl
def lockhouse_register_installer():
    return RashInstaller
"""

QUIETLY = 'requirements = []\nresolver = "quiet"'


@pytest.mark.parametrize(
    ("init", "resolve", "why"),
    [
        ("pass", "raise ValueError('no\\nluck')", ["ValueError: no", "luck"]),
        ("raise KeyError('luck')", "pass", ["KeyError: 'luck'"]),
        ("pass", "sys.exit(0)", ["SystemExit: 0"]),
    ],
)
def test_what_a_resolver_raises_names_the_plugin_and_the_others_are_locked(
    site: Site, project: ProjectFolder, init: str, resolve: str, why: list[str]
) -> None:
    site.add("quiet", QUIET.format(name="quiet"))
    site.add("rash", RASH.format(init=init, resolve=resolve), distribution="some-rashness")
    declare(project, broken='requirements = []\nresolver = "rash"', good=QUIETLY)
    result = project.run("lockhouse", "lock")
    assert result.returncode == 8, result
    place = site.line("rash", resolve if init == "pass" else init)
    within = 'environment "broken": ' if init == "pass" else ""
    assert result.error_lines == [
        f'error[hook-failed]: {within}the resolver "rash" of the plugin "rash" of some-rashness failed',
        *(f"  why: {line}" for line in [*why, place]),
        "  fix: mend or remove the plugin, or leave it out: LOCKHOUSE_DISABLE_PLUGINS=rash",
    ]
    assert (project / "locks/pylock.good.toml").is_file()
    assert not (project / "locks/pylock.broken.toml").exists()


def test_what_a_resolver_gives_must_be_a_resolution(site: Site, project: ProjectFolder) -> None:
    site.add("rash", RASH.format(init="pass", resolve="return ['demo==1.0']"))
    declare(project, broken='requirements = []\nresolver = "rash"')
    result = project.run("lockhouse", "lock")
    assert result.returncode == 8, result
    assert "error[hook-failed]" in result.error_lines[0]
    assert result.error_lines[1] == "  why: TypeError: it gave an object of list, not Resolution"
    assert len(result.error_lines) == 3, "the place would be in the code of Lockhouse"


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [
        ("errors.ResolutionError('not to be had', fix='try again')", 6, "error[unsolvable]"),
        ("KeyboardInterrupt", 130, "interrupted"),
    ],
)
def test_an_error_of_ours_and_ctrl_c_pass(
    site: Site, project: ProjectFolder, raised: str, code: int, said: str
) -> None:
    resolve = f"from lockhouse import errors; raise {raised}"
    site.add("rash", RASH.format(init="pass", resolve=resolve))
    declare(project, broken='requirements = []\nresolver = "rash"')
    result = project.run("lockhouse", "lock")
    assert result.returncode == code, result
    assert said in result.stderr
    assert "plugin" not in result.stderr


def test_what_an_installer_raises_names_the_plugin(site: Site, project: ProjectFolder) -> None:
    site.add("quiet", QUIET.format(name="quiet"))
    site.add("rash", INSTALLER.format(install="raise ValueError('no luck')"))
    site.add("other", QUIET.format(name="other"))
    declare(project, tests=f'{QUIETLY}\ninstaller = "rash"')
    project.environ["LOCKHOUSE_DISABLE_PLUGINS"] = "other"
    project.run("lockhouse", "lock", check=True)
    sync = ("lockhouse", "sync", "tests", "--into", ".venv", "--python", sys.executable)
    result = project.run(*sync)
    assert result.returncode == 8, result
    assert result.error_lines == [
        'error[hook-failed]: the installer "rash" of the plugin "rash" of rash-dist failed',
        "  why: ValueError: no luck",
        f"  why: {site.line('rash', 'no luck')}",
        "  fix: mend or remove the plugin, or leave it out: LOCKHOUSE_DISABLE_PLUGINS=other,rash",
    ]
    left_out = project.run(*sync, env=as_the_fix_says(result))
    assert left_out.returncode == 6, left_out
    assert 'error[backend-not-found]: there is no installer "rash"' in left_out.stderr


def test_all_else_of_a_resolver_or_installer_is_as_it_is(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.add("rash", RASH.format(init="self.more = 3", resolve="pass") + INSTALLER.format(install="self.done = True"))
    monkeypatch.syspath_prepend(site.folder("rash"))
    points = [EntryPoint(name="rash", value="rash", group="lockhouse")]
    plugins = Plugins({}, root=tmp_path, entry_points=points)
    resolver, installer = plugins.resolver("rash"), plugins.installer("rash")
    assert isinstance(resolver, Resolver)
    assert isinstance(installer, Installer)
    assert (resolver.name, resolver.universal, installer.name) == ("rash", True, "rash")
    assert resolver.more == 3  # type: ignore[attr-defined]
    assert not hasattr(resolver, "less")
