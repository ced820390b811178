"""Selection for a target, drift, and the words for changes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from packaging.tags import cpython_tags
from packaging.utils import canonicalize_name

from lockhouse.errors import (
    NoCompatibleArtifactError,
    SelectionError,
    UnsupportedTargetError,
    UnverifiableArtifactError,
)
from lockhouse.model.changes import changes_between
from lockhouse.model.drift import Drifted, Matching, compare
from lockhouse.model.interpreter import InterpreterIdentity
from lockhouse.model.lock import Artifact, ArtifactKind
from lockhouse.model.plan import select
from lockhouse.model.receipt import InstalledPackage, InstalledSource, Receipt
from lockhouse.model.target import Target, marker_environments
from tests.model.making import lock_of, pin, spec, wheel

LINUX = next(env for env in marker_environments(["3.12"]) if env["sys_platform"] == "linux")
TAGS = (*(str(tag) for tag in cpython_tags((3, 12), platforms=["manylinux_2_28_x86_64"])), "py3-none-any")
TARGET = Target(executable="python", markers=LINUX, tags=TAGS, prefix="e", purelib="p", platlib="p", scripts="s")
ASKED = spec("a", "b")


def chosen(*packages: Any, **options: Any) -> dict[str, str]:
    plan = select(lock_of(ASKED, *packages), TARGET, place="locks/pylock.tests.toml", **options)
    return {item.package.name: item.artifact.label for item in plan.packages}


def test_the_best_wheel_of_each_package_is_chosen() -> None:
    wheels = (
        wheel("a", "1", "py3-none-any"),
        wheel("a", "1", "cp312-cp312-manylinux_2_28_x86_64"),
        wheel("a", "1", "cp312-cp312-win_amd64"),
    )
    assert chosen(pin("a", "1", artifacts=wheels), pin("b", "1", marker="sys_platform == 'win32'")) == {
        "a": "a-1-cp312-cp312-manylinux_2_28_x86_64.whl"
    }


def test_every_package_without_a_fitting_file_is_reported() -> None:
    sdist = Artifact(kind=ArtifactKind.SDIST, filename="b-1.tar.gz", hashes={"sha256": "0" * 64})
    with pytest.raises(NoCompatibleArtifactError) as caught:
        chosen(
            pin("a", "1", artifacts=(wheel("a", "1", "cp312-cp312-win_amd64"),)),
            pin("b", "1", artifacts=(sdist,)),
            pin("c", "1", requires_python=">=3.13"),
        )
    assert [line.split()[0] for line in caught.value.why] == ["a", "b", "c"]
    assert "the lock does not say what it is built with: lock again" in caught.value.why[1]


def test_two_entries_that_apply_are_an_error() -> None:
    with pytest.raises(SelectionError, match="more than one entry"):
        chosen(pin("a", "1"), pin("a", "2", marker="python_version > '3'"))


@pytest.mark.parametrize(
    "fields",
    [{"requires_python": ">=3.13"}, {"environments": ("sys_platform == 'darwin'",)}],
    ids=["python", "platform"],
)
def test_a_target_that_the_lock_does_not_cover_is_named(fields: dict[str, Any]) -> None:
    with pytest.raises(UnsupportedTargetError, match="cp312-linux-x86_64"):
        select(lock_of(ASKED, pin("a", "1"), **fields), TARGET, place="lock")


def test_what_no_hash_covers_is_refused_unless_allowed_by_name() -> None:
    folder = Artifact(kind=ArtifactKind.DIRECTORY, path="libs/b")
    with pytest.raises(UnverifiableArtifactError, match="no hash can cover b"):
        chosen(pin("a", "1"), pin("b", "1", artifacts=(folder,)))
    allowed = chosen(pin("a", "1"), pin("b", "1", artifacts=(folder,)), allow_unhashed=[canonicalize_name("b")])
    assert allowed == {"a": "a-1-py3-none-any.whl", "b": "libs/b"}


PYTHON = InterpreterIdentity(executable="/usr/bin/python3.12", size=1, mtime_ns=2, version="3.12.4")
A = InstalledPackage(
    name=canonicalize_name("a"),
    version="1",
    artifact="sha256:0",
    dist_info="a-1.dist-info",
    record_size=3,
    record_mtime_ns=4,
)
SEEN = replace(A, artifact="")
SOURCE = InstalledSource(name=canonicalize_name("mine"), path=".", editable=True, identity="editable:1")
RECEIPT = Receipt(
    environment="tests",
    lock_digest="l",
    target="t",
    interpreter=PYTHON,
    installer="uv",
    packages=(A,),
    sources=(SOURCE,),
)


def drift(receipt: Receipt | None = RECEIPT, **facts: Any) -> list[str]:
    known: dict[str, Any] = {
        "lock_digest": "l",
        "interpreter": PYTHON,
        "installed": [SEEN],
        "sources": {SOURCE.name: SOURCE.identity},
    }
    verdict = compare(receipt, **(known | facts))
    return [reason.code.value for reason in verdict.reasons] if isinstance(verdict, Drifted) else []


def test_an_environment_that_is_as_it_was_left_matches() -> None:
    verdict = compare(
        RECEIPT, lock_digest="l", interpreter=PYTHON, installed=[SEEN], sources={SOURCE.name: SOURCE.identity}
    )
    assert verdict == Matching()


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"lock_digest": "other"}, "lock-changed"),
        ({"interpreter": replace(PYTHON, version="3.12.5")}, "interpreter-changed"),
        ({"interpreter": replace(PYTHON, mtime_ns=5)}, "interpreter-changed"),
        ({"interpreter": replace(PYTHON, system_packages=True)}, "interpreter-changed"),
        ({"installed": []}, "package-missing"),
        ({"installed": [SEEN, replace(SEEN, name=canonicalize_name("x"))]}, "package-extra"),
        ({"installed": [replace(SEEN, version="2")]}, "package-changed"),
        ({"installed": [replace(SEEN, record_mtime_ns=5)]}, "package-changed"),
        ({"sources": {SOURCE.name: "editable:2"}}, "source-changed"),
        ({"sources": {}}, "source-changed"),
        ({"refused": [SOURCE.name]}, "source-refused"),
    ],
)
def test_each_way_to_drift_has_its_code(facts: dict[str, Any], code: str) -> None:
    assert drift(**facts) == [code]


def test_without_a_receipt_an_environment_was_never_synced() -> None:
    assert drift(None) == ["never-synced"]


def test_pip_stays_unless_it_is_locked_and_what_is_not_ours_is_left_alone() -> None:
    assert drift(installed=[SEEN, replace(SEEN, name=canonicalize_name("pip"))]) == []
    extra = replace(SEEN, name=canonicalize_name("theirs"))
    assert drift(installed=[SEEN, extra], ignore=[extra.name]) == []


def test_changes_are_told_in_words() -> None:
    before = lock_of(ASKED, pin("a", "1"), pin("b", "1"), pin("c", "1"))
    after = lock_of(ASKED, pin("a", "2"), pin("c", "1", artifacts=(wheel("c", "1", "py2-none-any"),)), pin("d", "1"))
    assert [str(change) for change in changes_between(before, after)] == [
        "changed a 1 → 2",
        "removed b 1",
        "changed c 1: files",
        "added d 1",
    ]
    assert changes_between(after, after) == ()


def test_another_quoting_of_a_marker_is_no_change() -> None:
    asked = spec("a")
    before = lock_of(asked, pin("a", "1", marker='sys_platform == "win32"'))
    after = lock_of(asked, pin("a", "1", marker="sys_platform == 'win32'"))
    assert changes_between(before, after) == ()
    other = lock_of(asked, pin("a", "1", marker="sys_platform == 'linux'"))
    assert [str(change) for change in changes_between(before, other)] == ["changed a 1: marker"]
