"""Messages that mend: each names the place that is wrong, and a next step that really is one."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import pytest

from lockhouse.testing import PackageIndex, ProjectFolder

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.testing import Result

PROJECT = '[project]\nname = "demo"\nversion = "1.0"\nrequires-python = ">=3.11"\n'


def fixes(result: Result) -> list[str]:
    """Give the fixes of all errors of a run, in their order."""
    return re.findall(r"^ *fix: (.+)$", result.output, re.MULTILINE)


# -- what cannot be solved --------------------------------------------------------------------------------------------

UNSOLVABLE = """
[tool.lockhouse]
resolver = "{resolver}"
[tool.lockhouse.environments.above]
groups = ["above"]
pythons = ["3.11"]
[tool.lockhouse.environments.against]
groups = ["against"]
constraints = ["beta<2"]
pythons = ["3.11"]
[tool.lockhouse.environments.unknown]
requirements = ["nonesuch"]
pythons = ["3.11"]
[tool.lockhouse.environments.newer]
requirements = ["newer"]
pythons = ["3.11"]

[dependency-groups]
above = [
  "beta",
  "alpha>=99",
]
against = ["alpha"]
"""


@pytest.mark.parametrize("resolver", ["uv", "pip"])
def test_what_cannot_be_solved_names_the_declarations(
    project: ProjectFolder, index: PackageIndex, resolver: str
) -> None:
    index.add_wheel("alpha", "1.0", requires=["beta>=2"])
    index.add_wheel("beta", "1.0")
    index.add_wheel("beta", "2.0")
    index.add_wheel("newer", "1.0", requires_python=">=3.13")
    project.write("pyproject.toml", PROJECT + UNSOLVABLE.format(resolver=resolver))
    result = project.run("lockhouse", "lock")
    assert result.returncode == 6, result
    assert 'declared: "alpha>=99" (pyproject.toml:25)' in result.stderr
    assert 'declared: "alpha" (pyproject.toml:27)' in result.stderr
    assert 'declared: "beta<2" (pyproject.toml:13)' in result.stderr
    assert "requirements.txt (line" not in result.stderr
    above, against, unknown, newer = fixes(result)
    assert above == 'loosen "alpha>=99" at pyproject.toml:25; then lock again'
    assert against == 'loosen "beta<2" at pyproject.toml:13; then lock again'
    assert unknown.startswith("correct the name nonesuch at pyproject.toml:16, or configure the index")
    assert newer.startswith("narrow the Pythons of the environment")

    project.write("pyproject.toml", project.read("pyproject.toml").replace("alpha>=99", "alpha>=1"))
    project.run("lockhouse", "lock", "above", check=True)


# -- what cannot be read ----------------------------------------------------------------------------------------------


def test_a_malformed_requirement_is_quoted_with_its_place_and_what_was_meant(project: ProjectFolder) -> None:
    group = (
        '[tool.lockhouse.environments.tests]\ngroups = ["test"]\n[dependency-groups]\ntest = [\n  "ok",\n  "{}",\n]\n'
    )
    project.write("pyproject.toml", PROJECT + group.format("pytest = 8"))
    result = project.run("lockhouse", "check")
    assert "dependency group \"test\" (pyproject.toml:10): 'pytest = 8' is not a requirement" in result.stderr
    assert fixes(result) == ["write 'pytest==8' instead of 'pytest = 8'"]

    project.write("pyproject.toml", PROJECT)
    deps = "[testenv:tests]\nrunner = lockhouse\npackage = skip\ndeps =\n  ok\n  pytest = 8\n  # pytest\n"
    project.write("tox.ini", deps)
    result = project.run("lockhouse", "check")
    assert "tox environment \"tests\" (tox.ini:6): 'pytest = 8' is not a requirement" in result.stderr
    assert fixes(result) == ["write 'pytest==8' instead of 'pytest = 8'"]


# -- names ------------------------------------------------------------------------------------------------------------

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
SYNC = ("lockhouse", "sync", "tests", "--python", sys.executable)
TABLE = '[tool.lockhouse.environments.tests]\nrequirements = ["alpha"]\n'


def test_who_refers_to_an_unknown_environment_is_named(project: ProjectFolder) -> None:
    project.write("pyproject.toml", PROJECT + TABLE)
    session = "import lockhouse.nox\n\n@lockhouse.nox.session(environment='tset', venv_backend='uv')\n"
    project.write("noxfile.py", f"{session}def tests(session): pass\n")
    commands: tuple[tuple[str, ...], ...] = (("lockhouse", "check"), ("nox",))
    for command in commands:
        result = project.run(*command)
        assert result.returncode != 0, result
        assert 'error[unknown-environment]: nox session "tests" (noxfile.py:3): pyproject.toml' in result.output
        assert fixes(result) == ['write "tests"']

    (project / "noxfile.py").unlink()
    project.write("tox.ini", "[testenv:a]\nrunner = lockhouse\nskip_install = true\nlockhouse_environment = tsts\n")
    commands = (("lockhouse", "check"), ("tox", "lock"), ("tox", "run", "-e", "a"))
    for command in commands:
        result = project.run(*command)
        assert result.returncode != 0, result
        assert 'error[unknown-environment]: tox environment "a" (tox.ini): pyproject.toml' in result.output
        assert fixes(result) == ['write "tests"']


def test_the_name_of_a_parametrized_session_stands_for_all_its_environments(
    project: ProjectFolder, index: PackageIndex
) -> None:
    index.add_wheel("alpha", "1.0")
    index.add_wheel("alpha", "2.0")
    project.write("pyproject.toml", PROJECT)
    project.write(
        "noxfile.py",
        """
        import lockhouse.nox
        import nox

        @lockhouse.nox.session(requirements=["alpha=={version}"], python=["3.11"])
        @nox.parametrize("version", ["1.0", "2.0"])
        def tests(session, version): pass
        """,
    )
    assert len(project.run("lockhouse", "lock", "tests", check=True).lines) == 4
    result = project.run("lockhouse", "check", "tests", "tests(version='2.0')", check=True)
    assert result.lines[:2] == ["tests(version='1.0'): fresh", "tests(version='2.0'): fresh"]
    result = project.run("lockhouse", "sync", "tests", "--into", "v")
    assert result.returncode == 2, result
    assert fixes(result) == ["name one of them, such as \"tests(version='1.0')\""]
    assert not (project / "v").exists()
    assert fixes(project.run("lockhouse", "check", "tset")) == ['did you mean "tests"?']


def test_pythons_that_the_noxfile_alone_lists_are_asked_for_where_there_is_a_lock_for_each(
    project: ProjectFolder, index: PackageIndex
) -> None:
    index.add_wheel("alpha", "1.0")
    project.write("pyproject.toml", PROJECT + TABLE + 'resolver = "pip"\n')
    session = "import lockhouse.nox\n\n@lockhouse.nox.session(environment='tests', venv_backend='uv', python={})\n"
    project.write("noxfile.py", f"{session.format([PYTHON, '3.99'])}def tests(session): pass\n")
    commands: tuple[tuple[str, ...], ...] = (("nox", "-s", f"tests-{PYTHON}"), ("lockhouse", "lock"))
    for command in commands:
        result = project.run(*command)
        assert result.returncode != 0, result
        assert 'nox session "tests" (noxfile.py:3): environment "tests" lists no Pythons' in result.output
        assert fixes(result)[0].startswith(
            f'add pythons = ["{PYTHON}", "3.99"] to [tool.lockhouse.environments.tests] and lock again, or '
        )
    project.write("noxfile.py", f"{session.format(None)}def tests(session): pass\n")
    project.write("tox.ini", "[testenv:t]\nrunner = lockhouse\nskip_install = true\nlockhouse_environment = tests\n")
    for command in (("nox",), ("tox", "run", "-e", "t"), (*SYNC, "--into", "v")):
        result = project.run(*command)
        assert result.returncode != 0, result
        assert fixes(result)[0].startswith(f'list them, for instance pythons = ["{PYTHON}"], or '), result

    project.write("pyproject.toml", PROJECT + TABLE + f'resolver = "pip"\npythons = ["{PYTHON}"]\n')
    project.run("lockhouse", "lock", check=True)
    project.run("nox", check=True)


@pytest.mark.parametrize("resolver", ["uv", "pip"])
def test_what_cannot_be_built_for_want_of_an_index_says_so(
    project: ProjectFolder, index: PackageIndex, closed_index_url: str, resolver: str, tmp_path: Path
) -> None:
    index.add_wheel("other", "1.0")
    build = '[build-system]\nrequires = ["nonesuch"]\nbuild-backend = "nonesuch"\n'
    made = ProjectFolder(tmp_path / "demo")
    made.write("pyproject.toml", build + PROJECT)
    for command in (("init", "-q", "-b", "main"), ("add", "."), ("commit", "-q", "-m", "one")):
        made.run("git", *command, check=True)
    settings = (
        f'[tool.lockhouse]\nresolver = "{resolver}"\npython = ">=3.11"\n'
        f'[tool.lockhouse.environments.tests]\npythons = ["{PYTHON}"]\nallow-unhashed = ["demo"]\n'
    )
    correct = "correct the name nonesuch at the build requirements of demo"
    unknown = 'the build of {}: environment "tests": no index has a package nonesuch'
    unbuilt = 'error[build-failed]: environment "tests": the metadata of a package cannot be built'
    for requirement, said, fix in (
        ("../demo", unknown.format("demo at ../demo"), correct),
        (
            f"demo @ git+{made.path.as_uri()}@main",
            *((unknown.format("demo 1.0"), correct) if resolver == "uv" else (unbuilt, "mend what its build says, or")),
        ),
    ):
        project.write("pyproject.toml", f'{settings}requirements = ["{requirement}"]\n')
        result = project.run("lockhouse", "lock")  # what it is built with is locked
        assert said in result.stderr, result
        assert fixes(result)[0].startswith(fix), result
        result = project.run("lockhouse", "lock", env={"UV_DEFAULT_INDEX": closed_index_url})
        assert f"the index at {closed_index_url.split('/')[2]} cannot be reached" in result.stderr, result
        assert fixes(result) == ["look at the network and at the address of the index, then run the command again"]


def test_a_runner_that_is_nearly_ours_is_refused_not_passed_over(project: ProjectFolder) -> None:
    project.write("pyproject.toml", PROJECT)
    project.write("tox.ini", "[testenv:a]\nrunner = lockhous\nskip_install = true\ndeps = alpha\n")
    for command in (("lockhouse", "check"), ("lockhouse", "list"), ("tox", "lock"), ("tox", "lock-check")):
        result = project.run(*command)
        assert result.returncode == 2, result
        assert "tox environment \"a\" (tox.ini): no runner is called 'lockhous'" in result.stdout + result.stderr
        assert fixes(result) == ["write runner = lockhouse"]
    result = project.run("tox")  # which would end well, having run nothing
    assert result.returncode != 0, result
    assert "tox environment \"a\" (tox.ini): no runner is called 'lockhous'" in result.output
    assert fixes(result) == ["write runner = lockhouse"]
    ours = "[testenv:a]\n# runner = lockhous\nrunner = lockhouse\nskip_install = true\ndeps = alpha\n"
    project.write("tox.ini", ours)
    project.run("tox", "list", check=True)


def test_who_is_too_deep_in_a_project_is_told_its_folder(project: ProjectFolder, tmp_path: Path) -> None:
    project.write("pyproject.toml", PROJECT + TABLE)
    project.write("src/deep/nothing.txt", "")
    deep = ProjectFolder(project / "src/deep", project.environ)
    for names in ((), ("tests",)):
        result = deep.run("lockhouse", "check", *names)
        assert result.returncode == 2, result
        assert fixes(result) == ["give the folder of the project: -C ../.."]
    assert deep.run("lockhouse", "check", "-C", "../..").returncode == 1
    assert "-C" not in ProjectFolder(tmp_path / "other").run("lockhouse", "check").stderr


# -- tools ------------------------------------------------------------------------------------------------------------


def test_a_session_without_an_environment_of_its_own_is_told_why_first(project: ProjectFolder) -> None:
    project.write("noxfile.py", "import lockhouse.nox\n@lockhouse.nox.session(requirements=['a'])\ndef t(s): pass\n")
    result = project.run("nox", "--no-venv")
    assert result.returncode == 1, result
    assert 'error[interpreter]: nox session "t" has no environment of its own' in result.output
    assert "--no-venv was given" in result.output
    assert fixes(result) == ["run nox without --no-venv"]


@pytest.mark.parametrize(
    ("tool", "file", "text"),
    [
        ("nox", "noxfile.py", "import lockhouse.nox\n@lockhouse.nox.session(requirements=['alpha'])\ndef t(s): pass\n"),
        ("tox", "tox.ini", "[testenv:t]\nrunner = lockhouse\nskip_install = true\ndeps = alpha\n"),
    ],
)
def test_an_environment_of_pyproject_is_locked_where_nox_or_tox_is_missing(
    project: ProjectFolder, index: PackageIndex, tool: str, file: str, text: str
) -> None:
    index.add_wheel("alpha", "1.0")
    project.write("pyproject.toml", PROJECT + TABLE)
    project.write(file, text)
    hide = f"import sys; sys.modules[{tool!r}] = None; from lockhouse.cli import main; sys.exit(main(sys.argv[1:]))"
    refused = project.run(sys.executable, "-c", hide, "lock")
    assert refused.returncode == 6, refused
    assert f"LOCKHOUSE_DISABLE_PLUGINS={tool}" in fixes(refused)[0]
    result = project.run(sys.executable, "-c", hide, "lock", "tests", check=True)
    assert result.stdout.startswith("locks/pylock.tests.toml: locked, 1 package")
    assert "cannot be known" in result.line_with("warning: ")
    assert fixes(result)[0].startswith(f'pip install "lockhouse[{tool}]"')


# -- credentials ------------------------------------------------------------------------------------------------------

PASSWORD = "s3cret-word"  # noqa: S105 - of a test


def test_an_index_that_refuses_says_which_ways_in_there_are(project: ProjectFolder) -> None:
    with PackageIndex(username="user", password=PASSWORD) as private:
        private.add_wheel("alpha", "1.0")
        indexes = f'[[tool.lockhouse.indexes]]\nname = "our.private"\nurl = "{private.url}"\ndefault = true\n'
        for resolver in ("uv", "pip"):
            project.write(
                "pyproject.toml", PROJECT + TABLE + f'resolver = "{resolver}"\npythons = ["3.11"]\n' + indexes
            )
            result = project.run("lockhouse", "lock")
            assert result.returncode == 6, result
            assert "refuses access without credentials" in result.stderr
            (fix,) = fixes(result)
            ways = (
                "UV_INDEX_OUR_PRIVATE_USERNAME",
                "UV_INDEX_OUR_PRIVATE_PASSWORD",
                "~/.netrc",
                "keyring",
                "pip or uv",
            )
            assert [way for way in ways if way not in fix] == []
        variables = {"UV_INDEX_OUR_PRIVATE_USERNAME": "user", "UV_INDEX_OUR_PRIVATE_PASSWORD": PASSWORD}
        project.run("lockhouse", "lock", env=variables, check=True)
        result = project.run("lockhouse", "sync", "tests", "--into", "v")
        assert result.returncode == 5, result
        assert "refuses it without credentials (HTTP 401)" in result.stderr
        assert "UV_INDEX_OUR_PRIVATE_PASSWORD" in fixes(result)[0]


def test_the_commit_in_the_address_of_an_archive_is_shown(project: ProjectFolder, index: PackageIndex) -> None:
    commit = "0123456789abcdef0123456789abcdef01234567"
    file = index.root(f"archive/{commit}").add_wheel("alpha", "1.0")
    address = f"{index.url.removesuffix('/simple')}/archive/{commit}/files/{file.filename}"
    project.write("pyproject.toml", PROJECT + TABLE.replace('"alpha"', f'"alpha @ {address}"'))
    project.run("lockhouse", "lock", check=True)
    index.fault("*.whl", "404")
    result = project.run("lockhouse", "sync", "tests", "--into", "v", env={"LOCKHOUSE_CACHE_DIR": str(project / "new")})
    assert result.returncode == 5, result
    assert f"address: {address}" in result.stderr


def test_a_password_in_pyproject_is_warned_of_once_and_hinders_nothing(project: ProjectFolder) -> None:
    with PackageIndex(username="user", password=PASSWORD) as private:
        private.add_wheel("alpha", "1.0")
        address = private.url.replace("://", f"://user:{PASSWORD}@")
        indexes = f'[[tool.lockhouse.indexes]]\nurl = "{address}"\ndefault = true\n'
        project.write("pyproject.toml", PROJECT + TABLE + indexes)
        project.write(
            "noxfile.py",
            """
            import lockhouse.nox

            @lockhouse.nox.session(environment="tests", venv_backend="uv")
            def one(session): pass

            @lockhouse.nox.session(environment="tests", venv_backend="uv")
            def two(session): pass
            """,
        )
        locked = project.run("lockhouse", "lock", check=True)
        checked = project.run("lockhouse", "check", "--quiet", check=True)
        ran = project.run("nox", check=True)
        keys = "runner = lockhouse\nskip_install = true\nlockhouse_environment = tests\n"
        project.write("tox.ini", f"[tox]\nenv_list = one, two\n[testenv]\n{keys}")
        toxed = project.run("tox", "run", check=True)
        for result in (locked, checked, ran, toxed):
            place = result.line_with("holds a password")
            assert "pyproject.toml:8: " in place
            assert PASSWORD not in result.output
            assert "UV_INDEX_<NAME>_PASSWORD" in fixes(result)[0]
        project.write("pyproject.toml", PROJECT + TABLE + indexes.replace(f"user:{PASSWORD}@", "${USER}:${TOKEN}@"))
        assert "password" not in project.run("lockhouse", "check").stderr


# -- locks ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["pylock", "requirements"])
def test_a_wrong_hash_of_an_edited_lock_is_not_blamed_on_the_index_alone(
    project: ProjectFolder, index: PackageIndex, form: str
) -> None:
    index.add_wheel("alpha", "1.0")
    project.write("pyproject.toml", f'{PROJECT}{TABLE}format = "{form}"\n')
    project.run("lockhouse", "lock", check=True)
    name = "locks/pylock.tests.toml" if form == "pylock" else "locks/tests-requirements.txt"
    whole = project.read(name)
    digest = re.findall(r"[0-9a-f]{64}", whole)[-1]
    project.write(name, whole.replace(digest, "ab" * 32).encode())
    result = project.run("lockhouse", "sync", "tests", "--into", "v")
    assert result.returncode == 5, result
    assert f"HAS OTHER BYTES than {name} says, which was edited by hand or by a bot" in result.stderr
    again = "lockhouse lock tests --upgrade-package alpha"
    (fix,) = fixes(result)
    assert fix.startswith(f"restore {name} from version control")
    assert fix.endswith(again)
    refused = project.run("lockhouse", "lock")
    assert refused.returncode == 3, refused
    assert f"{name} was edited by hand or by a bot since it was written" in refused.stderr
    assert fixes(refused)[0].startswith(f"restore {name} from version control; or")
    project.run(*again.split(), check=True)
    assert project.read(name) == whole

    # where the lock is as it was written, it is the file that is blamed
    index.fault("*alpha-1.0*.whl", "flipped-byte")
    blamed = project.run("lockhouse", "sync", "tests", "--into", "v")
    assert "HAS OTHER BYTES than those that were locked under the same file name" in blamed.stderr


def test_a_record_that_is_not_there_is_named(project: ProjectFolder, index: PackageIndex) -> None:
    index.add_wheel("alpha", "1.0")
    project.write("pyproject.toml", f'{PROJECT}{TABLE}format = "requirements"\n')
    project.run("lockhouse", "lock", check=True)
    (project / "locks/tests-requirements.record.toml").unlink()
    result = project.run("lockhouse", "check")
    assert result.returncode == 1, result
    reason = result.line_with("why[record-missing]")
    assert "locks/tests-requirements.record.toml is not there" in reason
    assert "another tool" not in reason
    assert fixes(result) == ["lockhouse lock tests"]
    project.run("lockhouse", "lock", "tests", check=True)
    project.run("lockhouse", "check", check=True)
    record = project / "locks/tests-requirements.record.toml"
    whole = record.read_text("utf-8")
    for text in ("", whole.partition("[tool.lockhouse]")[0], whole[:-3]):
        record.write_text(text, "utf-8")
        broken_record(project, "" if text == whole[:-3] else "is truncated")
    record.unlink()
    record.mkdir()
    broken_record(project, "cannot be read")


def broken_record(project: ProjectFolder, words: str) -> None:
    result = project.run("lockhouse", "check")
    assert result.returncode == 3, result
    said = result.line_with("error[lock-invalid]")
    assert "locks/tests-requirements.record.toml" in said
    assert str(project.path) not in result.output
    assert words in said
    assert "another tool" not in result.output
    assert "restore it from version control" in fixes(result)[0]


def test_marks_of_a_merge_are_found_between_the_hashes_too(project: ProjectFolder, index: PackageIndex) -> None:
    index.add_wheel("alpha", "1.0")
    for form, name in (("pylock", "locks/pylock.tests.toml"), ("requirements", "locks/tests-requirements.txt")):
        project.write("pyproject.toml", f'{PROJECT}{TABLE}format = "{form}"\n')
        project.run("lockhouse", "lock", check=True)
        *lines, last = project.read(name).splitlines()
        merged = [*lines, "<<<<<<< HEAD", last, "=======", last, ">>>>>>> x"]
        project.write(name, "\n".join(merged).encode())
        result = project.run("lockhouse", "check")
        assert result.returncode == 3, result
        assert f"{name}:{len(lines) + 1}: an unresolved merge" in result.stderr
        fix = f"take one side whole (git checkout --ours {name}, or --theirs), then run: lockhouse lock tests"
        assert fixes(result) == [fix]
        (project / name).unlink()


def test_where_installing_is_forbidden_the_command_that_installs_is_named(
    project: ProjectFolder, index: PackageIndex
) -> None:
    index.add_wheel("alpha", "1.0")
    index.add_wheel("beta", "1.0")
    project.write("pyproject.toml", PROJECT + TABLE)
    session = "import lockhouse.nox\n@lockhouse.nox.session(environment='tests', venv_backend='uv', python=['3.11'])\n"
    project.write("noxfile.py", f"{session}def tests(session): pass\n")
    project.write("tox.ini", "[testenv:t]\nrunner = lockhouse\nskip_install = true\nlockhouse_environment = tests\n")
    project.run("lockhouse", "lock", check=True)
    project.run("nox", check=True)
    project.run("tox", "run", "-e", "t", check=True)
    project.write("pyproject.toml", (PROJECT + TABLE).replace("alpha", "beta"))
    project.run("lockhouse", "lock", check=True)
    for forbidden, fix in (
        (("nox", "-R"), "nox -s tests-3.11"),
        (("tox", "run", "-e", "t", "--skip-env-install"), "tox run -e t"),
    ):
        result = project.run(*forbidden)
        assert result.returncode == 1, result
        assert "error[environment-drifted]" in result.output
        assert fixes(result) == [fix]
        project.run(*fix.split(), check=True)
        project.run(*forbidden, check=True)
