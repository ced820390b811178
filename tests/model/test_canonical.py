from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import canonicalize_name

from lockhouse.model.canonical import bounds_if_plain, canonical_if_plain, name_and_extras, normalized
from lockhouse.model.spec import canonical_requirement

_BLANKS = st.sampled_from(["", " ", "\t", "  "])
_NAMES = st.text("abcXYZ019._-", min_size=1, max_size=6)
_VERSIONS = st.from_regex(r"(v?[0-9]{1,2}(\.[0-9]{1,2}){0,3}(\.\*|rc1|\.post2|\+local)?)", fullmatch=True)
_BOUNDS = st.builds(
    "".join, st.tuples(st.sampled_from([">=", "<", "==", "!=", "~=", "===", "<=", ">", "="]), _BLANKS, _VERSIONS)
)
_VARIABLES = st.sampled_from(
    ["python_version", "os_name", "os.name", "sys_platform", "platform_machine", "extra", "python_implementation"]
)
_CONDITIONS = st.builds(
    "".join,
    st.tuples(
        _VARIABLES,
        _BLANKS,
        st.sampled_from(["<", ">=", "==", "!=", " in ", " not in ", "~=", "==="]),
        _BLANKS,
        st.sampled_from(["'3.9'", '"win32"', "''", "'a b'", "'it\"s'", "'X_y'", "linux"]),
    ),
)


@st.composite
def _requirements(draw: st.DrawFn) -> str:
    parts = [draw(_BLANKS), draw(_NAMES), draw(_BLANKS)]
    if draw(st.booleans()):
        parts += [
            "[",
            draw(_BLANKS),
            (draw(_BLANKS) + ",").join(draw(st.lists(_NAMES, max_size=3))),
            "]",
            draw(_BLANKS),
        ]
    parts += [(draw(_BLANKS) + "," + draw(_BLANKS)).join(draw(st.lists(_BOUNDS, max_size=3))), draw(_BLANKS)]
    if draw(st.booleans()):
        joined = draw(st.sampled_from([" and ", " or ", "\tand  "])).join(draw(st.lists(_CONDITIONS, max_size=3)))
        parts += [";", draw(_BLANKS), joined]
    return "".join([*parts, draw(_BLANKS)])


@given(_requirements())
@example("A.b_c [ X_y , z ] >= 1.0 , <2 ; python_version<'3.9' and os_name != \"nt\"")
@example("a>=1,>=1.0")
@example("a==1,==1")
@example("a~=1")
@example("a[]")
@example("a_>=1")
@example("a[x,X,x]")
@example("a>=1\n")
@example("a>=1 ; ")
@example("a==1.*,!=1.0.0")
def test_a_plain_requirement_reads_as_packaging_reads_it(text: str) -> None:
    plain = canonical_if_plain(text)
    if plain is None:
        return
    requirement = Requirement(text)
    assert plain == canonical_requirement(requirement)
    name, extras = name_and_extras(plain)
    assert name == canonicalize_name(requirement.name)
    assert set(extras) == {canonicalize_name(extra) for extra in requirement.extras}


@pytest.mark.parametrize(
    "text",
    [
        "pytest",
        "pytest>=8",
        "coverage[toml] >= 7.8",
        "zope.interface==5.*,!=5.1",
        "click~=8.1",
        "tomli>=2; python_version < '3.11'",
        "colorama ; sys_platform == 'win32' and platform_machine != 'arm64'",
    ],
)
def test_what_people_write_mostly_is_plain(text: str) -> None:
    assert canonical_if_plain(text) == canonical_requirement(Requirement(text))


@given(st.text())
@example("\u0661>=1")
@example("a>=\u0661")
def test_no_other_text_is_taken_for_a_requirement(text: str) -> None:
    try:
        expected = canonical_requirement(Requirement(text))
    except InvalidRequirement:
        expected = None
    assert canonical_if_plain(text) in {None, expected}


@given(st.one_of(st.lists(_BOUNDS, max_size=3).map(" ,".join), st.text()))
@example(">= 3.11,\t<4")
@example("")
def test_bounds_are_spelled_as_packaging_spells_them(text: str) -> None:
    try:
        expected = str(SpecifierSet(text))
    except InvalidSpecifier:
        expected = None
    assert bounds_if_plain(text) in {None, expected}


def test_the_bounds_of_most_projects_are_plain() -> None:
    assert [bounds_if_plain(text) for text in (">=3.11", "~=3.11", ">= 3.9, <4")] == [">=3.11", "~=3.11", "<4,>=3.9"]


@given(st.text(alphabet="aZ0._-"))
def test_a_name_is_normalised_as_packaging_does_it(name: str) -> None:
    assert normalized(name) == canonicalize_name(name)


def test_name_and_extras_are_read_from_requirements_of_all_kinds() -> None:
    assert name_and_extras("demo[a,b-c]>=1; os_name == 'nt'") == ("demo", ("a", "b-c"))
    assert name_and_extras("Demo_X [ B_c, A ,A]") == ("demo-x", ("a", "b-c"))
    assert name_and_extras("demo @ https://files.example/demo[x].zip") == ("demo", ())
    with pytest.raises(ValueError, match="no requirement"):
        name_and_extras(" @ ")


@pytest.mark.parametrize("text", ["a>=1,>=1.0", "a==1.*,==1.1"])
def test_two_bounds_with_one_operator_are_left_to_packaging_whose_releases_differ_in_them(text: str) -> None:
    assert canonical_if_plain(text) is None
