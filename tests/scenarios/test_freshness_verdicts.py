"""What was edited after the lock was made, and the verdict: by content, offline, with the place of what changed."""

from __future__ import annotations

import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.testing import PackageIndex, ProjectFolder, build_wheel
from lockhouse.testing.environment import index_environ
from lockhouse.testing.packages import BACKEND_NAME, backend_source

from .frontends import FRONTENDS, NOXFILE, Frontend, declare, lock, reasons, tree_of, verdict

if TYPE_CHECKING:
    from collections.abc import Callable

LOCK = "locks/pylock.tests.toml"

FILES = {
    "pyproject.toml": """\
[project]
name = "demo"
version = "1.0"
requires-python = ">=3.11"
dependencies = ["runtime>=1"]

[project.optional-dependencies]
colour = ["coloured>=1"]
everything = ["Demo[colour,loop]"]
loop = ["demo[everything]"]

[dependency-groups]
base = ["helper>=1"]
test = [
    "runner>=1",
    { include-group = "base" },
    "demo[everything]",
]

[tool.lockhouse.environments.tests]
requirements = ["Foo_Bar>=1", "alpha"]
requirement-files = ["requirements/one.txt"]
constraints = ["shared<2"]
groups = ["test"]
project = "dependencies"
""",
    "requirements/one.txt": "-r two.txt\n",
    "requirements/two.txt": "-r three.txt\n-c bounds.txt\n",
    "requirements/three.txt": "# the third\ndeep>=1\ndeeper\n",
    "requirements/bounds.txt": "deep<2\n",
}


def stock(index: PackageIndex) -> None:
    for name in ("alpha", "coloured", "deep", "deeper", "foo-bar", "helper", "shared"):
        index.add_wheel(name, "1.0")
    for name in ("runner", "runtime"):
        index.add_wheel(name, "1.0", requires=["shared"])


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a project with a fresh lock, whose index is gone."""
    project = ProjectFolder(tmp_path_factory.mktemp("template") / "project")
    for name, text in FILES.items():
        project.write(name, text)
    with PackageIndex() as index:
        stock(index)
        project.environ.update(index_environ(index.url))
        lock(project)
    return project.path


@pytest.fixture
def locked(template: Path, tmp_path: Path) -> ProjectFolder:
    """Give a copy of the project, to be edited."""
    return ProjectFolder(shutil.copytree(template, tmp_path / "project"))


# -- still fresh ------------------------------------------------------------


def with_crlf(project: ProjectFolder) -> None:
    for name in (*FILES, LOCK):
        project.write(name, (project / name).read_bytes().replace(b"\n", b"\r\n"))


def with_a_byte_order_mark(project: ProjectFolder) -> None:
    project.write("requirements/three.txt", b"\xef\xbb\xbf" + (project / "requirements/three.txt").read_bytes())


def edit(name: str, old: str, new: str) -> Callable[[ProjectFolder], None]:
    return lambda project: project.replace(name, old, new)


HARMLESS = {
    "comment": edit("pyproject.toml", '    "runner>=1",\n', '    # why\n    "runner>=1", # because\n'),
    "comment in a file": edit("requirements/three.txt", "deep>=1\n", "\n  # x\ndeep>=1   # y\n"),
    "order": edit("pyproject.toml", '["Foo_Bar>=1", "alpha"]', '["alpha", "Foo_Bar>=1"]'),
    "order in a file": edit("requirements/three.txt", "deep>=1\ndeeper\n", "deeper\ndeep>=1\n"),
    "spelling": edit("pyproject.toml", "Foo_Bar>=1", "foo.BAR  >= 1"),
    "said twice": edit("pyproject.toml", '"alpha"]', '"alpha", "ALPHA"]'),
    "continued line": edit("requirements/three.txt", "deep>=1\n", "deep \\\n  >=1\n"),
    "line ends": with_crlf,
    "byte order mark": with_a_byte_order_mark,
    "other tables": edit("pyproject.toml", "[dependency-groups]\n", '[dependency-groups]\nother = ["new"]\n'),
    "moved to a group": edit("pyproject.toml", '    "runner>=1",\n', '    "runner>=1", "alpha",\n'),
    "fewer Pythons": edit("pyproject.toml", '">=3.11"', '">=3.12"'),
    "version of the project": edit("pyproject.toml", 'version = "1.0"', 'version = "2.0"'),
}


@pytest.mark.parametrize("change", HARMLESS.values(), ids=HARMLESS.keys())
def test_what_changes_no_meaning_changes_no_verdict(
    locked: ProjectFolder, change: Callable[[ProjectFolder], None]
) -> None:
    change(locked)
    assert verdict(locked)["verdict"] == "fresh"


LOOSENED = {
    "bound": ('"runner>=1"', '"runner"', "runner"),
    "constraint": ('constraints = ["shared<2"]\n', "", "shared<2"),
    "needed by another anyway": ('"alpha"]', '"alpha", "shared"]', "shared"),
}


@pytest.mark.parametrize(("old", "new", "noted"), LOOSENED.values(), ids=LOOSENED.keys())
def test_what_the_pins_still_satisfy_is_fresh_and_said_when_asked(
    locked: ProjectFolder, old: str, new: str, noted: str
) -> None:
    locked.replace("pyproject.toml", old, new)
    result = locked.run("lockhouse", "check", "-v", check=True)
    assert result.lines == ["tests: fresh", "1 environment: 1 fresh"]
    assert noted in result.stderr
    assert locked.run("lockhouse", "check", check=True).stderr == ""


# -- stale ------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Edit:
    """An edit, and the one reason that it gives."""

    file: str = "pyproject.toml"
    old: str
    new: str
    code: str
    package: str | None
    line: int | None
    says: tuple[str, ...]


STALE = {
    "tightened": Edit(
        old="Foo_Bar>=1",
        new="Foo_Bar>=2",
        code="requirement-unmet",
        package="foo-bar",
        line=21,
        says=('"foo-bar>=2" is declared', "1.0 is pinned"),
    ),
    "added": Edit(
        old='"alpha"]',
        new='"alpha", "new"]',
        code="requirement-missing",
        package="new",
        line=21,
        says=('"new" is declared', "the lock has no new"),
    ),
    "removed": Edit(
        old=', "alpha"]',
        new="]",
        code="pin-unreachable",
        package="alpha",
        line=None,
        says=('"alpha" was removed', "1.0 is still pinned"),
    ),
    "group": Edit(
        old="runner>=1",
        new="runner>1",
        code="requirement-unmet",
        package="runner",
        line=15,
        says=('"runner>1" is declared', "1.0 is pinned"),
    ),
    "included group": Edit(
        old="helper>=1", new="helper<1", code="requirement-unmet", package="helper", line=13, says=("1.0 is pinned",)
    ),
    "extra": Edit(
        old="coloured>=1",
        new="coloured==2",
        code="requirement-unmet",
        package="coloured",
        line=8,
        says=('"coloured==2" is declared', "1.0 is pinned"),
    ),
    "extra of a requirement": Edit(
        old='"demo[everything]",\n]', new="]", code="pin-unreachable", package="coloured", line=None, says=("1.0",)
    ),
    "project": Edit(
        old="runtime>=1",
        new="runtime>=1.1",
        code="requirement-unmet",
        package="runtime",
        line=5,
        says=("1.0 is pinned",),
    ),
    "constraint": Edit(
        old="shared<2",
        new="shared<1",
        code="constraint-violated",
        package="shared",
        line=23,
        says=('the constraint "shared<1" is declared', "1.0 is pinned"),
    ),
    "third file": Edit(
        file="requirements/three.txt",
        old="deep>=1",
        new="deep>=1.5",
        code="requirement-unmet",
        package="deep",
        line=2,
        says=('"deep>=1.5" is declared', "1.0 is pinned"),
    ),
    "third file of constraints": Edit(
        file="requirements/bounds.txt",
        old="deep<2",
        new="deep<1",
        code="constraint-violated",
        package="deep",
        line=1,
        says=('the constraint "deep<1" is declared', "1.0 is pinned"),
    ),
    "file no longer included": Edit(
        file="requirements/two.txt",
        old="-r three.txt",
        new="deep",
        code="pin-unreachable",
        package="deeper",
        line=None,
        says=('"deeper" was removed',),
    ),
    "Python": Edit(
        old='">=3.11"', new='">=3.10"', code="python-uncovered", package=None, line=20, says=("Python 3.10", '">=3.11"')
    ),
    "indexes": Edit(
        old='"dependencies"\n',
        new='"dependencies"\nindexes = [{ url = "https://index.example/simple" }]\n',
        code="indexes-changed",
        package=None,
        line=20,
        says=("https://index.example/simple",),
    ),
    "cut-off": Edit(
        old='"dependencies"\n',
        new='"dependencies"\nexclude-newer = "2023-06-01"\n',
        code="policy-changed",
        package=None,
        line=20,
        says=("2023-06-02", "foo-bar 1.0"),
    ),
}


@pytest.mark.parametrize("change", STALE.values(), ids=STALE.keys())
def test_what_the_pins_do_not_satisfy_is_stale_with_the_place(locked: ProjectFolder, change: Edit) -> None:
    locked.replace(change.file, change.old, change.new)
    before = tree_of(locked.path)
    answer = verdict(locked)
    assert answer["verdict"] == "stale"
    (reason,) = answer["reasons"]
    assert (reason["code"], reason["package"]) == (change.code, change.package)
    assert reason["line"] == change.line
    if change.line is not None:
        assert reason["file"] == change.file
    for words in change.says:
        assert words in reason["message"]
    assert tree_of(locked.path) == before


def test_the_verdict_in_words_names_everything_and_the_one_command(locked: ProjectFolder) -> None:
    locked.replace("pyproject.toml", '"runner>=1"', '"runner>=2"')
    locked.replace("requirements/three.txt", "deeper\n", "deeper\nnew-one; python_version < '3.12'\n")
    result = locked.run("lockhouse", "check")
    assert result.returncode == 1
    assert result.stderr == ""
    assert result.lines == [
        "tests: stale",
        (
            '  why[requirement-missing]: "new-one; python_version < "3.12"" is declared, the lock has no new-one '
            "(on cp311-linux-x86_64 and 2 more); requirements/three.txt:4"
        ),
        '  why[requirement-unmet]: "runner>=2" is declared, 1.0 is pinned; dependency group "test" (pyproject.toml:15)',
        "  inputs in locks/pylock.tests.toml (-) and as declared now (+):",
        '    + new-one; python_version < "3.12"',
        "    - runner>=1",
        "    + runner>=2",
        "  fix: lockhouse lock tests",
        "1 environment: 1 stale",
    ]


def test_the_command_in_the_message_mends_it(project: ProjectFolder, index: PackageIndex) -> None:
    stock(index)
    for name, text in FILES.items():
        project.write(name, text)
    lock(project)
    index.add_wheel("runner", "2.0")
    project.replace("pyproject.toml", '"runner>=1"', '"runner>=2"')
    fix = project.run("lockhouse", "check").line_with("fix: ").partition("fix: ")[2]
    result = project.run(*fix.split(), check=True)
    assert [line for line in result.lines if line.startswith("  ")] == ["  changed runner 1.0 → 2.0"]
    assert verdict(project)["verdict"] == "fresh"


# -- through each frontend ------------------------------------------------------------


def test_a_stale_lock_stops_before_the_tests_and_is_not_mended(locked: ProjectFolder, frontend: Frontend) -> None:
    frontend.set_up(locked)
    locked.replace("pyproject.toml", '"runner>=1"', '"runner>=2"')
    before = (locked / LOCK).read_bytes()
    result = frontend.start(locked)
    assert result.returncode == (3 if frontend.name == "cli" else 1), result
    assert not frontend.ran(locked)
    assert not (frontend.python(locked).parent / "runner.py").exists()
    assert (
        'error[lock-stale]: locks/pylock.tests.toml does not match environment "tests"\n'
        '  why: "runner>=2" is declared, 1.0 is pinned; dependency group "test" (pyproject.toml:15)\n'
        "  fix: lockhouse lock tests\n"
    ) in result.output
    assert "Traceback" not in result.output
    assert (locked / LOCK).read_bytes() == before


def test_a_missing_lock_stops_before_the_tests_and_is_not_made(locked: ProjectFolder, frontend: Frontend) -> None:
    frontend.set_up(locked)
    shutil.rmtree(locked / "locks")
    result = frontend.start(locked)
    assert result.returncode == (3 if frontend.name == "cli" else 1), result
    assert not frontend.ran(locked)
    assert (
        'error[lock-missing]: environment "tests" has no lock\n'
        "  why: locks/pylock.tests.toml is not there\n"
        "  fix: lockhouse lock tests\n"
    ) in result.output
    assert not (locked / "locks").exists()


def test_new_releases_and_other_spelling_run_the_tests_from_the_old_pins(
    project: ProjectFolder, index: PackageIndex, frontend: Frontend
) -> None:
    index.add_wheel("alpha", "1.0", requires=["beta"])
    index.add_wheel("beta", "1.0")
    declare(project, 'requirements = ["alpha>=1", "beta"]')
    frontend.set_up(project)
    lock(project)
    for name in ("alpha", "beta"):
        index.add_wheel(name, "2.0")
    project.replace("pyproject.toml", '["alpha>=1", "beta"]', '[  # any\r\n "Beta",\r\n "ALPHA >= 1" ]')
    before = (project / LOCK).read_bytes()
    known = len(list(index.requests))
    check = ("tox", "lock-check", "-e", "tests") if frontend.name == "tox" else ("lockhouse", "check")
    project.run(*check, check=True)
    assert len(list(index.requests)) == known, "a check asks nobody"
    result = frontend.start(project)
    assert frontend.ran(project), result
    asked = sorted(request.path for request in list(index.requests)[known:])
    assert asked == ["/files/alpha-1.0-py3-none-any.whl", "/files/beta-1.0-py3-none-any.whl"]
    assert (project / LOCK).read_bytes() == before


def test_what_is_loosened_runs_the_tests_and_is_said_when_asked(
    project: ProjectFolder, index: PackageIndex, frontend: Frontend
) -> None:
    index.add_wheel("alpha", "1.0")
    declare(project, 'requirements = ["alpha>=1"]')
    frontend.set_up(project)
    lock(project)
    project.replace("pyproject.toml", '"alpha>=1"', '"alpha>=0.5"')
    said = "alpha>=0.5"
    if frontend.name == "cli":  # what starts last is the test command
        assert said in project.run("lockhouse", "sync", "tests", "--into", ".venv", "-v", check=True).output
    else:
        for _ in range(2):  # the first leaves a trace
            result = frontend.start(project, "-v", *(("-r",) if frontend.name == "nox" else ()))
            assert result.returncode == 0, result
            assert said in result.output, result
    quiet = frontend.start(project)
    assert frontend.ran(project), quiet
    assert said not in quiet.output


# -- a bot's edits ------------------------------------------------------------


def bumped(text: str, version: str) -> str:
    """Move the pin of alpha as a bot does: version, file name and hash, and nothing else."""
    new = build_wheel("alpha", version)
    old = build_wheel("alpha", "1.0")
    text = text.replace(old.sha256, new.sha256).replace(old.filename, new.filename)
    text = re.sub(r'(name = "alpha"\nversion = )"1.0"', rf'\1"{version}"', text)
    text = re.sub(rf"(alpha-{re.escape(version)}(?:.|\n)*?)size = \d+\n", r"\1", text, count=1)
    return text.replace("alpha==1.0 ", f"alpha=={version} ")


@pytest.mark.parametrize("form", ["pylock", "requirements"])
def test_a_pin_that_a_bot_moved_is_judged_by_content_and_installed(
    project: ProjectFolder, index: PackageIndex, form: str
) -> None:
    index.add_wheel("alpha", "1.0")
    declare(project, 'requirements = ["alpha>=1"]', f'format = "{form}"')
    lock(project)
    name = LOCK if form == "pylock" else "locks/tests-requirements.txt"
    made = project.read(name)
    index.add_wheel("alpha", "1.5")

    project.write(name, bumped(made, "1.5"))
    assert bumped(made, "1.5").splitlines()[:2] == made.splitlines()[:2], "the headers are as they were"
    assert verdict(project)["verdict"] == "fresh"
    project.run("lockhouse", "sync", "tests", "--into", ".venv", check=True)
    python = Frontend(name="cli").python(project)
    assert project.run(python, "-c", "import alpha; print(alpha.__version__)").stdout == "1.5\n"

    project.write(name, bumped(made, "0.5"))
    answer = verdict(project)
    assert reasons(answer) == {("requirement-unmet", "alpha")}
    assert "0.5 is pinned" in answer["reasons"][0]["message"]


# -- the project's own metadata ------------------------------------------------------------


@pytest.mark.parametrize("mode", ["editable", "dependencies"])
def test_dependencies_from_a_file_are_followed_and_a_new_version_is_no_change(
    project: ProjectFolder, index: PackageIndex, mode: str
) -> None:
    index.add_wheel("alpha", "1.0")
    project.write(
        "pyproject.toml",
        """
        [build-system]
        requires = []
        build-backend = "BACKEND"
        backend-path = ["."]

        [project]
        name = "demo"
        requires-python = ">=3.11"
        dynamic = ["dependencies", "optional-dependencies", "version"]

        [tool.setuptools.dynamic]
        dependencies = { file = ["runtime.in"] }
        optional-dependencies.cli = { file = ["cli.in"] }

        [tool.setuptools_scm]
        version_file = "demo_version.py"

        [tool.lockhouse.environments.tests]
        project = "MODE"
        extras = ["cli"]
        """.replace("MODE", mode).replace("BACKEND", BACKEND_NAME),
    )
    project.write(f"{BACKEND_NAME}.py", backend_source())
    project.write("runtime.in", "alpha\n")
    project.write("cli.in", "# none yet\n")
    lock(project)
    tools = [frontend for frontend in FRONTENDS if mode == "dependencies"]  # without a build
    for frontend in tools:
        frontend.set_up(project)
        assert frontend.start(project).returncode == 0
    project.write("demo_version.py", "version = '1.0.dev7'\n")
    assert verdict(project)["verdict"] == "fresh"
    for frontend in tools:
        result = frontend.start(project)
        assert frontend.ran(project), result

    project.write("runtime.in", "# all\nalpha>=2\n")
    project.write("cli.in", "beta\n")
    answer = verdict(project)
    places = {(reason["package"], reason["file"], reason["line"]) for reason in answer["reasons"]}
    assert places == {("alpha", "runtime.in", 2), ("beta", "cli.in", 1)}
    for frontend in tools:
        result = frontend.start(project)
        assert not frontend.ran(project), result
        assert "error[lock-stale]" in result.output
        assert '"alpha>=2" is declared, 1.0 is pinned' in result.output
        assert "runtime.in:2" in result.output
        assert "cli.in:1" in result.output
        assert "fix: lockhouse lock tests" in result.output


def test_a_group_with_the_projects_own_extras_has_no_entry_for_the_project(template: Path) -> None:
    project = ProjectFolder(template)
    assert 'name = "demo"' not in project.read(LOCK)
    assert 'name = "coloured"' in project.read(LOCK)
    assert verdict(project)["verdict"] == "fresh"


# -- plugins ------------------------------------------------------------


@pytest.fixture
def with_plugin(tmp_path: Path) -> dict[str, str | None]:
    """Give variables that put a plugin beside Lockhouse: a resolver, and a fingerprint."""
    folder = tmp_path / "plugins"
    info = folder / "careful-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: careful\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[lockhouse]\ncareful = careful\n", encoding="utf-8")
    (folder / "careful.py").write_text(
        "import os\n"
        "from lockhouse.hookspecs import hookimpl\n"
        "from lockhouse.resolvers.uv import UvResolver\n\n\n"
        "class Careful(UvResolver):\n"
        "    name = 'careful'\n\n\n"
        "@hookimpl\n"
        "def lockhouse_register_resolver():\n"
        "    return Careful\n\n\n"
        "@hookimpl\n"
        "def lockhouse_fingerprint_inputs(spec):\n"
        "    return {'policy': os.environ.get('POLICY', 'strict')}\n",
        encoding="utf-8",
    )
    return {"PYTHONPATH": str(folder)}


def checked(project: ProjectFolder, env: dict[str, str | None]) -> dict[str, Any]:
    before = dict(project.environ)
    project.environ.update(env)
    try:
        return verdict(project)
    finally:
        project.environ = before


def test_a_plugin_that_is_gone_is_a_reason_of_its_own(
    project: ProjectFolder, index: PackageIndex, with_plugin: dict[str, str | None]
) -> None:
    index.add_wheel("alpha", "1.0")
    declare(project, 'requirements = ["alpha"]')
    lock(project, env=with_plugin)
    assert checked(project, with_plugin)["verdict"] == "fresh"

    other = checked(project, {**with_plugin, "POLICY": "lax"})
    assert reasons(other) == {("fingerprint-changed", None)}

    answer = verdict(project)
    assert reasons(answer) == {("plugin-absent", None)}
    assert '"careful"' in answer["reasons"][0]["message"]


def test_the_resolver_of_a_plugin_that_is_gone_is_named(
    project: ProjectFolder, index: PackageIndex, with_plugin: dict[str, str | None]
) -> None:
    index.add_wheel("alpha", "1.0")
    declare(project, 'requirements = ["alpha"]', 'resolver = "careful"')
    lock(project, env=with_plugin)
    assert checked(project, with_plugin)["verdict"] == "fresh"

    before = tree_of(project.path)
    answer = verdict(project)
    assert reasons(answer) == {("plugin-absent", None)}
    assert 'the resolver "careful", which is not installed here' in answer["reasons"][0]["message"]
    project.write("noxfile.py", NOXFILE)
    stopped = project.run("nox", "-s", "tests")
    assert stopped.returncode == 1, stopped
    assert "error[lock-stale]" in stopped.stderr
    assert 'the resolver "careful"' in stopped.stderr
    (project / "noxfile.py").unlink()
    assert tree_of(project.path, without={".nox", "__pycache__"}) == before

    # only who resolves needs it
    result = project.run("lockhouse", "lock")
    assert result.returncode == 6, result
    assert result.error_lines[0].startswith("error[backend-not-found]"), result

    declare(project, 'requirements = ["alpha"]', 'resolver = "carefull"')
    slip = checked(project, with_plugin)
    assert reasons(slip) == {("plugin-absent", None)}
    assert 'no resolver "carefull" here; known are careful, pip, uv' in slip["reasons"][0]["message"]


def test_a_lock_a_target_outlives_its_resolver_too(
    project: ProjectFolder, index: PackageIndex, with_plugin: dict[str, str | None]
) -> None:
    index.add_wheel("alpha", "1.0")
    plugin = Path(str(with_plugin["PYTHONPATH"]), "careful.py")
    plugin.write_text(plugin.read_text(encoding="utf-8").replace("uv", "pip").replace("Uv", "Pip"), encoding="utf-8")
    minor = ".".join(map(str, sys.version_info[:2]))
    declare(project, 'requirements = ["alpha"]', 'resolver = "careful"', f'pythons = ["{minor}"]')
    missing = project.run("lockhouse", "check")
    assert missing.returncode == 6, "no lock tells what it would be: the name may be a slip of the pen"
    lock(project, env=with_plugin)
    assert checked(project, with_plugin)["verdict"] == "fresh"
    assert reasons(verdict(project)) == {("plugin-absent", None)}
