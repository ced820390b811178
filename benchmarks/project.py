"""How long a warm run takes that needs the project itself, where nothing changed: tox, and six sessions of nox.

Each tool does the same with the same project and the same dependency. Measured and compared as in ``check.py``.
POSIX only.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess  # noqa: TID251  # what prepares a case is no case
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parent))

from check import Case, measure, show, summarize

from lockhouse.testing import PackageIndex, ProjectFolder
from lockhouse.testing.environment import isolated_environ

if TYPE_CHECKING:
    from collections.abc import Mapping

_PROJECT = """\
[project]
name = "demo"
version = "1.0"
requires-python = ">=3.11"
dependencies = ["dependency>=1"]
[dependency-groups]
dev = ["dependency>=1"]
[tool.lockhouse.environments.env0]
project = "{mode}"
"""

_SESSIONS = {
    "bare": "import nox\nfor number in range(6):\n    @nox.session(name=f's{number}', venv_backend='uv')\n"
    "    def session(session):\n        pass\n",
    "lockhouse": "import lockhouse.nox, nox\nfor number in range(6):\n"
    "    @lockhouse.nox.session(name=f's{number}', environment='env0', venv_backend='uv')\n"
    "    def session(session):\n        pass\n",
    "nox": "import nox\nfor number in range(6):\n    @nox.session(name=f's{number}', venv_backend='uv')\n"
    "    def session(session):\n        session.install('.')\n",
    "nox-uv": "import nox_uv, nox\nfor number in range(6):\n"
    "    @nox_uv.session(name=f's{number}', venv_backend='uv', uv_groups=['dev'])\n"
    "    def session(session):\n        pass\n",
}

_TOX = {
    "bare": "runner = virtualenv\npackage = skip",
    "lockhouse": "runner = lockhouse\npackage = {mode}\nlockhouse_environment = env0",
    "tox": "runner = virtualenv\npackage = {mode}",
    "tox-uv": "runner = uv-venv-runner\npackage = {mode}",
}


def main() -> None:
    """Write the projects, run each once, measure, print tables and write JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10, help="runs of each case (default: 10)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all numbers there, too")
    options = parser.parse_args()
    report: dict[str, object] = {"python": sys.version.split()[0], "rounds": options.rounds}
    with tempfile.TemporaryDirectory() as name, PackageIndex() as index:
        folder = Path(name)
        environ = isolated_environ(os.environ, folder / "user", shared=folder / "shared", index_url=index.url)
        index.add_wheel("dependency", "1.0")
        kinds = {
            "tox, wheel": _tox_cases(folder / "wheel", environ, "wheel"),
            "tox, editable": _tox_cases(folder / "editable", environ, "editable"),
            "six nox sessions, wheel": _nox_cases(folder / "nox", environ),
        }
        for kind, cases in kinds.items():
            summary = summarize(measure(cases, environ, rounds=options.rounds))
            report[kind] = summary
            show(kind, summary)
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def _nox_cases(folder: Path, environ: Mapping[str, str]) -> list[Case]:
    cases = []
    for name, noxfile in _SESSIONS.items():
        project = _project(folder / name, environ, "wheel")
        project.write("noxfile.py", noxfile)
        if name == "nox-uv":
            project.run("uv", "lock", check=True, env=environ)
        cases.append(Case(name=name, argv=(sys.executable, "-m", "nox", "-r"), cwd=project.path))
    return _tried(cases, environ)


def _tox_cases(folder: Path, environ: Mapping[str, str], mode: str) -> list[Case]:
    cases = []
    for name, lines in _TOX.items():
        project = _project(folder / name.replace(" ", "-"), environ, mode)
        project.write("tox.ini", f"[tox]\nenv_list = one\n[testenv]\n{lines.format(mode=mode)}\ncommands =\n")
        cases.append(Case(name=name, argv=(sys.executable, "-m", "tox", "run"), cwd=project.path))
    return _tried(cases, environ)


def _project(path: Path, environ: Mapping[str, str], mode: str) -> ProjectFolder:
    """Write a project of a hundred modules, in a repository, with a lock."""
    project = ProjectFolder(path)
    project.write_package(_PROJECT.format(mode=mode), {f"src/demo/m{number}.py": "x = 1\n" for number in range(100)})
    project.write("src/demo/__init__.py", "")
    project.write(".gitignore", ".nox/\n.tox/\n__pycache__/\n")
    for command in (
        ("git", "init", "-q"),
        (sys.executable, "-m", "lockhouse", "lock", "env0"),
        ("git", "add", "-A"),
        ("git", "commit", "-q", "-m", "a project"),
    ):
        subprocess.run(command, cwd=path, env=environ, check=True, capture_output=True)
    return project


def _tried(cases: list[Case], environ: Mapping[str, str]) -> list[Case]:
    """Run each once: a case that fails would be quick."""
    for case in cases:
        done = subprocess.run(case.argv, cwd=case.cwd, env=environ, check=False, capture_output=True, text=True)
        if done.returncode != 0:
            sys.exit(f"{case.name} failed in {case.cwd.parent.name}\n{done.stdout}{done.stderr}")
    return cases


if __name__ == "__main__":
    main()
