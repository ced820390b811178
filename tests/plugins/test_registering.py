"""What plugins register is looked at when it is registered, and asked for once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from .making import QUIET, as_the_fix_says, declare

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockhouse.testing import ProjectFolder

    from .making import Site

#: What a plugin makes, what its hook returns, and what is wrong with it.
MISFITS = {
    "no name": (
        "class Odd:\n    universal = True\n    def resolve(self, request, run): ...\n",
        "Odd",
        ["Odd.name is None, not the name by which settings choose it"],
    ),
    "nothing of it": (
        "class Odd:\n    name = ''\n    universal = 'yes'\n    resolve = True\n",
        "Odd",
        [
            "Odd.name is '', not the name by which settings choose it",
            "Odd.universal is 'yes', not True or False",
            "Odd has no method resolve",
        ],
    ),
    "an instance": (
        "class Odd:\n    name = 'odd'\n    universal = True\n    def resolve(self, request, run): ...\n",
        "Odd()",
        ["it is an object of Odd, not a class"],
    ),
    "several": ("", "[dict]", ["it is an object of list, not a class"]),
    "nothing": ("", "None", ["it is None, not a class"]),
}


@pytest.mark.parametrize(("made", "given", "why"), MISFITS.values(), ids=MISFITS)
def test_what_is_no_resolver_is_refused(
    site: Site, project: ProjectFolder, made: str, given: str, why: list[str]
) -> None:
    site.add("odd", f"{made}\n@hookimpl\ndef lockhouse_register_resolver():\n    return {given}\n")
    declare(project, tests="requirements = []")
    result = project.run("lockhouse", "lock")
    assert result.returncode == 8, result
    assert result.error_lines == [
        ('error[plugin-load]: what lockhouse_register_resolver of the plugin "odd" of odd-dist returns is no resolver'),
        *(f"  why: {line}" for line in why),
        "  fix: mend or remove the plugin, or leave it out: LOCKHOUSE_DISABLE_PLUGINS=odd",
    ]


def test_what_is_no_installer_is_refused(site: Site, project: ProjectFolder) -> None:
    site.add("odd", "@hookimpl\ndef lockhouse_register_installer():\n    return dict\n")
    declare(project, tests="requirements = []")
    result = project.run("lockhouse", "lock")
    assert result.returncode == 8, result
    assert "returns is no installer" in result.line_with("error[plugin-load]")
    assert [line.rpartition("why: ")[2] for line in result.error_lines[1:3]] == [
        "dict.name is None, not the name by which settings choose it",
        "dict has no method install",
    ]


def test_two_resolvers_of_one_name_are_a_conflict(site: Site, project: ProjectFolder) -> None:
    site.add("one", QUIET.format(name="swift"), distribution="swiftness")
    site.add("two", QUIET.format(name="swift"))
    declare(project, tests='requirements = []\nresolver = "swift"')
    result = project.run("lockhouse", "lock")
    assert result.returncode == 8, result
    assert result.error_lines == [
        'error[plugin-conflict]: two plugins register the resolver "swift"',
        '  why: "one" of swiftness and "two" of two-dist',
        "  fix: uninstall one, or leave one out: LOCKHOUSE_DISABLE_PLUGINS=two",
    ]
    project.run("lockhouse", "lock", check=True, env=as_the_fix_says(result))


def test_a_resolver_of_ours_cannot_be_replaced(site: Site, project: ProjectFolder) -> None:
    site.add("one", QUIET.format(name="pip"))
    site.add("quiet", QUIET.format(name="quiet"))
    declare(project, tests='requirements = []\nresolver = "quiet"')
    result = project.run("lockhouse", "lock")
    assert result.returncode == 8, result
    assert result.error_lines == [
        'error[plugin-conflict]: two plugins register the resolver "pip"',
        '  why: "one" of one-dist and "lockhouse.resolvers.pip" of lockhouse',
        "  fix: have it choose another name, or leave it out: LOCKHOUSE_DISABLE_PLUGINS=one",
    ]
    project.run("lockhouse", "lock", check=True, env=as_the_fix_says(result))


def test_two_plugins_of_one_name_are_a_conflict(site: Site, project: ProjectFolder) -> None:
    site.add("same", QUIET.format(name="one"), distribution="first", module="first")
    site.add("same", QUIET.format(name="two"), distribution="second", module="second")
    declare(project, tests="requirements = []")
    result = project.run("lockhouse", "check")
    assert result.returncode == 8, result
    assert result.error_lines[0] == 'error[plugin-conflict]: two plugins are named "same"'
    assert {"first", "second"} <= set(result.error_lines[1].replace(",", "").split())
    assert project.run("lockhouse", "check", env=as_the_fix_says(result)).returncode == 1, "there is no lock yet"


def test_who_registers_is_asked_once(site: Site, project: ProjectFolder, notes: Callable[[], list[Any]]) -> None:
    site.add("quiet", QUIET.format(name="quiet"))
    declare(project, **dict.fromkeys(("one", "two", "three"), 'requirements = []\nresolver = "quiet"'))
    project.run("lockhouse", "lock", check=True)
    assert notes() == [["register"]]
    project.run("lockhouse", "check", check=True)
    assert notes() == [["register"]]
