from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import BackendFailedError
from lockhouse.model.lock import Artifact, ArtifactKind
from lockhouse.resolvers.inputs import LocalPaths
from lockhouse.resolvers.uv_output import PylockReader, read_index_annotations

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.model.lock import LockedPackage


def read(tmp_path: Path, packages: str, *, bounds: str = ">=3.11") -> tuple[LockedPackage, ...]:
    file = tmp_path / "pylock.toml"
    file.write_text(f'lock-version = "1.0"\n{packages}', encoding="utf-8")
    paths = LocalPaths(tmp_path / "root", ())
    return PylockReader(scratch=tmp_path, requires_python=bounds, secrets=("s3cret",), paths=paths).read(file)


@pytest.mark.parametrize(
    ("marker", "kept"),
    [
        ("python_full_version >= '3.11'", None),
        ("python_full_version >= '3.11' and sys_platform == 'win32'", "sys_platform == 'win32'"),
        ("python_full_version >= '3.12'", "python_full_version >= '3.12'"),
        ("python_full_version < '3.11'", "python_full_version < '3.11'"),
        ("python_full_version >= '3.11' or os_name == 'nt'", "python_full_version >= '3.11' or os_name == 'nt'"),
        (
            "(os_name == 'nt' and python_full_version >= '3.11') and sys_platform == 'x'",
            "(os_name == 'nt' and python_full_version >= '3.11') and sys_platform == 'x'",
        ),
    ],
)
def test_drops_what_the_lower_bound_says_already(tmp_path: Path, marker: str, kept: str | None) -> None:
    (package,) = read(tmp_path, f'[[packages]]\nname = "a"\nversion = "1"\nmarker = "{marker}"\n')
    assert package.marker == kept


def test_reads_a_file_with_all_that_is_told_of_it(tmp_path: Path) -> None:
    (package,) = read(
        tmp_path,
        """
        [[packages]]
        name = "A_b"
        version = "1.0+x"
        sdist = { url = "https://u:p@index.example/s3cret/A_b-1.0%2Bx.tar.gz", size = 5, hashes = { SHA256 = "AB" } }
        wheels = [
{ url = "https://index.example/z-1-py3-none-any.whl", hashes = { sha256 = "02" } },
{ name = "a.whl", url = "https://a.example/7", hashes = { sha256 = "01" }, upload-time = 2024-01-02T03:04:05+02:00 },
        ]
        """,
    )
    assert (package.name, package.version) == ("a-b", "1.0+x")
    assert package.artifacts == (
        Artifact(
            kind=ArtifactKind.SDIST,
            filename="A_b-1.0+x.tar.gz",
            url="https://index.example/****/A_b-1.0%2Bx.tar.gz",
            size=5,
            hashes={"sha256": "ab"},
        ),
        Artifact(
            kind=ArtifactKind.WHEEL,
            filename="a.whl",
            url="https://a.example/7",
            upload_time="2024-01-02T01:04:05Z",
            hashes={"sha256": "01"},
        ),
        Artifact(
            kind=ArtifactKind.WHEEL,
            filename="z-1-py3-none-any.whl",
            url="https://index.example/z-1-py3-none-any.whl",
            hashes={"sha256": "02"},
        ),
    )


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://me:hush@code.example/a.git", "https://code.example/a.git"),
        ("ssh://git@code.example/a.git", "ssh://git@code.example/a.git"),
        ("ssh://git:hush@code.example/a.git", "ssh://code.example/a.git"),
    ],
)
def test_the_address_of_a_repository_keeps_the_user_that_ssh_needs(tmp_path: Path, given: str, kept: str) -> None:
    vcs = f'{{ type = "git", url = "{given}", commit-id = "c0ffee" }}'
    (package,) = read(tmp_path, f'[[packages]]\nname = "a"\nversion = "1"\nvcs = {vcs}\n')
    assert package.artifacts[0].url == kept


def test_paths_become_relative_to_the_project(tmp_path: Path) -> None:
    (package,) = read(tmp_path, '[[packages]]\nname = "a"\ndirectory = { path = "root/libs/a" }\n')
    assert package.artifacts == (Artifact(kind=ArtifactKind.DIRECTORY, path="libs/a"),)


@pytest.mark.parametrize(
    "content",
    [
        "[[packages]",
        "[[packages]]\nversion = 1",
        '[[packages]]\nname = "a"\nvcs = 7',
        '[[packages]]\nname="a"\nwheels=[{}]',
    ],
)
def test_what_it_does_not_understand_is_an_error_of_ours(tmp_path: Path, content: str) -> None:
    with pytest.raises(BackendFailedError, match="cannot be read"):
        read(tmp_path, content)


def test_reads_which_index_each_pin_came_from() -> None:
    text = """\
a-b==1.0 ; sys_platform == 'win32' \\
    --hash=sha256:00
    # from https://team.example/simple
A_b==2.0
    # from https://index.example/simple
c @ https://files.example/c.whl
    # from nowhere
"""
    assert read_index_annotations(text) == {
        ("a-b", "1.0"): "https://team.example/simple",
        ("a-b", "2.0"): "https://index.example/simple",
    }
