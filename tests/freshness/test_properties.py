"""What holds of every project: spelling changes no verdict, meaning does, and what was just made is as it must be."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from packaging.markers import Marker
from packaging.specifiers import SpecifierSet

from lockhouse.model.drift import Drifted, Matching
from lockhouse.model.freshness import Fresh, Stale
from lockhouse.model.judge import judge
from lockhouse.model.target import marker_environments
from lockhouse.project import Project
from lockhouse.testing import PackageIndex
from lockhouse.testing.environment import index_environ
from tests.model.making import lock_of, pin, spec

from .generated import OLD, SPECIFIERS, Generated, Inputs, Releases
from .locked_project import MINOR
from .respelled import respelled
from .test_skipping import change_by_hand

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lockhouse.model.spec import EnvironmentSpec

#: Chance that hypothesis makes, and makes smaller where something fails.
chances = st.randoms(use_true_random=False)
in_one_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


# -- spelling -----------------------------------------------------------------------------------------------------


@settings(in_one_folder, max_examples=30)
@given(chance=chances)
def test_order_comments_spelling_and_line_ends_change_nothing(chance: Random, tmp_path: Path) -> None:
    inputs = Inputs.by(chance)
    inputs.write(tmp_path / "one", {})
    respelled(inputs, tmp_path / "other", chance)
    one, other = expanded(tmp_path / "one"), expanded(tmp_path / "other")
    assert one.inputs == other.inputs
    assert one.inputs.digest == other.inputs.digest
    lock = lock_of(one, *(pin(item.name, chance.choice(("1.0", "1.5", "9"))) for item in one.requirements))
    told = [judged.reasons if isinstance(judged := judge(each, lock), Stale) else () for each in (one, other)]
    assert [{(reason.code, reason.package) for reason in reasons} for reasons in told[:1]] == [
        {(reason.code, reason.package) for reason in reasons} for reasons in told[1:]
    ]


def expanded(folder: Path) -> EnvironmentSpec:
    (found,) = Project.open(folder).declarations.named(["tests"])
    return found


# -- meaning ------------------------------------------------------------------------------------------------------

_ATOMS = (
    "python_version < '3.12'",
    "python_version >= '3.13'",
    "python_full_version < '3.12.4'",
    "python_full_version >= '3.11.2'",
    "sys_platform == 'win32'",
    "sys_platform != 'darwin'",
    "platform_system == 'Linux'",
    "os_name == 'nt'",
    "platform_machine == 'aarch64'",
    "platform_machine != 'x86_64'",
    "'arm' in platform_machine",
    "implementation_name == 'pypy'",
    "platform_python_implementation != 'CPython'",
    "sys_platform == 'emscripten'",
    "sys_platform not in 'linux darwin win32'",
    "os_name not in 'posix nt'",
    "implementation_name not in 'cpython pypy'",
)
markers = st.lists(st.sampled_from(_ATOMS), min_size=1, max_size=3).flatmap(
    lambda atoms: st.lists(st.sampled_from((" and ", " or ")), min_size=len(atoms) - 1, max_size=len(atoms) - 1).map(
        lambda words: atoms[0] + "".join(word + atom for word, atom in zip(words, atoms[1:], strict=True))
    )
)


def everywhere() -> list[Mapping[str, str]]:
    """Give every environment in which one of the markers above can differ: far more than are looked at."""
    found: list[Mapping[str, str]] = []
    common = marker_environments(["3.11", "3.12", "3.13"])
    others = (("posix", "emscripten", "Emscripten"), ("posix", "freebsd15", "FreeBSD"), ("other", "other", "Other"))
    common += [
        {**each, "os_name": name, "sys_platform": platform, "platform_system": system}
        for each in common[::3]
        for name, platform, system in others
    ]
    kinds = (("cpython", "CPython"), ("pypy", "PyPy"), ("other", "Other"))
    for base, machine, kind, micro in product(common, ("x86_64", "aarch64", "armv7l"), kinds, (0, 1, 2, 3, 4, 9)):
        version = f"{base['python_version']}.{micro}"
        found.append(
            {
                **base,
                "platform_machine": machine,
                "implementation_name": kind[0],
                "platform_python_implementation": kind[1],
                "python_full_version": version,
                "implementation_version": version,
            }
        )
    return found


_EVERYWHERE = everywhere()


def holds(marker: str) -> list[bool]:
    parsed = Marker(marker)
    return [parsed.evaluate({**environment, "extra": ""}) for environment in _EVERYWHERE]


@settings(max_examples=60)
@given(before=markers, now=markers, pinned=st.sampled_from(("1.0", "1.5", "2.0")), bound=st.sampled_from(SPECIFIERS))
def test_a_change_of_meaning_that_the_pins_do_not_satisfy_is_stale_and_no_other(
    before: str, now: str, pinned: str, bound: str
) -> None:
    made_from = spec("a", f"b; {before}", requires_python=">=3.11,<3.14")
    lock = lock_of(made_from, pin("a", "1"), pin("b", pinned, marker=str(Marker(before))))
    assert isinstance(judge(made_from, lock), Fresh)
    was, is_now = holds(before), holds(now)
    unmet = any(is_now) and not SpecifierSet(bound).contains(pinned, prereleases=True)
    verdict = judge(spec("a", f"b{bound}; {now}", requires_python=">=3.11,<3.14"), lock)
    assert isinstance(verdict, Stale) == (unmet or was != is_now), (before, now, verdict)


@example(marker="implementation_name == 'pypy'", other="platform_python_implementation != 'CPython'")
@settings(max_examples=30)
@given(marker=markers, other=markers)
def test_a_pin_that_serves_fewer_than_another_needs_is_stale(marker: str, other: str) -> None:
    asked = spec("a", requires_python=">=3.11,<3.14")
    lock = lock_of(asked, pin("a", "1", f"b; {marker}"), pin("b", "1", marker=str(Marker(marker))))
    assert isinstance(judge(asked, lock), Fresh)
    edited = replace(lock, packages=(lock.packages[0], replace(lock.packages[1], marker=str(Marker(other)))))
    assert isinstance(judge(asked, edited), Stale) == (holds(marker) != holds(other)), (marker, other)


# -- what was just made -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", [pytest.param(seed, marks=() if seed < 2 else pytest.mark.full) for seed in range(40)])
def test_what_was_just_locked_is_fresh_and_what_was_just_synced_matches(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = Random(seed)  # noqa: S311 - the same for each run
    releases = Releases.by(chance)
    with PackageIndex() as index:
        for name, value in index_environ(index.url).items():
            monkeypatch.setenv(name, value)
        releases.publish(index, OLD)
        made = Generated(tmp_path / "project", Inputs.by(chance), {"format": chance.choice(("pylock", "requirements"))})
        made.inputs.bounds = f">={MINOR}"
        made.write()
        if (why := made.lock()) is not None:
            assert "no set of versions satisfies" in why, why
            return
        assert made.verdict() == Fresh()
        files = made.files()
        assert made.lock() is None
        assert made.files() == files
        check_environment(made, tmp_path / "environment")


def drift_of(project: Project, asked: EnvironmentSpec, folder: Path) -> object:
    (verified,) = project.verify([asked], folders=[folder])
    return verified.verdict


def check_environment(made: Generated, folder: Path) -> None:
    """Make an environment from the lock, change it by hand, and have it mended."""
    import sys  # noqa: PLC0415 - one use
    from pathlib import Path  # noqa: PLC0415 - one use

    project, asked = made.opened()
    python = project.make_environment(folder, Path(sys.executable))
    project.sync(asked, python)
    assert drift_of(project, asked, folder) == Matching()
    change_by_hand(folder)
    assert isinstance(drift_of(project, asked, folder), Drifted)
    project.sync(asked, python)
    assert drift_of(project, asked, folder) == Matching()
    assert not project.sync(asked, python).changed
