"""When real runs call the hooks, in which order, and who is named where one fails."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.testing import PackageIndex

from .making import QUIET, as_the_fix_says, declare

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockhouse.testing import ProjectFolder

    from .making import Site

SYNC = ("lockhouse", "sync", "tests", "--into", ".venv", "--python", sys.executable)

#: Says who is told what.
HERALD = """
@hookimpl
def lockhouse_lock_written(spec, lock, previous):
    there = os.path.exists(f"locks/pylock.{spec.name}.toml")
    versions = [None if each is None else [p.label for p in each.packages] for each in (lock, previous)]
    note("written", spec.name, there, *versions)


@hookimpl
def lockhouse_environment_synced(spec, receipt):
    note("synced", spec.name, [f"{p.name} {p.version}" for p in receipt.packages])
"""

#: Knows a mirror, for what it is told to know.
MIRROR = """
@hookimpl
def lockhouse_locate_artifact(artifact):
    note("{name}", artifact.filename)
    if artifact.filename.startswith("{knows}"):
        return ArtifactLocation(url="{url}/" + artifact.filename)
"""


def test_a_written_lock_and_a_synced_environment_are_announced_where_something_was_done(
    site: Site, project: ProjectFolder, index: PackageIndex, notes: Callable[[], list[Any]]
) -> None:
    site.add("herald", HERALD)
    index.add_wheel("demo", "1.0")
    declare(project, tests='requirements = ["demo"]')
    project.run("lockhouse", "lock", "--dry-run", check=True)
    assert notes() == [], "nothing is written"
    project.run("lockhouse", "lock", check=True)
    assert notes() == [["written", "tests", True, ["demo 1.0"], None]]
    project.run("lockhouse", "lock", check=True)
    assert notes() == [], "nothing changed"
    project.run(*SYNC, check=True)
    assert notes() == [["synced", "tests", ["demo 1.0"]]]
    project.run(*SYNC, check=True)
    assert notes() == [], "nothing had to be done"

    index.add_wheel("demo", "2.0")
    project.run("lockhouse", "lock", "--upgrade", "--dry-run", check=True)
    assert notes() == []
    project.run("lockhouse", "lock", "--upgrade", check=True)
    assert notes() == [["written", "tests", True, ["demo 2.0"], ["demo 1.0"]]]
    project.run(*SYNC, check=True)
    assert notes() == [["synced", "tests", ["demo 2.0"]]]


def test_a_file_is_had_from_where_the_first_plugin_says_and_is_verified_all_the_same(
    site: Site, project: ProjectFolder, index: PackageIndex, notes: Callable[[], list[Any]]
) -> None:
    wheel = index.add_wheel("demo", "1.0")
    index.add_wheel("plain", "1.0")
    declare(project, tests='requirements = ["demo", "plain"]')
    with PackageIndex() as mirror:
        mirror.add(wheel)
        url = mirror.file_url("").rstrip("/")
        for name, knows in (("c", "demo"), ("a", "nothing"), ("b", "demo")):
            site.add(name, MIRROR.format(name=name, knows=knows, url=url))
        project.run("lockhouse", "lock", check=True)
        known = len(list(index.requests))
        notes()
        project.run(*SYNC, check=True)
        said = notes()
        assert [name for name, file in said if file.startswith("demo")] == ["a", "b"]
        assert [name for name, file in said if file.startswith("plain")] == ["a", "b", "c"]
        assert mirror.requests.paths == ["/files/demo-1.0-py3-none-any.whl"]
        assert [r.path for r in list(index.requests)[known:]] == ["/files/plain-1.0-py3-none-any.whl"]

        project.run(*SYNC[:4], ".other", *SYNC[5:], check=True)
        assert notes() == [], "the store has them"

        (project / ".cold").mkdir()
        mirror.fault("*.whl", "other-bytes")
        cold = {"LOCKHOUSE_CACHE_DIR": str(project / ".cold")}
        refused = project.run(*SYNC[:4], ".third", *SYNC[5:], env=cold)
        assert refused.returncode == 5, refused
        assert "error[hash-mismatch]" in refused.stderr


#: A plugin whose code lies with another: who is named must be whose hook it is.
BORROWED = "import lender\n\n\n@hookimpl\ndef {hook}({argument}):\n    lender.fail()\n"
LENDER = "@hookimpl\ndef lockhouse_lock_written(): ...\n\n\ndef fail():\n    raise ValueError('no luck')\n"


def hook_failed(site: Site, hook: str, *, within: str = "") -> list[str]:
    return [
        f'error[hook-failed]: {within}the hook {hook} of the plugin "borrower" of borrower-dist failed',
        "  why: ValueError: no luck",
        f"  why: {site.line('borrower', 'lender.fail()')}",
        "  fix: mend or remove the plugin, or leave it out: LOCKHOUSE_DISABLE_PLUGINS=borrower",
    ]


def add_borrower(site: Site, hook: str, argument: str) -> None:
    site.add("lender", LENDER)
    site.add("borrower", BORROWED.format(hook=hook, argument=argument))


def test_a_lock_stays_where_it_cannot_be_announced_and_others_are_locked(
    site: Site, project: ProjectFolder, notes: Callable[[], list[Any]]
) -> None:
    add_borrower(site, "lockhouse_lock_written", "spec")
    site.add("quiet", QUIET.format(name="quiet"))
    site.add("zealous", HERALD)
    declare(project, **dict.fromkeys(("one", "two"), 'requirements = []\nresolver = "quiet"'))
    result = project.run("lockhouse", "lock")
    assert result.returncode == 8, result
    assert result.error_lines == hook_failed(site, "lockhouse_lock_written") * 2
    assert notes() == [["register"]], "who comes later by name is not told"
    project.run("lockhouse", "check", check=True)


def test_an_environment_stays_where_it_cannot_be_announced(site: Site, project: ProjectFolder) -> None:
    add_borrower(site, "lockhouse_environment_synced", "spec")
    site.add("quiet", QUIET.format(name="quiet"))
    declare(project, tests='requirements = []\nresolver = "quiet"')
    project.run("lockhouse", "lock", check=True)
    result = project.run(*SYNC)
    assert result.returncode == 8, result
    assert result.error_lines == hook_failed(site, "lockhouse_environment_synced")
    project.run(*SYNC, check=True)
    project.run("lockhouse", "verify", "tests", "--in", ".venv", check=True)


def test_an_exception_while_a_file_is_located_names_the_plugin(
    site: Site, project: ProjectFolder, index: PackageIndex
) -> None:
    add_borrower(site, "lockhouse_locate_artifact", "artifact")
    for name in ("demo", "more"):
        index.add_wheel(name, "1.0")
    declare(project, tests='requirements = ["demo", "more"]')
    project.run("lockhouse", "lock", check=True)
    result = project.run(*SYNC)
    assert result.returncode == 8, result
    assert result.error_lines == hook_failed(site, "lockhouse_locate_artifact"), "once, not for each file"
    project.run(*SYNC, check=True, env=as_the_fix_says(result))


@pytest.mark.parametrize("hook", ["lockhouse_fingerprint_inputs", "lockhouse_discover_environments"])
def test_an_exception_of_a_hook_that_is_asked_names_the_plugin(site: Site, project: ProjectFolder, hook: str) -> None:
    add_borrower(site, hook, "root")
    declare(project, tests="requirements = []")
    result = project.run("lockhouse", "check")
    assert result.returncode == 8, result
    assert result.error_lines == hook_failed(site, hook)


RULE = """
@hookimpl{options}
def lockhouse_check_lock(spec):
    yield Finding(code="disliked", message="not liked")
"""


def test_rules_have_their_say_in_the_order_of_their_names_but_for_who_tries_to_be_first(
    site: Site, project: ProjectFolder
) -> None:
    site.add("quiet", QUIET.format(name="quiet"))
    for name, options in (("d", ""), ("b", ""), ("c", "(tryfirst=True)"), ("a", "")):
        site.add(name, RULE.format(options=options))
    declare(project, tests='requirements = []\nresolver = "quiet"')
    result = project.run("lockhouse", "lock")
    assert result.returncode == 3, result
    said = [line.split()[3] for line in result.error_lines if "says [disliked]" in line]
    assert said == ['"c"', '"a"', '"b"', '"d"']


@pytest.mark.parametrize(
    ("then", "why"), [("raise ValueError('late')", "ValueError: late"), ("yield 'x'", "TypeError: it gave 'x'")]
)
def test_a_rule_that_fails_late_names_the_plugin_and_the_others_are_judged(
    site: Site, project: ProjectFolder, then: str, why: str
) -> None:
    site.add("quiet", QUIET.format(name="quiet"))
    declare(project, **dict.fromkeys(("bad", "good"), 'requirements = []\nresolver = "quiet"'))
    project.run("lockhouse", "lock", check=True)
    # a generator: it does nothing before it is asked
    rule = f"if spec.name == 'bad':\n        {then}\n    yield from ()"
    site.add("rule", f"@hookimpl\ndef lockhouse_check_lock(spec):\n    {rule}\n")
    result = project.run("lockhouse", "check")
    assert result.returncode == 8, result
    assert 'the hook lockhouse_check_lock of the plugin "rule" of rule-dist failed' in result.error_lines[0]
    assert why in result.error_lines[1]
    assert "good: fresh" in result.lines


def test_an_error_of_ours_passes_at_a_hook(site: Site, project: ProjectFolder) -> None:
    raised = "from lockhouse import errors; raise errors.InvalidSettingError('not so', fix='otherwise')"
    site.add("strict", f"@hookimpl\ndef lockhouse_fingerprint_inputs(spec):\n    {raised}\n")
    declare(project, tests="requirements = []")
    result = project.run("lockhouse", "check")
    assert result.returncode == 2, result
    assert result.error_lines == ["error[invalid-setting]: not so", "  fix: otherwise"]
