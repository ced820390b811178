"""Locking: seeded, upgraded on request, dry, told in words, and the same bytes wherever it runs."""

from __future__ import annotations

import json
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from lockhouse.testing import ProjectFolder

from .frontends import declare, lock, pins, tree_of, verdict

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from lockhouse.testing import PackageIndex

LOCK = "locks/pylock.tests.toml"
RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"
WAYS = [(resolver, form) for resolver in ("uv", "pip") for form in ("pylock", "requirements")]
ways = pytest.mark.parametrize(
    ("resolver", "form"),
    [pytest.param(*way, id="-".join(way), marks=pytest.mark.full if way == WAYS[-1] else ()) for way in WAYS],
)


def locked_pins(project: ProjectFolder, form: str) -> list[str]:
    """Give the pins of the one lock."""
    (path,) = (project / "locks").glob("pylock.*.toml" if form == "pylock" else "*-requirements.txt")
    if form == "pylock":
        return pins(project, f"locks/{path.name}")
    return sorted(line.split()[0] for line in path.read_text(encoding="utf-8").splitlines() if "==" in line[:20])


def settings(resolver: str, form: str) -> list[str]:
    """Give the lines that choose a way; pip locks for the Pythons that are named."""
    return [f'resolver = "{resolver}"', f'format = "{form}"', f'pythons = ["{RUNNING}"]']


def told(result_lines: list[str]) -> list[str]:
    return [line.strip() for line in result_lines if line.startswith("  ")]


def stock(index: PackageIndex) -> None:
    index.add_wheel("alpha", "1.0", requires=["beta"])
    index.add_wheel("beta", "1.0")
    index.add_wheel("gamma", "1.0", requires=["beta>=1"])


def release(index: PackageIndex) -> None:
    """Bring out a new version of everything; the new alpha needs the new beta."""
    index.add_wheel("alpha", "2.0", requires=["beta>=2"])
    index.add_wheel("beta", "2.0")
    index.add_wheel("gamma", "2.0", requires=["beta>=1"])


@ways
def test_nothing_moves_that_need_not(project: ProjectFolder, index: PackageIndex, resolver: str, form: str) -> None:
    stock(index)
    inputs = settings(resolver, form)
    declare(project, 'requirements = ["alpha", "gamma"]', *inputs)
    first = lock(project)
    assert told(first.lines) == ["added alpha 1.0", "added beta 1.0", "added gamma 1.0"]
    release(index)
    before = tree_of(project.path)
    known = len(list(index.requests))
    again = lock(project)
    assert ": unchanged, 3 packages" in again.lines[0]
    assert tree_of(project.path) == before
    assert len(list(index.requests)) == known, "nothing changed, so nobody was asked"

    # an input is added: only what it brings in moves
    index.add_wheel("delta", "1.0", requires=["beta"])
    declare(project, 'requirements = ["alpha", "delta", "gamma"]', *inputs)
    assert told(lock(project).lines) == ["added delta 1.0"]
    assert locked_pins(project, form) == ["alpha==1.0", "beta==1.0", "delta==1.0", "gamma==1.0"]

    # an input is removed: only what it alone needed goes
    declare(project, 'requirements = ["delta", "gamma"]', *inputs)
    assert told(lock(project).lines) == ["removed alpha 1.0"]
    assert locked_pins(project, form) == ["beta==1.0", "delta==1.0", "gamma==1.0"]


@ways
def test_one_package_is_upgraded_with_what_it_forces(
    project: ProjectFolder, index: PackageIndex, resolver: str, form: str
) -> None:
    stock(index)
    declare(project, 'requirements = ["alpha", "gamma"]', *settings(resolver, form))
    lock(project)
    release(index)
    gamma = lock(project, "--upgrade-package", "Gamma")
    assert told(gamma.lines) == ["changed gamma 1.0 → 2.0"]
    alpha = lock(project, "--upgrade-package", "alpha")
    assert told(alpha.lines) == ["changed alpha 1.0 → 2.0", "changed beta 1.0 → 2.0"]
    assert locked_pins(project, form) == ["alpha==2.0", "beta==2.0", "gamma==2.0"]


@ways
def test_everything_is_upgraded_on_request_and_a_dry_run_writes_nothing(
    project: ProjectFolder, index: PackageIndex, resolver: str, form: str
) -> None:
    stock(index)
    declare(project, 'requirements = ["alpha", "gamma"]', *settings(resolver, form))
    dry = lock(project, "--dry-run")
    assert ": would change, 3 packages" in dry.lines[0]
    assert not (project / "locks").exists()
    lock(project)
    release(index)
    before = tree_of(project.path)
    changes = ["changed alpha 1.0 → 2.0", "changed beta 1.0 → 2.0", "changed gamma 1.0 → 2.0"]
    dry = lock(project, "--upgrade", "--dry-run")
    assert ": would change, 3 packages" in dry.lines[0]
    assert told(dry.lines) == changes
    assert tree_of(project.path) == before
    real = lock(project, "--upgrade")
    assert ": locked, 3 packages" in real.lines[0]
    assert told(real.lines) == changes
    assert verdict(project)["verdict"] == "fresh"


def test_what_changed_can_be_read_by_a_machine(project: ProjectFolder, index: PackageIndex) -> None:
    stock(index)
    declare(project, 'requirements = ["alpha"]')
    lock(project)
    release(index)
    (record,) = json.loads(lock(project, "--upgrade", "--json").stdout)["locks"]
    assert record["status"] == "written"
    assert [(c["name"], c["before"], c["after"]) for c in record["changes"]] == [
        ("alpha", ["1.0"], ["2.0"]),
        ("beta", ["1.0"], ["2.0"]),
    ]


def test_tox_locks_upgrades_and_tells_like_the_command_line(project: ProjectFolder, index: PackageIndex) -> None:
    stock(index)
    declare(project, 'requirements = ["alpha", "gamma"]')
    project.write("tox.ini", "[testenv:tests]\nrunner = lockhouse\nlockhouse_environment = tests\npackage = skip\n")
    first = project.run("tox", "lock", "-e", "tests", check=True)
    assert first.lines[0] == "locks/pylock.tests.toml: locked, 3 packages"
    assert told(first.lines) == ["added alpha 1.0", "added beta 1.0", "added gamma 1.0"]
    release(index)
    before = tree_of(project / "locks")
    dry = project.run("tox", "lock", "-e", "tests", "--upgrade", "--dry-run", check=True)
    assert "would change" in dry.lines[0]
    assert tree_of(project / "locks") == before
    one = project.run("tox", "lock", "-e", "tests", "--upgrade-package", "Gamma", check=True)
    assert told(one.lines) == ["changed gamma 1.0 → 2.0"]
    assert lock(project).lines == ["locks/pylock.tests.toml: unchanged, 3 packages"]


# -- the same bytes --------------------------------------------------------------------------------------------------


EXPECTED = """\
lock-version = "1.0"
requires-python = ">=3.11"
created-by = "lockhouse"

[[packages]]
name = "alpha"
version = "1.0"
index = "{url}/simple"

[[packages.wheels]]
name = "alpha-1.0-py3-none-any.whl"
upload-time = 2024-01-01 00:00:00+00:00
url = "{url}/files/alpha-1.0-py3-none-any.whl"
size = {alpha_size}

[packages.wheels.hashes]
sha256 = "{alpha}"

[[packages]]
name = "beta"
version = "1.0"
index = "{url}/simple"

[[packages.wheels]]
name = "beta-1.0-py3-none-any.whl"
upload-time = 2024-02-03 04:05:06+00:00
url = "{url}/files/beta-1.0-py3-none-any.whl"
size = {beta_size}

[packages.wheels.hashes]
sha256 = "{beta}"

[tool.lockhouse]
version = 1
resolver = "uv"

[tool.lockhouse.inputs]
requirements = [
    "alpha>=1",
]
constraints = [
    "beta<2",
]
requires-python = ">=3.11"
resolver = "uv"

[tool.lockhouse.requires]
"alpha==1.0" = [
    "Beta>=1",
]
"beta==1.0" = []
"""


@ways
def test_the_same_inputs_give_the_same_bytes_for_anyone_anywhere(
    tmp_path: Path, index: PackageIndex, resolver: str, form: str
) -> None:
    stock(index)
    locks = []
    for name, environ in {
        "one": {},
        "another/place": {
            "HOME": str(tmp_path / "someone"),
            "USER": "someone",
            "LOGNAME": "someone",
            "TZ": "Asia/Tokyo",
            "PYTHONHASHSEED": "7",
            "LOCKHOUSE_CACHE_DIR": str(tmp_path / "cache"),
            "UV_CACHE_DIR": str(tmp_path / "uv"),
            "TMPDIR": str(tmp_path),
        },
    }.items():
        project = ProjectFolder(tmp_path / name, environ)
        declare(project, 'requirements = ["alpha", "gamma"]', *settings(resolver, form))
        lock(project)
        locks.append({path.name: path.read_bytes() for path in (project / "locks").iterdir()})
        for data in locks[-1].values():
            assert str(tmp_path).encode() not in data
            assert b"someone" not in data
    assert locks[0] == locks[1]


def test_a_lock_made_anew_is_the_lock_that_was_there(project: ProjectFolder, index: PackageIndex) -> None:
    stock(index)
    declare(project, 'requirements = ["alpha", "gamma"]')
    lock(project)
    before = tree_of(project / "locks")
    shutil.rmtree(project / "locks")
    lock(project)
    assert tree_of(project / "locks") == before
    lock(project, "--upgrade")
    assert tree_of(project / "locks") == before


def pythons_beside(interpreters: Mapping[str, Path]) -> Mapping[str, Path]:
    return {version: path for version, path in interpreters.items() if version != RUNNING}


def test_an_index_that_tells_less_in_its_next_answer_changes_no_package(
    project: ProjectFolder, index: PackageIndex
) -> None:
    index.add_wheel("alpha", "1.0")
    index.add_wheel("beta", "1.0")
    declare(project, 'requirements = ["alpha", "beta"]')
    lock(project)
    told = project.read(LOCK)
    index._html_only = True
    project.environ["UV_CACHE_DIR"] = str(project / "another-cache")  # uv keeps answers
    declare(project, 'requirements = ["alpha", "beta>=1"]')
    for options in ((), ("--upgrade",)):
        lock(project, *options)
        assert "beta>=1" in project.read(LOCK)
        assert packages_of(project.read(LOCK)) == packages_of(told)
    (project / LOCK).unlink()
    lock(project)
    assert packages_of(told).count("size = ") == packages_of(told).count("upload-time = ") == 2
    assert "size = " not in project.read(LOCK)


def packages_of(text: str) -> str:
    return text[text.index("[[packages]]") : text.index("[tool")]


def test_bounds_come_from_the_declaration_never_from_the_interpreter_that_runs(
    project: ProjectFolder, index: PackageIndex, interpreters: Mapping[str, Path]
) -> None:
    index.add_wheel("alpha", "1.0", requires=["old; python_version < '3.10'", "new; python_version >= '3.13'"])
    index.add_wheel("alpha", "2.0", requires_python=">=3.11")
    index.add_wheel("old", "1.0")
    index.add_wheel("new", "1.0")
    declare(project, 'requirements = ["alpha<2"]', python=">=3.9")
    lock(project)
    text = project.read("locks/pylock.tests.toml")
    assert 'requires-python = ">=3.9"' in text
    assert pins(project) == ["alpha==1.0", "new==1.0", "old==1.0"]

    # whatever Python comes first on PATH
    for path in list(pythons_beside(interpreters).values())[-1:]:
        shutil.rmtree(project / "locks")
        lock(project, env={"PATH": str(path.parent), "UV_PYTHON": str(path), "VIRTUAL_ENV": None})
        assert project.read("locks/pylock.tests.toml") == text


def test_the_bytes_of_a_lock_are_these_on_every_interpreter_and_platform(
    project: ProjectFolder, index: PackageIndex
) -> None:
    alpha = index.add_wheel("alpha", "1.0", requires=["Beta>=1"])
    beta = index.add_wheel("beta", "1.0", upload_time="2024-02-03T04:05:06Z")
    declare(project, 'requirements = ["Alpha >= 1"]', 'constraints = ["beta<2"]')
    lock(project)
    head, body = (project / "locks/pylock.tests.toml").read_bytes().decode().split("\n\n", 1)
    title, inputs, pythons, _ = head.split("\n")
    assert title == '# The lock "tests", written by Lockhouse. To change it, change the inputs: lockhouse lock'
    assert inputs == "# lockhouse inputs: sha256:72b0af23f84aebcd57209c78035caf71b2ba13e1144d0258b0821b3c8cef5ee7"
    assert pythons == "# lockhouse pythons: >=3.11 for 3.11 3.12 3.13 3.14"
    assert body == EXPECTED.format(
        url=index.url.removesuffix("/simple"),
        alpha=alpha.sha256,
        alpha_size=len(alpha.data),
        beta=beta.sha256,
        beta_size=len(beta.data),
    )


def test_no_bounds_at_all_are_an_error_with_the_fix(project: ProjectFolder) -> None:
    declare(project, 'requirements = ["alpha"]', python=None)
    result = project.run("lockhouse", "lock")
    assert result.returncode == 2, result
    assert 'no Python bounds are declared for environment "tests"' in result.stderr
    assert 'fix: set python = ">=3.11"' in result.stderr
    assert not (project / "locks").exists()


def test_one_lock_serves_all_pythons_of_a_session_or_factor(project: ProjectFolder, index: PackageIndex) -> None:
    stock(index)
    project.write("pyproject.toml", '[project]\nname = "demo"\nversion = "1.0"\nrequires-python = ">=3.8"\n')
    project.write(
        "noxfile.py",
        "import lockhouse.nox as lockhouse\n\n"
        '@lockhouse.session(python=["3.11", "3.13"], requirements=["alpha"])\n'
        "def unit(session):\n    pass\n",
    )
    project.write(
        "tox.ini",
        "[tox]\nenv_list = py{311,312}-web\n[testenv]\nrunner = lockhouse\npackage = skip\ndeps = gamma\n",
    )
    lock(project)
    assert sorted(path.name for path in (project / "locks").iterdir()) == ["pylock.unit.toml", "pylock.web.toml"]
    assert 'requires-python = ">=3.11"' in project.read("locks/pylock.unit.toml")
    assert 'requires-python = ">=3.11"' in project.read("locks/pylock.web.toml")
