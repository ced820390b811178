"""Real nox runs: nothing runs on a lock that does not fit, and what runs has what the lock says."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from lockhouse.testing import PackageIndex, ProjectFolder, Result

MINOR = ".".join(map(str, sys.version_info[:2]))


@pytest.fixture(autouse=True)
def _quick_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have environments made by uv, which takes a tenth of the time; one test runs all backends."""
    monkeypatch.setenv("NOX_DEFAULT_VENV_BACKEND", "uv")


@pytest.fixture
def demo(index: PackageIndex) -> PackageIndex:
    index.add_wheel("demo", "1.0", requires=["other>=2"], modules={"demo.py": "import other\n"})
    index.add_wheel("demo", "2.0", requires=["other>=2"], modules={"demo.py": "import other\n"})
    index.add_wheel("other", "2.1", modules={"other.py": ""})
    index.add_wheel("extra", "1.0", modules={"extra.py": ""})
    return index


RUNS = 'session.run("python", "-c", "import demo; print(\'it ran\')")'


def write(
    project: ProjectFolder, decorator: str = '@lockhouse.session(requirements=["demo<2"])', body: str = RUNS
) -> None:
    project.write("pyproject.toml", f"[tool.lockhouse]\npython = '>={MINOR}'\n")
    project.write(
        "noxfile.py", f"import nox\nimport lockhouse.nox as lockhouse\n\n{decorator}\ndef tests(session):\n    {body}\n"
    )


def lock(project: ProjectFolder) -> None:
    project.run("lockhouse", "lock", check=True)


def locks(project: ProjectFolder) -> list[str]:
    return sorted(path.name for path in (project / "locks").iterdir())


def refused(result: Result, code: str) -> None:
    assert result.returncode == 1, result
    assert f"error[{code}]" in result.stderr, result
    assert "it ran" not in result.output
    assert "Traceback" not in result.output


def ran(result: Result) -> None:
    assert result.returncode == 0, result
    assert "it ran" in result.stdout


def test_a_session_without_a_lock_does_not_run(project: ProjectFolder, demo: PackageIndex) -> None:
    write(project)
    result = project.run("nox")
    refused(result, "lock-missing")
    assert "fix: lockhouse lock tests" in result.error_lines[-2]
    assert not list(demo.requests)


def test_a_session_runs_on_its_lock_and_asks_no_index_again(project: ProjectFolder, demo: PackageIndex) -> None:
    write(project)
    lock(project)
    ran(project.run("nox"))
    demo.requests.clear()
    ran(project.run("nox"))
    demo.stop()
    ran(project.run("nox", "-R"))


def test_a_stale_lock_stops_the_session_at_the_place_of_its_decorator(
    project: ProjectFolder, demo: PackageIndex
) -> None:
    write(project)
    lock(project)
    demo.requests.clear()
    write(project, '@lockhouse.session(requirements=["demo<2", "extra"])')
    result = project.run("nox")
    refused(result, "lock-stale")
    assert "extra" in result.stderr
    assert "noxfile.py:4" in result.stderr
    assert not list(demo.requests)


@pytest.mark.usefixtures("demo")
def test_an_environment_that_drifted_does_not_run_where_installing_is_forbidden(project: ProjectFolder) -> None:
    write(project)
    lock(project)
    ran(project.run("nox"))
    write(project, '@lockhouse.session(requirements=["demo<2", "extra"])')
    lock(project)
    refused(project.run("nox", "-R"), "environment-drifted")
    ran(project.run("nox", "-r"))
    ran(project.run("nox", "-R"))


@pytest.mark.usefixtures("demo")
def test_install_only_installs_and_runs_nothing(project: ProjectFolder) -> None:
    write(project)
    lock(project)
    result = project.run("nox", "--install-only", check=True)
    assert "it ran" not in result.output
    ran(project.run("nox", "-R"))


#: What installs beside the lock → what the error says of it.
INSTALLS = {
    'session.install("extra")': "add it to the inputs",
    'session.install("-e", ".", "--no-deps")': 'declare project="editable"',
    'session.install(".[cli]")': 'declare project="wheel" and extras=["cli"], remove this call, and lock again; or',
    'session.install("--editable=.", "extra")': 'declare project="editable", remove this call, and lock again; add the',
    'session.install("./plugins/one")': "add it to the inputs",
    'session.conda_install("extra")': "add it to the inputs",
    'session.run_install("python", "-m", "pip", "install", "extra")': "add it to the inputs",
    'session.run_install("pip3.11", "--quiet", "install", "extra")': "add it to the inputs",
    'session.run_install("/usr/bin/uv", "pip", "sync", "locked.txt", external=True)': "add it to the inputs",
    'session.run_install("uv", "sync", "--locked", external=True)': "add it to the inputs",
    'session.run_always("poetry", "install", external=True)': "add it to the inputs",
    'session.run_install("python", "-m", "pip", "install", "-e", ".")': 'declare project="editable"',
}


@pytest.mark.usefixtures("demo")
def test_an_install_inside_of_the_session_is_refused(project: ProjectFolder) -> None:
    sessions = "".join(
        f'\n@lockhouse.session(requirements=["demo<2"], lock="one")\ndef s{number}(session):\n    {call}; {RUNS}\n'
        for number, call in enumerate(INSTALLS)
    )
    project.write("pyproject.toml", f"[tool.lockhouse]\npython = '>={MINOR}'\n")
    project.write("noxfile.py", f"import lockhouse.nox as lockhouse\n{sessions}")
    lock(project)
    result = project.run("nox")
    refused(result, "unlocked-install")
    said = result.stderr.partition("nox > Ran ")[0].split("Running session ")[1:]
    assert len(said) == len(INSTALLS), result
    for (call, fix), session in zip(INSTALLS.items(), said, strict=True):
        assert "error[unlocked-install]" in session, (call, result)
        assert fix in session, (call, result)


#: What declares the project → what installs it beside the lock → what the error says of it.
INSTALLS_PROJECT = {
    '(environment="tests")': {
        'session.install(".")': 'declare project = "wheel" in [tool.lockhouse.environments.tests], remove this call',
        'session.install("extra")': "add it to [tool.lockhouse.environments.tests], and lock again",
    },
    '(requirements=["demo<2"], project="editable", extras=["cli"])': {
        'session.install("-e", ".")': "remove this call: the lock installs the project; or",
        'session.install("-e", ".[CLI]", "extra")': "the lock installs the project; add the rest to the inputs; or",
        'session.install("-e", ".[docs]")': 'declare extras=["cli", "docs"], remove this call, and lock again; or',
    },
}


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("declared", INSTALLS_PROJECT)
def test_an_install_of_the_project_is_told_what_the_lock_does_already(project: ProjectFolder, declared: str) -> None:
    calls = INSTALLS_PROJECT[declared]
    sessions = "".join(
        f"\n@lockhouse.session{declared}\ndef s{number}(session):\n    {call}; {RUNS}\n"
        for number, call in enumerate(calls)
    )
    project.write_package(
        f'[project]\nname = "mine"\nversion = "1.0"\nrequires-python = ">={MINOR}"\n'
        "[project.optional-dependencies]\ncli = []\ndocs = []\n"
        "[tool.lockhouse.environments.tests]\nrequirements = ['demo<2']\n",
        {"mine.py": ""},
    )
    project.write("noxfile.py", f"import lockhouse.nox as lockhouse\n{sessions}")
    lock(project)
    said = project.run("nox").stderr.partition("nox > Ran ")[0].split("Running session ")[1:]
    for (call, fix), session in zip(calls.items(), said, strict=True):
        assert "error[unlocked-install]" in session, call
        assert fix in session, (call, session)


@pytest.mark.usefixtures("demo")
def test_an_install_can_be_allowed_with_or_without_a_warning(project: ProjectFolder) -> None:
    body = f'session.install("extra"); {RUNS}'
    write(project, '@lockhouse.session(requirements=["demo<2"], on_install="warn")', body)
    lock(project)
    result = project.run("nox")
    ran(result)
    assert result.stderr.count("nox > warning[unlocked-install]") == 1
    assert "error[" not in result.stderr
    assert "because" not in result.stderr
    write(project, '@lockhouse.session(requirements=["demo<2"], on_install="allow")', body)
    result = project.run("nox", "-v")
    ran(result)
    assert "nox >   because it has no receipt" in result.stderr
    assert "unlocked-install" not in result.stderr


@pytest.mark.usefixtures("demo")
def test_a_preparation_that_installs_nothing_runs(project: ProjectFolder) -> None:
    calls = [
        'session.run_install("python", "-c", "print(\'install\')")',
        'session.run_install("python", "-m", "compileall", "-q", "noxfile.py")',
        'session.run_install("python", "-m", "pip", "--version", success_codes=[0, 1])',
    ]
    write(project, body="; ".join([*calls, RUNS]))
    lock(project)
    ran(project.run("nox"))


@pytest.mark.usefixtures("demo")
def test_run_install_is_allowed_with_a_warning_too(project: ProjectFolder) -> None:
    body = f'session.run_install("python", "-m", "pip", "install", "-q", "extra"); {RUNS}'
    write(project, '@lockhouse.session(requirements=["demo<2"], on_install="warn")', body)
    lock(project)
    result = project.run("nox", "--default-venv-backend", "virtualenv")  # whose environments hold pip
    ran(result)
    assert result.stderr.count("[unlocked-install]") == 1
    assert "error[" not in result.stderr


PRIVATE = "hunter2-in-a-path"


def test_an_error_holds_nothing_of_the_addresses_in_the_environment(project: ProjectFolder) -> None:
    write(project, f'@lockhouse.session(requirements=["demo = {PRIVATE}"])')
    result = project.run("nox", env={"UV_INDEX_PRIVATE_PASSWORD": PRIVATE})
    refused(result, "invalid-requirement")
    assert "demo = " in result.output
    assert PRIVATE not in result.output


@pytest.mark.parametrize(
    ("decorator", "said"),
    [
        ('@lockhouse.session(grups=["test"])', "groups"),
        ('@lockhouse.session(requirements=["demo"], resue_venv=True)', "reuse_venv"),
        ('@lockhouse.session(requirements=["demo"], pythons=["3.12"])', "python="),
        ('@lockhouse.session(requirements="demo")', "requirements"),
        ('@lockhouse.session(requirements=["demo"], on_install="refsue")', "refuse"),
        ('@lockhouse.session(requirements=["demo"], environment="docs")', "tool.lockhouse.environments.docs"),
        ('@lockhouse.session(environment="docs")', "docs"),
        ("@lockhouse.session", "does not say what to install"),
        ("@lockhouse.session()", "does not say what to install"),
        ('@lockhouse.session(requirements=["demo=={nothing}"])', "nothing"),
        ('@lockhouse.session(requirements=["demo = 1"])', "demo = 1"),
    ],
)
def test_a_wrong_declaration_is_said_when_it_runs_and_when_it_is_looked_for(
    project: ProjectFolder, decorator: str, said: str
) -> None:
    write(project, decorator)
    listed = project.run("nox", "--list")
    assert listed.returncode == 0, listed
    result = project.run("nox")
    assert result.returncode == 1, result
    assert "error[" in result.stderr
    assert said in result.stderr
    assert "Traceback" not in result.output
    found = project.run("lockhouse", "list")
    assert found.returncode == 2, found
    assert said in found.stderr
    assert "Traceback" not in found.output


def test_listing_reads_no_configuration(project: ProjectFolder) -> None:
    write(project)
    project.write("pyproject.toml", "this is not TOML")
    result = project.run("nox", "--list", check=True)
    assert "tests" in result.stdout
    refused(project.run("nox"), "config")


@pytest.mark.usefixtures("demo")
def test_an_environment_of_pyproject_is_used_by_name_and_by_the_session_s_own(project: ProjectFolder) -> None:
    write(project, '@lockhouse.session(environment="docs")')
    project.write(
        "pyproject.toml",
        f"[tool.lockhouse.environments.docs]\nrequirements = ['demo<2']\npython = '>={MINOR}'\n",
    )
    project.run("lockhouse", "lock", check=True)
    assert locks(project) == ["pylock.docs.toml"]
    ran(project.run("nox"))
    project.replace("noxfile.py", '(environment="docs")', "")
    project.replace("noxfile.py", "def tests", "def docs")
    ran(project.run("nox"))


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize(
    ("bounds", "said"),
    [(f"python = '>={MINOR}'", f'is for Python ">={MINOR}"'), (f"pythons = ['{MINOR}']", f"lists Python {MINOR}")],
)
def test_a_session_on_a_python_that_its_environment_leaves_out_is_an_error_that_names_both_places(
    project: ProjectFolder, bounds: str, said: str
) -> None:
    other = "3.10" if "python =" in bounds else "3.99"
    write(project, f'@lockhouse.session(environment="docs", python=["{other}", "{MINOR}"])')
    project.write("pyproject.toml", f"[tool.lockhouse.environments.docs]\nrequirements = ['demo<2']\n{bounds}\n")
    result = project.run("nox", "-s", f"tests-{MINOR}")
    refused(result, "invalid-setting")
    checked = project.run("lockhouse", "check")
    assert checked.returncode == 2, checked
    for text in (result.stderr, checked.stderr):
        assert f"(noxfile.py:4): Python {other} is not among" in text
        assert "(pyproject.toml:1)" in text
        assert said in text
    project.replace("noxfile.py", f'"{other}", ', "")
    lock(project)
    ran(project.run("nox"))


@pytest.mark.usefixtures("demo")
def test_one_name_with_other_inputs_in_two_places_is_an_error_that_names_both(project: ProjectFolder) -> None:
    write(project)
    project.write(
        "pyproject.toml",
        f"[tool.lockhouse]\npython = '>={MINOR}'\n[tool.lockhouse.environments.tests]\nrequirements = ['demo']\n",
    )
    result = project.run("nox")
    refused(result, "environment-conflict")
    assert "pyproject.toml" in result.stderr
    assert "noxfile.py" in result.stderr


PARAMETERS = '@nox.parametrize("version", ["1.0", "2.0"])'
SESSION = '@lockhouse.session(requirements=["demo=={version}"])'


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("decorators", [f"{SESSION}\n{PARAMETERS}", f"{PARAMETERS}\n{SESSION}"])
def test_parameters_fill_the_inputs_in_either_order_of_decorators(project: ProjectFolder, decorators: str) -> None:
    write(project, decorators)
    project.replace("noxfile.py", "def tests(session):", "def tests(session, version):")
    body = "import importlib.metadata as m; assert m.version('demo') == '{version}'; print('it ran')"
    project.replace("noxfile.py", RUNS, f'session.run("python", "-c", f"{body}")')
    lock(project)
    assert locks(project) == ["pylock.tests-1-0.toml", "pylock.tests-2-0.toml"]
    result = project.run("nox")
    ran(result)
    assert result.stdout.count("it ran") == 2
    missing = project.run("nox", "-s", "tests(version='2.0')", "-R")
    ran(missing)


@pytest.mark.usefixtures("demo")
def test_a_list_of_pythons_has_one_lock_from_the_lowest_one_upwards(project: ProjectFolder) -> None:
    write(project, f'@lockhouse.session(python=["{MINOR}", "3.13"], requirements=["demo<2"])')
    lock(project)
    (name,) = locks(project)
    assert f'requires-python = ">={MINOR}"' in project.read(f"locks/{name}")
    ran(project.run("nox", "-s", f"tests-{MINOR}"))


@pytest.mark.usefixtures("demo")
def test_python_as_a_parameter_counts_like_a_list(project: ProjectFolder) -> None:
    write(project, f'@nox.parametrize("python", ["{MINOR}", "3.13"])\n@lockhouse.session(requirements=["demo<2"])')
    lock(project)
    assert locks(project) == ["pylock.tests.toml"]
    ran(project.run("nox", "-s", f"tests(python='{MINOR}')"))


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("backend", ["venv", "virtualenv", "uv"])
def test_other_backends(project: ProjectFolder, backend: str) -> None:
    write(project, f'@lockhouse.session(venv_backend="{backend}", requirements=["demo<2"])')
    lock(project)
    ran(project.run("nox"))


@pytest.mark.usefixtures("demo")
def test_without_an_environment_nothing_is_installed(project: ProjectFolder) -> None:
    write(project, '@lockhouse.session(venv_backend="none", requirements=["demo<2"])')
    lock(project)
    result = project.run("nox")
    refused(result, "interpreter")
    assert "venv_backend" in result.stderr


@pytest.mark.usefixtures("demo")
def test_sessions_run_side_by_side(project: ProjectFolder) -> None:
    sessions = "\n".join(
        f'@lockhouse.session(requirements=["demo<2"], lock="one", allow_parallel=True)\n'
        f"def s{number}(session):\n    {RUNS}\n"
        for number in range(4)
    )
    project.write("pyproject.toml", f"[tool.lockhouse]\npython = '>={MINOR}'\n")
    project.write("noxfile.py", f"import lockhouse.nox as lockhouse\n\n{sessions}")
    lock(project)
    result = project.run("nox", "-j", "4")
    assert result.returncode == 0, result
    assert result.output.count("it ran") >= 4


@pytest.mark.usefixtures("demo")
def test_the_project_itself_is_installed_editable(project: ProjectFolder) -> None:
    project.write_package(
        f'[project]\nname = "mine"\nversion = "1.0"\nrequires-python = ">={MINOR}"\ndependencies = ["demo<2"]\n',
        {"mine.py": "import demo\n"},
    )
    project.write(
        "noxfile.py",
        "import lockhouse.nox as lockhouse\n\n@lockhouse.session(project='editable')\ndef tests(session):\n"
        "    session.run('python', '-c', 'import mine; print(mine.__file__)')\n",
    )
    lock(project)
    result = project.run("nox", check=True)
    assert str(project / "mine.py") in result.stdout
