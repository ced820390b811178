from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.config.requirement_files import RequirementInputs, RequirementReader
from lockhouse.errors import InvalidRequirementError
from lockhouse.model.indexes import Index
from lockhouse.model.spec import Origin
from lockhouse.trace.looks import Looks

from .declaring import write

if TYPE_CHECKING:
    from pathlib import Path

ASKED = Origin(source='session "tests"', file="noxfile.py", line=7)


def read(root: Path, name: str = "requirements.txt", **environ: str) -> RequirementInputs:
    reader = RequirementReader(root=root, environ=environ, looks=Looks())
    reader.file(name, origin=ASKED)
    return reader.result()


def problem(root: Path, text: str) -> str:
    write(root, requirements__txt=text)
    with pytest.raises(InvalidRequirementError) as caught:
        read(root)
    return str(caught.value)


def test_variables_are_welcome_before_the_host_and_in_local_paths(tmp_path: Path) -> None:
    write(tmp_path, lib___pyproject__toml='[project]\nname = "lib"\n')
    lines = ("a @ https://${USER}:${TOKEN}@x.example/a-1.0.zip", "lib @ file://${HERE}/lib", "b${BOUND}")
    write(tmp_path, requirements__txt="\n".join(lines))
    found = read(tmp_path, USER="me", TOKEN="s3cret", HERE=tmp_path.as_posix(), BOUND=">=2")  # noqa: S106
    recorded = [item.recorded for item in found.requirements]
    assert recorded == ["a @ https://****@x.example/a-1.0.zip", "lib @ lib", "b>=2"]


def test_a_secret_of_a_variable_never_reaches_a_message(tmp_path: Path) -> None:
    write(tmp_path, requirements__txt="d @ https://x.example/${SECTOK}/d-1.0.whl\n")
    with pytest.raises(InvalidRequirementError) as caught:
        read(tmp_path, SECTOK="plainword")
    assert "plainword" not in str(caught.value)


@pytest.mark.parametrize(
    "line",
    [
        "foo @ git+https//${T}@host/x",
        "git+https:/${T}@host/x",
        "foo @@ https://${T}:${T}@host/x",
        "./libs/${T}",
        "-e ./libs/${T}",
        "six==${T}",
        "six ; ${T} == '1'",
        "foo @ ${T}:x",
        "-r ${T}/more.txt",
        "-c https://${T}@host/x",
        "--index-url https//${T}@host/x",
    ],
)
def test_messages_show_lines_as_they_are_written(tmp_path: Path, line: str) -> None:
    write(tmp_path, requirements__txt=line + "\n")
    with pytest.raises(InvalidRequirementError) as caught:
        read(tmp_path, T="Pl4inword")
    said = str(caught.value)
    assert "pl4inword" not in said.lower()
    assert "requirements.txt:1" in said
    assert "${T}" in said or "****@host" in said or "an index has an address" in said


def test_chains_are_relative_to_the_file_that_includes(tmp_path: Path) -> None:
    write(
        tmp_path,
        requirements__txt="-r req/one.txt\na\n",
        req___one__txt="-r deep/two.txt\n-c ../constraints.txt\nb  # note\n",
        req___deep___two__txt="-r three.txt\n",
        req___deep___three__txt="\n\nc>=1\n",
        constraints__txt="d<2\n",
    )
    found = read(tmp_path)
    assert [(item.recorded, str(item.origin)) for item in found.requirements] == [
        ("c>=1", "req/deep/three.txt:3"),
        ("b", "req/one.txt:3"),
        ("a", "requirements.txt:2"),
    ]
    assert [(item.recorded, str(item.origin)) for item in found.constraints] == [("d<2", "constraints.txt:1")]


def test_the_option_decides_what_is_a_constraint(tmp_path: Path) -> None:
    write(tmp_path, requirements__txt="-c c.txt\n", c__txt="a<2\n-r r.txt\n", r__txt="b\n")
    found = read(tmp_path)
    assert ([item.text for item in found.requirements], [item.text for item in found.constraints]) == (["b"], ["a<2"])


def test_one_file_may_be_included_twice(tmp_path: Path) -> None:
    write(tmp_path, requirements__txt="-r a.txt\n-r b.txt\n", a__txt="-r c.txt\n", b__txt="-r c.txt\n", c__txt="x\n")
    assert [item.text for item in read(tmp_path).requirements] == ["x", "x"]


def test_a_cycle_is_named(tmp_path: Path) -> None:
    write(tmp_path, a__txt="-r b.txt\n", b__txt="\n-c requirements.txt\n")
    text = problem(tmp_path, "-r a.txt\n")
    assert "b.txt:2: requirements.txt includes itself" in text
    assert "requirements.txt → a.txt → b.txt → requirements.txt" in text


def test_global_options(tmp_path: Path) -> None:
    (tmp_path / "req" / "wheels").mkdir(parents=True)
    write(
        tmp_path,
        requirements__txt="-r req/options.txt\n",
        req___options__txt=(
            "-i https://index.example/simple\n--extra-index-url https://b.example/simple\n-f wheels\n"
            "--find-links other\n-f https://links.example/\n--trusted-host b.example\n--pre\n--no-index\n"
        ),
    )
    found = read(tmp_path)
    assert found.prereleases
    assert found.indexes.default == Index(url="https://index.example/simple")
    assert found.indexes.extra == (Index(url="https://b.example/simple"),)
    assert found.indexes.find_links == ("req/wheels", "other", "https://links.example/")
    assert (found.indexes.trusted_hosts, found.indexes.no_index) == (("b.example",), True)


def test_hashes_of_an_input_are_kept_beside_it(tmp_path: Path) -> None:
    one, other = "a" * 64, "b" * 96
    write(
        tmp_path,
        requirements__txt=f"--require-hashes\na==1 \\\n  --hash=sha256:{one} \\\n  --hash sha384:{other.upper()}\nb\n",
    )
    found = read(tmp_path)
    (declared,) = found.hashes
    assert declared.requirement is found.requirements[0]
    assert declared.hashes == {f"sha256:{one}", f"sha384:{other}"}
    assert [(item.recorded, item.origin.line) for item in found.requirements] == [("a==1", 2), ("b", 5)]


def test_variables_in_addresses_are_secret(tmp_path: Path) -> None:
    write(tmp_path, requirements__txt="-i https://${WHO}:${TOKEN}@index.example/${TEAM}/simple\n")
    with_values = read(tmp_path, WHO="me", TOKEN="t0psecret", TEAM="blue").indexes  # noqa: S106
    without = read(tmp_path).indexes
    assert with_values.default is not None
    assert with_values.default.url == "https://me:t0psecret@index.example/blue/simple"
    assert with_values.canonical() == without.canonical() == {"default": "https://index.example/****/simple"}
    assert {"t0psecret", "blue"} <= set(with_values.secrets)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a\n\nb >=\n", ["requirements.txt:3: 'b >=' is not a requirement"]),
        (
            "--extra-index https://x.example\n",
            ["requirements.txt:1: there is no option", "fix: write --extra-index-url"],
        ),
        ("--only-binary :all:\n", ["requirements.txt:1: the option --only-binary is not supported"]),
        ("-r missing.txt\n", ["requirements.txt:1: missing.txt cannot be read", "No such file"]),
        ("-r https://x.example/r.txt\n", ["is an address", "must be local"]),
        ("-r https://me:s3cret@x.example/r.txt\n", ["https://****@x.example"]),
        ("-i ./folder\n", ["requirements.txt:1", "does not begin with https://", "use find-links"]),
        ("-i https://${HOST}/simple\n", ["HOST is not set", "fix: set HOST"]),
        ("-i https://[x/simple\n", ["requirements.txt:1: an index has an address that cannot be read"]),
        ("-f https://[x/\n", ["requirements.txt:1: find-links has an address that cannot be read"]),
        ("-r \0.txt\n", ["requirements.txt:1", "cannot be read", "null byte"]),
        ("-e ./missing\n", ["requirements.txt:1", "no such file"]),
        ("-r ~no-such-user/r.txt\n", ["requirements.txt:1", "cannot be read"]),
        (
            "d @ https://x.example/${SECTOK}/d-1.0.whl\n",
            ["requirements.txt:1", "credential in its path, by a variable"],
        ),
        ("-e git+https://x.example/d.git@${REV}#egg=d\n", ["requirements.txt:1", "by a variable"]),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path: Path, text: str, words: list[str]) -> None:
    found = problem(tmp_path, text)
    for word in words:
        assert word in found


def test_constraints_have_neither_extras_nor_editables(tmp_path: Path) -> None:
    write(tmp_path, c__txt="a[x]<2\n", lib___pyproject__toml='[project]\nname = "lib"\n')
    assert "c.txt:1: a constraint has neither extras nor -e" in problem(tmp_path, "-c c.txt\n")
    write(tmp_path, c__txt="-e ./lib\n")
    assert "c.txt:1: a constraint has neither extras nor -e" in problem(tmp_path, "-c c.txt\n")


def test_all_problems_are_named_at_once(tmp_path: Path) -> None:
    write(tmp_path, b__txt="--bogus\n")
    text = problem(tmp_path, "a >=\n-r b.txt\n-r missing.txt\n")
    assert "3 lines of requirement files cannot be used" in text
    assert all(word in text for word in ("requirements.txt:1", "b.txt:1", "requirements.txt:3"))


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "requirements.txt").write_bytes(b"a\n\xff\xfe\xfd\n")
    with pytest.raises(InvalidRequirementError, match=r"save requirements\.txt as UTF-8"):
        read(tmp_path)


def test_text_of_a_frontend(tmp_path: Path) -> None:
    write(tmp_path, sub___r__txt="b\n")
    reader = RequirementReader(root=tmp_path, environ={}, looks=Looks())
    reader.text("a\n-r r.txt\n", Origin(source="deps", file="sub/tox.ini", line=10))
    reader.text("c\nd\n", Origin(source="deps", file="sub/tox.ini"))
    places = [(item.text, item.origin.file, item.origin.line) for item in reader.result().requirements]
    assert places == [
        ("a", "sub/tox.ini", 10),
        ("b", "sub/r.txt", 1),
        ("c", "sub/tox.ini", None),
        ("d", "sub/tox.ini", None),
    ]
