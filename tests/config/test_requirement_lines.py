from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.config.requirement_lines import read_requirement
from lockhouse.errors import InvalidRequirementError
from lockhouse.model.spec import Origin
from lockhouse.trace.looks import Looks

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
    declared = read_requirement(text, HERE, root=root, looks=Looks())
    assert declared.recorded == recorded
    assert declared.origin == HERE


def test_addresses_of_local_files(root: Path) -> None:
    uri = (root / "lib").as_uri()
    for text in (uri, f"my-lib @ {uri}"):
        assert read_requirement(text, HERE, root=root, looks=Looks()).recorded == "my-lib @ lib"


def test_absolute_paths_become_relative(root: Path) -> None:
    assert read_requirement(str(root / "lib"), HERE, root=root, looks=Looks()).path == "lib"


def test_editable(root: Path) -> None:
    declared = read_requirement("./lib[x]", HERE, root=root, looks=Looks(), editable=True)
    assert (declared.recorded, declared.editable) == ("-e my-lib[x] @ lib", True)
    assert read_requirement("lib", HERE, root=root, looks=Looks(), editable=True).path == "lib"
    reference = read_requirement("git+https://x.example/d#egg=d", HERE, root=root, looks=Looks(), editable=True)
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
        ("https://[x.example/a-1.0.zip", "the address of a requirement cannot be read"),
        ("a @ https://[x.example/a-1.0.zip", "the address of a requirement cannot be read"),
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
        read_requirement(text, HERE, root=root, looks=Looks())
    assert "requirements.txt:4" in caught.value.what


def test_only_a_directory_is_editable(root: Path) -> None:
    with pytest.raises(InvalidRequirementError, match="only a directory"):
        read_requirement("./demo-pkg-1.0.tar.gz", HERE, root=root, looks=Looks(), editable=True)
    with pytest.raises(InvalidRequirementError, match="can follow -e"):
        read_requirement("https://x.example/a-1.0.zip", HERE, root=root, looks=Looks(), editable=True)


def test_credentials_are_neither_recorded_nor_shown(root: Path) -> None:
    declared = read_requirement("a @ https://me:s3cret@x.example/a-1.0.zip", HERE, root=root, looks=Looks())
    assert "s3cret" in declared.text
    assert declared.recorded == "a @ https://****@x.example/a-1.0.zip"
    with pytest.raises(InvalidRequirementError) as caught:
        read_requirement("https://me:s3cret@x.example/", HERE, root=root, looks=Looks())
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("password", ["it's-s3cret", 's3"cret', "s3@cret", "'s3cret'", '"s3cret"'])
def test_a_password_with_quotes_is_neither_recorded_nor_shown(root: Path, password: str) -> None:
    declared = read_requirement(f"a @ https://me:{password}@x.example/a-1.0.zip", HERE, root=root, looks=Looks())
    assert declared.recorded == "a @ https://****@x.example/a-1.0.zip"
    with pytest.raises(InvalidRequirementError) as caught:
        read_requirement(f"https://me:{password}@x.example/", HERE, root=root, looks=Looks())
    assert "cret" not in str(caught.value)


def test_a_password_that_breaks_its_address_is_not_shown(root: Path) -> None:
    with pytest.raises(InvalidRequirementError) as caught:
        read_requirement("a @ https://me:s3/cret@x.example/a-1.0.zip", HERE, root=root, looks=Looks())
    assert "cret" not in str(caught.value)
    assert "%2F" in str(caught.value)


def test_the_user_of_an_ssh_address_is_recorded(root: Path) -> None:
    text = "a @ git+ssh://git@x.example/a.git@v1"
    assert read_requirement(text, HERE, root=root, looks=Looks()).recorded == text


@pytest.mark.parametrize("form", ["{}", "a @ {}"])
@pytest.mark.parametrize(
    "address",
    [
        "https://x.example/glpat-s3cret123/a-1.0.zip",
        "https://x.example/t/ghp_s3cret1234567890/a-1.0.zip",
        "git+https://x.example/glpat-s3cret123/a.git@v1#egg=a",
        "https://x.example/a-1.0.zip?sig=s3cret",
        "https://x.example/a-1.0.zip?X-Amz-Signature=s3cret&expires=9",
        "https://x.example/a-1.0.zip?at=glpat-s3cret123",
    ],
)
def test_a_credential_in_an_address_is_refused(root: Path, form: str, address: str) -> None:
    with pytest.raises(InvalidRequirementError) as caught:
        read_requirement(form.format(address), HERE, root=root, looks=Looks())
    assert "has a credential in its " in str(caught.value)
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize(
    "address",
    [
        f"https://x.example/packages/ab/cd/{'0a' * 32}/a-1.0.zip",
        "https://x.example/tokenizers/pypi-attestations/a-1.0.zip?raw=true",
        f"git+https://x.example/my-long-name-of-2026/secrets.git@{'0a' * 20}",
    ],
)
def test_what_may_be_no_credential_is_taken(root: Path, address: str) -> None:
    assert read_requirement(f"a @ {address}", HERE, root=root, looks=Looks()).recorded == f"a @ {address}"


@pytest.mark.parametrize("marker", ["'x' in extras", "os_name == 'nt' or 'x' in dependency_groups"])
def test_a_marker_of_lock_files_is_refused(root: Path, marker: str) -> None:
    for text in (f"a; {marker}", f"./lib ; {marker}", f"https://x.example/a-1.0.zip ; {marker}"):
        with pytest.raises(InvalidRequirementError, match="a meaning in lock files only"):
            read_requirement(text, HERE, root=root, looks=Looks())
    assert read_requirement("a; os_name == 'extras'", HERE, root=root, looks=Looks()).requirement.marker is not None


def test_the_home_of_nobody_is_a_path_that_is_not_there(root: Path) -> None:
    with pytest.raises(InvalidRequirementError, match="no such file"):
        read_requirement("~no-such-user/lib", HERE, root=root, looks=Looks())


@pytest.mark.parametrize("form", ["{}", "a @ {}"])
def test_a_credential_in_a_query_is_refused(root: Path, form: str) -> None:
    with pytest.raises(InvalidRequirementError) as caught:
        read_requirement(
            form.format("https://x.example/a-1.0.zip?private_token=s3cret"), HERE, root=root, looks=Looks()
        )
    assert "credential in its query (private_token)" in str(caught.value)
    assert "s3cret" not in str(caught.value)
