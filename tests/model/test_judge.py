"""The rule of freshness, case by case."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockhouse.errors import InvalidSettingError
from lockhouse.model.freshness import Fresh, Stale
from lockhouse.model.judge import judge
from lockhouse.model.lock import Artifact, ArtifactKind, BuildLock, LockRecord
from lockhouse.model.target import marker_environments
from tests.model.making import changed, declared, lock_of, pin, spec, wheel

if TYPE_CHECKING:
    from lockhouse.model.lock import Lock
    from lockhouse.model.spec import EnvironmentSpec

ASKED = spec("a>=1", "b[x]; sys_platform == 'win32'", constraints=("c<3",))
LOCK = lock_of(
    ASKED,
    pin("a", "1.5", "c>=1"),
    pin("b", "2.0", "d; extra == 'x'", "e; extra == 'y'", marker="sys_platform == 'win32'"),
    pin("c", "2.1"),
    pin("d", "4.0", marker="sys_platform == 'win32'"),
)


def codes(asked: EnvironmentSpec, lock: Lock) -> list[str]:
    verdict = judge(asked, lock)
    return [reason.code.value for reason in verdict.reasons] if isinstance(verdict, Stale) else []


def test_a_lock_that_satisfies_everything_is_fresh() -> None:
    assert judge(ASKED, LOCK) == Fresh()


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        pytest.param(spec("a>=2", "b[x]", constraints=("c<3",)), {"requirement-unmet", "requirement-missing"}, id="up"),
        pytest.param(
            replace(ASKED, requirements=(*ASKED.requirements, declared("new"))), {"requirement-missing"}, id="new"
        ),
        pytest.param(replace(ASKED, requirements=ASKED.requirements[:1]), {"pin-unreachable"}, id="removed"),
        pytest.param(
            replace(ASKED, requirements=(declared("a"), declared("b[x,y]"))),
            {"closure-incomplete", "requirement-missing"},
            id="extra-added",
        ),
        pytest.param(
            replace(ASKED, requirements=(declared("a"), declared("b; sys_platform == 'win32'"))),
            {"pin-unreachable"},
            id="extra-gone",
        ),
        pytest.param(replace(ASKED, constraints=(declared("c<2"),)), {"constraint-violated"}, id="constraint"),
        pytest.param(replace(ASKED, requires_python=">=3.10"), {"python-uncovered"}, id="python"),
        pytest.param(
            replace(ASKED, requirements=(declared("a @ https://index.example/a-1.5.zip"), *ASKED.requirements[1:])),
            {"direct-reference-changed"},
            id="url",
        ),
        pytest.param(replace(ASKED, exclude_newer="2020-01-01T00:00:00Z"), {"policy-changed"}, id="cut-off"),
        pytest.param(replace(ASKED, fingerprints={"team": {"rules": "1"}}), {"fingerprint-changed"}, id="fingerprint"),
    ],
)
def test_a_change_that_the_pins_do_not_satisfy_is_stale(asked: EnvironmentSpec, expected: set[str]) -> None:
    assert set(codes(asked, LOCK)) == expected


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(replace(ASKED, requirements=(declared("A>=1.2"), *ASKED.requirements[1:])), id="tightened-within"),
        pytest.param(replace(ASKED, requirements=(declared("a"), *ASKED.requirements[1:])), id="loosened"),
        pytest.param(replace(ASKED, requirements=(*ASKED.requirements, declared("c"))), id="added-but-there"),
        pytest.param(replace(ASKED, requires_python=">=3.12"), id="narrowed"),
        pytest.param(replace(ASKED, constraints=()), id="constraint-gone"),
        pytest.param(replace(ASKED, prereleases=True), id="prereleases-allowed"),
    ],
)
def test_a_change_that_the_pins_satisfy_is_fresh_and_told(asked: EnvironmentSpec) -> None:
    verdict = judge(asked, LOCK)
    assert isinstance(verdict, Fresh)
    assert verdict.notes


@pytest.mark.parametrize(
    ("lock", "expected"),
    [
        pytest.param(changed(LOCK, "c", version="0.9"), "closure-incomplete", id="pin-moved-below-edge"),
        pytest.param(replace(LOCK, packages=LOCK.packages[:2]), "closure-incomplete", id="pin-deleted"),
        pytest.param(replace(LOCK, packages=(*LOCK.packages, pin("z", "1"))), "pin-unreachable", id="pin-added"),
        pytest.param(replace(LOCK, packages=(*LOCK.packages, pin("a", "1.6"))), "pin-ambiguous", id="pin-doubled"),
        pytest.param(changed(LOCK, "a", requires=None), "closure-incomplete", id="edges-gone"),
        pytest.param(
            changed(LOCK, "a", artifacts=(wheel("a", "1.5", hashes={"md5": "0" * 32}),)), "hash-missing", id="md5"
        ),
        pytest.param(
            changed(LOCK, "a", artifacts=(wheel("a", "1.5", hashes={"sha256": "0" * 65}),)), "hash-missing", id="long"
        ),
        pytest.param(
            changed(LOCK, "a", artifacts=(wheel("a", "1.5", hashes={"sha512": "g" * 128}),)),
            "hash-missing",
            id="odd",
        ),
        pytest.param(replace(LOCK, record=None), "record-missing", id="foreign"),
        pytest.param(replace(LOCK, environments=('sys_platform == "linux"',)), "target-uncovered", id="one-platform"),
    ],
)
def test_a_lock_that_was_changed_by_hand_is_judged_by_content(lock: Lock, expected: str) -> None:
    assert expected in codes(ASKED, lock)


def test_the_message_names_requirement_place_and_pin() -> None:
    verdict = judge(spec("a>=2"), lock_of(spec("a"), pin("a", "1.5")))
    assert isinstance(verdict, Stale)
    (reason,) = verdict.reasons
    assert str(reason) == '"a>=2" is declared, 1.5 is pinned; dependency group "test" (pyproject.toml:1)'


def test_what_holds_in_some_environments_only_says_where() -> None:
    asked = spec("a; sys_platform == 'win32'", pythons=("3.12",))
    verdict = judge(asked, lock_of(asked))
    assert isinstance(verdict, Stale)
    assert "(on cp312-win32-amd64)" in verdict.reasons[0].message


def test_a_removed_requirement_is_named() -> None:
    verdict = judge(spec("a"), lock_of(spec("a", "b>=1"), pin("a", "1"), pin("b", "1.1")))
    assert isinstance(verdict, Stale)
    assert verdict.reasons[0].message == 'the requirement "b>=1" was removed, 1.1 is still pinned'


def test_a_lock_of_an_absent_plugin_has_its_own_reason() -> None:
    asked = spec("a", resolver="other")
    verdict = judge(asked, lock_of(asked, pin("a", "1")), resolvers=("pip", "uv"))
    assert isinstance(verdict, Stale)
    assert [reason.code for reason in verdict.reasons] == ["plugin-absent"]


def test_a_vcs_reference_holds_at_its_revision_only() -> None:
    checkout = Artifact(
        kind=ArtifactKind.VCS, vcs="git", url="https://index.example/a.git", requested_revision="v1", commit_id="f" * 40
    )
    asked = spec("a @ git+https://index.example/a.git@v1")
    unlocked = lock_of(asked, pin("a", "1", artifacts=(checkout,), requires=None))
    assert codes(asked, unlocked) == ["build-unlocked"]
    lock = replace(unlocked, record=LockRecord(inputs=asked.inputs, builds={"a==1": BuildLock()}))
    assert codes(asked, lock) == []
    assert codes(spec("a @ git+https://index.example/a.git@v2"), lock) == ["direct-reference-changed"]
    assert codes(spec("a"), lock) == ["direct-reference-changed"]


@pytest.mark.parametrize("marker", ['platform_release == "5.4"', 'platform_version >= "10"', 'sys_platform == "haiku"'])
def test_what_applies_nowhere_that_is_looked_at_is_held_against_the_record(marker: str) -> None:
    plain = spec("a")
    with_it = spec("a", f"b<2; {marker}")
    made_with_it = lock_of(with_it, pin("a", "1"), pin("b", "1", marker=marker))
    assert codes(with_it, lock_of(plain, pin("a", "1"))) == ["requirement-changed"]
    assert codes(spec("a", f"b>=2; {marker}"), made_with_it) == ["requirement-changed"] * 2
    assert codes(plain, made_with_it) == ["requirement-changed"]
    assert codes(with_it, made_with_it) == []


@pytest.mark.parametrize("marker", ['python_version < "3.10"', 'sys_platform == "win32" and os_name == "posix"'])
def test_what_can_apply_nowhere_changes_no_verdict(marker: str) -> None:
    plain, with_it = spec("a"), spec("a", f"b<2; {marker}", constraints=(f"a>=2; {marker}",))
    assert codes(with_it, lock_of(plain, pin("a", "1"))) == []
    assert codes(plain, lock_of(with_it, pin("a", "1"))) == []


def test_what_is_for_another_target_changes_no_verdict_of_this_one() -> None:
    (target, *_) = marker_environments(["3.11"])
    plain, elsewhere = spec("a"), spec("a", "b; sys_platform == 'win32'")
    lock = lock_of(plain, pin("a", "1"))
    assert isinstance(judge(elsewhere, lock, environment=target), Fresh)
    unknown = spec("a", "b; python_full_version < '3.11.4'")
    verdict = judge(unknown, lock, environment=target)
    assert isinstance(verdict, Stale)
    assert [reason.code for reason in verdict.reasons] == ["requirement-changed"]


@pytest.mark.parametrize(
    "marker",
    [
        'python_full_version < "3.11.8"',
        'platform_machine == "aarch64"',
        '"aarch64" in platform_machine',
        "platform_machine in 'armv7l, aarch64'",
        'platform_machine != "x86_64" and platform_machine != "AMD64" and platform_machine != "arm64"',
        'platform_python_implementation == "PyPy"',
        'implementation_name != "cpython"',
        'sys_platform == "emscripten"',
        'platform_system == "iOS"',
        'os_name not in "posix nt"',
        'os_name != "posix" and os_name != "nt"',
        '"posix" != os_name and "nt" != os_name',
        'os_name != "posix" and sys_platform != "win32"',
        'os_name == "posix" and sys_platform != "linux" and sys_platform != "darwin"',
        'sys_platform not in "linux darwin win32"',
        'sys_platform != "linux" and sys_platform != "darwin" and sys_platform != "win32"',
        'sys_platform not in "linux darwin win32 aix freebsd14"',
        'sys_platform != "linux" and platform_system != "Darwin" and os_name != "nt"',
        'platform_system not in "Linux, Darwin, Windows, FreeBSD"',
        'platform_python_implementation != "CPython" and platform_python_implementation != "PyPy"',
        'implementation_name not in "cpython pypy graalpy"',
        'implementation_name != "cpython" and platform_python_implementation != "PyPy"',
    ],
)
def test_where_only_markers_lead_is_looked_at(marker: str) -> None:
    plain = spec("a")
    with_it = spec("a", f"b<2; {marker}")
    made_with_it = lock_of(with_it, pin("a", "1"), pin("b", "1", marker=marker))
    assert codes(with_it, lock_of(plain, pin("a", "1"))) == ["requirement-missing"]
    assert codes(spec("a", f"b>=2; {marker}"), made_with_it) == ["requirement-unmet"]
    assert codes(plain, made_with_it) == ["pin-unreachable"]
    assert codes(with_it, made_with_it) == []
    widened = spec("a", f"b<2; {marker} or python_version < '3.12'")
    assert codes(widened, made_with_it) == ["requirement-missing"]
    assert codes(with_it, lock_of(with_it, pin("a", "1"))) == ["requirement-missing"]


@pytest.mark.parametrize(
    "marker",
    [
        'python_version >= "3.15"',
        '"3.15" <= python_version',
        'python_version > "3.16"',
        'python_version > "3.15" and python_version < "3.18"',
        'python_version == "3.17.*"',
        'python_version not in "3.11 3.12 3.13 3.14"',
        'python_version != "3.11" and python_version not in "3.12, 3.13" and "3.14" != python_version',
        'python_version > "3.14"',
        'python_version >= "3.14.1"',
        'python_full_version >= "3.15"',
        'python_full_version == "3.15.2"',
        'python_full_version > "3.15.2" and python_full_version < "3.15.4"',
        'python_version >= "4"',
        'python_full_version >= "4.0.0" and sys_platform == "win32"',
        'python_version >= "3.15" and platform_python_implementation not in "CPython PyPy"',
    ],
)
def test_pythons_that_are_not_yet_there_are_looked_at_where_markers_name_them(marker: str) -> None:
    plain, with_it = spec("a"), spec("a", f"b<2; {marker}")
    made_with_it = lock_of(with_it, pin("a", "1"), pin("b", "1", marker=marker))
    assert codes(with_it, lock_of(plain, pin("a", "1"))) == ["requirement-missing"]
    assert codes(spec("a", f"b>=2; {marker}"), made_with_it) == ["requirement-unmet"]
    assert codes(plain, made_with_it) == ["pin-unreachable"]
    assert codes(with_it, made_with_it) == []
    for bounds, pythons in (("<3.14,>=3.11", ()), ("==3.11.7", ()), (">=3.11", ("3.11", "3.14"))):
        declared_less: dict[str, Any] = {"requires_python": bounds, "pythons": pythons}
        lock = lock_of(spec("a", **declared_less), pin("a", "1"))
        assert codes(spec("a", f"b<2; {marker}", **declared_less), lock) == [], "for no Python that is declared"


def test_what_holds_of_all_pythons_3_is_told_from_what_holds_always() -> None:
    for marker in ('python_version ~= "3.11"', 'python_version == "3.*"', 'python_version < "4"'):
        asked = spec("a", f"b; {marker}")
        lock = lock_of(asked, pin("a", "1"), pin("b", "1", marker='python_full_version < "4"'))
        assert codes(asked, lock) == []
        assert codes(spec("a", "b"), lock) == ["requirement-missing"]


def test_a_platform_that_one_marker_names_stands_for_no_unnamed_one() -> None:
    unnamed, named = 'sys_platform not in "linux darwin win32"', 'platform_system == "FreeBSD"'
    asked = spec("a", f"b; {unnamed}", f"c; {named}")
    # a resolver may take the second for a name of sys_platform
    lock = lock_of(
        asked, pin("a", "1"), pin("b", "1", marker=unnamed), pin("c", "1", marker='sys_platform == "freebsd"')
    )
    assert codes(asked, lock) == []


def test_what_only_an_edge_or_a_pin_names_is_looked_at() -> None:
    asked = spec("a")
    marker = 'platform_machine == "aarch64"'
    lock = lock_of(asked, pin("a", "1", f"b; {marker}"), pin("b", "1", marker=marker))
    assert codes(asked, lock) == []
    assert codes(asked, changed(lock, "b", marker='platform_machine == "ppc64le"')) == [
        "closure-incomplete",
        "pin-unreachable",
    ]
    assert codes(asked, changed(lock, "a", marker='platform_machine != "aarch64"')) == [
        "requirement-missing",
    ]


def test_a_patch_level_is_named() -> None:
    asked = spec("a", 'b; python_full_version < "3.11.4"')
    verdict = judge(asked, lock_of(spec("a"), pin("a", "1")))
    assert isinstance(verdict, Stale)
    (reason,) = verdict.reasons
    assert "(on cp311-linux-x86_64 with Python 3.11.3 and 2 more)" in reason.message


def test_pins_for_newer_pythons_do_not_serve_the_older_ones() -> None:
    asked = spec("a", requires_python=">=3.11")
    assert codes(asked, lock_of(asked, pin("a", "1", requires_python=">=3.12"))) == ["python-uncovered"]
    assert codes(asked, lock_of(asked, pin("a", "1", requires_python=">=3.11.4"))) == ["python-uncovered"]
    assert codes(asked, lock_of(asked, pin("a", "1", requires_python=">=3.8,<3.12"))) == [], "resolvers ignore it"
    newer = 'python_full_version >= "3.11.4"'
    forked = lock_of(
        asked,
        pin("a", "1", marker='python_full_version < "3.11.4"'),
        pin("a", "2", requires_python=">=3.11.4", marker=newer),
    )
    assert codes(asked, forked) == []


@pytest.mark.parametrize(
    ("made", "now", "stale"),
    [
        (">=3.11.5", ">=3.11.2", True),
        (">=3.11.2", ">=3.11.5", False),
        (">=3.11,<3.13", ">=3.11,<3.13.1", True),
        (">=3.11,<3.15", ">=3.11", True),
        (">=3.11,<4", ">=3.11", False),
        (">=3.11", ">=3.11,<3.14", False),
        (">=3.11,!=3.12.1", ">=3.11", True),
        (">=3.11", ">=3.11,!=3.12.1", False),
    ],
)
def test_bounds_are_compared_where_they_differ(made: str, now: str, stale: bool) -> None:
    lock = lock_of(spec("a", requires_python=made), pin("a", "1"))
    assert codes(spec("a", requires_python=now), lock) == ["python-uncovered"] * stale


def test_a_pre_release_that_nothing_names_any_more_is_stale() -> None:
    asked = spec("a>=1.0rc1")
    lock = lock_of(asked, pin("a", "1.0rc1"))
    assert codes(asked, lock) == []
    assert codes(spec("a>=0.9"), lock) == ["policy-changed"]
    assert codes(spec("a>=0.9", prereleases=True), lock) == []
    assert codes(spec("a>=0.9", constraints=("a<2.0a1",)), lock) == []
    assert codes(spec("a"), lock_of(spec("a"), pin("a", "1.0rc1"))) == [], "there may be no release"


def test_a_pin_that_was_moved_past_the_cut_off_is_stale() -> None:
    asked = spec("a", exclude_newer="2024-06-01T00:00:00Z")
    late = wheel("a", "2", upload_time="2024-07-01T00:00:00Z")
    early = wheel("a", "2", "py2-none-any", upload_time="2024-05-01T00:00:00Z")
    assert codes(asked, lock_of(asked, pin("a", "2", artifacts=(late,)))) == ["policy-changed"]
    assert codes(asked, lock_of(asked, pin("a", "2", artifacts=(late, early)))) == []
    assert codes(asked, lock_of(asked, pin("a", "2"))) == [], "not every index tells the time"
    at_once = wheel("a", "2", upload_time="2024-06-01T00:00:00.500000Z")
    assert codes(asked, lock_of(asked, pin("a", "2", artifacts=(at_once,)))) == ["policy-changed"]


def test_a_cut_off_that_moved_by_less_than_a_second_counts() -> None:
    before = spec("a", exclude_newer="2024-06-01T00:00:00.500000Z")
    lock = lock_of(before, pin("a", "2", artifacts=(wheel("a", "2", upload_time="2024-06-01T00:00:00.200000Z"),)))
    assert codes(before, lock) == []
    now = replace(before, exclude_newer="2024-06-01T00:00:00Z")
    assert codes(now, lock) == ["policy-changed"]
    assert codes(now, lock_of(replace(before, exclude_newer="some day"), *lock.packages)) == ["policy-changed"]


def test_what_is_asked_of_a_package_with_unknown_dependencies_is_held_against_the_record() -> None:
    folder = Artifact(kind=ArtifactKind.DIRECTORY, path="lib")
    asked = replace(spec("b"), requirements=(replace(declared("lib"), path="lib"), declared("b")))
    lock = lock_of(asked, pin("lib", "1", artifacts=(folder,), requires=None), pin("b", "1"))
    assert codes(asked, lock) == []
    with_extra = replace(asked, requirements=(replace(declared("lib[x]"), path="lib"), declared("b")))
    assert codes(with_extra, lock) == ["requirement-changed"]
    assert codes(replace(asked, requirements=asked.requirements[:1]), lock) == ["pin-unreachable"]


def test_bounds_that_widen_within_a_minor_version_are_seen() -> None:
    asked = spec("a", requires_python=">=3.11.50")
    assert codes(spec("a", requires_python=">=3.11"), lock_of(asked, pin("a", "1"))) == ["python-uncovered"]


@given(order=st.permutations(range(4)), doubled=st.integers(0, 3))
def test_the_order_of_pins_and_requirements_never_changes_a_verdict(order: list[int], doubled: int) -> None:
    shuffled = replace(LOCK, packages=tuple(LOCK.packages[i] for i in order))
    asked = replace(ASKED, requirements=(*ASKED.requirements[::-1], ASKED.requirements[doubled % 2]))
    assert judge(asked, shuffled) == Fresh()


@given(low=st.integers(0, 30), high=st.integers(0, 30), pinned=st.integers(0, 30))
def test_a_bound_is_fresh_exactly_where_the_pin_satisfies_it(low: int, high: int, pinned: int) -> None:
    asked = spec(f"a>=1.{low},<=1.{high}")
    verdict = judge(asked, lock_of(spec("a"), pin("a", f"1.{pinned}")))
    assert isinstance(verdict, Fresh) == (low <= pinned <= high)


@pytest.mark.parametrize("bounds", ["==3.11.7", "===3.11.7", ">=3.11.7,<3.11.9", ">3.11.6,<=3.11.7", "<=3.11,>3.10.50"])
def test_bounds_of_single_patch_levels_are_judged_like_any(bounds: str) -> None:
    asked = spec("a", requires_python=bounds)
    lock = lock_of(asked, pin("a", "1"))
    assert codes(asked, lock) == []
    assert codes(spec("a>=2", requires_python=bounds), lock) == ["requirement-unmet"]
    assert codes(spec("a", "b", requires_python=bounds), lock) == ["requirement-missing"]
    assert codes(spec("a", "b; python_full_version > '3.12'", requires_python=bounds), lock) == []
    assert codes(spec("a", requires_python=">=3.11.9"), lock) == ["python-uncovered"]


def test_what_applies_to_one_of_two_declared_patch_levels_is_looked_at() -> None:
    asked = spec("a", "b; python_full_version < '3.11.8'", requires_python=">=3.11.7,!=3.11.8,<3.11.10")
    lock = lock_of(spec("a", requires_python=asked.requires_python), pin("a", "1"))
    verdict = judge(asked, lock)
    assert isinstance(verdict, Stale)
    assert "(on cp311-linux-x86_64 with Python 3.11.7 and 2 more)" in verdict.reasons[0].message


@pytest.mark.parametrize("bounds", [">=9.9", "==4.*", ">=3.11,<3.11", "===3.11"])
def test_nothing_is_judged_where_no_python_meets_the_bounds(bounds: str) -> None:
    asked = spec("a", requires_python=bounds)
    with pytest.raises(InvalidSettingError, match="no Python meets"):
        judge(asked, lock_of(asked, pin("a", "1")))
