"""The project that the edits are made in: every kind of input, locked in both formats by both resolvers."""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lockhouse.testing import PackageIndex, ProjectFolder, build_wheel
from lockhouse.testing.environment import index_environ

from .lock_edits import LockEditor

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MINOR = ".".join(map(str, sys.version_info[:2]))

#: What the test command prints: where it stands in no output, no test ran.
RAN = "THE TESTS RAN"

_PYPROJECT = """\
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"

[project]
name = "demo"
version = "1.0"
requires-python = ">={minor}"
dynamic = ["dependencies"]

[project.optional-dependencies]
colour = ["coloured>=1"]
everything = ["Demo[colour,loop]"]
loop = ["demo[everything]"]

[tool.setuptools.dynamic]
dependencies = {{ file = ["runtime.in"] }}

[dependency-groups]
base = ["helper>=1"]
test = [
    "runner[fast]>=1",
    {{ include-group = "base" }},
    "demo[everything]",
]

[tool.lockhouse]
resolver = "{resolver}"
installer = "{resolver}"
format = "{form}"

[tool.lockhouse.environments.tests]
requirements = ["Foo_Bar>=1", "alpha", "windowed>=1; sys_platform == 'win32'"]
requirement-files = ["requirements/one.txt"]
constraints = ["shared<2"]
groups = ["test"]
project = "dependencies"
exclude-newer = "2024-06-01"
indexes = [{{ url = "{private}" }}]
{pythons}
"""

_FILES = {
    "requirements/one.txt": "-r two.txt\n",
    "requirements/two.txt": "-r three.txt\n-c bounds.txt\n",
    "requirements/three.txt": "# the third\ndeep>=1\ndeeper\n",
    "requirements/bounds.txt": "deep<2\n",
    "requirements/vendored.txt": "vendored @ file:vendor/vendored-1.0-py3-none-any.whl\n",
    "runtime.in": "runtime>=1\n",
    "probe.py": f"print({RAN!r})\n",
}

_TOOLS = {
    "noxfile.py": """\
import lockhouse.nox as lockhouse


@lockhouse.session(environment="tests", venv_backend="uv")
def tests(session):
    session.run("python", "probe.py")
""",
    "tox.ini": """\
[tox]
env_list = tests

[testenv]
runner = lockhouse
package = skip
lockhouse_environment = tests
commands = python probe.py
""",
}


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What made a lock.

    :ivar form: format of the lock
    :ivar resolver: name of the resolver
    """

    form: str
    resolver: str

    def __str__(self) -> str:
        return f"{self.form}-{self.resolver}"


KINDS = tuple(Kind(form=form, resolver=resolver) for resolver in ("uv", "pip") for form in ("pylock", "requirements"))


def stock(index: PackageIndex) -> None:
    """Fill an index with what the project asks for."""
    for name in ("alpha", "coloured", "deep", "deeper", "foo-bar", "helper", "quick", "windowed"):
        index.add_wheel(name, "1.0")
    index.add_wheel("alpha", "1.5", upload_time="2024-07-01T00:00:00Z")  # after the cut-off: only a bot pins it
    index.add_wheel("shared", "1.0")
    index.add_wheel("runner", "1.0", requires=["shared>=1"], extras={"fast": ["quick"], "slow": ["absent"]})
    index.add_wheel("runtime", "1.0", requires=["shared", "inhouse"])
    index.root("private").add_wheel("inhouse", "1.0")


def make(folder: Path, kind: Kind, index: PackageIndex) -> ProjectFolder:
    """Write the project and lock it.

    :param folder: where it is to be
    :param kind: what is to make the lock
    :param index: an index that :func:`stock` has filled
    """
    project = ProjectFolder(folder)
    pythons = f'pythons = ["{MINOR}"]' if kind.resolver == "pip" else ""
    private = index.url.replace("/simple", "/private/simple")
    project.write(
        "pyproject.toml",
        _PYPROJECT.format(form=kind.form, resolver=kind.resolver, private=private, minor=MINOR, pythons=pythons),
    )
    for name, text in _FILES.items():
        project.write(name, text)
    build_wheel("vendored", "1.0").write_to(project / "vendor")
    project.replace(
        "requirements/three.txt", "deeper\n", "deeper\nvendored @ file:vendor/vendored-1.0-py3-none-any.whl\n"
    )
    project.environ.update(index_environ(index.url))
    project.run("lockhouse", "lock", "tests", check=True)
    for name, text in _TOOLS.items():
        project.write(name, text)
    return project


@dataclass(frozen=True, kw_only=True)
class Case:
    """A copy of the locked project, to be edited.

    :ivar project: its folder
    :ivar kind: what made its lock
    """

    project: ProjectFolder
    kind: Kind

    @property
    def lock(self) -> LockEditor:
        """Give what edits the lock as somebody does who does not use Lockhouse."""
        found = [*(self.project / "locks").glob("pylock.*.toml"), *(self.project / "locks").glob("*-requirements.txt")]
        assert len(found) == 1, found
        return LockEditor(found[0])

    def edit(self, name: str, old: str, new: str) -> None:
        """Change one place of an input."""
        self.project.replace(name, old, new)

    def pyproject(self, old: str, new: str) -> None:
        """Change one place of ``pyproject.toml``."""
        self.edit("pyproject.toml", old, new)

    def setting(self, line: str) -> None:
        """Add a line to the table of the environment."""
        self.pyproject('project = "dependencies"\n', f'project = "dependencies"\n{line}\n')


def copied(template: ProjectFolder, folder: Path, kind: Kind) -> Case:
    """Copy a locked project.

    :param template: what :func:`make` gave
    :param folder: where the copy is to be
    :param kind: what made the lock
    """
    return Case(project=ProjectFolder(shutil.copytree(template.path, folder), template.environ), kind=kind)


def put_back(template: ProjectFolder, folder: Path, kind: Kind) -> Case:
    """Give a copy of a locked project that was edited before as it was made; the environments in it stay.

    :param template: what :func:`make` gave
    :param folder: where the copy is, or is to be
    :param kind: what made the lock
    """
    project = ProjectFolder(folder, template.environ)
    for path in folder.iterdir():
        if path.is_file():
            path.unlink()
        elif path.name not in {".nox", ".tox"}:
            shutil.rmtree(path)
    shutil.copytree(template.path, folder, dirs_exist_ok=True)
    return Case(project=project, kind=kind)


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a check said.

    :ivar verdict: ``fresh``, ``stale``, ``missing``, or the code of an error
    :ivar reasons: code and package of each reason
    :ivar record: all of it
    """

    verdict: str
    reasons: frozenset[tuple[str, str | None]]
    record: Mapping[str, Any]

    @property
    def messages(self) -> list[str]:
        """Give what it says, without the codes."""
        if self.record["verdict"] == "error":
            return [self.record["error"]["what"].removeprefix('environment "tests": ')]  # a tool says it by itself
        return [reason["message"] for reason in self.record.get("reasons", ())]


def check(project: ProjectFolder) -> Answer:
    """Run ``lockhouse check`` on the environment "tests"; its exit code must agree with what it says."""
    result = project.run("lockhouse", "check", "tests", "--json")
    assert "Traceback" not in result.output, result
    (record,) = json.loads(result.stdout)["environments"]
    assert (record["verdict"] == "fresh") == (result.returncode == 0), result
    if record["verdict"] == "error":
        return Answer(verdict=record["error"]["code"], reasons=frozenset(), record=record)
    reasons = frozenset((reason["code"], reason["package"]) for reason in record.get("reasons", ()))
    return Answer(verdict=record["verdict"], reasons=reasons, record=record)
