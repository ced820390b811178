from __future__ import annotations

from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name

from lockhouse.interfaces import ResolveRequest
from lockhouse.model.lock import Artifact, ArtifactKind, LockedPackage
from lockhouse.resolvers.revisions import HeldRevisions
from lockhouse.resolvers.seeding import Incoming, keep_recorded, pin_lines, with_descendants
from lockhouse.testing.contracts.resolving import declare, names

MARKERS = {"sys_platform": "linux", "python_version": "3.12"}


def package(name: str, version: str, *requires: str, marker: str | None = None) -> LockedPackage:
    return LockedPackage(name=canonicalize_name(name), version=version, requires=requires, marker=marker)


def test_descendants_are_followed_through_circles() -> None:
    packages = [package("a", "1", "B[x]>1"), package("b", "1", "a", 'c; extra == "x"'), package("d", "1", "a")]
    assert with_descendants(names("a"), packages) == names("a", "b", "c")


def test_pins_keep_their_markers_and_leave_out_direct_references() -> None:
    direct = LockedPackage(
        name=canonicalize_name("d"), version="1", artifacts=(Artifact(kind=ArtifactKind.VCS, commit_id="c"),)
    )
    packages = [package("a", "1", marker="os_name == 'nt'"), direct]
    assert pin_lines(packages) == ["a==1 ; os_name == 'nt'"]
    assert pin_lines(packages, markers=False) == ["a==1"]


def test_incoming_counts_what_applies_to_the_target() -> None:
    request = ResolveRequest(
        root=Path(),
        scratch=Path(),
        requirements=(declare("a[x]"), declare('b<2; sys_platform == "win32"')),
        constraints=(declare("c<3"),),
        requires_python=">=3.12",
    )
    moved = [package("a", "1", 'd>1; extra == "x"', 'e>1; extra == "y"')]
    present = [package(name, "1") for name in "abde"] + [package("c", "3"), package("f", "1a1")]
    kept = Incoming(request, moved, MARKERS).allow(present)
    assert [item.name for item in kept] == ["a", "b", "e", "f"]


def test_a_branch_is_held_only_while_it_is_the_same_branch_of_the_same_repository() -> None:
    artifact = Artifact(
        kind=ArtifactKind.VCS, vcs="git", url="https://code.example/a", requested_revision="main", commit_id="c0ffee"
    )
    held = HeldRevisions([LockedPackage(name=canonicalize_name("a"), version="1", artifacts=(artifact,))], ())

    def line(text: str) -> str:
        declared = declare(text)
        return held.line(declared, declared.text)

    marked = "a[x] @ git+https://me:hush@code.example/a@main#subdirectory=s ; os_name == 'nt'"
    assert line(marked) == 'a[x] @ git+https://me:hush@code.example/a@c0ffee#subdirectory=s ; os_name == "nt"'
    for other in ("git+https://code.example/a@dev", "git+https://code.example/b@main", "git+https://code.example/a"):
        assert line(f"a @ {other}") == f"a @ {other}"
    assert line("a>=1") == "a>=1"


def test_what_an_index_says_beside_the_hash_moves_no_lock() -> None:
    def wheel(**fields: Any) -> LockedPackage:
        artifact = Artifact(kind=ArtifactKind.WHEEL, filename="a-1-py3-none-any.whl", **fields)
        return LockedPackage(name=canonicalize_name("a"), version="1", artifacts=(artifact,))

    present = wheel(hashes={"sha256": "1"}, size=5)
    assert keep_recorded([wheel(hashes={"sha256": "1"}, upload_time="now")], [present]) == (present,)
    for other in (wheel(hashes={"sha256": "2"}), wheel(hashes={"sha256": "1"}, url="https://index.example/a"), wheel()):
        assert keep_recorded([other], [present]) == (other,)
