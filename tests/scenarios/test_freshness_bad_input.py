"""Bad input: an error of our tree with its place and a fix, the documented exit code, and nothing written or lost."""

from __future__ import annotations

import os
import re
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from lockhouse.testing import PackageIndex, ProjectFolder
from lockhouse.testing.environment import index_environ

from .frontends import Frontend, declare, lock, tree_of, verdict

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lockhouse.testing import Result

LOCK = "locks/pylock.tests.toml"
REQUIREMENTS = "locks/tests-requirements.txt"
RECORD = "locks/tests-requirements.record.toml"


@pytest.fixture(scope="module")
def templates(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Give a project with a fresh lock for each format; their index is gone."""
    made = {}
    with PackageIndex() as index:
        index.add_wheel("alpha", "1.0", requires=["beta"])
        index.add_wheel("beta", "1.0")
        for form in ("pylock", "requirements"):
            project = ProjectFolder(tmp_path_factory.mktemp(form) / "project", index_environ(index.url))
            declare(project, 'requirements = ["alpha"]', f'format = "{form}"')
            lock(project)
            made[form] = project.path
    return made


def copy_of(template: Path, tmp_path: Path) -> ProjectFolder:
    return ProjectFolder(shutil.copytree(template, tmp_path / "project"))


def require_error(result: Result, code: str, *words: str, fix: bool = True) -> None:
    """Require one of our errors, in full and without a traceback."""
    assert f"error[{code}]: " in result.output, result
    assert "Traceback" not in result.output, result
    if fix:
        assert re.search(r"^  fix: \S", result.output, re.MULTILINE), result
    for word in words:
        assert word in result.output, result


# -- locks ------------------------------------------------------------


def conflict(text: str) -> str:
    """Let two branches have moved one pin."""
    return re.sub(
        r'^(version = "1\.0"|beta==1\.0.*)$',
        r"<<<<<<< HEAD\n\1\n=======\n\1\n>>>>>>> other",
        text,
        count=1,
        flags=re.MULTILINE,
    )


def truncated(text: str) -> str:
    return text[: text.index("[packages.wheels.hashes]") + 12]


def newer_format(text: str) -> str:
    return text.replace('lock-version = "1.0"', 'lock-version = "2.0"')


def newer_record(text: str) -> str:
    return text.replace("[tool.lockhouse]\nversion = 1", "[tool.lockhouse]\nversion = 99")


def without_name(text: str) -> str:
    return text.replace('name = "beta"\n', "", 1)


def no_record_of_inputs(text: str) -> str:
    return text.replace("[tool.lockhouse.inputs]", "[tool.lockhouse.others]")


INVALID = {
    "conflict": ("pylock", LOCK, conflict, f"{LOCK}:12"),
    "truncated": ("pylock", LOCK, truncated, LOCK),
    "empty": ("pylock", LOCK, lambda _: "", LOCK),
    "newer format": ("pylock", LOCK, newer_format, "newer than this Lockhouse"),
    "newer record": ("pylock", LOCK, newer_record, "newer Lockhouse"),
    "rule broken": ("pylock", LOCK, without_name, "packages[1].name"),
    "damaged record": ("pylock", LOCK, no_record_of_inputs, "[tool.lockhouse]"),
    "no TOML": ("pylock", LOCK, lambda text: text.replace("[[packages]]", "[[packages", 1), "line 10"),
    "conflict in pins": ("requirements", REQUIREMENTS, conflict, f"{REQUIREMENTS}:5"),
    "no pin": ("requirements", REQUIREMENTS, lambda text: text.replace("beta==1.0", "beta>=1.0"), "pins no version"),
    "version edited": (
        "pylock",
        LOCK,
        lambda text: text.replace('name = "beta"\nversion = "1.0"', 'name = "beta"\nversion = "0.9"'),
        "'beta-1.0-py3-none-any.whl' is not consistent",
    ),
    "version edited in pins": (
        "requirements",
        REQUIREMENTS,
        lambda text: text.replace("beta==1.0", "beta==0.9"),
        f"{REQUIREMENTS}:5: beta 0.9 has a hash of beta 1.0",
    ),
    "damaged bounds in the record": (
        "requirements",
        RECORD,
        lambda text: text.replace('requires-python = ">=3.11"', 'requires-python = "banana"', 1),
        f"{RECORD} is damaged",
    ),
    "conflict in the record": ("requirements", RECORD, conflict, f"{RECORD}:10"),
}


@pytest.mark.parametrize("damaged", INVALID.values(), ids=INVALID.keys())
def test_a_damaged_lock_is_a_clear_error_and_stays_as_it_is(
    templates: dict[str, Path], tmp_path: Path, damaged: tuple[str, str, Callable[[str], str], str]
) -> None:
    form, name, damage, place = damaged
    project = copy_of(templates[form], tmp_path)
    text = project.read(name)
    project.write(name, damage(text).encode())
    assert project.read(name) != text
    before = tree_of(project.path)
    for command in (("check",), ("lock",), ("sync", "tests", "--into", "v"), ("list",)):
        result = project.run("lockhouse", *command)
        assert result.returncode == 3, result
        require_error(result, "lock-invalid", place)
        assert tree_of(project.path) == before


@pytest.mark.parametrize("damage", [conflict, truncated, newer_format])
def test_a_damaged_lock_stops_each_frontend_before_the_tests(
    templates: dict[str, Path], tmp_path: Path, frontend: Frontend, damage: Callable[[str], str]
) -> None:
    project = copy_of(templates["pylock"], tmp_path)
    frontend.set_up(project)
    project.write(LOCK, damage(project.read(LOCK)).encode())
    result = frontend.start(project)
    assert result.returncode == (3 if frontend.name == "cli" else 1), result
    require_error(result, "lock-invalid", LOCK)
    assert not frontend.ran(project)


def test_what_the_message_says_mends_a_damaged_lock(project: ProjectFolder, index: PackageIndex) -> None:
    index.add_wheel("alpha", "1.0")
    declare(project, 'requirements = ["alpha"]')
    lock(project)
    whole = project.read(LOCK)
    project.write(LOCK, whole[:300])
    message = project.run("lockhouse", "check").stderr
    assert "or lock anew without reading it: lockhouse lock tests --upgrade" in message
    result = lock(project, "tests", "--upgrade")
    assert "is not read, and made anew" in result.stderr
    assert project.read(LOCK) == whole


@pytest.mark.parametrize("form", ["pylock", "requirements"])
def test_a_hash_of_md5_alone_is_no_hash(templates: dict[str, Path], tmp_path: Path, form: str) -> None:
    project = copy_of(templates[form], tmp_path)
    name = LOCK if form == "pylock" else REQUIREMENTS
    weak = "d41d8cd98f00b204e9800998ecf8427e"
    text = project.read(name)
    text = re.sub(r'sha256 = "[0-9a-f]{64}"', f'md5 = "{weak}"', text, count=1)
    text = (
        re.sub(r"sha256:[0-9a-f]{64}$", f"md5:{weak}", text, count=1, flags=re.MULTILINE) if form != "pylock" else text
    )
    project.write(name, text.encode())
    answer = verdict(project)
    assert answer["verdict"] == "stale"
    (reason,) = answer["reasons"]
    assert (reason["code"], reason["package"]) == ("hash-missing", "alpha")
    assert "no strong hash (found: md5)" in reason["message"]
    result = project.run("lockhouse", "sync", "tests", "--into", "v")
    assert result.returncode == 3, result
    require_error(result, "lock-stale", "alpha 1.0", "md5")
    assert not (project / "v").exists()


def test_the_dots_of_a_name_are_mangled_and_a_collision_is_refused(project: ProjectFolder, index: PackageIndex) -> None:
    index.add_wheel("alpha", "1.0")
    project.write(
        "pyproject.toml",
        '[tool.lockhouse]\npython = ">=3.11"\n[tool.lockhouse.environments."tests-3.12"]\nrequirements = ["alpha"]\n',
    )
    assert lock(project).lines[0].startswith("locks/pylock.tests-3-12.toml: locked")
    assert verdict(project, "tests-3.12")["verdict"] == "fresh"

    project.write(
        "pyproject.toml",
        project.read("pyproject.toml") + '[tool.lockhouse.environments."tests.3.12"]\nrequirements = ["beta"]\n',
    )
    before = tree_of(project.path)
    for command in ("lock", "check"):
        result = project.run("lockhouse", command)
        assert result.returncode == 2, result
        require_error(result, "environment-conflict", '"tests-3.12"', '"tests.3.12"', "pylock.tests-3-12.toml")
    assert tree_of(project.path) == before


@pytest.mark.parametrize("option", ["--index-url ", "--extra-index-url=", "-i ", "-f "])
def test_an_index_that_somebody_wrote_into_the_pins_is_no_source_of_theirs(
    templates: dict[str, Path], tmp_path: Path, option: str
) -> None:
    project = copy_of(templates["requirements"], tmp_path)
    text = project.read(REQUIREMENTS)
    project.write(REQUIREMENTS, f"{text}{option}http://me:secret@evil.example/simple/\n".encode())
    (reason,) = (answer := verdict(project))["reasons"]
    assert reason["code"] == "indexes-changed"
    assert "http://evil.example/simple, which is not declared" in reason["message"]
    assert answer["notes"] == [f"{REQUIREMENTS} was edited since Lockhouse wrote it"]


def test_an_edited_lock_that_is_fresh_says_so(templates: dict[str, Path], tmp_path: Path) -> None:
    project = copy_of(templates["requirements"], tmp_path)
    text, (index,) = project.read(REQUIREMENTS), set(re.findall('index = "(.*)"', project.read(RECORD)))
    for more in ("# a comment\n", f"--index-url {index}/\n--trusted-host 127.0.0.1\n"):  # as an update bot writes
        project.write(REQUIREMENTS, (text + more).encode())
        for words in (("check", "-v"), ("check", "tests", "-v"), ("check", "-v")):
            result = project.run("lockhouse", *words)
            assert result.returncode == 0, result
            assert f"{REQUIREMENTS} was edited since Lockhouse wrote it" in result.output


@pytest.mark.usefixtures("path_with_pythons")
def test_an_edited_lock_of_one_of_several_pythons_says_so(project: ProjectFolder, index: PackageIndex) -> None:
    index.add_wheel("alpha", "1.0")
    declare(project, 'requirements = ["alpha"]', 'resolver = "pip"', 'pythons = ["3.11", "3.12"]')
    lock(project)
    edited = min((project / "locks").iterdir())
    edited.write_text(f"{edited.read_text()}# a comment\n")
    assert verdict(project)["notes"] == [f"locks/{edited.name} was edited since Lockhouse wrote it"]


@pytest.mark.parametrize("form", ["pylock", "requirements"])
def test_a_folder_in_the_place_of_a_lock_is_in_the_way(templates: dict[str, Path], tmp_path: Path, form: str) -> None:
    project = copy_of(templates[form], tmp_path)
    place = LOCK if form == "pylock" else REQUIREMENTS
    (project / place).unlink()
    (project / place).mkdir()
    for command in (("check",), ("lock",), ("lock", "--upgrade"), ("sync", "tests", "--into", "v"), ("list",)):
        result = project.run("lockhouse", *command)
        assert result.returncode == 3, result
        require_error(result, "lock-invalid", f"{place} is a folder")
        assert "  fix: move it out of the way, then run: lockhouse lock tests\n" in result.stderr


def test_a_lock_of_another_tool_is_stale_not_trusted(templates: dict[str, Path], tmp_path: Path) -> None:
    project = copy_of(templates["pylock"], tmp_path)
    project.write(LOCK, project.read(LOCK).partition("[tool.lockhouse]")[0].encode())
    answer = verdict(project)
    assert [reason["code"] for reason in answer["reasons"]] == ["record-missing"]


# -- declarations ------------------------------------------------------------


def declared_in(name: str, text: str) -> dict[str, str]:
    return {"pyproject.toml": '[project]\nname = "demo"\nversion = "1"\nrequires-python = ">=3.11"\n', name: text}


TABLE = '[tool.lockhouse.environments.tests]\npython = "3.12"\n'

MALFORMED = {
    "pyproject is no TOML": ({"pyproject.toml": "[project\n"}, "config", "pyproject.toml:1"),
    "pyproject is no UTF-8": ({"pyproject.toml": b"[project]\nname = '\xff'\n"}, "config", "pyproject.toml"),
    "wrong type": (
        {"pyproject.toml": '[tool.lockhouse.environments.tests]\nrequirements = "alpha"\n'},
        "invalid-setting",
        "pyproject.toml:2",
    ),
    "bad requirement": (
        {"pyproject.toml": TABLE + 'requirements = [\n  "alpha >> 1",\n]\n'},
        "invalid-requirement",
        "pyproject.toml:4",
    ),
    "bounds are no string": (
        {
            "pyproject.toml": '[project]\nname = "demo"\nrequires-python = 3\n'
            '[tool.lockhouse.environments.tests]\nrequirements = ["alpha"]\n'
        },
        "config",
        "requires-python (pyproject.toml:3) is not a string",
    ),
    "missing group": (
        {"pyproject.toml": TABLE + 'groups = ["tset"]\n[dependency-groups]\ntest = []\n'},
        "invalid-requirement",
        "pyproject.toml:3",
    ),
    "group that includes itself": (
        {
            "pyproject.toml": TABLE + 'groups = ["a"]\n'
            '[dependency-groups]\na = [{include-group = "b"}]\nb = [{include-group = "a"}]\n'
        },
        "invalid-requirement",
        "a → b → a",
    ),
    "requirement file is missing": (
        {"pyproject.toml": TABLE + 'requirement-files = ["none.txt"]\n'},
        "invalid-requirement",
        "none.txt",
    ),
    "requirement file": (
        {
            "pyproject.toml": TABLE + 'requirement-files = ["r.txt"]\n',
            "r.txt": "alpha\n\nbeta = 1\n",
        },
        "invalid-requirement",
        "r.txt:3",
    ),
    "option of a requirement file": (
        {
            "pyproject.toml": TABLE + 'requirement-files = ["r.txt"]\n',
            "r.txt": "alpha\n--index-ulr x\n",
        },
        "invalid-requirement",
        "r.txt:2",
    ),
    "requirement file that includes itself": (
        {
            "pyproject.toml": TABLE + 'requirement-files = ["r.txt"]\n',
            "r.txt": "-r s.txt\n",
            "s.txt": "-r r.txt\n",
        },
        "invalid-requirement",
        "r.txt → s.txt → r.txt",
    ),
    "noxfile is no Python": (
        declared_in("noxfile.py", "import lockhouse.nox as lockhouse\ndef tests(:\n"),
        "config",
        "noxfile.py:2",
    ),
    "noxfile raises": (
        declared_in("noxfile.py", "import lockhouse.nox as lockhouse\n\nprint(undefined)\n"),
        "config",
        "noxfile.py:3",
    ),
    "requirement of a session": (
        declared_in(
            "noxfile.py",
            "import lockhouse.nox\n\n@lockhouse.nox.session(requirements=['alpha >> 1'])\ndef tests(session): pass\n",
        ),
        "invalid-requirement",
        "noxfile.py:3",
    ),
    "tox.ini is no INI": (declared_in("tox.ini", "[testenv:tests\nrunner = lockhouse\n"), "config", "tox"),
    "deps of tox": (
        declared_in("tox.ini", "[testenv:tests]\nrunner = lockhouse\npackage = skip\ndeps = alpha >> 1\n"),
        "invalid-requirement",
        'tox environment "tests"',
    ),
    "tox.toml is no TOML": (declared_in("tox.toml", "[env.tests\nrunner = 'lockhouse'\n"), "config", "tox"),
}


@pytest.mark.parametrize("name", ["../x", "a/b", "a\\nb", "-x", "a\\\\b"])
def test_a_name_that_no_file_or_command_can_hold_is_refused(project: ProjectFolder, name: str) -> None:
    project.write("pyproject.toml", f'[tool.lockhouse]\npython = ">=3.11"\n[tool.lockhouse.environments."{name}"]\n')
    for command in ("lock", "check", "list"):
        result = project.run("lockhouse", command)
        assert result.returncode == 2, result
        require_error(result, "invalid-setting", "cannot be the name of an environment", "pyproject.toml:")
        assert len(result.stderr.splitlines()) == 2, result
    assert not (project / "locks").exists()


@pytest.mark.parametrize("where", ["own", "common"])
def test_what_each_build_gets_is_not_passed_on(project: ProjectFolder, where: str) -> None:
    line = 'build-env = ["CFLAGS", "PATH", "https_proxy", "SOURCE_DATE_EPOCH"]'
    declare(project, *([line] if where == "own" else []), more=f"[tool.lockhouse]\n{line}\n" if where != "own" else "")
    result = project.run("lockhouse", "check")
    assert result.returncode == 2, result
    words = "build-env: PATH, SOURCE_DATE_EPOCH, https_proxy cannot be set: every build gets that from Lockhouse"
    require_error(result, "invalid-setting", words)


CHOICES = {
    "rebuild": ("allways", "changed, always", "always"),
    "project": ("weel", "none, dependencies, wheel, editable", "wheel"),
    "on-stale": ("warm", "error, warn", "warn"),
    "format": ("pylok", "pylock, requirements", "pylock"),
}


def test_a_misspelt_choice_is_told_with_those_that_there_are(project: ProjectFolder) -> None:
    declare(project, *(f'{key} = "{choice}"' for key, (choice, _, _) in CHOICES.items()))
    result = project.run("lockhouse", "check")
    assert result.returncode == 2, result
    for key, (choice, choices, guess) in CHOICES.items():
        words = f"{key}: expected one of {choices}, found '{choice}'; did you mean '{guess}'?"
        require_error(result, "invalid-setting", words)


@pytest.mark.parametrize(("files", "code", "place"), MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_declaration_is_a_clear_error_and_nothing_is_written(
    project: ProjectFolder, files: dict[str, str | bytes], code: str, place: str
) -> None:
    for name, data in files.items():
        project.write(name, data)
    project.write(LOCK, "kept")
    before = tree_of(project.path, without=["__pycache__"])
    for command in ("lock", "check"):
        result = project.run("lockhouse", command)
        assert result.returncode == 2, result
        require_error(result, code, place)
        assert result.stdout == ""
    assert tree_of(project.path, without=["__pycache__"]) == before


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders")
@pytest.mark.parametrize("name", ["r.txt", "pyproject.toml"])
def test_a_pipe_is_no_file_to_read(project: ProjectFolder, name: str) -> None:
    declare(project, 'requirement-files = ["r.txt"]')
    (project / name).unlink(missing_ok=True)
    os.mkfifo(project / name)
    for command in ("lock", "check"):
        result = project.run("lockhouse", command, timeout=60)
        assert result.returncode == 2, result
        code = "config" if name == "pyproject.toml" else "invalid-requirement"
        require_error(result, code, f"{name} cannot be read", "it is no regular file")


def test_all_problems_are_told_at_once(project: ProjectFolder) -> None:
    declare(project, 'requirements = ["alpha >> 1"]', 'requirement-files = ["r.txt"]')
    project.write("r.txt", "beta = 1\n-r none.txt\n")
    result = project.run("lockhouse", "check")
    assert result.returncode == 2, result
    require_error(result, "invalid-requirement", "pyproject.toml:7", "r.txt:1", "r.txt:2", "none.txt")


def test_all_misspelt_groups_and_extras_are_told_at_once(project: ProjectFolder) -> None:
    more = (
        '[project.optional-dependencies]\ncli = ["c"]\n'
        '[dependency-groups]\ntest = ["a"]\ndocs = ["b"]\nall = [{include-group = "tets"}, {include-group = "dosc"}]\n'
    )
    declare(project, 'groups = ["tset", "dcos"]', 'extras = ["cil"]', more=more)
    result = project.run("lockhouse", "check")
    assert result.returncode == 2, result
    require_error(result, "invalid-requirement", "pyproject.toml:6", "pyproject.toml:7", "'tset'", "'dcos'", "'cil'")
    fix = "write 'test' instead of 'tset'; write 'docs' instead of 'dcos'; write 'cli' instead of 'cil'"
    assert f"fix: {fix}\n" in result.stderr

    declare(project, 'groups = ["all"]', more=more)
    result = project.run("lockhouse", "check")
    require_error(result, "invalid-requirement", "pyproject.toml:14")
    assert "fix: write 'test' instead of 'tets'; write 'docs' instead of 'dosc'\n" in result.stderr


def test_no_declaration_at_all_says_where_it_was_looked_for(project: ProjectFolder) -> None:
    for command in ("lock", "check"):
        result = project.run("lockhouse", command)
        assert result.returncode == 2, result
        require_error(result, "config", "pyproject.toml, noxfile.py and the tox configuration")
    assert list(project.path.iterdir()) == []


def test_an_unknown_environment_names_the_nearest(project: ProjectFolder) -> None:
    declare(project, 'requirements = ["alpha"]')
    for command in (("lock", "test"), ("check", "test"), ("sync", "test", "--into", "v")):
        result = project.run("lockhouse", *command)
        assert result.returncode == 2, result
        require_error(result, "unknown-environment", '"test"', 'did you mean "tests"?')
    assert not (project / "v").exists()


# -- resolving ------------------------------------------------------------

RESOLVERS = ["uv", "pip"]


def declare_for(project: ProjectFolder, resolver: str, requirements: str) -> None:
    declare(project, f"requirements = {requirements}", f'resolver = "{resolver}"', 'pythons = ["3.11"]')


@pytest.mark.parametrize("resolver", RESOLVERS)
@pytest.mark.usefixtures("path_with_pythons")
def test_what_cannot_be_resolved_is_told_and_the_lock_stays(
    project: ProjectFolder, index: PackageIndex, resolver: str
) -> None:
    index.add_wheel("alpha", "1.0", requires=["beta<2"])
    index.add_wheel("beta", "1.0")
    index.add_wheel("beta", "2.0")
    declare_for(project, resolver, '["alpha"]')
    lock(project)
    before = tree_of(project / "locks")

    declare_for(project, resolver, '["alpha", "beta>=2"]')
    unsolvable = project.run("lockhouse", "lock")
    assert unsolvable.returncode == 6, unsolvable
    require_error(unsolvable, "unsolvable", "beta", 'environment "tests"')

    declare_for(project, resolver, '["alpha", "alhpa"]')
    unknown = project.run("lockhouse", "lock")
    assert unknown.returncode == 6, unknown
    require_error(unknown, "unsolvable", "alhpa")

    declare_for(project, resolver, '["alpha>=3"]')
    index.stop()
    unreachable = project.run("lockhouse", "lock")
    assert unreachable.returncode in {5, 6}, unreachable
    assert re.search(r"error\[(backend-failed|artifact-unavailable)\]", unreachable.stderr), unreachable
    assert index.url.removesuffix("/simple") in unreachable.stderr
    assert re.search(r"^  fix: \S", unreachable.stderr, re.MULTILINE), unreachable
    assert "Traceback" not in unreachable.stderr
    assert tree_of(project / "locks") == before


@pytest.mark.parametrize("resolver", RESOLVERS)
@pytest.mark.parametrize("line", ["alpha", "alpha<3"])
@pytest.mark.usefixtures("path_with_pythons")
def test_a_cut_off_date_that_hides_all_versions_is_what_the_fix_names(
    project: ProjectFolder, index: PackageIndex, resolver: str, line: str
) -> None:
    index.add_wheel("alpha", "1.0")
    declare(
        project,
        f'requirements = ["{line}"]',
        f'resolver = "{resolver}"',
        'pythons = ["3.11"]',
        'exclude-newer = "2001-01-01"',
    )
    result = project.run("lockhouse", "lock")
    assert result.returncode == 6, result
    require_error(result, "unsolvable", "set exclude-newer, which is 2001-01-02T00:00:00Z now")
    fix = result.stderr.partition("  fix: ")[2]
    assert "exclude-newer-package" not in result.stderr
    assert "loosen" not in fix
    if resolver == "uv":  # pip does not say why it passes a version over
        assert fix.startswith("set exclude-newer")


def test_one_environment_that_fails_does_not_keep_the_others_from_being_locked(
    project: ProjectFolder, index: PackageIndex
) -> None:
    index.add_wheel("alpha", "1.0")
    declare(
        project,
        'requirements = ["nowhere"]',
        more='[tool.lockhouse.environments.docs]\nrequirements = ["alpha"]\n',
    )
    result = project.run("lockhouse", "lock")
    assert result.returncode == 6, result
    assert [path.name for path in (project / "locks").iterdir()] == ["pylock.docs.toml"]
    assert "locks/pylock.docs.toml: locked, 1 package" in result.stdout


def test_tox_lock_has_the_same_exit_codes(project: ProjectFolder, index: PackageIndex) -> None:
    index.add_wheel("alpha", "1.0")
    project.write("pyproject.toml", '[project]\nname = "demo"\nversion = "1.0"\nrequires-python = ">=3.11"\n')
    project.write("tox.ini", "[testenv:tests]\nrunner = lockhouse\npackage = skip\ndeps = nowhere\n")
    missing = project.run("tox", "lock-check")
    assert missing.returncode == 1, missing
    result = project.run("tox", "lock")
    assert result.returncode == 6, result
    require_error(result, "unsolvable", "nowhere")
    assert not (project / "locks").exists()


# -- nothing to work with ------------------------------------------------------------


def test_a_check_writes_nothing_and_needs_nothing(
    templates: dict[str, Path], tmp_path: Path, closed_index_url: str
) -> None:
    """No network, no cache, no home that could be written: only the verdict."""
    project = copy_of(templates["pylock"], tmp_path)
    nowhere = str(tmp_path / "not" / "there")
    environ = dict.fromkeys(("HOME", "XDG_CACHE_HOME", "LOCKHOUSE_CACHE_DIR", "UV_CACHE_DIR"), nowhere)
    environ |= index_environ(closed_index_url)
    before = tree_of(tmp_path)
    fresh = project.run("lockhouse", "check", env=environ)
    assert fresh.returncode == 0, fresh
    assert fresh.output == "tests: fresh\n1 environment: 1 fresh\n"
    assert tree_of(tmp_path) == before

    project.replace("pyproject.toml", '["alpha"]', '["alpha>1"]')
    before = tree_of(tmp_path)
    for command in (("check",), ("check", "--json"), ("list",)):
        stale = project.run("lockhouse", *command, env=environ)
        assert stale.returncode == (0 if command == ("list",) else 1), stale
        assert "stale" in stale.stdout
    assert tree_of(tmp_path) == before

    shutil.rmtree(project / "locks")
    before = tree_of(tmp_path)
    missing = project.run("lockhouse", "check", env=environ)
    assert (missing.returncode, missing.stderr) == (1, ""), missing
    assert missing.lines == [
        "tests: missing",
        "  why[lock-missing]: locks/pylock.tests.toml is not there",
        "  fix: lockhouse lock tests",
        "1 environment: 1 missing",
    ]
    assert tree_of(tmp_path) == before


def test_a_checkout_of_another_that_cannot_be_written_is_checked_all_the_same(
    templates: dict[str, Path], tmp_path: Path
) -> None:
    project = copy_of(templates["pylock"], tmp_path)
    folders = [project.path, *(path for path in project.path.rglob("*") if path.is_dir())]
    for folder in folders:
        folder.chmod(0o555)
    try:
        assert project.run("lockhouse", "check", check=True).lines[0] == "tests: fresh"
    finally:
        for folder in folders:
            folder.chmod(0o755)


# -- what a parser gives up on ------------------------------------------------------------

DEEP = "[" * 3000 + "]" * 3000
DEEP_MARKER = "(" * 2000 + "python_version>'3'" + ")" * 2000

TOO_MUCH = {
    "brackets": ({"pyproject.toml": TABLE + f"requirements = []\n[tool.x]\na = {DEEP}\n"}, "config", "too deeply"),
    "digits": ({"pyproject.toml": TABLE + f"[tool.x]\na = {'1' * 6000}\n"}, "config", "too many digits"),
    "marker": (
        {"pyproject.toml": TABLE + f'requirements = ["alpha; {DEEP_MARKER}"]\n'},
        "invalid-requirement",
        "too deeply",
    ),
    "marker in a group": (
        {"pyproject.toml": TABLE + f'groups = ["a"]\n[dependency-groups]\na = ["alpha; {DEEP_MARKER}"]\n'},
        "invalid-requirement",
        "too deeply",
    ),
    "settings of uv": (
        {"pyproject.toml": TABLE + 'requirements = ["alpha"]\n', "uv.toml": f"a = {DEEP}\n"},
        "config",
        "too deeply",
    ),
}


@pytest.mark.parametrize(("files", "code", "words"), TOO_MUCH.values(), ids=TOO_MUCH.keys())
def test_what_a_parser_gives_up_on_is_no_stale_lock(
    project: ProjectFolder, files: dict[str, str | bytes], code: str, words: str
) -> None:
    for name, data in files.items():
        project.write(name, data)
    result = project.run("lockhouse", "lock" if "uv.toml" in files else "check")
    assert result.returncode == 2, result
    require_error(result, code, words)


LOCK_TOO_DEEP = {
    "brackets": ("pylock", LOCK, lambda text: f"{text}\n[tool.x]\na = {DEEP}\n"),
    "digits": ("pylock", LOCK, lambda text: f"{text}\n[tool.x]\na = {'1' * 6000}\n"),
    "marker": (
        "pylock",
        LOCK,
        lambda text: text.replace('name = "beta"\n', f'name = "beta"\nmarker = "{DEEP_MARKER}"\n'),
    ),
    "edge": ("pylock", LOCK, lambda text: text.replace('"beta",', f'"beta; {DEEP_MARKER}",')),
    "pin": ("requirements", REQUIREMENTS, lambda text: text.replace("beta==1.0", f"beta==1.0 ; {DEEP_MARKER}")),
    "record": (
        "requirements",
        RECORD,
        lambda text: text.replace("requires-python", f'environments = ["{DEEP_MARKER}"]\nrequires-python', 1),
    ),
}


@pytest.mark.parametrize(("form", "name", "damage"), LOCK_TOO_DEEP.values(), ids=LOCK_TOO_DEEP.keys())
def test_what_a_parser_gives_up_on_in_a_lock_is_an_invalid_lock(
    templates: dict[str, Path], tmp_path: Path, form: str, name: str, damage: Callable[[str], str]
) -> None:
    project = copy_of(templates[form], tmp_path)
    text = project.read(name)
    project.write(name, damage(text).encode())
    assert project.read(name) != text
    result = project.run("lockhouse", "check")
    assert result.returncode == 3, result
    require_error(result, "lock-invalid", name.rpartition("/")[2])
