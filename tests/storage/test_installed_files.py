"""What is looked at of the files of installed packages, and what damaged notes of them lead to."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

import pytest
from packaging.utils import canonicalize_name

from lockhouse.errors import StoreError
from lockhouse.model.interpreter import InterpreterIdentity
from lockhouse.model.receipt import InstalledFiles, InstalledPackage, InstalledSource, Receipt
from lockhouse.storage.installed_files import (
    changes_of,
    files_of,
    files_of_nobody,
    looks_untouched,
    remove_file_of_nobody,
    seeded_files,
)
from lockhouse.storage.receipts import RECEIPT_NAME, read_receipt, remove_receipt, write_receipt

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DEMO = InstalledPackage(
    name=canonicalize_name("demo"),
    version="1.0",
    artifact="",
    dist_info="demo-1.0.dist-info",
    record_size=0,
    record_mtime_ns=0,
)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "lib" / "site-packages"
    (folder / DEMO.dist_info).mkdir(parents=True)
    (tmp_path / "pyvenv.cfg").write_text("home = /\n")
    return folder


def install(site: Path, digest: str, *more: str) -> InstalledFiles:
    (site / "demo.py").write_text("one = 1\n")
    rows = [f"demo.py,{digest},", "demo-1.0.dist-info/RECORD,,", "__pycache__/demo.cpython-311.pyc,,", *more]
    (site / DEMO.dist_info / "RECORD").write_text("\n".join(rows) + "\n")
    files = files_of(site.parent.parent, [site], DEMO)
    assert files is not None
    return files


def changed(site: Path, files: InstalledFiles) -> list[tuple[str, bool]]:
    return [(change.path.rpartition("/")[2], change.missing) for change in changes_of(site.parent.parent, files)]


def extra(site: Path, seeded: tuple[tuple[str, str], ...] = ()) -> list[str]:
    found = files_of_nobody(site.parent.parent, [site], seeded)
    return [path.removeprefix("lib/site-packages/") for path in found]


SHA256 = "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(b"one = 1\n").digest()).rstrip(b"=").decode()


@pytest.mark.parametrize("digest", [SHA256, "", "md5=AAAA", "shake_128=AAAA", "nonsense"])
def test_a_file_is_held_against_its_hash_or_against_ours_where_it_has_none(site: Path, digest: str) -> None:
    files = install(site, digest, "never-there.txt,,")
    assert changed(site, files) == []
    (site / "__pycache__").mkdir()
    (site / "__pycache__" / "demo.cpython-311.pyc").write_bytes(b"made later")
    assert changed(site, files) == []
    (site / "demo.py").write_text("two = 2\n")
    assert changed(site, files) == [("demo.py", False)]
    (site / "demo.py").unlink()
    assert not looks_untouched(site.parent.parent, files)
    assert changed(site, files) == [("demo.py", True)]


def test_a_record_that_cannot_be_read_names_nothing(site: Path) -> None:
    files = install(site, "", "a\0b,,", f"a\0c,{SHA256},")
    assert looks_untouched(site.parent.parent, files)
    assert changed(site, files) == [("a\0c", True)]
    install(site, "", '"' + "a" * 200_000 + '",,')
    assert extra(site) == []
    (site / "zz-1.0.dist-info" / "RECORD").mkdir(parents=True)
    (site / "zz-1.0.egg-info" / "installed-files.txt").mkdir(parents=True)
    assert extra(site) == []


def test_what_seeded_the_environment_passes_as_long_as_it_is_what_it_was(site: Path) -> None:
    (site / "_virtualenv.py").write_text("patch = 1\n")
    (site / "_virtualenv.pth").write_text("import _virtualenv\n")
    seeded = seeded_files(site.parent.parent, [site])
    assert extra(site, seeded) == []
    (site / "easy-install.pth").write_text("import os\n")
    (site / "distutils-precedence.pth").write_text("import os\n")
    assert extra(site, seeded) == ["distutils-precedence.pth", "easy-install.pth"]
    (site / "_virtualenv.py").write_text("evil = 1\n")
    assert set(extra(site, seeded)) >= {"_virtualenv.py", "_virtualenv.pth"}


def test_what_a_package_owns_is_no_seed(site: Path) -> None:
    (site / "distutils-precedence.pth").write_text("import os\n")
    install(site, SHA256, "distutils-precedence.pth,,")
    assert seeded_files(site.parent.parent, [site]) == ()


def test_a_link_to_a_folder_is_named_and_removed_alone(
    site: Path, tmp_path: Path, leave_out: Callable[[str], NoReturn]
) -> None:
    install(site, SHA256, "owned/inner.py,,")
    other = tmp_path / "other"
    other.mkdir()
    (other / "inner.py").write_text("")
    try:
        (site / "linked").symlink_to(other, target_is_directory=True)
        (site / "owned").symlink_to(other, target_is_directory=True)
    except OSError:
        leave_out("links cannot be made here")
    assert extra(site) == ["linked"]
    remove_file_of_nobody(site / "linked")
    assert extra(site) == []
    assert (other / "inner.py").exists()


def test_a_folder_of_which_nobody_owns_anything_is_named_and_removed_whole(site: Path) -> None:
    install(site, SHA256, "owned/inner.py,,")
    for path in ("owned/other.py", "stray/one.py", "stray/deep/two.py", "~emo/three.py", "evil.egg/four.py"):
        (site / path).parent.mkdir(exist_ok=True)
        (site / path).write_text("")
    assert extra(site) == ["evil.egg", "owned/other.py", "stray"]
    remove_file_of_nobody(site / "stray")
    assert not (site / "stray").exists()
    assert extra(site) == ["evil.egg", "owned/other.py"]


def test_what_one_folder_owns_in_the_other_belongs_to_somebody(tmp_path: Path) -> None:
    (tmp_path / "pyvenv.cfg").write_text("home = /\n")
    pure, compiled = folders = [tmp_path / lib / "python3.11" / "site-packages" for lib in ("lib", "lib64")]
    (pure / "foo").mkdir(parents=True)
    (pure / "foo" / "__init__.py").write_text("")
    (compiled / "foo-1.0.dist-info").mkdir(parents=True)
    (compiled / "_foo.so").write_text("")
    rows = ["_foo.so,,", "../../../lib/python3.11/site-packages/foo/__init__.py,,", "foo-1.0.dist-info/RECORD,,"]
    (compiled / "foo-1.0.dist-info" / "RECORD").write_text("\n".join(rows) + "\n")
    assert files_of_nobody(tmp_path, folders) == ()
    (pure / "foo" / "stray.py").write_text("")
    (pure / "_foo.so").write_text("")
    found = ("lib/python3.11/site-packages/_foo.so", "lib/python3.11/site-packages/foo/stray.py")
    assert files_of_nobody(tmp_path, folders) == found


def test_in_a_whole_python_nothing_belongs_to_nobody(site: Path, tmp_path: Path) -> None:
    install(site, SHA256)
    (site / "sitecustomize.py").write_text("")
    assert extra(site) == ["sitecustomize.py"]
    (tmp_path / "pyvenv.cfg").unlink()
    assert extra(site) == []


def test_entry_points_that_are_put_into_metadata_are_seen(site: Path) -> None:
    files = install(site, SHA256)
    (site / DEMO.dist_info / "entry_points.txt").write_text("[pytest11]\nx = demo\n")
    assert not looks_untouched(site.parent.parent, files)
    assert list(map(str, changes_of(site.parent.parent, files))) == [
        "lib/site-packages/demo-1.0.dist-info/entry_points.txt was added"
    ]


def test_what_cannot_be_removed_is_our_error(site: Path) -> None:
    (site / "demo.py").write_text("")
    with pytest.raises(StoreError, match=r"inner\.py") as error:
        remove_file_of_nobody(site / "demo.py" / "inner.py")
    assert error.value.fix is not None
    (site / RECEIPT_NAME).mkdir()
    assert read_receipt(site) is None
    with pytest.raises(StoreError, match=RECEIPT_NAME) as error:
        remove_receipt(site)
    assert error.value.fix is not None


RECEIPT = Receipt(
    environment="tests",
    lock_digest="l",
    target="t",
    interpreter=InterpreterIdentity(executable="python", size=1, mtime_ns=2, version="3.12.4", system_packages=True),
    installer="uv",
    packages=(DEMO,),
    sources=(InstalledSource(name=canonicalize_name("mine"), path=".", editable=True, identity="editable:1"),),
    files=(
        InstalledFiles(
            name=DEMO.name,
            folder="lib",
            dist_info=DEMO.dist_info,
            record="r",
            paths=("demo.py", "two words.py"),
            digest="d",
            unhashed=(("demo.py", "0" * 64), ("two words.py", "")),
        ),
    ),
    seeded=(("lib/_virtualenv.py", "1" * 64),),
    skip_project=True,
)


def test_a_receipt_is_read_as_it_was_written(tmp_path: Path) -> None:
    for receipt in (RECEIPT, replace(RECEIPT, packages=(), sources=(), files=(), seeded=())):
        write_receipt(tmp_path, receipt)
        assert read_receipt(tmp_path) == receipt


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, child in children for place in places(child, (*path, key)))]


def test_a_receipt_with_anything_of_a_wrong_type_counts_as_none(tmp_path: Path) -> None:
    write_receipt(tmp_path, RECEIPT)
    good = (tmp_path / RECEIPT_NAME).read_text()
    for place in places(json.loads(good))[1:]:
        for wrong in (5.5, {"a": 1}, [[1]]):
            data = json.loads(good)
            parent = data
            for key in place[:-1]:
                parent = parent[key]
            parent[place[-1]] = wrong
            (tmp_path / RECEIPT_NAME).write_text(json.dumps(data))
            assert read_receipt(tmp_path) is None, (place, wrong)


@pytest.mark.parametrize("content", [b"", b"[1]", b"5", b"\xff\xfe", b"[" * 100_000, b'{"version": 3}'])
def test_a_damaged_receipt_counts_as_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / RECEIPT_NAME).write_bytes(content)
    assert read_receipt(tmp_path) is None
