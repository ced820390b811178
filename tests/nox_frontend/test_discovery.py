"""Sessions are found without running them; nox's own state stays as it was."""

from __future__ import annotations

import inspect
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import msgspec
import nox
import pytest
from nox import registry

import lockhouse.nox
from lockhouse.config.settings import EnvironmentSettings
from lockhouse.errors import ConfigError
from lockhouse.nox.declaration import ATTRIBUTE, variants
from lockhouse.nox.discovery import load_sessions
from lockhouse.nox.keywords import NoxKeywords, SessionKeywords

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.testing import ProjectFolder


def noxfile(folder: Path, text: str) -> Path:
    (folder / "noxfile.py").write_text(f"import nox\nimport lockhouse.nox as lockhouse\n{text}", encoding="utf-8")
    return folder


def names(folder: Path) -> list[tuple[str, tuple[str, ...]]]:
    return [
        (variant.name, variant.pythons)
        for function in load_sessions(folder)
        if (declaration := getattr(function, ATTRIBUTE, None)) is not None
        for variant in variants(function, declaration)
    ]


def loaded(statement: str) -> set[str]:
    heavy = {"httpx", "msgspec", "packaging", "rich", "tomllib", "unearth"}
    code = f"import sys; {statement}; print(*({heavy!r} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_the_decorator_loads_nothing_heavy() -> None:
    assert loaded("import lockhouse.nox; lockhouse.nox.session") <= loaded("import nox; nox.session")


def test_needs_answers_without_nox(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['nox'] = None; from pathlib import Path; import lockhouse.nox; "
        "print(lockhouse.nox.needs(Path(sys.argv[1])), "
        "lockhouse.nox.plugin.lockhouse_discover_environments(root=Path(sys.argv[1])))"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "[]"]
    noxfile(tmp_path, "")
    assert lockhouse.nox.needs(tmp_path)
    (tmp_path / "noxfile.py").write_text("import nox\n")
    assert not lockhouse.nox.needs(tmp_path)


@pytest.mark.parametrize(
    ("text", "helpers", "needed"),
    [
        ("from lockhouse import (\n    nox as lockhouse,\n)\n", {}, True),
        ("import importlib\nours = importlib.import_module('lockhouse.nox')\n", {}, True),
        ("import helpers\n", {"helpers.py": "import lockhouse.nox\n"}, True),
        ("from ci.sessions import *\n", {"ci/__init__.py": "", "ci/sessions.py": "import lockhouse.nox\n"}, True),
        ("import os, one\n", {"one.py": "from two import x\n", "two.py": "from lockhouse import nox\n"}, True),
        ("import one\n", {"one.py": "import two\n", "two.py": "import one\n"}, False),
        ("import nox\n", {"helpers.py": "import lockhouse.nox\n"}, False),
        ("import nox  # greenhouse lockhouses\n", {}, False),
    ],
)
def test_a_noxfile_that_names_lockhouse_in_any_way_is_looked_at(
    tmp_path: Path, text: str, helpers: dict[str, str], needed: bool
) -> None:
    for name, content in {"noxfile.py": text, **helpers}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content, encoding="utf-8")
    assert lockhouse.nox.needs(tmp_path) is needed


def test_a_named_environment_is_served_where_nox_is_missing_and_its_sessions_are_not_left_out_silently(
    project: ProjectFolder,
) -> None:
    project.write("noxfile.py", "from lockhouse import (\n    nox as lockhouse,\n)\n")
    project.write("pyproject.toml", "[tool.lockhouse.environments.a]\npython = '3.12'\nrequirements = []\n")
    hide = "import sys; sys.modules['nox'] = None; from lockhouse.cli import main; sys.exit(main(sys.argv[1:]))"
    refused = project.run("python", "-c", hide, "check")
    assert refused.returncode == 6, refused
    assert "error[backend-not-found]" in refused.stderr
    assert "lockhouse check NAME" in refused.stderr
    assert "LOCKHOUSE_DISABLE_PLUGINS=nox" in refused.stderr
    assert project.run("python", "-c", hide, "check", "a").returncode == 1
    without = {"LOCKHOUSE_DISABLE_PLUGINS": "nox"}
    assert project.run("python", "-c", hide, "check", env=without).returncode == 1
    assert project.run("python", "-c", hide, "lock", "a", env=without).returncode == 0


def test_sessions_of_a_helper_are_found_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "noxfile.py").write_text("import helper_of_this_noxfile\n", encoding="utf-8")
    (tmp_path / "helper_of_this_noxfile.py").write_text(
        "import lockhouse.nox\n@lockhouse.nox.session(groups=['test'])\ndef tests(session): ...\n", encoding="utf-8"
    )
    assert names(tmp_path) == names(tmp_path) == [("tests", ())]


def test_every_variant_is_named_as_its_user_calls_it(tmp_path: Path) -> None:
    noxfile(
        tmp_path,
        """
@lockhouse.session(python=["3.11", "3.12"], groups=["test"])
def plain(session): ...

@lockhouse.session(groups=["test"], name="renamed")
@nox.parametrize("a", [1, nox.param(2, id="two")])
def one(session, a): ...

@nox.parametrize("python,a", [("3.11", 1), ("3.12", 1), ("3.12", 2)])
@lockhouse.session(groups=["test"])
def both(session, a): ...

@lockhouse.session(python="3.13", groups=["test"])
@nox.parametrize("python", ["x", "y"])
def taken(session, python): ...

@nox.session
def other(session): ...
""",
    )
    assert names(tmp_path) == [
        ("plain", ("3.11", "3.12")),
        ("renamed(a=1)", ()),
        ("renamed(two)", ()),
        ("both(a=1)", ("3.11", "3.12")),
        ("both(a=2)", ("3.12",)),
        ("taken(python='x')", ("3.13",)),
        ("taken(python='y')", ("3.13",)),
    ]


def test_all_keywords_of_nox_reach_nox(tmp_path: Path) -> None:
    given: dict[str, Any] = {
        "python": ["3.11"],
        "reuse_venv": True,
        "name": "renamed",
        "venv_backend": "uv",
        "venv_params": ["--seed"],
        "tags": ["a"],
        "default": False,
        "requires": ["b"],
        "download_python": "never",
        "allow_parallel": True,
    }
    keywords = ", ".join(f"{key}={value!r}" for key, value in given.items())
    noxfile(tmp_path, f"@lockhouse.session({keywords}, groups=['test'])\ndef tests(session): 'What it does.'\n")
    (function,) = load_sessions(tmp_path)
    assert {key: getattr(function, key) for key in given if key != "requires"} == {
        key: value for key, value in given.items() if key != "requires"
    }
    assert function.__doc__ == "What it does."


def test_a_session_on_top_of_a_session_is_unwrapped_as_nox_does(tmp_path: Path) -> None:
    noxfile(tmp_path, "@lockhouse.session(groups=['test'])\n@nox.session(name='inner')\ndef tests(session): ...\n")
    assert ("tests", ()) in names(tmp_path)


def test_the_keywords_that_editors_see_are_those_that_there_are() -> None:
    theirs = set(inspect.signature(nox.session).parameters) - {"func"}
    assert set(NoxKeywords.__annotations__) == theirs
    ours = {field.name for field in msgspec.structs.fields(EnvironmentSettings)} - {"python", "pythons"}
    assert set(SessionKeywords.__annotations__) == theirs | ours | {"environment", "on_install"}


def test_loading_leaves_nox_as_it_was(tmp_path: Path) -> None:
    before = registry.get()
    noxfile(tmp_path, "@lockhouse.session(groups=['test'])\ndef tests(session): ...\n")
    assert len(load_sessions(tmp_path)) == 1
    assert registry.get() == before
    assert "user_nox_module" not in sys.modules


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def broken(:\n", "noxfile.py:3"),
        ("\n\nraise RuntimeError('no way')\n", "noxfile.py:5"),
        ("import nothing_of_this_name\n", "nothing_of_this_name"),
        ("raise SystemExit('enough')\n", "enough"),
    ],
)
def test_a_broken_noxfile_is_an_error_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    noxfile(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_sessions(tmp_path)
    assert said in str(caught.value)
    assert caught.value.fix
    assert "user_nox_module" not in sys.modules


def test_what_a_noxfile_prints_does_not_spoil_what_a_machine_reads(project: ProjectFolder) -> None:
    project.write("noxfile.py", "import lockhouse.nox\nprint('hello from the noxfile')\n")
    project.write("pyproject.toml", "[tool.lockhouse.environments.a]\npython = '3.12'\nrequirements = ['x']\n")
    result = project.run("lockhouse", "list", "--json", check=True)
    assert "hello" not in result.stdout
    assert "hello from the noxfile" in result.stderr
