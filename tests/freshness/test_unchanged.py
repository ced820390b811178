"""Whoever answers by a trace says what the long way would say: no change that matters passes unseen."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lockhouse.operations.unchanged import fresh_locks, trace_name
from lockhouse.project import Project
from lockhouse.storage.cache_folder import traces_in

from .edits import EDITS, FRESH, Edit
from .locked_project import KINDS, Kind, copied

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lockhouse.testing import ProjectFolder

    from .locked_project import Case

#: Resolvers that make one lock a target ask an interpreter: they have no trace.
UNIVERSAL = tuple(kind for kind in KINDS if kind.resolver == "uv")

_DISABLE = "LOCKHOUSE_DISABLE_PLUGINS"


def variables(case: Case) -> dict[str, str]:
    given = {name: value for name, value in case.project.environ.items() if value is not None}
    return {**os.environ, **given}


def quick(case: Case, **more: str) -> list[str] | None:
    return fresh_locks(str(case.project.path), {**variables(case), **more})


def slow(case: Case, **more: str) -> bool:
    project = Project.open(case.project.path, environ={**variables(case), **more})
    specs = project.declarations.environments()
    return all(type(project.check(spec)).__name__ == "Fresh" for spec in specs) and not project.orphan_locks(specs)


@pytest.fixture
def traced(
    template: Callable[[Kind], ProjectFolder], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Case]:
    """Give a function from a kind of lock to a project that was found fresh, and has a trace."""
    monkeypatch.setenv("LOCKHOUSE_CACHE_DIR", str(tmp_path / "cache"))

    def traced(kind: Kind, *, change: Callable[[Case], object] = lambda _: None, **more: str) -> Case:
        case = copied(template(kind), tmp_path / "project", kind)
        for name in ("noxfile.py", "tox.ini"):
            (case.project / name).unlink()
        change(case)
        Project.open(case.project.path, environ={**variables(case), **more}).remember_locks()
        assert quick(case, **more) == ["tests: fresh", "1 environment: 1 fresh"]
        return case

    return traced


@pytest.mark.parametrize(
    ("edit", "kind"),
    [
        pytest.param(edit, kind, id=f"{name}-{kind}", marks=() if chosen == position % 2 else pytest.mark.full)
        for position, (name, edit) in enumerate(EDITS.items())
        for chosen, kind in enumerate([kind for kind in UNIVERSAL if edit.serves(kind)] * 2)
        if chosen < 2
    ],
)
def test_no_edit_that_matters_passes_unseen(
    traced: Callable[..., Case], monkeypatch: pytest.MonkeyPatch, edit: Edit, kind: Kind
) -> None:
    case = traced(kind)
    for name in ("noxfile.py", "tox.ini"):  # an edit may be of these
        case.project.write(name, "")
    edit.change(case)
    for name in ("noxfile.py", "tox.ini"):
        if not (case.project / name).read_bytes():
            (case.project / name).unlink()
    if added := case.project.environ.get("PYTHONPATH"):
        monkeypatch.setattr("sys.path", [added, *sys.path])
    assert edit.expected(kind)[0] == FRESH or quick(case) is None


def appears(path: str, text: str) -> Callable[[Case], object]:
    return lambda case: case.project.write(path, text)


#: What is not among the edits of the tables: things that appear, vanish or move beside what was read.
OTHERS: Mapping[str, Callable[[Case], object]] = {
    "a noxfile": appears("noxfile.py", "import lockhouse.nox\n"),
    "a tox.ini": appears("tox.ini", "[testenv]\nrunner = lockhouse\n"),
    "a tox.toml": appears("tox.toml", 'env_list = ["a"]\n'),
    "a setup.cfg with tox in it": appears("setup.cfg", "[tox:tox]\n"),
    "another environment": lambda case: case.pyproject(
        "[tool.lockhouse.environments.tests]",
        '[tool.lockhouse.environments.more]\nrequirements = ["alpha"]\nproject = "none"\n\n'
        "[tool.lockhouse.environments.tests]",
    ),
    "an orphan": lambda case: case.project.write("locks/pylock.other.toml", case.lock.path.read_bytes()),
    "an include of an include": lambda case: case.project.write("requirements/three.txt", "deep>=1\n"),
    "an include removed": lambda case: (case.project / "requirements/bounds.txt").unlink(),
    "the file of the dependencies": lambda case: case.project.write("runtime.in", "runtime>=2\n"),
    "a local wheel removed": lambda case: (case.project / "vendor/vendored-1.0-py3-none-any.whl").unlink(),
    "no lock": lambda case: case.lock.path.unlink(),
    "no folder of locks": lambda case: (case.project / "locks").rename(case.project / "gone"),
}


@pytest.mark.parametrize("kind", UNIVERSAL, ids=str)
@pytest.mark.parametrize("change", OTHERS.values(), ids=OTHERS)
def test_what_appears_or_vanishes_is_seen(
    traced: Callable[..., Case], change: Callable[[Case], object], kind: Kind
) -> None:
    case = traced(kind)
    change(case)
    assert quick(case) is None


def test_a_lock_of_another_tool_that_becomes_an_orphan_is_seen(traced: Callable[..., Case]) -> None:
    other = "locks/pylock.other.toml"
    case = traced(UNIVERSAL[0], change=appears(other, 'lock-version = "1.0"\ncreated-by = "uv"\npackages = []\n'))
    case.project.write(other, (case.project / "locks/pylock.tests.toml").read_bytes())
    assert quick(case) is None


def test_an_edit_and_its_undoing_give_the_same_answer(traced: Callable[..., Case]) -> None:
    case = traced(UNIVERSAL[0])
    case.pyproject("Foo_Bar>=1", "Foo_Bar>=2")
    assert quick(case) is None
    assert not slow(case)
    case.pyproject("Foo_Bar>=2", "Foo_Bar>=1")
    assert quick(case) is not None
    assert slow(case)


def test_times_alone_are_no_change(traced: Callable[..., Case]) -> None:
    case = traced(UNIVERSAL[0])
    for path in case.project.path.rglob("*"):
        os.utime(path, ns=(1, 1))
    assert quick(case) is not None


def test_an_edit_that_keeps_size_and_time_is_seen(traced: Callable[..., Case]) -> None:
    case = traced(UNIVERSAL[0])
    path = case.project / "requirements/three.txt"
    before = path.stat()
    path.write_bytes(path.read_bytes().replace(b"deep>=1", b"deep>=9"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size
    assert quick(case) is None


def test_a_moved_project_is_looked_at_anew(traced: Callable[..., Case]) -> None:
    case = traced(UNIVERSAL[0])
    moved = case.project.path.rename(case.project.path.with_name("moved"))
    assert fresh_locks(str(moved), variables(case)) is None
    places = traces_in(variables(case))
    assert places is not None
    old = Path(places, trace_name(str(case.project.path)))
    old.rename(Path(places, trace_name(str(moved))))  # nor does a trace that is put there speak for it
    assert fresh_locks(str(moved), variables(case)) is None


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("INDEX_PATH", None, "team"),
        ("INDEX_PATH", "team", "other"),
        ("INDEX_PATH", "team", None),
        (_DISABLE, None, "x"),
    ],
)
def test_a_variable_that_was_asked_for_is_asked_for_again(
    traced: Callable[..., Case], name: str, before: str | None, after: str | None
) -> None:
    def links(case: Case) -> None:  # a folder that holds nothing moves no pin
        case.edit("requirements/one.txt", "-r two.txt\n", "-r two.txt\n-r ${INDEX_PATH}.txt\n")
        for each in ("team", "other"):
            case.project.write(f"requirements/{each}.txt", "")
        case.project.write("requirements/${INDEX_PATH}.txt", "")

    case = traced(UNIVERSAL[0], change=links, **({} if before is None else {name: before}))
    assert quick(case, **({} if after is None else {name: after})) is None
    assert quick(case, UNRELATED="1", **({} if before is None else {name: before})) is not None


def test_another_program_judges_anew(
    traced: Callable[..., Case], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = traced(UNIVERSAL[0])
    with monkeypatch.context() as patch:
        patch.setattr("sys.version", "3.99")
        assert quick(case) is None
    info = tmp_path / "site" / "packaging-99.dist-info"
    info.mkdir(parents=True)
    with monkeypatch.context() as patch:
        patch.setattr("sys.path", [*sys.path, str(info.parent)])
        assert quick(case) is None
    assert quick(case) is not None


def test_a_damaged_trace_says_nothing(traced: Callable[..., Case]) -> None:
    case = traced(UNIVERSAL[0])
    places = traces_in(variables(case))
    assert places is not None
    path = Path(places, trace_name(str(case.project.path)))
    whole = path.read_bytes()
    lines = whole.splitlines(keepends=True)
    damaged = [b"".join(lines[:number] + lines[number + 1 :]) for number in range(len(lines))]
    damaged += [whole[:length] for length in range(0, len(whole), 7)]
    damaged += [whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :] for place in range(0, len(whole), 5)]
    for content in (*damaged, b"\xff", whole + b"\n", whole + b"said more: fresh\n"):
        path.write_bytes(content)
        assert quick(case) is None, content
    path.write_bytes(whole)
    assert quick(case) is not None


@pytest.mark.parametrize("edit", ["stale", "orphan", "password"])
def test_there_is_no_trace_of_what_is_not_well(traced: Callable[..., Case], edit: str) -> None:
    case = traced(UNIVERSAL[0])
    if edit == "stale":
        case.pyproject("Foo_Bar>=1", "Foo_Bar>=2")
    elif edit == "orphan":
        OTHERS["an orphan"](case)
    else:
        case.pyproject('indexes = [{ url = "http://', 'indexes = [{ url = "http://me:s3cret@')
    Project.open(case.project.path, environ=variables(case)).remember_locks()
    assert quick(case) is None


def test_locks_for_one_target_have_no_trace(
    template: Callable[[Kind], ProjectFolder], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCKHOUSE_CACHE_DIR", str(tmp_path / "cache"))
    kind = next(kind for kind in KINDS if kind.resolver == "pip")
    case = copied(template(kind), tmp_path / "project", kind)
    for name in ("noxfile.py", "tox.ini"):
        (case.project / name).unlink()
    Project.open(case.project.path, environ=variables(case)).remember_locks()
    assert quick(case) is None


def test_locking_leaves_the_trace_that_a_check_answers_by(
    template: Callable[[Kind], ProjectFolder], tmp_path: Path
) -> None:
    case = copied(template(UNIVERSAL[0]), tmp_path / "project", UNIVERSAL[0])
    for name in ("noxfile.py", "tox.ini"):
        (case.project / name).unlink()
    case.project.environ.update({**template(UNIVERSAL[0]).environ, "LOCKHOUSE_CACHE_DIR": str(tmp_path / "cache")})
    long_way = case.project.run("lockhouse", "check", check=True)
    assert not (tmp_path / "cache").exists(), "a check writes nothing"
    case.project.run("lockhouse", "lock", "tests", "--dry-run", check=True)
    assert not list(tmp_path.glob("cache/*/traces/*"))
    case.project.run("lockhouse", "lock", "tests", check=True)
    assert list(tmp_path.glob("cache/*/traces/*"))
    assert quick(case) is not None
    assert case.project.run("lockhouse", "check", check=True).stdout == long_way.stdout
