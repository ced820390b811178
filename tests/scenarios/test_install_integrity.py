"""Nothing is installed whose bytes are not those that the lock names: refused before any of it is unpacked."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lockhouse.testing import build_sdist
from lockhouse.testing.packages import flip_byte

from .installing import (
    CLI,
    NOX,
    TOX,
    Frontend,
    declare,
    each_frontend,
    flip_digit,
    has_receipt,
    installed,
    lock,
    lock_path,
    nothing_of,
    store_files,
)

if TYPE_CHECKING:
    from lockhouse.testing import PackageFile, PackageIndex, ProjectFolder, Result


def assert_mismatch(result: Result, file: PackageFile, *, expected: str, found: str) -> None:
    head = result.line_with("error[hash-mismatch]")
    assert f"{file.name} {file.version}" in head
    assert file.filename in head
    assert f"sha256:{expected}" in result.line_with("expected ")
    assert f"sha256:{found}" in result.line_with("found  ")
    assert "fix: " in result.output


def assert_clean(frontend: Frontend, project: ProjectFolder) -> None:
    root = frontend.root(project)
    assert nothing_of(root, "demo", "other")
    assert not has_receipt(root)


@pytest.mark.parametrize(
    ("frontend", "lock_format"),
    [(CLI, "pylock"), (CLI, "requirements"), (NOX, "pylock"), (TOX, "requirements")],
    ids=["cli-pylock", "cli-requirements", "nox-pylock", "tox-requirements"],
)
def test_a_flipped_digit_in_the_lock(
    frontend: Frontend, lock_format: str, index: PackageIndex, project: ProjectFolder
) -> None:
    demo = index.add_wheel("demo", "1.0", requires=["other"])
    index.add_wheel("other", "1.0")
    declare(project, "demo", format=lock_format)
    lock(project)
    changed = flip_digit(lock_path(project), demo.sha256)
    result = frontend.refuse(project, code="hash-mismatch")
    assert_mismatch(result, demo, expected=changed, found=demo.sha256)
    assert_clean(frontend, project)


@pytest.mark.parametrize(
    ("frontend", "installer"),
    [(CLI, "uv"), (CLI, "pip"), (NOX, "pip"), (TOX, "uv")],
    ids=["cli-uv", "cli-pip", "nox-pip", "tox-uv"],
)
def test_a_flipped_byte_in_a_served_file(
    frontend: Frontend, installer: str, index: PackageIndex, project: ProjectFolder
) -> None:
    demo = index.add_wheel("demo", "1.0")
    declare(project, "demo", installer=installer)
    lock(project)
    fault = index.fault("*.whl", "flipped-byte")
    result = frontend.refuse(project, code="hash-mismatch")
    assert_mismatch(result, demo, expected=demo.sha256, found=demo.with_flipped_byte().sha256)
    assert "HAS OTHER BYTES" in result.output
    assert_clean(frontend, project)
    assert store_files(Path(os.environ["LOCKHOUSE_CACHE_DIR"])) == []
    fault.lift()
    frontend.succeed(project)
    assert installed(frontend.root(project)) == {"demo": "1.0"}


@each_frontend
def test_a_flipped_byte_in_a_stored_file(frontend: Frontend, index: PackageIndex, project: ProjectFolder) -> None:
    demo = index.add_wheel("demo", "1.0")
    declare(project, "demo")
    lock(project)
    frontend.succeed(project)
    (stored,) = store_files(Path(os.environ["LOCKHOUSE_CACHE_DIR"]))
    stored.chmod(0o644)
    stored.write_bytes(flip_byte(stored.read_bytes()))
    frontend.forget(project)
    result = frontend.refuse(project, code="hash-mismatch")
    assert_mismatch(result, demo, expected=demo.sha256, found=demo.with_flipped_byte().sha256)
    assert_clean(frontend, project)
    frontend.succeed(project)


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("other-bytes", "HAS OTHER BYTES than those that were locked under the same file name"),
        ("empty", "is an empty download"),
        ("short", "is a truncated download"),
        ("html-page", "is an HTML page"),
    ],
)
def test_the_message_tells_what_came_instead(
    fault: str, said: str, index: PackageIndex, project: ProjectFolder
) -> None:
    index.add_wheel("demo", "1.0")
    declare(project, "demo")
    lock(project)
    index.fault("*/demo-1.0-py3-none-any.whl", fault)
    result = CLI.refuse(project, code="hash-mismatch")
    assert result.returncode == 5
    assert said in result.line_with("error[hash-mismatch]")
    assert_clean(CLI, project)
    for frontend in (NOX, TOX):
        assert said in frontend.refuse(project, code="hash-mismatch").line_with("error[hash-mismatch]")
        assert_clean(frontend, project)


def test_a_wheel_with_the_hash_of_its_sdist(index: PackageIndex, project: ProjectFolder) -> None:
    wheel = index.add_wheel("demo", "1.0")
    sdist = index.add(build_sdist("demo", "1.0"))
    declare(project, "demo")
    lock(project)
    path = lock_path(project)
    path.write_bytes(path.read_bytes().replace(wheel.sha256.encode(), sdist.sha256.encode()))
    result = CLI.refuse(project, code="hash-mismatch")
    assert f"stands in the lock with the hash of {sdist.filename}" in result.line_with("error[hash-mismatch]")


def test_every_bad_file_is_named_at_once(index: PackageIndex, project: ProjectFolder) -> None:
    index.add_wheel("demo", "1.0", requires=["other", "third"])
    index.add_wheel("other", "1.0")
    index.add_wheel("third", "1.0")
    declare(project, "demo")
    lock(project)
    index.fault("*/other-1.0-py3-none-any.whl", "flipped-byte")
    index.fault("*/third-1.0-py3-none-any.whl", "other-bytes")
    result = CLI.refuse(project, code="hash-mismatch")
    assert "2 files cannot be used" in result.line_with("error[hash-mismatch]")
    assert "other 1.0: other-1.0-py3-none-any.whl HAS OTHER BYTES" in result.output
    assert "third 1.0: third-1.0-py3-none-any.whl HAS OTHER BYTES" in result.output
    assert_clean(CLI, project)


@pytest.mark.parametrize("reference", ["./local", "-e ./local"])
def test_a_directory_is_refused_unless_allowed_by_name(
    reference: str, index: PackageIndex, project: ProjectFolder
) -> None:
    demo = index.add_wheel("demo", "1.0")
    local = project.path / "local"
    type(project)(local).write_package('[project]\nname = "local"\nversion = "0.1"\n', {"local.py": "answer = 42\n"})
    project.write("more.txt", f"{reference}\n")
    declare(project, "demo", extra='requirement-files = ["more.txt"]')
    lock(project)
    for frontend in (CLI, NOX, TOX):
        refused = frontend.refuse(project, code="unverifiable-artifact")
        assert "no hash can cover local" in refused.output
        assert "allow-unhashed" in refused.output
        assert_clean(frontend, project)

    declare(project, "demo", extra='requirement-files = ["more.txt"]\nallow-unhashed = ["local"]')
    lock(project)
    for frontend in (CLI, NOX, TOX):
        frontend.succeed(project)
        assert installed(frontend.root(project)) == {"demo": "1.0", "local": "0.1"}
        shown = project.run(frontend.python(project), "-c", "import local; print(local.__file__)", check=True)
        assert (str(local) in shown.stdout) == reference.startswith("-e"), shown
        frontend.forget(project)

    flip_digit(lock_path(project), demo.sha256)
    for frontend in (CLI, NOX, TOX):
        result = frontend.refuse(project, code="hash-mismatch")
        assert "demo 1.0" in result.line_with("error[hash-mismatch]")
        assert_clean(frontend, project)
