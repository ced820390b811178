"""``runner = lockhouse``: every form of configuration, every kind of package, tox's other commands."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from .installing import installed, lock

if TYPE_CHECKING:
    from lockhouse.testing import PackageIndex, ProjectFolder

_INI = """
[tox]
env_list = tests
[testenv]
runner = lockhouse
package = {package}
{more}
deps = demo
commands = python probe.py
"""

_TOML = """
env_list = ["tests"]
[env_run_base]
runner = "lockhouse"
package = "{package}"
deps = ["demo"]
commands = [["python", "probe.py"]]
"""

_PROBE = """
import importlib.metadata, json, sys
found = {each.metadata["Name"]: each.version for each in importlib.metadata.distributions()}
found.pop("pip", None)
try:
    import own
    found["place"] = own.__file__
except ImportError:
    pass
print("FOUND", json.dumps(found))
"""


@pytest.fixture
def own(index: PackageIndex, project: ProjectFolder) -> ProjectFolder:
    """Give a project with a dependency, an extra and a package index in which everything has a newer release."""
    for version in ("1.0", "2.0"):
        for name in ("demo", "runtime", "extra"):
            index.add_wheel(name, version)
    project.write_package(
        """
        [project]
        name = "own"
        version = "1.0"
        requires-python = ">=3.11"
        dependencies = ["runtime<2"]
        [project.optional-dependencies]
        more = ["extra<2"]
        """,
        {"src/own/__init__.py": "answer = 1\n"},
    )
    project.write("probe.py", _PROBE)
    return project


def found(project: ProjectFolder, *arguments: str) -> dict[str, str]:
    result = project.run("tox", *(arguments or ("run",)), check=True)
    answer: dict[str, str] = json.loads(result.line_with("FOUND ").partition("FOUND ")[2])
    return answer


@pytest.mark.parametrize("package", ["wheel", "sdist", "editable", "deps-only", "skip", "external"])
def test_every_kind_of_package(package: str, index: PackageIndex, own: ProjectFolder) -> None:
    more = "extras = more"
    if package == "external":
        own.run("uv", "build", "--wheel", "--offline", "--out-dir", "made", ".", check=True)
    external = "[testenv:.pkg_external]\npackage_glob = {tox_root}/made/*.whl\n" if package == "external" else ""
    own.write("tox.ini", _INI.format(package=package, more=more) + external)
    lock(own)
    index.requests.clear()
    seen = found(own)
    place = seen.pop("place", "")
    dependencies = {} if package == "skip" else {"runtime": "1.0", "extra": "1.0"}
    itself = {} if package in {"skip", "deps-only"} else {"own": "1.0"}
    assert seen == {"demo": "2.0", **dependencies, **itself}
    assert ("site-packages" in place) == (package in {"wheel", "sdist", "external"})
    assert ("src" in place) == (package == "editable")
    asked = [path for path in index.requests.paths if not path.endswith(".whl")]
    assert asked == [], "something was looked for, beside the files that the lock names"
    assert found(own, "run", "--skip-pkg-install")["demo"] == "2.0"


@pytest.mark.parametrize("file", ["tox.toml", "pyproject.toml"])
def test_every_form_of_configuration(file: str, own: ProjectFolder) -> None:
    text = _TOML.format(package="editable")
    if file == "pyproject.toml":
        text = own.read(file) + "\n[tool.tox]\n" + text.replace("[env_run_base]", "[tool.tox.env_run_base]")
    own.write(file, text)
    own.run("tox", "lock", check=True)
    own.run("tox", "lock-check", check=True)
    seen = found(own)
    assert (seen["demo"], seen["runtime"], seen["own"]) == ("2.0", "1.0", "1.0")


def test_skip_install_exec_and_devenv(own: ProjectFolder) -> None:
    own.write("tox.ini", _INI.format(package="wheel", more="skip_install = true"))
    lock(own)
    assert found(own) == {"demo": "2.0"}
    ran = own.run(
        "tox",
        "exec",
        "-q",
        "-e",
        "tests",
        "--",
        "python",
        "-c",
        "import demo; print('in', demo.__version__)",
        check=True,
    )
    assert "in 2.0" in ran.stdout

    own.write("tox.ini", _INI.format(package="wheel", more=""))
    lock(own)
    own.run("tox", "devenv", "-e", "tests", "venv", check=True)
    assert installed(own / "venv") == {"demo": "2.0", "runtime": "1.0", "own": "1.0"}

    own.replace("tox.ini", "deps = demo", "deps = demo<2")
    for command in (("exec", "-e", "tests", "--", "python", "-c", "print('ran')"), ("devenv", "-e", "tests", "venv")):
        result = own.run("tox", *command)
        assert result.returncode != 0
        assert "error[lock-stale]" in result.output
        assert "ran" not in result.lines


def test_it_works_with_tox_uv_beside_it(own: ProjectFolder) -> None:
    own.write(
        "tox.ini",
        _INI.format(package="wheel", more="")
        + "\n[testenv:theirs]\nrunner = uv-venv-runner\nskip_install = true\ndeps = demo<2\n",
    )
    lock(own)
    both = own.run("tox", "run", "-e", "tests,theirs", check=True)
    rows = [json.loads(line.partition("FOUND ")[2]) for line in both.output.splitlines() if line.startswith("FOUND")]
    assert [row["demo"] for row in rows] == ["2.0", "1.0"]
    assert rows[0]["own"] == "1.0"


def test_where_the_package_is_not_installed_again_it_must_be_there_and_unchanged(own: ProjectFolder) -> None:
    own.write("tox.ini", _INI.format(package="wheel", more=""))
    lock(own)
    own.run("tox", "run", "--notest", "--skip-pkg-install", check=True)  # a layer without the project
    refused = own.run("tox", "run", "--skip-pkg-install")
    assert refused.returncode != 0
    assert "error[environment-drifted]" in refused.output
    assert "own is not installed" in refused.output
    own.run("tox", "exec", "-e", "tests", "--", "python", "-c", "pass", check=True)  # where it need not be
    assert found(own, "run")["own"] == "1.0"
    assert found(own, "run", "--skip-pkg-install")["own"] == "1.0"
    own.run("lockhouse", "verify", check=True)
    (module,) = (own / ".tox/tests").glob("**/site-packages/own/__init__.py")
    module.write_text("edited = 1\n")
    for command in (("--skip-pkg-install",), ("--skip-pkg-install", "--skip-env-install")):
        refused = own.run("tox", "run", *command)
        assert refused.returncode != 0, refused
        assert f"own: {module.relative_to(own / '.tox/tests').as_posix()} was edited" in refused.output
        assert "fix: tox run -e tests" in refused.output
    assert own.run("tox", "exec", "-e", "tests", "--", "python", "-c", "pass").returncode != 0
    verified = own.run("lockhouse", "verify")
    assert verified.returncode == 1, verified
    assert "why[file-changed]: own: " in verified.output
    own.run("tox", "run", check=True)
    own.write("src/own/__init__.py", own.read("src/own/__init__.py") + "# an edit\n")
    for command in (("--skip-pkg-install",), ("--skip-env-install",)):
        refused = own.run("tox", "run", *command)
        assert refused.returncode != 0, refused
        assert "the source of own changed since it was installed" in refused.output
    own.run("tox", "run", check=True)
    own.run("tox", "run", "--skip-pkg-install", check=True)
