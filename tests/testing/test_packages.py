from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from email import message_from_bytes
from typing import TYPE_CHECKING

import pytest
from packaging.utils import parse_sdist_filename, parse_wheel_filename

from lockhouse.testing import _in_tree_backend as backend
from lockhouse.testing import build_sdist, build_wheel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lockhouse.testing import PackageFile, ProjectFolder


def everything() -> dict[str, object]:
    return {
        "requires": ["other>=2", "direct @ https://files.example/direct-1.0.zip"],
        "requires_python": ">=3.8",
        "extras": {"fast": ["speedups; python_version >= '3.9'", "linked @ https://files.example/linked-1.0.zip"]},
        "entry_points": {"console_scripts": {"demo": "demo:main"}, "lockhouse": {"demo": "demo"}},
    }


@pytest.mark.parametrize("build", [build_wheel, build_sdist])
def test_the_same_arguments_give_the_same_bytes(build: Callable[..., PackageFile]) -> None:
    assert build("Demo.Pkg", "1.0", **everything()).data == build("Demo.Pkg", "1.0", **everything()).data
    assert build("demo", "1.0").sha256 != build("demo", "1.1").sha256


def test_the_bytes_of_a_wheel_are_those_of_yesterday() -> None:
    wheel = build_wheel("demo", "1.0", requires=["other>=2"], size=100)
    assert wheel.sha256 == "21fb6c7402bb3e4e6c1392d012a2f972b013985f9aa14579870b118120d39edb"


def test_metadata_says_what_was_asked_for() -> None:
    wheel = build_wheel("Demo.Pkg", "1.0", metadata_extra=["License-Expression: MIT"], **everything())  # type: ignore[arg-type]
    fields = message_from_bytes(wheel.metadata or b"")
    assert fields["Name"] == "Demo.Pkg"
    assert fields["Requires-Python"] == ">=3.8"
    assert fields["Provides-Extra"] == "fast"
    assert fields["License-Expression"] == "MIT"
    assert fields.get_all("Requires-Dist") == [
        "other>=2",
        "direct @ https://files.example/direct-1.0.zip",
        "speedups ; (python_version >= '3.9') and extra == \"fast\"",
        'linked @ https://files.example/linked-1.0.zip ; extra == "fast"',
    ]


def test_file_names_follow_the_standards() -> None:
    name, version, _, tags = parse_wheel_filename(build_wheel("Demo.Pkg", "1.0", tag="py2.py3-none-any").filename)
    assert (name, str(version), len(tags)) == ("demo-pkg", "1.0", 2)
    assert parse_sdist_filename(build_sdist("Demo.Pkg", "1.0").filename)[0] == "demo-pkg"


def test_a_tag_of_many_stands_in_the_wheel_one_a_line() -> None:
    wheel = build_wheel("demo", "1.0", tag="cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64")
    with zipfile.ZipFile(io.BytesIO(wheel.data)) as archive:
        fields = message_from_bytes(archive.read("demo-1.0.dist-info/WHEEL"))
    assert fields.get_all("Tag") == ["cp312-cp312-manylinux_2_17_x86_64", "cp312-cp312-manylinux2014_x86_64"]
    assert fields["Root-Is-Purelib"] == "false"


def test_record_names_every_file_with_its_hash() -> None:
    wheel = build_wheel("demo", "1.0", size=10)
    with zipfile.ZipFile(io.BytesIO(wheel.data)) as archive:
        rows = [line.split(",") for line in archive.read("demo-1.0.dist-info/RECORD").decode().splitlines()]
        assert [row[0] for row in rows] == archive.namelist()
        for name, digest, size in rows[:-1]:
            assert (digest, int(size)) == (backend.record_hash(archive.read(name)), len(archive.read(name)))


def test_padding_does_not_compress() -> None:
    assert len(build_wheel("demo", "1.0", size=50_000).data) > 50_000
    assert len(build_sdist("demo", "1.0", size=50_000).data) > 50_000


def test_other_bytes_still_install_and_show(project: ProjectFolder) -> None:
    for file in (build_wheel("demo", "1.0"), build_sdist("lib", "1.0")):
        changed = file.with_other_bytes()
        assert (changed.filename, changed.sha256 == file.sha256) == (file.filename, False)
        path = changed.write_to(project.path)
        project.run("uv", "pip", "install", "--no-index", "--target=target", path, check=True)
    assert (project / "target/other_bytes.py").is_file()
    assert (project / "target/lib.py").is_file()


def test_a_flipped_byte_is_one_byte() -> None:
    wheel = build_wheel("demo", "1.0")
    changed = wheel.with_flipped_byte(7)
    assert [i for i, (a, b) in enumerate(zip(wheel.data, changed.data, strict=True)) if a != b] == [7]


def test_an_sdist_builds_offline_and_brings_its_metadata_and_scripts(project: ProjectFolder) -> None:
    sdist = build_sdist(
        "Demo.Pkg",
        "1.0",
        extras={"fast": ["speedups"]},
        entry_points={"console_scripts": {"demo": "demo_pkg:main"}},
        modules={"demo_pkg/__init__.py": "def main():\n    print('it runs')\n"},
    )
    project.run("uv", "build", "--wheel", "--offline", "-o", "dist", sdist.write_to(project.path), check=True)
    project.run("uv", "venv", "env", check=True)
    project.run("uv", "pip", "install", "--offline", "-p", "env", "dist/demo_pkg-1.0-py3-none-any.whl", check=True)
    script = next((project / "env").glob("[bS]*/demo*"))
    assert project.run(script, check=True).stdout == "it runs\n"


def test_dynamic_metadata_makes_a_resolver_build(project: ProjectFolder) -> None:
    sdist = build_sdist("demo", "1.0", requires=["other>=2"], static_metadata=False)
    with tarfile.open(fileobj=io.BytesIO(sdist.data)) as archive:
        member = archive.extractfile("demo-1.0/PKG-INFO")
        assert member is not None
        assert "Dynamic: Requires-Dist" in member.read().decode()
    build_wheel("other", "2.0").write_to(project / "links")
    sdist.write_to(project / "links")
    project.write("in.txt", "demo")
    result = project.run("uv", "pip", "compile", "--no-index", "-f", "links", "in.txt", check=True)
    assert "other==2.0" in result.stdout


def test_a_backend_of_the_caller_is_used(project: ProjectFolder) -> None:
    sdist = build_sdist(
        "demo",
        "1.0",
        build_system='[build-system]\nrequires = []\nbuild-backend = "own"\nbackend-path = ["."]\n',
        files={"own.py": "def build_wheel(*args):\n    raise SystemExit('own backend called')\n"},
    )
    result = project.run("uv", "build", "--wheel", "--offline", sdist.write_to(project.path))
    assert result.returncode
    assert "own backend called" in result.output


OLD_PYTHON_TOML = """
[build-system]
requires = []

[project]  # comment
name = "demo"  # [not a table]
version = "1.0"
dependencies = [
    "a[x]>=1",  # with an extra
    "b; python_version < '3'",
]
license = { text = "MIT" }

[project.optional-dependencies]
fast = ["c"]
"quoted" = []

[dependency-groups]
all = [{ include-group = "test" }, "x"]

[project.scripts]
demo = "demo:main"
"""


def test_the_backend_reads_its_table_without_a_toml_reader() -> None:
    assert backend.read_tables(OLD_PYTHON_TOML)["project"] == {
        "name": "demo",
        "version": "1.0",
        "dependencies": ["a[x]>=1", "b; python_version < '3'"],
        "optional-dependencies": {"fast": ["c"], "quoted": []},
        "scripts": {"demo": "demo:main"},
    }


@pytest.mark.parametrize("version", ["3.8", "3.13"])
def test_an_sdist_builds_under_old_and_new_pythons(
    version: str, require_python: Callable[[str], Path], project: ProjectFolder
) -> None:
    path = build_sdist("demo", "1.0", requires=["other>=2"], requires_python=">=3.8").write_to(project.path)
    project.run("uv", "build", "--wheel", "--offline", "-p", require_python(version), "-o", "dist", path, check=True)
    with zipfile.ZipFile(project / "dist/demo-1.0-py3-none-any.whl") as archive:
        fields = message_from_bytes(archive.read("demo-1.0.dist-info/METADATA"))
    assert (fields["Requires-Dist"], fields["Requires-Python"]) == ("other>=2", ">=3.8")


def test_the_digest_is_that_of_the_bytes() -> None:
    wheel = build_wheel("demo", "1.0")
    assert wheel.sha256 == hashlib.sha256(wheel.data).hexdigest()
