from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.config.declared import DeclaredEnvironment
from lockhouse.config.lock_names import LockClaim, refuse_collisions
from lockhouse.config.project import ProjectConfig
from lockhouse.errors import (
    ConfigError,
    EnvironmentConflictError,
    InvalidRequirementError,
    InvalidSettingError,
    UnknownEnvironmentError,
)
from lockhouse.model.indexes import Index
from lockhouse.model.spec import EnvironmentSpec, LockFormat, Origin, ProjectMode, merge_shared_locks

from .declaring import NOXFILE, declare, expand, recorded, write

if TYPE_CHECKING:
    from pathlib import Path


def from_table(root: Path, name: str = "tests", **environ: str) -> EnvironmentSpec:
    config = ProjectConfig.read(root, environ)
    return config.expand(config.environment(name))


FULL = """\
[project]
name = "demo"
requires-python = ">=3.10"
dependencies = ["base"]

[tool.lockhouse]
resolver = "pip"
format = "requirements"
lock-directory = "req/locks"
prereleases = true
exclude-newer = 2026-01-31
find-links = ["wheels"]
allow-unhashed = ["Foo_Bar"]
indexes = [
  { url = "https://index.example/simple", default = true },
  { url = "https://extra.example/simple", name = "extra" },
]

[tool.lockhouse.environments.tests]
requirements = [
  "b",
  "a>=1",
]
constraints = ["c<2"]
project = "editable"

[tool.lockhouse.environments.other]
resolver = "uv"
format = "pylock"
installer = "pip"
prereleases = false
exclude-newer = "2026-02-01T00:00:00+01:00"
find-links = []
no-index = true
indexes = []
allow-unhashed = []
python = "3.12"
"""


def test_what_the_project_says_counts_for_all(tmp_path: Path) -> None:
    write(tmp_path, pyproject__toml=FULL)
    spec = from_table(tmp_path)
    assert (spec.name, spec.lock_name, spec.lock_directory) == ("tests", "tests", "req/locks")
    assert (spec.resolver, spec.installer, spec.lock_format) == ("pip", "uv", LockFormat.REQUIREMENTS)
    assert (spec.prereleases, spec.exclude_newer) == (True, "2026-02-01T00:00:00Z")
    assert spec.requires_python == ">=3.10"
    assert spec.allow_unhashed == ("foo-bar",)
    assert spec.project is ProjectMode.EDITABLE
    assert spec.indexes.default == Index(url="https://index.example/simple")
    assert spec.indexes.extra == (Index(url="https://extra.example/simple", name="extra"),)
    assert spec.indexes.find_links == ("wheels",)
    assert str(spec.origin) == "[tool.lockhouse.environments.tests] (pyproject.toml:19)"
    assert [(item.text, item.origin.line) for item in spec.requirements] == [("b", 21), ("a>=1", 22), ("base", 4)]
    assert [(item.text, item.origin.line) for item in spec.constraints] == [("c<2", 24)]


def test_what_an_environment_says_counts_more(tmp_path: Path) -> None:
    write(tmp_path, pyproject__toml=FULL)
    spec = from_table(tmp_path, "other")
    assert (spec.resolver, spec.installer, spec.lock_format) == ("uv", "pip", LockFormat.PYLOCK)
    assert (spec.prereleases, spec.exclude_newer) == (False, "2026-01-31T23:00:00Z")
    assert (spec.requires_python, spec.allow_unhashed) == ("==3.12.*", ())
    assert spec.indexes.canonical() == {"no-index": True}


def test_the_same_inputs_in_two_places_are_the_same(tmp_path: Path) -> None:
    write(
        tmp_path,
        pyproject__toml=(
            '[project]\nname="demo"\nrequires-python=">=3.11"\ndependencies=["base"]\n[dependency-groups]\ntest=["pytest"]\n'
            '[tool.lockhouse.environments.tests]\ngroups=["test"]\nproject="wheel"\n'
        ),
    )
    one = from_table(tmp_path)
    other = expand(tmp_path, groups=["test"], project="wheel", python=None)
    assert one.inputs.digest == other.inputs.digest
    assert set(merge_shared_locks([one, other])) == {"tests"}


def test_the_same_name_with_different_inputs_names_both_places(tmp_path: Path) -> None:
    write(tmp_path, pyproject__toml='[tool.lockhouse.environments.tests]\npython=">=3.11"\nrequirements=["a"]\n')
    with pytest.raises(EnvironmentConflictError) as caught:
        merge_shared_locks([from_table(tmp_path), expand(tmp_path, requirements=["b"])])
    assert "pyproject.toml:1" in str(caught.value)
    assert "noxfile.py:7" in str(caught.value)


@pytest.mark.parametrize(
    ("pyproject", "keywords", "bounds", "pythons"),
    [
        ('[project]\nname="d"\nrequires-python=">=3.9"\n', {}, ">=3.9", ()),
        ('[project]\nname="d"\nrequires-python="<4, >=3.9"\n', {}, "<4,>=3.9", ()),
        ('[tool.lockhouse]\npython=">=3.10"\n[project]\nname="d"\nrequires-python=">=3.9"\n', {}, ">=3.10", ()),
        ('[tool.lockhouse]\npython=">=3.10"\n', {"pythons": ["3.13", "3.11.4"]}, ">=3.11", ("3.11", "3.13")),
        ("", {"pythons_run": ("python3.12", "pypy3.10", "python3", "/usr/bin/python")}, ">=3.10", ("3.10", "3.12")),
        ("", {"pythons": ["3.9"], "pythons_run": ("3.13",)}, ">=3.9", ("3.9", "3.13")),
        ("", {"python": ">=3.8", "pythons": ["3.12"]}, ">=3.8", ("3.12",)),
        ("", {"python": "3.12"}, "==3.12.*", ()),
        ("", {"python": "==3.12.4", "pythons": ["3.12"]}, "==3.12.4", ("3.12",)),
    ],
)
def test_python_bounds(
    tmp_path: Path, pyproject: str, keywords: dict[str, Any], bounds: str, pythons: tuple[str, ...]
) -> None:
    write(tmp_path, pyproject__toml=pyproject)
    spec = ProjectConfig.read(tmp_path, {}).expand(declare(**keywords))
    assert (spec.requires_python, spec.pythons) == (bounds, pythons)


@pytest.mark.parametrize("keyword", ["pythons", "pythons_run"])
@pytest.mark.parametrize("other", ["pypy3.11", "pypy311", "graalpy311", "3.13t", "python3.13t", "py313t"])
def test_pip_refuses_the_pythons_that_it_cannot_lock_for(tmp_path: Path, keyword: str, other: str) -> None:
    pythons = ("3.11", "python3.12", "py313", "cpython3.13", other)
    with pytest.raises(InvalidSettingError) as caught:
        expand(tmp_path, None, resolver="pip", **{keyword: pythons})
    assert f'"pip" cannot lock for {other}\n' in str(caught.value)
    assert 'resolver = "uv"' in str(caught.value)
    assert expand(tmp_path, None, **{keyword: pythons}).pythons
    assert expand(tmp_path, None, resolver="pip", **{keyword: pythons[:-1]}).pythons == ("3.11", "3.12", "3.13")


def test_no_python_bounds_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        ProjectConfig.read(tmp_path, {}).expand(declare(requirements=["a"]))
    assert 'no Python bounds are declared for environment "tests"' in str(caught.value)
    assert 'fix: set python = ">=3.11"' in str(caught.value)


@pytest.mark.parametrize("bounds", [">=9.9", "==4.*", ">=3.11,<3.11", "===3.11"])
def test_bounds_that_no_python_meets_are_an_error(tmp_path: Path, bounds: str) -> None:
    write(tmp_path, pyproject__toml=f'[project]\nname="d"\nrequires-python="{bounds}"\n')
    with pytest.raises(InvalidSettingError, match="no Python meets") as of_project:
        ProjectConfig.read(tmp_path, {}).expand(declare())
    assert "pyproject.toml:3" in str(of_project.value)
    for keywords in ({"python": bounds}, {"python": bounds, "pythons": ["3.11"]}):
        with pytest.raises(InvalidSettingError, match="no Python meets") as of_environment:
            expand(tmp_path, None, **keywords)
        assert "fix: " in str(of_environment.value)


def test_a_python_outside_of_the_bounds(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettingError, match=r"Python 3\.8, 3\.9 is outside"):
        expand(tmp_path, python=">=3.10", pythons=["3.8", "3.9", "3.10", "3.14"])


def test_duplicates_collapse(tmp_path: Path) -> None:
    found = recorded(
        expand(
            tmp_path,
            requirements=["Foo_Bar >= 1, < 3", "foo-bar<3,>=1", "a", "a; os_name == 'nt'", "b; os_name == 'nt'", "b>1"],
        )
    )
    assert found == ["a", 'b; os_name == "nt"', "b>1", "foo-bar<3,>=1"]


@pytest.mark.parametrize(
    ("one", "other", "conflict"),
    [
        ("a @ https://x.example/a-1.zip", "a @ https://x.example/a-2.zip", True),
        ("a @ https://x.example/a-1.zip", "A[x] @ https://x.example/a-1.zip", False),
        ("a @ git+https://x.example/a@v1", "a @ git+https://x.example/a@v2 ; os_name == 'nt'", True),
        (
            "a @ https://x.example/a-1.zip ; os_name == 'nt'",
            "a @ https://x.example/a-2.zip ; os_name == 'posix'",
            False,
        ),
        ("./lib", "lib @ https://x.example/lib-1.zip", True),
        ("./lib", "-e ./lib", True),
        ("./lib", "lib>=1", False),
    ],
)
def test_one_package_from_two_places(tmp_path: Path, one: str, other: str, conflict: bool) -> None:
    write(tmp_path, lib___pyproject__toml='[project]\nname = "lib"\n')
    if not conflict:
        assert len(expand(tmp_path, requirements=[one, other]).requirements) == 2
        return
    with pytest.raises(InvalidRequirementError, match="is asked for from two places"):
        expand(tmp_path, requirements=[one, other])


def test_files_and_text_add_up(tmp_path: Path) -> None:
    write(tmp_path, r__txt="b\n--pre\n-i https://i.example/simple\n-f links\n", c__txt="z<1\n", t__txt="d\n")
    spec = expand(
        tmp_path,
        requirements=["a"],
        requirement_files=["r.txt"],
        constraint_files=["c.txt"],
        constraints=["y<1"],
        find_links=["own"],
        requirements_text=(("c\n-r t.txt\n", Origin(source="deps", file="tox.ini")),),
    )
    assert recorded(spec) == ["a", "b", "c", "d"]
    assert sorted(item.text for item in spec.constraints) == ["y<1", "z<1"]
    assert spec.prereleases
    assert spec.indexes.default == Index(url="https://i.example/simple")
    assert spec.indexes.find_links == ("own", "links")


def test_our_own_default_index_wins_over_that_of_a_file(tmp_path: Path) -> None:
    write(tmp_path, r__txt="-i https://i.example/simple\n--extra-index-url https://e.example/simple\n")
    own = {"url": "https://own.example/simple", "default": True}
    spec = expand(tmp_path, requirement_files=["r.txt"], indexes=[own])
    assert [index.url for index in spec.indexes.indexes] == ["https://e.example/simple", "https://own.example/simple"]


def test_parameters_fill_placeholders_and_name_the_lock(tmp_path: Path) -> None:
    write(tmp_path, django4__txt="x\n")
    declared = declare(
        name="tests(django='4.2', unused=1)",
        base="tests",
        parameters={"unused": "1", "django": "4.2", "file": "django4"},
        requirements=["django=={django}.*"],
        requirement_files=["{file}.txt"],
        python=">=3.11",
    )
    spec = ProjectConfig.read(tmp_path, {}).expand(declared)
    assert recorded(spec) == ["django==4.2.*", "x"]
    assert (spec.name, spec.lock_name) == ("tests(django='4.2', unused=1)", "tests-4-2-django4")


def test_parameters_that_are_not_used_leave_one_lock(tmp_path: Path) -> None:
    one, other = (
        declare(name=f"tests({n})", base="tests", parameters={"n": n}, requirements=["a"], python=">=3.11")
        for n in "12"
    )
    config = ProjectConfig.read(tmp_path, {})
    specs = [config.expand(each) for each in (one, other)]
    assert {spec.lock_name for spec in specs} == {"tests"}


def test_a_lock_named_with_a_placeholder(tmp_path: Path) -> None:
    spec = expand(tmp_path, lock="dj-{v}", parameters={"v": "5.1"}, requirements=["django~={v}"])
    assert spec.lock_name == "dj-5-1"


def test_a_placeholder_without_a_parameter(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettingError) as caught:
        expand(tmp_path, parameters={"django": "4"}, requirements=["django=={djanog}"])
    assert "noxfile.py:7" in str(caught.value)
    assert "fix: write {django}" in str(caught.value)


def test_an_environment_variable_is_no_placeholder(tmp_path: Path) -> None:
    spec = expand(
        tmp_path, {"TOKEN": "t"}, requirements=["a @ git+https://${TOKEN}@x.example/a"], parameters={"p": "1"}
    )
    assert spec.requirements[0].text == "a @ git+https://t@x.example/a"
    without = expand(tmp_path, {}, requirements=["a @ git+https://${TOKEN}@x.example/a"])
    assert without.inputs.digest == spec.inputs.digest


def test_a_variable_in_an_index_is_not_needed_for_a_check(tmp_path: Path) -> None:
    write(
        tmp_path,
        pyproject__toml=(
            '[tool.lockhouse]\npython=">=3.11"\nindexes=[{url="https://u:${TOKEN}@i.example/${KEY}/simple"}]\n'
            "[tool.lockhouse.environments.tests]\n"
        ),
    )
    without, with_values = from_table(tmp_path), from_table(tmp_path, TOKEN="t", KEY="some")  # noqa: S106
    assert without.inputs.digest == with_values.inputs.digest
    assert with_values.indexes.extra[0].url == "https://u:t@i.example/some/simple"
    assert with_values.indexes.canonical() == {"extra": ["https://i.example/****/simple"]}


def test_an_index_of_a_wrong_form_is_named_with_its_line(tmp_path: Path) -> None:
    write(tmp_path, pyproject__toml='[tool.lockhouse.environments.tests]\npython = "3.12"\nindexes = [{ url = "x" }]\n')
    with pytest.raises(InvalidSettingError, match=r"pyproject\.toml:3"):
        from_table(tmp_path)


def test_a_pyproject_that_may_not_be_read_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: str) -> bytes:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr("lockhouse.trace.looks._read", refuse)
    with pytest.raises(ConfigError, match=r"pyproject\.toml cannot be read"):
        ProjectConfig.read(tmp_path, {})


def test_a_project_without_a_static_name(tmp_path: Path) -> None:
    write(tmp_path, setup__cfg="[options]\ninstall_requires = a\n")
    with pytest.raises(ConfigError, match="the name of the project is not known"):
        expand(tmp_path, project="wheel")


def test_an_unknown_environment_names_the_nearest(tmp_path: Path) -> None:
    write(tmp_path, pyproject__toml="[tool.lockhouse.environments.tests]\n[tool.lockhouse.environments.docs]\n")
    with pytest.raises(UnknownEnvironmentError) as caught:
        ProjectConfig.read(tmp_path, {}).environment("test")
    assert "has tests, docs" in str(caught.value)
    assert 'fix: write "tests"' in str(caught.value)


def test_environments_are_declared_in_the_order_of_the_file(tmp_path: Path) -> None:
    write(tmp_path, pyproject__toml="[tool.lockhouse.environments.b]\n[tool.lockhouse.environments.a]\n")
    declared = ProjectConfig.read(tmp_path, {}).declared()
    assert [(each.name, each.origin.line) for each in declared] == [("b", 1), ("a", 2)]
    assert all(isinstance(each, DeclaredEnvironment) for each in declared)


def test_a_missing_file_is_an_empty_one(tmp_path: Path) -> None:
    assert ProjectConfig.read(tmp_path, {}).declared() == ()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"[project\n", ["pyproject.toml:1 is not valid TOML", "at line 1"]),
        (b'a = "x"\nb = = 1\n', ["pyproject.toml:2 is not valid TOML", "fix: mend pyproject.toml:2"]),
        (b"a = '\xff'\n", ["pyproject.toml is not UTF-8"]),
        (b"[tool]\nlockhouse = 3\n", ["[tool.lockhouse] (pyproject.toml:2) is not a table"]),
        (b"[tool.lockhouse]\nx = 1\nresolvr = 1\n", ["2 settings are wrong", "pyproject.toml:2", "pyproject.toml:3"]),
        (
            b"[tool.lockhouse.environments.tests]\n\ngruops = []\n",
            ["[tool.lockhouse.environments.tests] (pyproject.toml:3): unknown key 'gruops'", "'groups'"],
        ),
    ],
)
def test_a_malformed_pyproject(tmp_path: Path, content: bytes, words: list[str]) -> None:
    (tmp_path / "pyproject.toml").write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        ProjectConfig.read(tmp_path, {})
    for word in words:
        assert word in str(caught.value)


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_line_ends_change_nothing(tmp_path: Path, ends: str) -> None:
    (tmp_path / "pyproject.toml").write_bytes(b"\xef\xbb\xbf" + FULL.replace("\n", ends).encode())
    with pytest.raises(tomllib.TOMLDecodeError):
        tomllib.loads((tmp_path / "pyproject.toml").read_bytes().decode())
    spec = from_table(tmp_path)
    assert [(item.text, item.origin.line) for item in spec.requirements] == [("b", 21), ("a>=1", 22), ("base", 4)]


@pytest.mark.parametrize(
    ("names", "conflict"),
    [
        (["tests-3.12", "tests-3-12"], True),
        (["Tests", "tests"], True),
        (["tests", "docs"], False),
    ],
)
def test_two_names_for_one_lock_file(names: list[str], conflict: bool) -> None:
    claims = [LockClaim.of_declared(declare(name, python=">=3.11").filled()) for name in names]
    if not conflict:
        refuse_collisions(claims)
        return
    with pytest.raises(EnvironmentConflictError) as caught:
        refuse_collisions(claims)
    assert all(f'"{name}"' in str(caught.value) for name in names)


def test_a_lock_may_be_shared_by_its_name(tmp_path: Path) -> None:
    environments = [declare(name, python=">=3.11", lock="shared.x") for name in ("a", "b")]
    specs = [ProjectConfig.read(tmp_path, {}).expand(each) for each in environments]
    assert [spec.lock_name for spec in specs] == ["shared-x", "shared-x"]
    declared = [LockClaim.of_declared(each.filled()) for each in environments]
    refuse_collisions([*declared, *map(LockClaim.of_spec, specs)])


def test_a_name_of_which_nothing_is_left(tmp_path: Path) -> None:
    with pytest.raises(InvalidSettingError, match="cannot be the name of a lock"):
        expand(tmp_path, lock="..")


def test_origins_of_a_frontend_are_its_own(tmp_path: Path) -> None:
    assert expand(tmp_path, requirements=["a"]).requirements[0].origin == NOXFILE
