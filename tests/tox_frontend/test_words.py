"""What tox runs and commands say, in real runs."""

from __future__ import annotations

import re
import shlex
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from lockhouse.testing import PackageIndex, ProjectFolder, Result

MINOR = ".".join(map(str, sys.version_info[:2]))
PY = f"py{MINOR.replace('.', '')}"


@pytest.fixture
def demo(index: PackageIndex) -> PackageIndex:
    index.add_wheel("demo", "1.0", requires=["other"])
    index.add_wheel("demo", "2.0")
    index.add_wheel("other", "1.0")
    return index


def write(project: ProjectFolder, deps: str, *, env_list: str = PY, more: str = "") -> None:
    project.write(
        "tox.ini",
        f"[tox]\nenv_list = {env_list}\nno_package = true\n\n"
        f"[testenv]\nrunner = lockhouse\ndeps = {deps}\ncommands = python -c pass\n{more}\n",
    )


@pytest.mark.usefixtures("demo")
def test_a_run_says_once_what_it_installed_and_removed_and_nothing_where_it_did_nothing(
    project: ProjectFolder,
) -> None:
    write(project, "demo<2")
    project.run("tox", "lock", check=True)
    first = project.run("tox", check=True)
    # virtualenv may have brought setuptools, which is not locked
    assert re.fullmatch(rf"{PY}: 2 installed,( 1 removed .*,)? from locks/pylock\.py\.toml", first.lines[0]), first
    assert "because" not in first.output
    again = project.run("tox", check=True)
    assert "locks/" not in again.output
    write(project, "demo>=2")
    project.run("tox", "lock", check=True)
    changed = project.run("tox", "-v", check=True)
    said = [line for line in changed.lines if "from locks/" in line]
    assert [line.partition(": ")[2] for line in said] == [
        "1 installed, 1 removed (other 1.0), from locks/pylock.py.toml"
    ], changed
    assert "because" in changed.output


def test_both_commands_are_there_wherever_somebody_asks_for_them(project: ProjectFolder, index: PackageIndex) -> None:
    index.add_wheel("demo", "1.0")
    write(project, "demo")
    listed = project.run("tox", "--help", check=True).output
    for command, said in (("lock", "lock environments"), ("lock-check", "check locks, read-only")):
        assert re.search(rf"{command} +{said}", listed), listed
        assert "select target environment" in project.run("tox", command, "-h", check=True).output
    project.run("tox", "-q", "-c", str(project / "tox.ini"), "lock", check=True)  # options of tox stand before it
    # a program that has tox parse other words than its own
    code = "import sys; from tox.run import main; sys.argv[1:] = ['run']; sys.exit(main(['lock-check']))"
    assert f"{PY}: fresh" in project.run(sys.executable, "-c", code, check=True).output


def test_where_no_environment_is_locked_both_commands_fail_as_the_command_line_does(project: ProjectFolder) -> None:
    project.write("tox.ini", "[tox]\nenv_list = lint\nno_package = true\n[testenv]\ncommands = python -c pass\n")
    ours = project.run("lockhouse", "check")
    assert "or list an environment with runner = lockhouse in env_list of tox.ini" in ours.output
    for command in ("lock", "lock-check"):
        result = project.run("tox", command)
        assert result.returncode == ours.returncode == 2, result
        assert "error[config]: no locked environment is declared in" in result.output
        assert "runner = lockhouse" in result.output
    chosen = project.run("tox", "lock", "-e", "lint")
    assert chosen.returncode == 2, chosen
    assert "looked at lint" in chosen.output


@pytest.mark.usefixtures("demo")
def test_a_lock_is_told_once_in_the_words_of_the_command_line(project: ProjectFolder) -> None:
    project.write("pyproject.toml", f"[tool.lockhouse]\npython = '>={MINOR}'\n")
    write(project, "demo", env_list=f"{PY}-a, py-a, b")
    missing = project.run("tox", "lock-check")
    assert missing.returncode == 1, missing
    assert f"{PY}-a, py-a: missing" in missing.lines
    ours = project.run("lockhouse", "check", "b")
    assert ours.returncode == 1, ours
    *words, summary = ours.lines
    assert summary == "1 environment: 1 missing"
    assert words == missing.lines[-len(words) - 1 : -1], (missing, ours)
    assert missing.lines[-1] == "3 environments: 3 missing"
    locked = project.run("tox", "lock")
    assert locked.returncode == 0, locked
    orphan = project.write("locks/pylock.old.toml", (project / "locks/pylock.a.toml").read_text())
    fresh, ours = project.run("tox", "lock-check"), project.run("lockhouse", "check")
    assert fresh.returncode == ours.returncode == 0, fresh
    assert fresh.lines == [f"{PY}-a, py-a: fresh", *ours.lines[2:]], (fresh, ours)
    assert "locks/pylock.old.toml: orphan" in fresh.lines
    assert fresh.lines[-1] == "3 environments: 3 fresh; 1 orphan lock"
    orphan.unlink()
    lock = project / "locks/pylock.b.toml"
    content = lock.read_bytes()
    lock.write_bytes(content.replace(b"demo", b"dema"))
    edited, ours = project.run("tox", "lock-check", "-e", "b"), project.run("lockhouse", "check", "b")
    assert any(line.startswith("  note: ") for line in edited.lines), edited
    assert edited.lines == ours.lines, (edited, ours)
    lock.write_bytes(content)
    write(project, "demo<2", env_list=f"{PY}-a, py-a, b")
    stale = project.run("tox", "lock-check", "-e", "b")
    ours = project.run("lockhouse", "check", "b")
    assert stale.returncode == ours.returncode == 1, stale
    assert stale.lines == ours.lines, (stale, ours)
    assert "    - demo" in stale.lines
    write(project, "nowhere")
    failed, ours = project.run("tox", "lock"), project.run("lockhouse", "lock")
    assert failed.returncode == ours.returncode == 6, failed
    assert set(ours.error_lines) <= {line.removeprefix("ROOT: ") for line in failed.output.splitlines()}, (failed, ours)


def pasted(project: ProjectFolder, result: Result) -> list[str]:
    """Run the fix that a result names, which has to mend what was wrong."""
    assert result.returncode != 0, result
    command = shlex.split(result.line_with("fix: ").partition("fix: ")[2])
    project.run(*command, check=True)
    return command


@pytest.mark.usefixtures("demo")
def test_the_fix_for_an_environment_that_tox_does_not_list_works_when_it_is_pasted(project: ProjectFolder) -> None:
    project.write("pyproject.toml", f"[tool.lockhouse]\npython = '>={MINOR}'\n")
    write(project, "demo<2", env_list="")
    unknown = project.run("lockhouse", "lock", "py")
    assert unknown.returncode == 2, unknown
    assert "fix: list the environments in env_list of tox.ini, or lock one that is not listed: tox lock -e NAME" in (
        unknown.output
    )
    assert pasted(project, project.run("tox", "run", "-e", "py")) == ["tox", "lock", "-e", "py"]
    project.run("tox", "run", "-e", "py", check=True)
    project.replace("tox.ini", "demo<2", "demo>=2")
    assert pasted(project, project.run("tox", "lock-check", "-e", "py")) == ["tox", "lock", "-e", "py"]
    project.run("tox", "lock-check", "-e", "py", check=True)


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize(
    ("env_list", "command"),
    [("", ["tox", "lock", "-c", "sub/tox.ini", "-e"]), ("py", ["lockhouse", "lock", "-C", "sub"])],
)
def test_the_fix_for_a_configuration_in_another_folder_works_when_it_is_pasted(
    project: ProjectFolder, env_list: str, command: list[str]
) -> None:
    project.write("sub/pyproject.toml", f"[tool.lockhouse]\npython = '>={MINOR}'\n")
    write(project, "demo<2", env_list=env_list)
    (project / "tox.ini").rename(project / "sub/tox.ini")
    for fixable in (("run",), ("lock-check",)):
        (project / "sub/locks/pylock.py.toml").unlink(missing_ok=True)
        assert pasted(project, project.run("tox", *fixable, "-c", "sub/tox.ini", "-e", "py")) == [*command, "py"]
        project.run("tox", *fixable, "-c", "sub/tox.ini", "-e", "py", check=True)


@pytest.mark.usefixtures("demo")
def test_environments_with_one_lock_and_other_inputs_are_told(project: ProjectFolder) -> None:
    project.write("pyproject.toml", f"[tool.lockhouse]\npython = '>={MINOR}'\n")
    texts = {
        name: f"[testenv:{name}]\nlockhouse_lock = x\ndeps = demo{deps}\n" for name, deps in (("a", "<2"), ("b", ">=2"))
    }
    write(project, "demo", env_list="a, b", more="".join(texts.values()))
    for command in (("lock-check",), ("lock-check", "-e", "a"), ("run", "-e", "b"), ("lock",)):
        result = project.run("tox", *command)
        assert result.returncode, result
        assert "error[environment-conflict]" in result.output, result
        assert "give one of them a lock of its own name" in result.output
        assert "it ran" not in result.output

    write(project, "demo", env_list="a", more=texts["a"])
    project.run("tox", "lock", check=True)
    write(project, "demo", env_list="a, b", more="".join(texts.values()))
    result = project.run("tox", "run", "-e", "b")
    assert "error[environment-conflict]" in result.output, result
    project.run("tox", "run", "-e", "a", check=True)


@pytest.mark.usefixtures("demo")
def test_the_fix_for_one_that_tox_lists_is_that_of_the_command_line(project: ProjectFolder) -> None:
    write(project, "demo", env_list="a", more="[testenv:b]\n[testenv:c]\nlockhouse_environment = own\ndeps =")
    project.replace("tox.ini", "[tox]\n", "[tox]\nlabels =\n  more = d\n")
    project.write(
        "pyproject.toml", f"[tool.lockhouse]\npython = '>={MINOR}'\nenvironments.own.requirements = ['demo']\n"
    )
    assert pasted(project, project.run("tox", "run", "-e", "c")) == ["lockhouse", "lock", "own"]
    for name, words in {"a": ("-e", "a"), "b": ("-e", "b"), "d": ("-m", "more")}.items():
        assert pasted(project, project.run("tox", "lock-check", *words)) == ["lockhouse", "lock", name]
