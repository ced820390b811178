from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.config.requirement_lines import read_requirement
from lockhouse.errors import InvalidRequirementError
from lockhouse.model.spec import Origin

from .declaring import write

if TYPE_CHECKING:
    from pathlib import Path

HERE = Origin(source="requirements.txt", file="requirements.txt", line=4)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Give a project with local projects and archives beside it."""
    folder = tmp_path / "project"
    write(
        folder,
        lib___pyproject__toml='[project]\nname = "My_Lib"\n',
        old___setup__cfg="[metadata]\nname = old.lib\n",
        code___setup__py="from setuptools import setup\n",
        spaced___pyproject__toml='[project]\nname = "no name"\n',
        broken___pyproject__toml="[project\n",
        broken_cfg___setup__cfg="[metadata\n",
    )
    write(tmp_path, beside___pyproject__toml='[project]\nname = "beside"\n')
    for name in ("demo_pkg-1.0-py3-none-any.whl", "demo-pkg-1.0.tar.gz", "nonsense.zip"):
        (folder / name).write_bytes(b"")
    return folder


@pytest.mark.parametrize(
    ("text", "recorded"),
    [
        ("Foo_Bar[Z,a] <2,>=1", "foo-bar[a,z]<2,>=1"),
        ("a (>=1)", "a>=1"),
        ("a;python_version<'3.12'", 'a; python_version < "3.12"'),
        ("a @ https://x.example/a-1.0.zip", "a @ https://x.example/a-1.0.zip"),
        (
            "https://x.example/Demo_Pkg-1.0-py3-none-any.whl",
            "demo-pkg @ https://x.example/Demo_Pkg-1.0-py3-none-any.whl",
        ),
        ("https://x.example/demo-1.0.tar.gz#sha256=ab", "demo @ https://x.example/demo-1.0.tar.gz#sha256=ab"),
        ("git+https://x.example/d.git@v1#egg=Demo", "demo @ git+https://x.example/d.git@v1"),
        (
            "git+https://x.example/d.git@v1#egg=demo[x]&subdirectory=sub ; os_name == 'nt'",
            'demo[x] @ git+https://x.example/d.git@v1#subdirectory=sub ; os_name == "nt"',
        ),
        ("./lib", "my-lib @ lib"),
        ("lib/", "my-lib @ lib"),
        ("./lib[x,b] ; os_name == 'nt'", 'my-lib[b,x]; os_name == "nt" @ lib'),
        ("../beside", "beside @ ../beside"),
        ("./old", "old-lib @ old"),
        ("my-lib @ ./lib", "my-lib @ lib"),
        ("code @ ./code", "code @ code"),
        ("demo_pkg-1.0-py3-none-any.whl", "demo-pkg @ demo_pkg-1.0-py3-none-any.whl"),
        ("./demo-pkg-1.0.tar.gz", "demo-pkg @ demo-pkg-1.0.tar.gz"),
        ("lib", "lib"),
    ],
)
def test_forms(root: Path, text: str, recorded: str) -> None:
    declared = read_requirement(text, HERE, root=root)
    assert declared.recorded == recorded
    assert declared.origin == HERE


def test_addresses_of_local_files(root: Path) -> None:
    uri = (root / "lib").as_uri()
    for text in (uri, f"my-lib @ {uri}"):
        assert read_requirement(text, HERE, root=root).recorded == "my-lib @ lib"


def test_absolute_paths_become_relative(root: Path) -> None:
    assert read_requirement(str(root / "lib"), HERE, root=root).path == "lib"


def test_editable(root: Path) -> None:
    declared = read_requirement("./lib[x]", HERE, root=root, editable=True)
    assert (declared.recorded, declared.editable) == ("-e my-lib[x] @ lib", True)
    assert read_requirement("lib", HERE, root=root, editable=True).path == "lib"
    reference = read_requirement("git+https://x.example/d#egg=d", HERE, root=root, editable=True)
    assert (reference.recorded, reference.editable) == ("d @ git+https://x.example/d", False)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a >= ", "Expected"),
        ("not a name", "Expected"),
        ("./missing", "no such file"),
        ("gone @ file:///nowhere/at/all", "no such file"),
        ("./code", "cannot be read from it without building"),
        ("./nonsense.zip", "cannot be read from it without building"),
        ("https://x.example/", "does not tell the name"),
        ("git+https://x.example/d.git", "does not tell the name"),
        ("a @ ftp://x.example/a.zip", "ftp"),
        ("https://[x.example/a-1.0.zip", "Invalid IPv6 URL"),
        ("a @ https://[x.example/a-1.0.zip", "Invalid IPv6 URL"),
        ("git+https://x.example/d#egg=no name", "blanks in an address"),
        ("git+https://x.example/d#egg=-", "Expected"),
        ("./lib[x", "no path, with or without extras"),
        ("./lib ; nonsense", "Expected"),
        ("./spaced", "cannot be read from it without building"),
        ("./broken", "broken/pyproject.toml:1 is not valid TOML"),
        ("./broken_cfg", "broken_cfg/setup.cfg cannot be read"),
    ],
)
def test_what_is_no_requirement(root: Path, text: str, why: str) -> None:
    with pytest.raises(InvalidRequirementError, match=why) as caught:
        read_requirement(text, HERE, root=root)
    assert "requirements.txt:4" in caught.value.what


def test_only_a_directory_is_editable(root: Path) -> None:
    with pytest.raises(InvalidRequirementError, match="only a directory"):
        read_requirement("./demo-pkg-1.0.tar.gz", HERE, root=root, editable=True)
    with pytest.raises(InvalidRequirementError, match="can follow -e"):
        read_requirement("https://x.example/a-1.0.zip", HERE, root=root, editable=True)


def test_credentials_are_neither_recorded_nor_shown(root: Path) -> None:
    declared = read_requirement("a @ https://me:s3cret@x.example/a-1.0.zip", HERE, root=root)
    assert "s3cret" in declared.text
    assert declared.recorded == "a @ https://****@x.example/a-1.0.zip"
    with pytest.raises(InvalidRequirementError) as caught:
        read_requirement("https://me:s3cret@x.example/", HERE, root=root)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("form", ["{}", "a @ {}"])
def test_a_credential_in_a_query_is_refused(root: Path, form: str) -> None:
    with pytest.raises(InvalidRequirementError) as caught:
        read_requirement(form.format("https://x.example/a-1.0.zip?private_token=s3cret"), HERE, root=root)
    assert "credential in its query (private_token)" in str(caught.value)
    assert "s3cret" not in str(caught.value)
