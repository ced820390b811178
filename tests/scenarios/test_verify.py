"""Files that were edited, removed or added after an install: found, said, and repaired with the smallest change."""

from __future__ import annotations

import json
import os
import shlex
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import jsonschema  # type: ignore[import-untyped]
import pytest

from lockhouse.storage.receipts import RECEIPT_NAME
from tests.docs.pages import DOCS

from .installing import (
    CLI,
    NOX,
    TOX,
    Frontend,
    declare,
    each_frontend,
    each_tool,
    installed,
    lock,
    lock_path,
    make_base,
    python_of,
    write_tools,
)

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.testing import PackageIndex, ProjectFolder, Result

CONTENT = "answer = 1\n"
EDITED = "answer = 2\n"


@pytest.fixture
def made(project: ProjectFolder, index: PackageIndex) -> ProjectFolder:
    """Give a project whose environment needs two packages; it is locked, nothing is installed."""
    index.add_wheel("demo", "1.0", modules={"demo.py": CONTENT})
    index.add_wheel("other", "1.0", modules={"other.py": CONTENT, "inside/__init__.py": ""})
    declare(project, "demo", "other")
    lock(project)
    return project


def module(frontend: Frontend, project: ProjectFolder, name: str = "demo") -> Path:
    return next(frontend.root(project).glob(f"[Ll]ib/**/site-packages/{name}.py"))


def edit_unseen(path: Path) -> None:
    """Edit a file so that neither its size nor its time tells."""
    before = path.stat()
    path.write_text(EDITED)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)


def verify(project: ProjectFolder, *options: str) -> Result:
    where = ("--in", ".venv") if (project / ".venv").exists() else ()
    return project.run("lockhouse", "verify", "tests", *where, *options)


@each_frontend
def test_an_edited_file_is_found_before_the_tests_run_and_only_its_package_is_repaired(
    frontend: Frontend, made: ProjectFolder
) -> None:
    frontend.succeed(made)
    assert verify(made).lines[0] == f"tests ({frontend.folder}): matching"
    untouched = module(frontend, made, "other").stat()
    module(frontend, made).write_text(CONTENT + "answer = 3\n")
    drifted = verify(made)
    assert drifted.returncode == 1, drifted
    place = module(frontend, made).relative_to(frontend.root(made)).as_posix()
    assert f"  why[file-changed]: demo: {place} was edited" in drifted.lines
    assert drifted.lines[-1] == "1 environment: 1 drifted"
    if frontend is not CLI:
        flag = "-R" if frontend is NOX else "--skip-env-install"
        refused = frontend.refuse(made, flag, code="environment-drifted")
        assert f"{place} was edited" in refused.output
    repaired = frontend.succeed(made)
    assert "1 installed" in repaired.output, repaired
    assert f"repaired: demo: {place} was edited" in repaired.output
    assert module(frontend, made).read_text() == CONTENT
    now = module(frontend, made, "other").stat()
    assert (now.st_mtime_ns, now.st_ino) == (untouched.st_mtime_ns, untouched.st_ino), "it was installed again"
    module(frontend, made).unlink()
    assert f"{place} is missing" in verify(made).output
    frontend.succeed(made)
    assert verify(made).returncode == 0


@each_frontend
def test_an_edit_that_neither_size_nor_time_shows_is_found_by_reading_everything(
    frontend: Frontend, made: ProjectFolder
) -> None:
    frontend.succeed(made)
    edit_unseen(module(frontend, made))
    assert verify(made).returncode == 0
    drifted = verify(made, "--deep")
    assert drifted.returncode == 1, drifted
    assert "demo.py was edited" in drifted.line_with("why[file-changed]")
    fix = drifted.line_with("fix: ").removeprefix("  fix: ").split()
    assert fix[:3] == (["tox", "run", "-r"] if frontend is TOX else ["lockhouse", "sync", "tests"])
    mended = made.run(*fix, check=True)
    if frontend is not TOX:
        assert "1 installed" in mended.output, "the smallest change"
    assert module(frontend, made).read_text() == CONTENT
    assert verify(made, "--deep").returncode == 0


def test_reading_everything_finds_what_belongs_to_no_package(made: ProjectFolder) -> None:
    CLI.succeed(made)
    folder = module(CLI, made).parent
    (folder / "__pycache__").mkdir(exist_ok=True)
    (folder / "__pycache__" / "demo.cpython-312.pyc").write_bytes(b"")
    (folder / "data.json").write_text("{}")
    assert verify(made, "--deep").returncode == 0
    (folder / "inside" / "stray.py").write_text("answer = 3\n")
    assert verify(made).returncode == 0
    drifted = verify(made, "--deep")
    assert drifted.returncode == 1, drifted
    assert "stray.py belongs to no installed package" in drifted.line_with("why[file-extra]")
    mended = made.run(*drifted.line_with("fix: ").removeprefix("  fix: ").split(), check=True)
    assert "repaired: " in mended.line_with("stray.py")
    assert not (folder / "inside" / "stray.py").exists()
    assert (folder / "data.json").exists()
    assert verify(made, "--deep").returncode == 0


@each_frontend
def test_reading_everything_finds_programs_that_belong_to_nobody(frontend: Frontend, made: ProjectFolder) -> None:
    frontend.succeed(made)
    place = "Scripts" if os.name == "nt" else "bin"
    program = frontend.root(made) / place / "git.exe"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    assert verify(made).returncode == 0
    told = verify(made, "--deep").line_with("why[file-extra]")
    assert f"{place}/git.exe belongs to no installed package" in told
    where = frontend.root(made).relative_to(made.path).as_posix()
    made.run("lockhouse", "sync", "tests", "--into", where, "--deep", check=True)
    assert not program.exists()
    assert verify(made, "--deep").returncode == 0


def test_what_lies_in_an_environment_before_the_first_sync_does_not_stay(made: ProjectFolder) -> None:
    CLI.succeed(made)
    (CLI.root(made) / RECEIPT_NAME).unlink()
    folder = module(CLI, made).parent
    (folder / "shadow").mkdir()
    (folder / "shadow" / "__init__.py").write_text("")
    (folder / "easy-install.pth").write_text("import os\n")
    CLI.succeed(made)
    assert not (folder / "shadow").exists()
    assert not (folder / "easy-install.pth").exists()
    assert verify(made, "--deep").returncode == 0


def test_what_an_administrator_put_into_a_whole_python_stays(made: ProjectFolder) -> None:
    if os.name == "nt":
        return  # its interpreter is found in environments alone
    base = make_base(made / "base")
    (base.parent / "python").symlink_to(base.name)
    packages = base.parent.parent / "lib" / base.name / "site-packages"
    for name in ("sitecustomize.py", "theirs.pth", "corporate.py"):
        (packages / name).write_text("")
    into = ("lockhouse", "sync", "tests", "--into", "base")
    made.run(*into, check=True)
    (packages / "later.py").write_text("")
    assert "installed" not in made.run(*into, "--deep", check=True).output
    made.run("lockhouse", "verify", "tests", "--in", "base", "--deep", check=True)
    (packages / "demo.py").write_text("edited = 1\n")
    made.run(*into, check=True)
    found = {path.name for path in packages.iterdir()}
    assert found >= {"sitecustomize.py", "theirs.pth", "corporate.py", "later.py", "demo.py"}
    assert (packages / "demo.py").read_text() == CONTENT


@each_tool
def test_an_environment_that_is_not_whole_is_told_and_never_passes(frontend: Frontend, made: ProjectFolder) -> None:
    if os.name == "nt":
        return  # a small program is there instead of a link
    frontend.succeed(made)
    forbidding = "-R" if frontend is NOX else "--skip-env-install"
    python3 = frontend.root(made) / "bin" / "python3"
    before = python3.readlink()
    python3.unlink()
    python3.symlink_to("/bin/sh")
    said = verify(made)
    assert said.returncode != 0, said
    assert "more than one interpreter" in said.output
    for options in ((), (forbidding,)):
        frontend.refuse(made, *options, code="interpreter")
    python3.unlink()
    python3.symlink_to(before)
    assert verify(made).returncode == 0
    config = frontend.root(made) / "pyvenv.cfg"
    config.rename(config.with_suffix(".away"))
    said = verify(made)
    assert said.returncode != 0, said
    assert f"the environment {frontend.root(made)} has no pyvenv.cfg" in said.output
    ran = frontend.run(made, forbidding)
    assert ran.returncode != 0 or verify(made).returncode == 0, ran


@each_frontend
@pytest.mark.parametrize("copies", [False, True], ids=["links", "copies"])
def test_nothing_is_installed_into_the_interpreter_that_an_environment_was_made_from(
    frontend: Frontend, copies: bool, made: ProjectFolder
) -> None:
    if os.name == "nt":
        return  # a small program is there, which does not start
    base = make_base(made / "base")
    packages = base.parent.parent / "lib" / base.name / "site-packages"
    (packages / "mine.py").write_text("")
    write_tools(made, python=str(base))
    made.replace("tox.ini", "package = skip", f"package = skip\nbase_python = {base}")
    if frontend is CLI:
        frontend = replace(CLI, command=(*CLI.command[:-1], str(base)))
    frontend.succeed(made)
    root = next(made.path.glob(f"{frontend.folder}*/pyvenv.cfg")).parent
    python = python_of(root)
    assert python.resolve() == base
    if copies:
        python.unlink()
        shutil.copy2(base, python)
        for name in ("python3", base.name):
            (python.parent / name).unlink(missing_ok=True)
    (root / "pyvenv.cfg").unlink()
    if frontend.name == "cli":
        frontend = replace(CLI, command=CLI.command[:-2])  # the one that is there
    forbidding = {"nox": ("-R",), "tox": ("--skip-env-install",)}.get(frontend.name)
    for options in ((), forbidding):
        if options is None:
            continue
        ran = frontend.run(made, *options)
        assert [path.name for path in packages.iterdir()] == ["mine.py"], ran
        if not (root / "pyvenv.cfg").is_file():  # virtualenv makes it anew
            code = "environment-drifted" if copies and options else "interpreter"
            assert (ran.returncode != 0, f"error[{code}]" in ran.output) == (True, True), ran


def test_a_record_that_was_made_to_fit_the_edit_is_found(made: ProjectFolder) -> None:
    CLI.succeed(made)
    record = next(CLI.root(made).rglob("demo-1.0.dist-info/RECORD"))
    before = record.stat()
    text = record.read_text()
    line = next(line for line in text.splitlines() if line.startswith("demo.py,"))
    digest = line.split("=")[1].split(",")[0]
    record.write_text(text.replace(digest, digest[::-1]))
    os.utime(record, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert verify(made).returncode == 0
    assert "RECORD was edited" in verify(made, "--deep").line_with("why[file-changed]")


@each_tool
def test_other_times_alone_are_no_drift_and_are_taken_down(frontend: Frontend, made: ProjectFolder) -> None:
    frontend.succeed(made)
    os.utime(module(frontend, made), (1, 1))
    for record in frontend.root(made).rglob("other-1.0.dist-info/RECORD"):
        os.utime(record, (1, 1))
    said = verify(made, "-v").error_lines
    assert said == ["  other times, the same content: demo", "  other times, the same content: other"]
    flag = "-R" if frontend is NOX else "--skip-env-install"
    frontend.succeed(made, flag)
    assert "installed" not in frontend.succeed(made).output
    assert verify(made, "-v").stderr == "", "the next look is quick again"


def test_the_same_pin_with_another_artifact_is_installed_anew(made: ProjectFolder, index: PackageIndex) -> None:
    CLI.succeed(made)
    before = json.loads((CLI.root(made) / RECEIPT_NAME).read_text())["packages"]
    index.remove("demo-1.0-py3-none-any.whl")
    index.add_wheel("demo", "1.0", modules={"demo.py": EDITED})
    (made / "locks/pylock.tests.toml").unlink()
    lock(made)
    drifted = verify(made)
    assert "the lock changed" in drifted.line_with("why[lock-changed]")
    assert "1 installed" in CLI.succeed(made).output
    assert module(CLI, made).read_text() == EDITED
    after = json.loads((CLI.root(made) / RECEIPT_NAME).read_text())["packages"]
    assert [old[2] == new[2] for old, new in zip(before, after, strict=True)] == [False, True]


def test_environments_are_found_where_the_tools_keep_them(made: ProjectFolder) -> None:
    nothing = made.run("lockhouse", "verify")
    assert (nothing.returncode, nothing.stdout) == (2, "")
    assert "no environment was found" in nothing.line_with("error[config]")
    for frontend in (CLI, NOX, TOX):
        frontend.succeed(made)
    made.run("tox", "run", env={"TOX_WORK_DIR": "elsewhere"}, check=True)
    (made / ".nox/tests" / RECEIPT_NAME).unlink()
    (made / ".tox/tests" / RECEIPT_NAME).unlink()
    said = made.run("lockhouse", "verify", "--json", "--in", ".venv", env={"TOX_WORK_DIR": "elsewhere"})
    assert said.returncode == 1, said
    record = json.loads(said.stdout)
    assert {(each["folder"], each["verdict"]) for each in record["environments"]} == {
        (".nox/tests", "drifted"),
        (".venv", "matching"),
        ("elsewhere/tests", "matching"),
    }
    assert record["summary"] == {"matching": 2, "drifted": 1}
    (drifted,) = [each for each in record["environments"] if each["verdict"] == "drifted"]
    assert [reason["code"] for reason in drifted["reasons"]] == ["never-synced"]
    assert drifted["fix"] == "lockhouse sync tests --into .nox/tests"
    made.run(*drifted["fix"].split(), check=True)
    assert "tests (.nox/tests): matching" in made.run("lockhouse", "verify").lines
    if DOCS.is_dir():
        jsonschema.validate(record, json.loads((DOCS / "reference/verify.schema.json").read_text("utf-8")))
    some = made.run("lockhouse", "verify", "--in", ".venv", "--in", "bogus", "--in", ".tox")
    assert some.returncode == 2
    assert "tests (.venv): matching" in some.lines
    assert "in bogus no environment was found" in some.line_with("error[config]")
    unknown = made.run("lockhouse", "verify", "test")
    assert unknown.returncode == 2
    assert 'did you mean "tests"?' in unknown.stderr
    annotated = made.run("lockhouse", "verify", "--format", "github", "--in", ".tox/tests")
    assert annotated.lines[0].startswith("::error file=pyproject.toml,line=1,title=lockhouse[never-synced]::")


@each_frontend
def test_an_environment_of_what_is_declared_nowhere_is_named(frontend: Frontend, made: ProjectFolder) -> None:
    frontend.succeed(made)
    declared = made.read("pyproject.toml")
    made.write("pyproject.toml", declared.replace("environments.tests]", 'environments.unit]\nlock = "tests"'))
    for tool in ("noxfile.py", "tox.ini"):
        (made / tool).unlink(missing_ok=True)
    told = made.run("lockhouse", "verify", "--in", frontend.folder)
    assert told.returncode == 2, told
    line = f'warning: {frontend.folder} is not looked at: it was installed for "tests", which is declared nowhere'
    assert told.line_with("warning: ").startswith(line)


def test_what_mends_a_project_in_another_folder_can_be_pasted_where_it_is_said(
    made: ProjectFolder, index: PackageIndex
) -> None:
    CLI.succeed(made)
    above = type(made)(made.path.parent, made.environ)
    module(CLI, made).write_text(CONTENT + "answer = 3\n")
    told = above.run("lockhouse", "verify", "-C", made.path.name, "--in", ".venv")
    above.run(*shlex.split(told.line_with("fix: ").partition("fix: ")[2]), check=True)
    above.run("lockhouse", "verify", "-C", made.path.name, "--in", ".venv", check=True)
    index.add_wheel("another", "1.0")
    declare(made, "demo", "other", "another")
    told = above.run("lockhouse", "check", "-C", made.path.name)
    assert told.returncode == 1, told
    above.run(*shlex.split(told.line_with("fix: ").partition("fix: ")[2]), check=True)
    above.run("lockhouse", "check", "-C", made.path.name, check=True)


def test_a_look_changes_nothing(made: ProjectFolder) -> None:
    CLI.succeed(made)
    edit_unseen(module(CLI, made))
    os.utime(module(CLI, made, "other"), (1, 1))
    receipt = (CLI.root(made) / RECEIPT_NAME).read_bytes()
    files = {path: path.stat().st_mtime_ns for path in made.path.rglob("*") if "__pycache__" not in path.parts}
    assert verify(made, "--deep").returncode == 1
    assert (CLI.root(made) / RECEIPT_NAME).read_bytes() == receipt
    assert {p: p.stat().st_mtime_ns for p in made.path.rglob("*") if "__pycache__" not in p.parts} == files
    assert installed(CLI.root(made)) == {"demo": "1.0", "other": "1.0"}


def test_a_lock_that_is_gone_is_told_with_the_command_that_makes_one(made: ProjectFolder) -> None:
    CLI.succeed(made)
    lock_path(made).unlink()
    result = verify(made)
    assert result.returncode == 3
    assert 'error[lock-missing]: environment "tests"' in result.stderr
    assert "  fix: lockhouse lock tests" in result.stderr.splitlines()
