"""What the digest of the inputs follows, and what it does not."""

from __future__ import annotations

import string
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from lockhouse.config.project import ProjectConfig

from .declaring import declare

if TYPE_CHECKING:
    from collections.abc import Callable

NAMES = st.text(string.ascii_lowercase, min_size=1, max_size=6).map(lambda text: f"{text}-x-{text}")
SPECIFIERS = st.sampled_from(["", ">=1", ">=1,<2", "==1.0.*", "~=1.4"])
EXTRAS = st.sampled_from(["", "[a]", "[a,b]"])
MARKERS = st.sampled_from(["", ' ; os_name == "nt"', " ; python_version < '3.12'"])
LINES = st.dictionaries(NAMES, st.tuples(EXTRAS, SPECIFIERS, MARKERS), min_size=1, max_size=6)
SPELLINGS: list[Callable[[str], str]] = [str.upper, str.title, lambda name: name.replace("-", "_"), lambda n: n]


def digest(content: str) -> str:
    with TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "requirements.txt").write_bytes(content.encode())
        spec = ProjectConfig.read(root, {}).expand(declare(requirement_files=["requirements.txt"], python=">=3.11"))
        return spec.inputs.digest


def written(lines: dict[str, tuple[str, str, str]]) -> list[str]:
    return [name + "".join(parts) for name, parts in lines.items()]


@given(lines=LINES, data=st.data())
@settings(max_examples=30)
def test_the_digest_does_not_follow_the_way_of_writing(
    lines: dict[str, tuple[str, str, str]], data: st.DataObject
) -> None:
    plain = digest("\n".join(written(lines)))
    shuffled = data.draw(st.permutations(list(lines.items())))
    respelled = []
    for name, (extras, specifier, marker) in shuffled:
        spell = data.draw(st.sampled_from(SPELLINGS))
        parts = specifier.split(",")
        reordered = " , ".join(data.draw(st.permutations(parts)))
        swapped = extras.replace("[a,b]", "[ B , a ]")
        comment = data.draw(st.sampled_from(["", "  # note", "\n# a line \\", "\n"]))
        join = data.draw(st.sampled_from([" ", " \\\n   "]))
        respelled.append(f"{spell(name)}{swapped}{join}{reordered}{marker}{comment}")
    repeated = [*respelled, respelled[0]]
    end = data.draw(st.sampled_from(["\n", "\r\n"]))
    head = data.draw(st.sampled_from(["", "\ufeff"]))
    assert digest(head + "\n".join(repeated).replace("\n", end)) == plain


@given(lines=LINES, data=st.data())
@settings(max_examples=30)
def test_the_digest_follows_a_change_of_meaning(lines: dict[str, tuple[str, str, str]], data: st.DataObject) -> None:
    changed = dict(lines)
    name = data.draw(st.sampled_from(sorted(lines)))
    extras, specifier, marker = lines[name]
    change = data.draw(st.sampled_from(["drop", "add", "tighten", "extra", "marker", "constraint", "pre", "index"]))
    tail: list[str] = []
    if change == "drop":
        del changed[name]
    elif change == "add":
        changed["another-one"] = ("", "", "")
    elif change == "tighten":
        changed[name] = (extras, f"{specifier},!=1.5".lstrip(","), marker)
    elif change == "extra":
        changed[name] = ("[c]", specifier, marker)
    elif change == "marker":
        changed[name] = (extras, specifier, " ; sys_platform == 'linux'")
    elif change == "constraint":
        tail = ["-i https://other.example/simple"]
    elif change == "pre":
        tail = ["--pre"]
    else:
        tail = ["--extra-index-url https://index.example/simple"]
    assert digest("\n".join([*written(changed), *tail])) != digest("\n".join(written(lines)))
