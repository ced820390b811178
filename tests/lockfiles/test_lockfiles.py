"""Lock files: what is written is what is read, in both formats."""

from __future__ import annotations

import re
import tomllib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packaging.pylock import Pylock
from packaging.utils import canonicalize_name

from lockhouse.errors import LockInvalidError, LockMissingError
from lockhouse.model.lock import Artifact, ArtifactKind, LockedPackage, LockRecord
from lockhouse.model.spec import DeclaredRequirement, LockFormat, Origin
from lockhouse.storage.lockfiles import lock_files
from tests.model.making import lock_of, pin, spec

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.model.lock import Lock
    from lockhouse.storage.lockfiles import LockFiles

FORMATS = pytest.mark.parametrize("lock_format", list(LockFormat))


DIGEST = {"sha256": "a" * 64}


def written(root: Path, lock: Lock, asked: Any) -> LockFiles:
    files = lock_files(root, asked)
    for path, data in files.render(asked, lock).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return files


NAMES = st.from_regex(r"[a-z]([a-z0-9-]{0,6}[a-z0-9])?", fullmatch=True).map(canonicalize_name)
VERSIONS = st.from_regex(r"[1-9]\.[0-9](\.dev1|rc1|\.post2|\+local)?", fullmatch=True)
MARKERS = st.sampled_from([None, 'sys_platform == "win32"', 'python_version < "3.13" and os_name == "posix"'])
HEX = st.from_regex(r"[0-9a-f]{64}", fullmatch=True)


@st.composite
def packages(draw: st.DrawFn) -> LockedPackage:
    name, version = draw(NAMES), draw(VERSIONS)
    stem = f"{name.replace('-', '_')}-{version}"
    wheels = [
        Artifact(
            kind=ArtifactKind.WHEEL,
            filename=f"{stem}-{tag}.whl",
            url=f"https://index.example/{stem}-{tag}.whl",
            size=draw(st.integers(1, 10**9)),
            upload_time="2026-01-02T03:04:05Z",
            hashes={"sha256": draw(HEX)},
        )
        for tag in draw(st.lists(st.sampled_from(["py3-none-any", "cp312-cp312-win_amd64"]), min_size=1, unique=True))
    ]
    return LockedPackage(
        name=name,
        version=version,
        marker=draw(MARKERS),
        requires_python=draw(st.sampled_from([None, ">=3.8"])),
        index=draw(st.sampled_from([None, "https://index.example/simple"])),
        artifacts=tuple(wheels),
        requires=tuple(draw(st.lists(st.sampled_from(["x>=1", 'y; extra == "z"']), unique=True))),
    )


@FORMATS
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(found=st.lists(packages(), max_size=5, unique_by=lambda package: package.name))
def test_a_lock_survives_its_file(tmp_path: Path, lock_format: LockFormat, found: list[LockedPackage]) -> None:
    asked = spec("a", lock_format=lock_format)
    lock = lock_of(asked, *sorted(found, key=lambda package: package.name))
    read = written(tmp_path, lock, asked).read()
    assert read.record == lock.record
    assert read.requires_python == lock.requires_python
    if lock_format is LockFormat.PYLOCK:
        assert read.packages == lock.packages
    else:
        assert [_essence(package) for package in read.packages] == [_essence(package) for package in lock.packages]


def _essence(package: LockedPackage) -> tuple[object, ...]:
    files = sorted((artifact.filename or "", artifact.hashes["sha256"]) for artifact in package.artifacts)
    return package.name, package.version, package.marker, package.requires, package.index, files


def reference_lock(asked: Any) -> Lock:
    local = "d-1-py3-none-any.whl"
    references = {
        "b": Artifact(kind=ArtifactKind.DIRECTORY, path="libs/b", editable=True),
        "c": Artifact(
            kind=ArtifactKind.ARCHIVE, url="https://index.example/c-1.zip", filename="c-1.zip", hashes=DIGEST
        ),
        "d": Artifact(kind=ArtifactKind.ARCHIVE, path=f"libs/{local}", filename=local, hashes=DIGEST),
        "e": Artifact(
            kind=ArtifactKind.VCS,
            vcs="git",
            url="https://index.example/e.git",
            requested_revision="v1",
            commit_id="f" * 40,
            subdirectory="py",
        ),
    }
    found = [pin(name, "1", artifacts=(artifact,), requires=None) for name, artifact in references.items()]
    return lock_of(asked, pin("a", "1"), *found)


@FORMATS
def test_direct_references_survive_their_file(tmp_path: Path, lock_format: LockFormat) -> None:
    asked = spec("a", lock_format=lock_format)
    lock = reference_lock(asked)
    read = written(tmp_path, lock, asked).read()
    assert [p.artifacts for p in read.packages[1:]] == [p.artifacts for p in lock.packages[1:]]


def test_a_pylock_obeys_the_standard_and_its_paths_are_relative_to_it(tmp_path: Path) -> None:
    asked = spec("a")
    files = written(tmp_path, reference_lock(asked), asked)
    document = tomllib.loads(files.main.read_text())
    Pylock.from_dict(document).validate()
    assert files.main.name == "pylock.tests.toml"
    assert document["packages"][1]["directory"] == {"path": "../libs/b", "editable": True}
    assert document["tool"]["lockhouse"]["requires"]["a==1"] == []


@FORMATS
def test_the_quick_look_knows_whether_anything_was_touched(tmp_path: Path, lock_format: LockFormat) -> None:
    asked = spec("a", lock_format=lock_format)
    files = written(tmp_path, lock_of(asked, pin("a", "1.0")), asked)
    look = files.quick_look()
    assert look.intact
    assert look.is_of(asked.inputs)
    text = files.main.read_text()
    files.main.write_text(text.replace("\n", "\r\n"), newline="")
    assert files.quick_look() == look
    files.main.write_text(text.replace("1.0", "1.1"), newline="")
    assert not files.quick_look().intact
    assert files.quick_look().digest != look.digest


@FORMATS
def test_a_lock_that_environments_share_serves_each_of_them_at_a_glance(
    tmp_path: Path, lock_format: LockFormat
) -> None:
    shared = spec("a", lock_format=lock_format, requires_python=">=3.11", pythons=("3.11", "3.12"))
    look = written(tmp_path, lock_of(shared, pin("a", "1.0")), shared).quick_look()
    for bounds, pythons, answer in (
        (">=3.12", ("3.12",), True),
        ("==3.11.*", (), True),
        (">=3.11", ("3.13",), False),
        (">=3.10", ("3.11",), False),
        ("<3.13", ("3.12",), False),
        (">=3.12", (), False),
    ):
        asked = spec("a", lock_format=lock_format, requires_python=bounds, pythons=pythons)
        assert look.serves(asked.inputs) is answer, (bounds, pythons)
        assert not look.is_of(asked.inputs)
    assert not look.serves(spec("b", requires_python=">=3.11", pythons=("3.11",)).inputs)


@FORMATS
def test_no_lock_serves_bounds_that_no_python_meets_at_a_glance(tmp_path: Path, lock_format: LockFormat) -> None:
    asked = spec("a", lock_format=lock_format, requires_python=">=9.9")
    assert not written(tmp_path, lock_of(asked, pin("a", "1.0")), asked).quick_look().serves(asked.inputs)


@FORMATS
def test_a_head_that_says_what_is_not_so_is_not_believed(tmp_path: Path, lock_format: LockFormat) -> None:
    asked = spec("a", lock_format=lock_format)
    files = written(tmp_path, lock_of(asked, pin("a", "1.0")), asked)
    now = spec("b", lock_format=lock_format)
    for path in tmp_path.rglob("*.*"):
        path.write_text(path.read_text().replace(asked.inputs.digest, now.inputs.digest))
    assert files.quick_look().inputs_digest == now.inputs.digest
    assert not files.quick_look().serves(now.inputs)


def test_a_bot_that_moves_a_pin_changes_the_pin_and_nothing_recorded(tmp_path: Path) -> None:
    asked = spec("a", lock_format=LockFormat.REQUIREMENTS)
    files = written(tmp_path, lock_of(asked, pin("a", "1.0", "b>=1"), pin("b", "1.0")), asked)
    old = files.main.read_text()
    files.main.write_text(
        re.sub(r"a==1\.0 \\\n    --hash=sha256:\w+", "a==1.1 \\\\\n    --hash=sha256:" + "b" * 64, old)
    )
    moved = files.read().packages[0]
    assert (moved.version, moved.requires, moved.requires_assumed) == ("1.1", ("b>=1",), True)
    assert moved.artifacts == (Artifact(kind=ArtifactKind.WHEEL, hashes={"sha256": "b" * 64}),)


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [("a==1.1 ", "a==1.0 ", "a 1.0 has a hash of a 1.1"), ("b==1.0 ", "c==1.0 ", "c 1.0 has a hash of b 1.0")],
)
def test_a_pin_that_was_moved_without_its_hashes_is_refused(
    tmp_path: Path, before: str, after: str, words: str
) -> None:
    asked = spec("a", lock_format=LockFormat.REQUIREMENTS)
    files = written(tmp_path, lock_of(asked, pin("a", "1.1"), pin("b", "1.0")), asked)
    files.main.write_text(files.main.read_text().replace(before, after))
    with pytest.raises(LockInvalidError, match=words):
        files.read()


def test_another_spelling_of_a_version_keeps_its_hashes(tmp_path: Path) -> None:
    asked = spec("a", lock_format=LockFormat.REQUIREMENTS)
    files = written(tmp_path, lock_of(asked, pin("a", "1.1")), asked)
    files.main.write_text(files.main.read_text().replace("a==1.1 ", "a==1.1.0 "))
    (package,) = files.read().packages
    assert (package.version, package.artifacts[0].filename) == ("1.1.0", "a-1.1-py3-none-any.whl")


def test_the_header_is_one_that_update_bots_act_on(tmp_path: Path) -> None:
    asked = spec("a", constraints=("b<2",), lock_format=LockFormat.REQUIREMENTS, prereleases=True)
    files = written(tmp_path, lock_of(asked, pin("a", "1")), asked)
    lines = files.main.read_text().splitlines()
    # Renovate takes the last comment line of the leading block that has four spaces
    command = [line for line in lines[:3] if line.startswith("#    ")][-1]
    assert command == (
        "#    uv pip compile --universal --generate-hashes --python-version=3.11 --prerelease=allow "
        "--constraints=tests-requirements-constraints.in --output-file=tests-requirements.txt tests-requirements.in"
    )
    assert (files.main.parent / "tests-requirements.in").read_text().splitlines()[1:] == ["a"]
    assert (files.main.parent / "tests-requirements-constraints.in").read_text().splitlines()[1:] == ["b<2"]


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda text: text[: len(text) // 2] + "\n[", "no valid TOML"),
        (lambda text: text.replace("[[packages]]", "<<<<<<< ours\n[[packages]]", 1), "an unresolved merge"),
        (lambda text: text.replace('lock-version = "1.0"', 'lock-version = "2.0"'), "newer than this Lockhouse"),
        (lambda text: text.replace('version = "1.0"\n', "", 1).replace("lock-version", "x", 1), "breaks a rule"),
        (lambda text: text.replace("\nversion = 1\n", "\nversion = 99\n"), "newer Lockhouse"),
        (lambda text: text.replace("[tool.lockhouse.inputs]", "[tool.lockhouse.other]"), "damaged"),
        (lambda text: text.partition("[tool.lockhouse]")[0] + "[tool]\nlockhouse = 3\n", "damaged"),
        (lambda text: text.partition("[tool.lockhouse]")[0] + "[tool.lockhouse]\ninputs = 'x'\n", "damaged"),
        (lambda text: text.replace('"a==1.0" = []', '"a==1.0" = ["!!"]'), "damaged"),
        (lambda text: text.replace('"a==1.0" = []', '"a==1.0" = [3]'), "damaged"),
    ],
    ids=[
        "truncated",
        "merge",
        "newer-format",
        "no-version",
        "newer-record",
        "no-inputs",
        "no-table",
        "odd-inputs",
        "odd-edge",
        "number-as-edge",
    ],
)
def test_a_damaged_pylock_is_an_error_with_its_place(tmp_path: Path, damage: Any, words: str) -> None:
    asked = spec("a")
    files = written(tmp_path, lock_of(asked, pin("a", "1.0")), asked)
    files.main.write_text(damage(files.main.read_text()))
    with pytest.raises(LockInvalidError) as caught:
        files.read()
    assert words in str(caught.value)
    assert caught.value.what.startswith("locks/pylock.tests.toml")
    assert caught.value.fix


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        ('requires-python = "banana"', ["requires-python: Invalid specifier"]),
        ("requires-python = 3", ["requires-python: expected a string, found 3"]),
        ('environments = ["!!"]', ["environments[0]: "]),
        ("environments = 3", ["environments: expected a list"]),
        ("packages = 3", ["packages: expected a list of tables"]),
        ("packages = [3, {}]", ["packages[0]: expected a table", "packages[1]: it has no name"]),
        (
            'packages = [{name = "a", version = 1.0, files = "x", index = 3, requires-python = "banana"}]',
            ["[0].version: expected", "[0].files: expected", "[0].index: expected", "[0].requires-python: Invalid"],
        ),
        ('packages = [{name = "a", version = "1.0", files = {x = 3}}]', ["packages[0].files: expected"]),
        ("tool = 3", ["tool: expected a table"]),
        ("tool = {lockhouse = 3}", ["[tool.lockhouse] is damaged"]),
    ],
)
def test_a_damaged_record_is_an_error_with_its_place(tmp_path: Path, damage: str, words: list[str]) -> None:
    asked = spec("a", lock_format=LockFormat.REQUIREMENTS)
    files = written(tmp_path, lock_of(asked, pin("a", "1.0")), asked)
    files.main.with_name("tests-requirements.record.toml").write_text(f"{damage}\n")
    with pytest.raises(LockInvalidError) as caught:
        files.read()
    for word in words:
        assert word in str(caught.value)
    assert caught.value.what.startswith("locks/tests-requirements.")
    assert caught.value.fix


def test_options_that_an_update_bot_writes_pin_nothing(tmp_path: Path) -> None:
    asked = spec("a", lock_format=LockFormat.REQUIREMENTS)
    files = written(tmp_path, lock_of(asked, pin("a", "1.0")), asked)
    options = "--index-url https://index.example/simple\n--extra-index-url=https://b.example\n--pre\n-f ./x\n\n"
    before = files.read()
    files.main.write_text(options + files.main.read_text())
    assert files.read().packages == before.packages
    files.main.write_text("-r other.txt\n" + files.main.read_text())
    with pytest.raises(LockInvalidError, match=r"tests-requirements\.txt:1"):
        files.read()


def test_the_inputs_of_a_path_keep_its_extras_and_its_marker(tmp_path: Path) -> None:
    text = 'b[x,y]; os_name == "nt"'
    declared = [
        DeclaredRequirement(text=text, origin=Origin(source="here"), path="libs/b", editable=editable)
        for editable in (True, False)
    ]
    asked = replace(spec("a", lock_format=LockFormat.REQUIREMENTS), requirements=tuple(declared))
    files = written(tmp_path, lock_of(asked, pin("a", "1.0")), asked)
    lines = files.main.with_suffix(".in").read_text().splitlines()
    assert lines[1:] == ['-e ../libs/b[x,y] ; os_name == "nt"', '../libs/b[x,y] ; os_name == "nt"']


@pytest.mark.parametrize("line", ["a>=1", "a", "<<<<<<< ours", "a==1.*", "not a pin at all!"])
def test_a_line_that_is_no_pin_is_named(tmp_path: Path, line: str) -> None:
    asked = spec("a", lock_format=LockFormat.REQUIREMENTS)
    files = written(tmp_path, lock_of(asked, pin("a", "1.0")), asked)
    files.main.write_text(f"{files.main.read_text()}{line}\n")
    with pytest.raises(LockInvalidError, match=r"tests-requirements\.txt:5"):
        files.read()


def test_a_missing_lock_is_told_apart(tmp_path: Path) -> None:
    with pytest.raises(LockMissingError):
        lock_files(tmp_path, spec("a")).read()


def test_a_lock_for_one_target_has_a_file_of_its_own(tmp_path: Path) -> None:
    asked = spec("a")
    lock = lock_of(asked, pin("a", "1"))
    lock = replace(lock, record=LockRecord(inputs=asked.inputs, target="cp312-linux-x86_64"))
    assert lock_files(tmp_path, asked, "cp312-linux-x86_64").place == "locks/pylock.tests-cp312-linux-x86_64.toml"
    assert written(tmp_path, lock, asked).read().record == lock.record
