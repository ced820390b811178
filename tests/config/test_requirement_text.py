from __future__ import annotations

import codecs
import os

import pytest

from lockhouse.config.requirement_text import OptionError, decode, expand_variables, logical_lines, split_options


def lines(text: str) -> list[tuple[int, str]]:
    return [(line.number, line.text) for line in logical_lines(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\nb\n", [(1, "a"), (2, "b")]),
        ("a\r\nb\r\n", [(1, "a"), (2, "b")]),
        ("\n# note\n  a  # note\nb#c\n", [(3, "a"), (4, "b#c")]),
        ("a \\\n  ; os_name == 'nt'\nb", [(1, "a   ; os_name == 'nt'"), (3, "b")]),
        ("a \\\r\n>=1\r\n", [(1, "a >=1")]),
        ("# note \\\na\n", [(2, "a")]),
        ("a \\\n# note\nb\n", [(1, "a"), (3, "b")]),
        ("a \\", [(1, "a")]),
    ],
)
def test_logical_lines(text: str, expected: list[tuple[int, str]]) -> None:
    assert lines(text) == expected


def test_variables_are_expanded_where_they_are_set() -> None:
    text = "a @ https://${USER_1}:${TOKEN}@index.example/${lower}/${NONE}/$HOME/${EMPTY}"
    environ = {"USER_1": "me", "TOKEN": "t0k", "HOME": "/h", "lower": "x", "EMPTY": ""}
    assert expand_variables(text, environ) == "a @ https://me:t0k@index.example/${lower}/${NONE}/$HOME/${EMPTY}"


@pytest.mark.parametrize(
    "content",
    [
        "naïve".encode(),
        codecs.BOM_UTF8 + "naïve".encode(),
        codecs.BOM_UTF16_LE + "naïve".encode("utf-16-le"),
        codecs.BOM_UTF32_BE + "naïve".encode("utf-32-be"),
    ],
)
def test_encodings(content: bytes) -> None:
    assert decode(content) == "naïve"


def test_a_coding_comment_counts_in_the_first_two_lines() -> None:
    assert decode("# -*- coding: latin-1 -*-\nnaïve".encode("latin-1")).endswith("naïve")
    with pytest.raises(UnicodeDecodeError):
        decode("\n\n# -*- coding: latin-1 -*-\nnaïve".encode("latin-1"))


@pytest.mark.parametrize(
    ("text", "requirement", "options"),
    [
        ("a>=1", "a>=1", []),
        ("my-name ; python_version>'3'", "my-name ; python_version>'3'", []),
        ("a==1 --hash=sha256:ab --hash sha256:cd", "a==1", [("--hash", "sha256:ab"), ("--hash", "sha256:cd")]),
        ("-r other.txt", "", [("--requirement", "other.txt")]),
        ("-rother.txt", "", [("--requirement", "other.txt")]),
        ("--requirement=other.txt", "", [("--requirement", "other.txt")]),
        ("-r 'two words.txt'", "", [("--requirement", "two words.txt")]),
        ("-c c.txt", "", [("--constraint", "c.txt")]),
        ("-e ./lib[x] ; os_name == 'nt'", "", [("--editable", "./lib[x] ; os_name == 'nt'")]),
        ("-e.", "", [("--editable", ".")]),
        ("--editable=./lib", "", [("--editable", "./lib")]),
        ("-i https://a.example --no-index", "", [("--index-url", "https://a.example"), ("--no-index", "")]),
        ("--pypi-url https://a.example", "", [("--index-url", "https://a.example")]),
        ("--pre", "", [("--pre", "")]),
    ],
)
def test_options(text: str, requirement: str, options: list[tuple[str, str]]) -> None:
    assert split_options(text) == (requirement, options)


@pytest.mark.parametrize(
    ("text", "message", "fix"),
    [
        ("--extra-index https://a.example", "there is no option '--extra-index'", "write --extra-index-url"),
        ("-x y", "there is no option '-x'", None),
        ("--no-binary :all:", "--no-binary is not supported", "remove --no-binary"),
        ("a --config-settings=x=y", "--config-settings is not supported", "remove --config-settings"),
        ("-r", "--requirement lacks its value", None),
        ("-r 'x", "quotes", None),
    ],
)
def test_wrong_options(text: str, message: str, fix: str | None) -> None:
    if os.sep != "/" and "quotes" in message:
        pytest.skip("quotes are taken as they are where backslashes belong to paths")
    with pytest.raises(OptionError, match=message) as caught:
        split_options(text)
    assert fix is None or caught.value.fix == fix
