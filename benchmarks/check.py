"""How long it takes to find that nothing changed: ``lockhouse check``, and warm runs of nox and tox.

Whole processes are measured, wall clock and CPU (user and system, of the process and its children). All cases of a kind
are run in turns, so that what else the machine does hits them alike; ratios are medians of the ratios within a turn.
Nothing is asserted. POSIX only.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess  # noqa: TID251  # the CPU time of a process is told to who waits for it
import sys
import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lockhouse.testing import PackageIndex, ProjectFolder
from lockhouse.testing.environment import isolated_environ

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PACKAGES = 50
SIZES = (1, 10, 100, 1000)
#: Every tenth package is declared, and requires the nine that follow it.
DECLARED = [f"package-{number:02}>=1" for number in range(0, PACKAGES, 10)]

_PYPROJECT = f"""\
[project]
name = "demo"
version = "1.0"
requires-python = ">=3.11"

[dependency-groups]
test = {json.dumps(DECLARED)}

[tool.uv]
package = false
"""

_NOXFILES = {
    "bare": "import nox\n@nox.session(venv_backend='uv')\ndef {name}(session):\n    pass\n",
    "lockhouse": "import lockhouse.nox\n@lockhouse.nox.session(environment='env0', venv_backend='uv')\n"
    "def {name}(session):\n    pass\n",
    "nox-uv": "import nox_uv\n@nox_uv.session(uv_groups=['test'], venv_backend='uv')\ndef {name}(session):\n    pass\n",
    "session.install": "import nox\n@nox.session(venv_backend='uv')\ndef {name}(session):\n"
    f"    session.install(*{DECLARED!r})\n",
}

_TOX = {
    "bare": "runner = virtualenv",
    "lockhouse": "runner = lockhouse\nlockhouse_environment = env0",
    "tox-uv": "runner = uv-venv-runner\ndependency_groups = test",
    "tox-uv lock": "runner = uv-venv-lock-runner\ndependency_groups = test",
    "tox pylock": "runner = virtualenv\npylock = locks/pylock.env0.toml",
}


@dataclass(frozen=True, kw_only=True)
class Case:
    """One command to measure."""

    name: str
    argv: tuple[str, ...]
    cwd: Path
    environ: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one run took, in seconds."""

    wall: float
    cpu: float


def main() -> None:
    """Build the projects, measure, print a table and write JSON."""
    options = _options()
    with tempfile.TemporaryDirectory() as name, PackageIndex() as index:
        folder = Path(name)
        environ = isolated_environ(os.environ, folder / "user", shared=folder / "shared", index_url=index.url)
        _fill(index)
        kinds = {
            "check": lambda: _check_cases(folder, environ, options.sizes),
            "nox": lambda: _nox_cases(folder, environ),
            "tox": lambda: _tox_cases(folder, environ),
        }
        report: dict[str, Any] = {"python": sys.version.split()[0], "rounds": options.rounds, "packages": PACKAGES}
        for kind in options.only or kinds:
            cases = kinds[kind]()
            runs = measure(cases, environ, rounds=options.rounds)
            report[kind] = summarize(runs)
            show(kind, report[kind])
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def measure(cases: Sequence[Case], environ: Mapping[str, str], *, rounds: int) -> dict[str, list[Run]]:
    """Run all cases in turns, after one round that does not count.

    :param cases: the first one is what the others are compared with
    :param environ: their environment variables
    :param rounds: how many runs of each count
    """
    runs: dict[str, list[Run]] = {case.name: [] for case in cases}
    for number in range(rounds + 1):
        for case in cases if number % 2 else reversed(cases):
            run = _run(case, environ)
            if number:
                runs[case.name].append(run)
    return runs


def summarize(runs: Mapping[str, Sequence[Run]]) -> dict[str, dict[str, float]]:
    """Give medians in milliseconds, and the median ratios to the first case.

    :param runs: by case; those of one turn stand at the same place
    """
    first = next(iter(runs.values()))
    return {
        name: {
            "wall_ms": 1e3 * statistics.median(run.wall for run in taken),
            "cpu_ms": 1e3 * statistics.median(run.cpu for run in taken),
            "wall_ratio": statistics.median(run.wall / base.wall for run, base in zip(taken, first, strict=True)),
            "cpu_ratio": statistics.median(run.cpu / base.cpu for run, base in zip(taken, first, strict=True)),
        }
        for name, taken in runs.items()
    }


def show(kind: str, summary: Mapping[str, Mapping[str, float]]) -> None:
    """Print a table.

    :param kind: its title
    :param summary: what :func:`summarize` gave
    """
    print(f"\n{kind:24} {'wall':>9} {'CPU':>9} {'wall x':>8} {'CPU x':>8}")
    for name, of in summary.items():
        times = f"{of['wall_ms']:6.0f} ms {of['cpu_ms']:6.0f} ms"
        print(f"{name:24} {times} {of['wall_ratio']:8.2f} {of['cpu_ratio']:8.2f}", flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20, help="runs of each case (default: 20)")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="numbers of environments to check")
    parser.add_argument("--only", choices=["check", "nox", "tox"], action="append", help="what to measure; repeatable")
    parser.add_argument("--json", type=Path, metavar="FILE", help="where to write the figures")
    return parser.parse_args()


def _fill(index: PackageIndex) -> None:
    for number in range(PACKAGES):
        requires = [] if number % 10 == 9 else [f"package-{number + 1:02}"]  # noqa: PLR2004
        index.add_wheel(f"package-{number:02}", "1.0", requires=requires)


def _project(folder: Path, environ: Mapping[str, str], environments: int) -> ProjectFolder:
    """Make a project whose environments have a lock each, all of the same packages."""
    project = ProjectFolder(folder, environ)
    tables = [
        f'\n[tool.lockhouse.environments.env{n}]\ngroups = ["test"]\nproject = "none"\n' for n in range(environments)
    ]
    project.write("pyproject.toml", (_PYPROJECT + "".join(tables)).encode())
    project.run("lockhouse", "lock", "env0", check=True)
    lock = project.read("locks/pylock.env0.toml").encode()
    for number in range(1, environments):
        project.write(f"locks/pylock.env{number}.toml", lock)
    project.run("lockhouse", "lock", "env0", check=True)  # now that all are fresh, it leaves a trace
    return project


def _check_cases(folder: Path, environ: Mapping[str, str], sizes: Sequence[int]) -> list[Case]:
    cases = [Case(name="python -c pass", argv=(sys.executable, "-c", "pass"), cwd=folder)]
    argv = (sys.executable, "-m", "lockhouse", "check")
    unknown = {"LOCKHOUSE_CACHE_DIR": str(folder / "unknown")}  # as on a machine that has not locked the project
    for size in sizes:
        project = _project(folder / f"check-{size}", environ, size)
        cases.append(Case(name=f"lockhouse check, {size}", argv=argv, cwd=project.path))
        cases.append(Case(name=f"{size}, without a trace", argv=argv, cwd=project.path, environ=unknown))
    return cases


def _nox_cases(folder: Path, environ: Mapping[str, str]) -> list[Case]:
    project = _project(folder / "nox", environ, 1)
    project.run("uv", "lock", check=True)
    cases = []
    for number, (name, text) in enumerate(_NOXFILES.items()):
        project.write(f"nox{number}.py", text.format(name=f"session{number}"))
        argv = (sys.executable, "-m", "nox", "-f", f"nox{number}.py", "-r", "-s", f"session{number}")
        cases.append(Case(name=name, argv=argv, cwd=project.path))
    return cases


def _tox_cases(folder: Path, environ: Mapping[str, str]) -> list[Case]:
    project = _project(folder / "tox", environ, 1)
    project.run("uv", "lock", check=True)
    cases = []
    for number, (name, keys) in enumerate(_TOX.items()):  # a file each: tox sets up all environments of one
        project.write(f"tox{number}.ini", f"[testenv:env{number}]\npackage = skip\n{keys}\n")
        argv = (sys.executable, "-m", "tox", "run", "-c", f"tox{number}.ini", "-e", f"env{number}")
        cases.append(Case(name=name, argv=argv, cwd=project.path))
    alone = {"TOX_DISABLED_EXTERNAL_PLUGINS": "lockhouse"}  # what tox takes where Lockhouse is not installed
    return [replace(cases[0], name="bare, no plugin", environ=alone), *cases]


def _run(case: Case, environ: Mapping[str, str]) -> Run:
    with tempfile.TemporaryFile() as output:
        begun = time.perf_counter()
        process = subprocess.Popen(
            case.argv, cwd=case.cwd, env={**environ, **case.environ}, stdout=output, stderr=output
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            output.seek(0)
            sys.exit(f"{case.name}: {' '.join(case.argv)} failed\n{output.read().decode(errors='replace')}")
    return Run(wall=wall, cpu=usage.ru_utime + usage.ru_stime)


if __name__ == "__main__":
    main()
