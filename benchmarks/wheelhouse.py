"""How long it takes to make a folder of all the wheels of a lock: Lockhouse against pip and pex, cold and warm.

One lock of 64 packages, about 48 MB, on an index of its own that takes 40 ms for each answer. Whole processes are
measured, wall clock, in turns; ratios are medians of the ratios within a turn. Cold means that every cache is empty.
What is not installed is left out, and that is said. Nothing is asserted. POSIX only.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess  # noqa: TID251  # whole processes are measured
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from lockhouse.testing import PackageIndex, ProjectFolder
from lockhouse.testing.environment import isolated_environ

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PACKAGES = 64
DELAY = 0.04
#: Bytes of padding: most wheels are small, a few are large, as on PyPI.
SIZES = [12_000_000, 6_000_000, 4_000_000, *[1_000_000] * 12, *[300_000] * (PACKAGES - 15)]
CACHES = ("LOCKHOUSE_CACHE_DIR", "PIP_CACHE_DIR", "PEX_ROOT", "UV_CACHE_DIR")


def main() -> None:
    """Lock, measure, print a table and write JSON."""
    options = _options()
    with tempfile.TemporaryDirectory(dir=options.folder) as name, PackageIndex() as index:
        folder = Path(name)
        environ = isolated_environ(os.environ, folder / "user", shared=folder / "shared", index_url=index.url)
        project = _project(folder, index, environ, options.scale)
        index.delay = DELAY
        cases = _cases(project, index, options.pex)
        report = {}
        if not options.warm:
            report["cold"] = _measured(cases, environ, folder, rounds=options.rounds, keep=())
        warm = _warm_cases(project, cases)
        report["warm"] = _measured(warm, environ, folder, rounds=options.rounds * 3, keep=CACHES)
    for kind, times in report.items():
        _show(kind, times)
    if options.json:
        options.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def _project(folder: Path, index: PackageIndex, environ: Mapping[str, str], scale: int) -> Path:
    """Lock an environment, and write hashed requirements for the others."""
    names = [f"package-{number:02}" for number in range(PACKAGES)]
    for name, size in zip(names, SIZES, strict=True):
        index.add_wheel(name, "1.0", size=size * scale)
    project = ProjectFolder(folder / "project", {**dict.fromkeys(os.environ), **environ})
    project.write(
        "pyproject.toml",
        f"[tool.lockhouse.environments.app]\nrequirements = {json.dumps(names)}\npython = '>=3.11'\n",
    )
    project.run("lockhouse", "lock", check=True)
    project.run("lockhouse", "wheelhouse", "build", "--output", "reference", check=True)
    return project.path


def _cases(project: Path, index: PackageIndex, pex: str) -> dict[str, list[str]]:
    """Give the commands; the word DIR stands for the folder to make."""
    requirements = str(project / "reference" / "requirements-app.txt")
    pip = [sys.executable, "-m", "pip"]
    program = str(Path(sys.executable).with_name("lockhouse"))
    given = ["--require-hashes", "--no-deps", "-r", requirements]
    cases = {
        "lockhouse": [program, "wheelhouse", "build", "--quiet", "--output", "DIR"],
        "pip download": [*pip, "download", "-q", *given, "-d", "DIR"],
        "pip wheel": [*pip, "wheel", "-q", *given, "-w", "DIR"],
    }
    found = shutil.which(pex)
    if found is None:
        print("pex3 is not installed: left out (name it with --pex)", file=sys.stderr)
        return cases
    more = ["--intransitive", "--no-pypi", "-i", index.url, "-r", requirements, "-d", "DIR"]
    return cases | {f"pex3 {verb}": [found, verb, *more] for verb in ("download", "wheel")}


def _warm_cases(project: Path, cases: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    copy = f"import shutil; shutil.copytree({str(project / 'reference')!r}, 'DIR')"
    return {
        "lockhouse": list(cases["lockhouse"]),
        "cp -r": ["cp", "-r", str(project / "reference"), "DIR"],
        "python -c shutil.copytree": [sys.executable, "-c", copy],
    }


def _measured(
    cases: Mapping[str, Sequence[str]], environ: Mapping[str, str], folder: Path, *, rounds: int, keep: Sequence[str]
) -> dict[str, list[float]]:
    """Run all cases in turns; a warm one is run once before it counts."""
    times: dict[str, list[float]] = {name: [] for name in cases}
    for number in range(rounds + bool(keep)):
        for name, words in cases.items():
            made = folder / "made"
            own = {} if keep else {variable: tempfile.mkdtemp(dir=folder) for variable in CACHES}
            argv = [word.replace("DIR", str(made)) for word in words]
            start = time.perf_counter()
            subprocess.run(argv, env={**environ, **own}, cwd=folder / "project", check=True, stdout=subprocess.DEVNULL)
            taken = time.perf_counter() - start
            wheels = len(list(made.glob("*.whl")))
            if wheels != PACKAGES:
                raise SystemExit(f"{name} made {wheels} wheels")
            if number or not keep:
                times[name].append(taken)
            for path in (made, *map(Path, own.values())):
                shutil.rmtree(path)
    return times


def _show(kind: str, times: Mapping[str, Sequence[float]]) -> None:
    first = next(iter(times.values()))
    print(f"{kind}: seconds, and how often the time of lockhouse")
    for name, taken in times.items():
        ratio = statistics.median(one / own for one, own in zip(taken, first, strict=True))
        print(f"  {name:28} {statistics.median(taken):7.2f} {ratio:7.2f}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5, help="runs of each case that count (default: 5)")
    parser.add_argument("--scale", type=int, default=1, help="how many times the size of the wheels (default: 1)")
    parser.add_argument("--warm", action="store_true", help="measure warm stores alone")
    parser.add_argument("--pex", default="pex3", help="the program pex3 (default: that of PATH)")
    parser.add_argument("--folder", type=Path, help="where to work (default: the temporary folder)")
    parser.add_argument("--json", type=Path, help="file to write all times to")
    return parser.parse_args()


if __name__ == "__main__":
    main()
