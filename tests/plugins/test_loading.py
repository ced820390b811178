"""A plugin that cannot take part, or would not as its author thinks, is named: a rule that is not asked is not kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .making import as_the_fix_says, declare

if TYPE_CHECKING:
    from lockhouse.testing import ProjectFolder

    from .making import Site

UNLOADABLE = {
    "raises": ("raise ValueError('no luck')", "ValueError: no luck"),
    "lacks a module": ("import not_there", "ModuleNotFoundError: No module named 'not_there'"),
    "leaves": ("sys.exit(0)", "SystemExit: 0"),
}

MISFITS = {
    "misspelt": (
        "@hookimpl\ndef lockhouse_check_locks(lock): ...\n",
        "unknown hook 'lockhouse_check_locks'",
    ),
    "other arguments": (
        "@hookimpl\ndef lockhouse_check_lock(lock, more): ...\n",
        "'more'",
    ),
    "not marked": (
        "@hookimpl\ndef lockhouse_lock_written(lock): ...\ndef lockhouse_check_lock(lock): ...\n",
        "lockhouse_check_lock: not marked with lockhouse.hookimpl",
    ),
    "none": ("", "it has none of the hooks"),
    "wrapper": (
        "@hookimpl(wrapper=True)\ndef lockhouse_check_lock(lock):\n    return (yield)\n",
        "lockhouse_check_lock: a wrapper, where a plain function is called",
    ),
}


@pytest.mark.parametrize(("code", "why"), UNLOADABLE.values(), ids=UNLOADABLE)
def test_what_cannot_be_loaded_is_named(site: Site, project: ProjectFolder, code: str, why: str) -> None:
    site.add("broken", code, distribution="brokenness")
    declare(project, tests="requirements = []")
    result = project.run("lockhouse", "check")
    assert result.returncode == 8, result
    assert result.error_lines == [
        'error[plugin-load]: the plugin "broken" of brokenness cannot be loaded',
        f"  why: {why}",
        f"  why: {site.line('broken', code)}",
        "  fix: mend or remove the plugin, or leave it out: LOCKHOUSE_DISABLE_PLUGINS=broken",
    ]
    assert project.run("lockhouse", "check", env=as_the_fix_says(result)).returncode == 1, "there is no lock yet"


@pytest.mark.parametrize(("code", "why"), MISFITS.values(), ids=MISFITS)
def test_what_does_not_fit_is_named(site: Site, project: ProjectFolder, code: str, why: str) -> None:
    site.add("broken", code)
    declare(project, tests="requirements = []")
    result = project.run("lockhouse", "check")
    assert result.returncode == 8, result
    first, *_, fix = result.error_lines
    assert first == 'error[plugin-load]: the plugin "broken" of broken-dist does not fit the hook specifications'
    assert why in result.stderr
    assert fix == "  fix: mend or remove the plugin, or leave it out: LOCKHOUSE_DISABLE_PLUGINS=broken"
