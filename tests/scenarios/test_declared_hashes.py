"""The hashes that a requirement file declares are held against the lock, as pip holds them against what it installs."""

from __future__ import annotations

import hashlib
import sys
from typing import TYPE_CHECKING

import pytest

from .frontends import declare, lock, reasons, verdict

if TYPE_CHECKING:
    from lockhouse.testing import PackageIndex, ProjectFolder

LOCK = "locks/pylock.tests.toml"
OTHER = "0" * 64


@pytest.mark.parametrize("form", ["pylock", "requirements"])
def test_hashes_of_other_files_are_refused_and_make_a_lock_stale(
    project: ProjectFolder, index: PackageIndex, form: str
) -> None:
    index.add_wheel("alpha", "1.0")
    declare(project, 'requirement-files = ["r.txt"]', f'format = "{form}"')
    project.write("r.txt", f"alpha==1.0 --hash=sha256:{OTHER}\n")
    refused = project.run("lockhouse", "lock")
    assert refused.returncode == 3, refused
    assert "error[lock-refused]" in refused.stderr
    assert "alpha-1.0-py3-none-any.whl of alpha 1.0 has none of them; r.txt:1" in refused.stderr
    assert "  fix: ask yourself whether" in refused.stderr
    assert not (project / "locks").exists()

    project.write("r.txt", "alpha==1.0\n")
    lock(project)
    project.write("r.txt", f"alpha==1.0 --hash=sha256:{OTHER}\n")  # the same inputs otherwise
    for _ in range(2):  # whatever the first check remembers
        assert reasons(verdict(project)) == {("requirement-unmet", "alpha")}
    stopped = project.run("lockhouse", "sync", "tests", "--into", "v")
    assert stopped.returncode == 3, stopped
    assert "error[lock-stale]" in stopped.stderr


def test_an_input_with_hashes_is_locked_and_files_that_came_later_are_left_out(
    project: ProjectFolder, index: PackageIndex
) -> None:
    wheel = index.add_wheel("alpha", "1.0", requires=["beta"])
    index.add_wheel("alpha", "1.0", tag="py2.py3-none-any", requires=["beta"])
    beta = index.add_wheel("beta", "1.0")
    declare(project, 'requirement-files = ["r.txt"]', 'constraint-files = ["c.txt"]')
    project.write(
        "r.txt", f"--require-hashes\nalpha==1.0 \\\n    --hash=sha256:{OTHER} \\\n    --hash=sha256:{wheel.sha256}\n"
    )
    project.write("c.txt", f"beta==1.0 --hash=sha256:{beta.sha256}\n")
    lock(project)
    assert verdict(project)["verdict"] == "fresh"
    assert wheel.sha256 in project.read(LOCK)
    assert project.read(LOCK).count("alpha-1.0") == project.read(LOCK).count(wheel.filename)
    assert lock(project).lines[0].startswith(f"{LOCK}: unchanged")

    project.write("c.txt", f"beta==1.0 --hash=sha256:{OTHER}\n")
    (reason,) = verdict(project)["reasons"]
    assert (reason["code"], reason["package"]) == ("requirement-unmet", "beta")
    assert reason["file"] == "c.txt"


def test_lines_with_markers_have_hashes_for_the_files_of_their_platforms(
    project: ProjectFolder, index: PackageIndex
) -> None:
    linux = index.add_wheel("alpha", "1.0", tag="py3-none-manylinux_2_17_x86_64")
    windows = index.add_wheel("alpha", "1.0", tag="py3-none-win_amd64")
    declare(project, 'requirement-files = ["r.txt"]')
    project.write(
        "r.txt",
        f'alpha==1.0 ; sys_platform != "win32" --hash=sha256:{linux.sha256}\n'
        f'alpha==1.0 ; sys_platform == "win32" --hash=sha256:{windows.sha256}\n',
    )
    lock(project)
    assert verdict(project)["verdict"] == "fresh"


def test_who_shares_a_lock_gets_only_files_that_the_others_allow(project: ProjectFolder, index: PackageIndex) -> None:
    index.add_wheel("alpha", "1.0", tag="py2.py3-none-any")
    wheel = index.add_wheel("alpha", "1.0")
    table = "[tool.lockhouse.environments.docs]\n"
    declare(
        project,
        'requirements = ["alpha==1.0"]',
        'lock = "all"',
        more=f'{table}lock = "all"\nrequirement-files = ["r.txt"]\n',
    )
    project.write("r.txt", f"alpha==1.0 --hash=sha256:{wheel.sha256}\n")
    lock(project)
    assert {verdict(project, name)["verdict"] for name in ("tests", "docs")} == {"fresh"}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("alpha==1.0 --hash=sha256:abc", "--hash=sha256:abc cannot be a hash of sha256"),
        ("alpha==1.0 --hash=md5:d41d8cd98f00b204e9800998ecf8427e", "only sha256, sha384, sha512 count"),
        (f"--hash=sha256:{OTHER}", "--hash stands beside no requirement"),
    ],
)
def test_what_is_no_hash_of_a_requirement_is_an_error(project: ProjectFolder, line: str, words: str) -> None:
    declare(project, 'requirement-files = ["r.txt"]')
    project.write("r.txt", f"{line}\n")
    for command in ("lock", "check"):
        result = project.run("lockhouse", command)
        assert result.returncode == 2, result
        assert "error[invalid-requirement]: r.txt:1: " in result.stderr
        assert words in result.stderr
        assert "\n  fix: " in result.stderr


@pytest.mark.parametrize("form", ["pylock", "requirements"])
@pytest.mark.parametrize("algorithm", ["sha384", "sha512"])
def test_hashes_that_a_lock_does_not_know_are_not_compared_and_lock_says_so(
    project: ProjectFolder, index: PackageIndex, form: str, algorithm: str
) -> None:
    digest = hashlib.new(algorithm, index.add_wheel("alpha", "1.0").data).hexdigest()
    declare(project, 'requirement-files = ["r.txt"]', f'format = "{form}"')
    project.write("r.txt", f"alpha==1.0 --hash={algorithm}:{digest}\n")
    note = f'  note: r.txt:1: the {algorithm} hashes of "alpha==1.0" are not compared: of alpha 1.0, the lock knows '
    for _ in range(2):
        assert f"{note}sha256 only" in lock(project).stdout
        assert project.run("lockhouse", "check").returncode == 0
        assert verdict(project)["verdict"] == "fresh"
    synced = project.run("lockhouse", "sync", "tests", "--into", "v", "--python", sys.executable)
    assert synced.returncode == 0, synced


def test_a_message_speaks_of_the_compared_algorithms_alone(project: ProjectFolder, index: PackageIndex) -> None:
    digest = hashlib.sha512(index.add_wheel("alpha", "1.0").data).hexdigest()
    declare(project, 'requirement-files = ["r.txt"]')
    project.write("r.txt", f"alpha==1.0 --hash=sha512:{digest} --hash=sha256:{OTHER}\n")
    refused = project.run("lockhouse", "lock")
    assert refused.returncode == 3, refused
    assert "alpha-1.0-py3-none-any.whl of alpha 1.0 has none of those of sha256; r.txt:1" in refused.stderr


def test_a_line_with_a_marker_leaves_no_file_out_and_asks_for_one_in_the_lock(
    project: ProjectFolder, index: PackageIndex
) -> None:
    linux = index.add_wheel("alpha", "1.0", tag="py3-none-manylinux_2_17_x86_64")
    windows = index.add_wheel("alpha", "1.0", tag="py3-none-win_amd64")
    index.add_wheel("beta", "1.0", requires=["alpha==1.0"])
    declare(project, 'requirement-files = ["r.txt"]')
    marked = 'beta\nalpha==1.0 ; sys_platform == "win32" --hash=sha256:'
    project.write("r.txt", f"{marked}{windows.sha256}\n")
    lock(project)
    assert verdict(project)["verdict"] == "fresh"
    assert linux.sha256 in project.read(LOCK)
    assert windows.sha256 in project.read(LOCK)

    project.write("r.txt", f"{marked}{OTHER}\n")
    assert reasons(verdict(project)) == {("requirement-unmet", "alpha")}
    refused = project.run("lockhouse", "lock")
    assert refused.returncode == 3, refused
    assert "no file of alpha 1.0 has one of them; r.txt:2" in refused.stderr
