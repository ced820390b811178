"""``lockhouse wheelhouse build``: what is in it, for which targets, and what is said where it cannot be complete."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import subprocess
import sys
import tarfile
import time
import zipfile
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest

from lockhouse.errors import EXIT_INTERRUPTED
from lockhouse.storage.links import Placer, place_all
from tests.scenarios.installing import CLI, declare, installed, lock, store_files

from .making import LINUX, LINUX_312, MAC, MANIFEST, WINDOWS, build, fill, locked, manifest_of, wheels_in

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.testing import PackageIndex, ProjectFolder

ARCHIVES = (".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst", ".zip")
HERE = f"cp3{sys.version_info.minor}"


def _native(tag: str) -> str:
    return f"native-1.0-{tag}.whl"


def test_wheels_for_other_platforms_are_fetched(index: PackageIndex, project: ProjectFolder) -> None:
    locked(index, project)
    build(project, "tests", "--output", "house", "--target", WINDOWS, "--target", MAC)
    house = project / "house"
    assert wheels_in(house) == [
        "demo-1.0-py3-none-any.whl",
        _native("cp311-cp311-macosx_11_0_arm64"),
        _native("cp312-cp312-win_amd64"),
        "winonly-1.0-py3-none-any.whl",
    ]
    (environment,) = manifest_of(house)["environments"]
    assert environment["lock"] == "locks/pylock.tests.toml"
    targets = {target["name"]: target["files"] for target in environment["targets"]}
    assert list(targets) == [MAC, WINDOWS]
    assert targets[MAC] == ["demo-1.0-py3-none-any.whl", _native("cp311-cp311-macosx_11_0_arm64")]
    assert "winonly-1.0-py3-none-any.whl" in targets[WINDOWS]


def test_an_older_platform_tag_is_taken_and_a_newer_one_is_not(index: PackageIndex, project: ProjectFolder) -> None:
    locked(index, project)
    build(project, "--output", "house", "--target", LINUX)  # native has manylinux_2_17 for it
    assert _native("cp311-cp311-manylinux_2_17_x86_64") in wheels_in(project / "house")
    refused = build(project, "--output", "old", "--target", "cp312-manylinux_2_17_x86_64", check=False)
    assert refused.returncode == 4
    assert "native 1.0 has no wheel that fits the target" in refused.stderr
    assert not (project / "old").exists()


def test_all_that_is_missing_is_said_at_once_before_anything_is_fetched(
    index: PackageIndex, project: ProjectFolder
) -> None:
    fill(index)
    index.add_sdist("source", "1.0")
    project.write(
        "pyproject.toml",
        """
        [tool.lockhouse]
        python = ">=3.11,<3.13"
        [tool.lockhouse.environments.tests]
        requirements = ["demo<2", "source"]
        [tool.lockhouse.environments.docs]
        requirements = ["native"]
        """,
    )
    lock(project)
    index.requests.clear()
    refused = build(
        project, "--output", "house", "--target", MAC, "--target", "cp311-win_amd64", "--target", "cp310-win_amd64",
        check=False,
    )  # fmt: skip
    assert refused.returncode == 4
    assert "error[no-compatible-artifact]" in refused.stderr
    told = [line.strip() for line in refused.error_lines]
    problem = "source 1.0 has no wheel; no interpreter of this machine builds source-1.0.tar.gz for this target"
    assert any(line.endswith(problem) and f"tests on {MAC}: " in line for line in told)
    assert sum("source 1.0" in line for line in told) == 2
    assert any("tests on cp311-win_amd64: native 1.0" in line for line in told)
    assert any("docs on cp311-win_amd64: native 1.0" in line for line in told)
    assert sum("on cp310-win_amd64: the lock is for Python" in line for line in told) == 2
    assert index.requests.paths == []
    assert not (project / "house").exists()


def test_a_stale_or_missing_lock_stops_it(index: PackageIndex, project: ProjectFolder) -> None:
    locked(index, project)
    project.replace("pyproject.toml", "demo<2", "demo>=2")
    assert "error[lock-stale]" in build(project, "--output", "house", check=False).stderr
    (project / "locks/pylock.tests.toml").unlink()
    assert "error[lock-missing]" in build(project, "--output", "house", check=False).stderr
    assert not (project / "house").exists()


def test_without_a_target_it_is_for_this_machine(index: PackageIndex, project: ProjectFolder) -> None:
    index.add_wheel("pure", "1.0")
    declare(project, "pure")
    lock(project)
    build(project, "--output", "house")
    (target,) = manifest_of(project / "house")["environments"][0]["targets"]
    assert target["name"].startswith(f"{HERE}-")
    assert not target["name"].startswith(f"{HERE}-linux")


def test_the_configuration_declares_targets(index: PackageIndex, project: ProjectFolder) -> None:
    locked(index, project, extra=f'targets = ["{LINUX_312}"]', top=f'[tool.lockhouse]\ntargets = ["{MAC}"]\n')
    build(project, "--output", "house")
    (target,) = manifest_of(project / "house")["environments"][0]["targets"]
    assert target["name"] == LINUX_312
    project.replace("pyproject.toml", LINUX_312, "cp312-solaris")
    refused = project.run("lockhouse", "check")
    assert refused.returncode == 2
    assert '"cp312-solaris" names no target' in refused.stderr


@pytest.mark.parametrize("label", ["cp312", "py3-none-any", "cp312-macosx_11_0_universal2", "cp312-manylinux_x86_64"])
def test_what_names_no_target_is_refused(label: str, index: PackageIndex, project: ProjectFolder) -> None:
    locked(index, project)
    refused = build(project, "--output", "house", "--target", label, check=False)
    assert refused.returncode == 2
    assert f'error[invalid-setting]: "{label}" names no target' in refused.stderr


def test_a_lock_for_each_target(index: PackageIndex, project: ProjectFolder) -> None:
    index.add_wheel("pure", "1.0")
    python = f"3.{sys.version_info.minor}"
    declare(project, "pure", resolver="pip", extra=f'pythons = ["{python}"]')
    lock(project)
    build(project, "--output", "house", "--target", f"{HERE}-manylinux_2_28_x86_64")
    (environment,) = manifest_of(project / "house")["environments"]
    assert environment["lock"] == f"locks/pylock.tests-{HERE}-linux-x86_64.toml"
    missing = build(project, "--output", "other", "--target", f"{HERE}-win_amd64", check=False)
    assert "error[lock-missing]" in missing.stderr


# -- the manifest -------------------------------------------------------------------------------------------------


def test_the_manifest_names_hash_size_and_origin_without_credentials(
    index: PackageIndex, project: ProjectFolder
) -> None:
    private = index.root("private", username="user", password="s3cret-token")  # noqa: S106
    wheel = private.add_wheel("hidden", "1.0")
    project.environ["UV_INDEX"] = private.url_with_credentials
    declare(project, "hidden")
    lock(project)
    build(project, "--archive", "house.zip", "--target", LINUX)
    build(project, "--output", "house", "--target", LINUX)
    manifest = manifest_of(project / "house")
    (file,) = [file for file in manifest["files"] if file["package"]]
    assert (file["name"], file["size"], file["hash"]) == (wheel.filename, len(wheel.data), f"sha256:{wheel.sha256}")
    assert file["package"] == "hidden 1.0"
    assert file["origin"] is None or file["origin"].startswith("http://127.0.0.1")
    text = b"".join(path.read_bytes() for path in (project / "house").iterdir() if path.suffix != ".whl")
    assert b"s3cret-token" not in text + (project / "house.zip").read_bytes()


# -- the same bytes -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("suffix", ARCHIVES)
def test_the_same_lock_gives_the_same_archive(suffix: str, index: PackageIndex, project: ProjectFolder) -> None:
    locked(index, project)
    names = [f"one{suffix}", f"deep/two{suffix}"]
    for number, name in enumerate(names):
        env = {"LOCKHOUSE_CACHE_DIR": str(project / f"store{number}"), "TZ": f"UTC+{number}"}
        project.run("lockhouse", "wheelhouse", "build", "--archive", name, "--target", LINUX, env=env, check=True)
    assert (project / names[0]).read_bytes() == (project / names[1]).read_bytes()


def test_the_order_in_which_environments_are_named_changes_no_byte(index: PackageIndex, project: ProjectFolder) -> None:
    locked(index, project, extra='[tool.lockhouse.environments.docs]\nrequirements = ["native"]\npython = ">=3.11"')
    for name, order in {"one.zip": ("docs", "tests"), "two.zip": ("tests", "docs")}.items():
        build(project, *order, "--archive", name, "--target", LINUX)
    assert (project / "one.zip").read_bytes() == (project / "two.zip").read_bytes()


def test_an_archive_holds_nothing_of_this_machine(index: PackageIndex, project: ProjectFolder) -> None:
    locked(index, project)
    build(project, "--archive", "house.tar.gz", "--target", LINUX)
    with tarfile.open(project / "house.tar.gz") as archive:
        members = archive.getmembers()
    assert [member.name for member in members] == [MANIFEST, *sorted(member.name for member in members[1:])]
    assert {(m.uid, m.gid, m.uname, m.gname, m.mode, m.mtime) for m in members} == {(0, 0, "", "", 0o644, 315532800)}
    build(project, "--archive", "house.zip", "--target", LINUX)
    with zipfile.ZipFile(project / "house.zip") as zipped:
        assert {info.date_time for info in zipped.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_an_unknown_archive_is_refused_before_anything_is_fetched(index: PackageIndex, project: ProjectFolder) -> None:
    locked(index, project)
    index.requests.clear()
    refused = build(project, "--archive", "house.rar", check=False)
    assert refused.returncode == 2
    assert ".tar.gz" in refused.stderr
    assert index.requests.paths == []


# -- the folder ---------------------------------------------------------------------------------------------------


def test_a_folder_is_replaced_whole_but_only_a_wheelhouse(index: PackageIndex, project: ProjectFolder) -> None:
    locked(index, project)
    build(project, "--output", "house", "--target", LINUX)
    build(project, "--output", "house", "--target", MAC)
    assert _native("cp311-cp311-manylinux_2_17_x86_64") not in wheels_in(project / "house")
    project.write("mine/precious.txt", "do not lose me")
    refused = build(project, "--output", "mine", "--target", LINUX, check=False)
    assert refused.returncode == 5
    assert (project / "mine/precious.txt").is_file()
    assert sorted(path.name for path in project.path.iterdir() if path.name.endswith((".partial", ".former"))) == []


@pytest.mark.skipif(os.name == "nt", reason="links need rights there")
def test_where_a_link_is_its_folder_is_replaced(index: PackageIndex, project: ProjectFolder) -> None:
    locked(index, project)
    (project / "places/house").mkdir(parents=True)
    (project / "house").symlink_to("places/house")
    for _ in range(2):
        build(project, "--output", "house", "--target", LINUX)
        assert (project / "places/house" / MANIFEST).is_file()
        assert (project / "house").is_symlink()
        assert [path.name for path in (project / "places").iterdir()] == ["house"]
        assert not [path.name for path in project.path.iterdir() if path.name.startswith(".house")]


def test_a_path_that_no_disk_can_have_is_an_error_of_ours(project: ProjectFolder) -> None:
    told = project.run("lockhouse", "wheelhouse", "verify", "a" * 5000)
    assert told.returncode == 5
    assert "error[store]" in told.stderr


def test_a_failed_fetch_leaves_what_was_there(index: PackageIndex, project: ProjectFolder) -> None:
    locked(index, project)
    build(project, "--output", "house", "--target", LINUX)
    before = {path.name: path.read_bytes() for path in (project / "house").iterdir()}
    index.fault("*win_amd64.whl", "flipped-byte")
    refused = build(project, "--output", "house", "--target", WINDOWS, check=False)
    assert "error[hash-mismatch]" in refused.stderr
    assert {path.name: path.read_bytes() for path in (project / "house").iterdir()} == before


def test_what_is_written_through_the_folder_is_never_given_out(index: PackageIndex, project: ProjectFolder) -> None:
    locked(index, project)
    label = f"{HERE}-manylinux_2_28_x86_64"
    build(project, "--output", "house", "--target", label)
    build(project, "--output", "other", "--target", label)
    good = {path.name: path.read_bytes() for path in (project / "house").glob("*.whl")}
    wheel = project / "house/demo-1.0-py3-none-any.whl"
    wheel.chmod(0o644)  # whoever owns it can do so; root need not
    with wheel.open("r+b") as file:
        file.seek(len(good[wheel.name]) // 2)
        file.write(b"edited")
    damaged = (project / "other" / wheel.name).read_bytes() != good[wheel.name]
    if damaged:  # else the file system made clones
        told = project.run("lockhouse", "wheelhouse", "verify", "other")
        assert told.returncode == 1
        assert f"damaged {wheel.name}" in told.stdout
        refused = CLI.run(project)
        assert refused.returncode == 5
        assert f"{wheel.name} was damaged in the store" in refused.output
        assert "demo" not in installed(CLI.root(project))
    for name in ("more", "other"):
        build(project, "--output", name, "--target", label)
        assert {path.name: path.read_bytes() for path in (project / name).glob("*.whl")} == good
    CLI.succeed(project)
    assert installed(CLI.root(project))["demo"] == "1.0"


def test_the_folder_needs_no_request_from_a_warm_store(index: PackageIndex, project: ProjectFolder) -> None:
    locked(index, project)
    build(project, "--output", "one", "--target", LINUX)
    index.stop()
    build(project, "--output", "two", "--target", LINUX)
    assert wheels_in(project / "one") == wheels_in(project / "two")


@pytest.mark.skipif(os.name == "nt", reason="hard links are for POSIX alone")
def test_a_link_is_read_only_under_both_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "store"
    source.write_bytes(b"verified")
    placer = Placer()
    for name in ("one", "two"):
        placer.place(source, tmp_path / name)
        assert (tmp_path / name).read_bytes() == b"verified"
        if (tmp_path / name).stat().st_ino == source.stat().st_ino:  # else the file system made a clone
            assert source.stat().st_mode & 0o777 == 0o444

    def refuse(*_: object) -> None:
        raise OSError(errno.EXDEV, "on another file system")

    monkeypatch.setattr(os, "link", refuse)
    Placer().place(source, tmp_path / "copy")
    assert (tmp_path / "copy").stat().st_ino != source.stat().st_ino
    assert (tmp_path / "copy").read_bytes() == b"verified"


@pytest.mark.parametrize("size", [10, 3_000_000])  # in one thread, and in several
def test_files_are_given_out_only_if_all_are_as_their_hashes_say(tmp_path: Path, size: int) -> None:
    (tmp_path / "store").mkdir()
    contents = {f"{number}": bytes([number]) * size for number in range(9)}
    for name, content in contents.items():
        (tmp_path / "store" / name).write_bytes(content)

    def given(folder: str) -> bool:
        (tmp_path / folder).mkdir()
        return place_all(
            (f"{tmp_path}/store/{name}", f"{tmp_path}/{folder}/{name}", "sha256", sha256(content).hexdigest())
            for name, content in contents.items()
        )

    assert given("all")
    assert {path.name: path.read_bytes() for path in (tmp_path / "all").iterdir()} == contents
    damaged = tmp_path / "store/4"
    damaged.chmod(0o644)
    damaged.write_bytes(b"\0" * size)
    assert not given("damaged")
    damaged.unlink()
    assert not given("missing")


def test_the_store_holds_each_file_once(
    index: PackageIndex, project: ProjectFolder, isolated_environment: Path
) -> None:
    locked(index, project)
    build(project, "--output", "one", "--target", LINUX, "--target", LINUX)
    assert len(manifest_of(project / "one")["environments"][0]["targets"]) == 1
    assert len(store_files(isolated_environment / "cache/lockhouse")) == 2


def test_what_a_wheel_requires_and_the_lock_lacks_is_found_when_it_is_built(
    index: PackageIndex, project: ProjectFolder
) -> None:
    index.add_wheel("demo", "1.0")
    declare(project, "demo")
    lock(project)
    # somebody moves the pin to a release that requires more, as a bot would
    newer = index.add_wheel("demo", "1.1", requires=["other"])
    older = index.add_wheel("demo", "1.0")
    text = project.read("locks/pylock.tests.toml")
    for old, new in (
        (older.filename, newer.filename),
        (older.sha256, newer.sha256),
        ('"1.0"\n', '"1.1"\n'),
        (f"size = {len(older.data)}", f"size = {len(newer.data)}"),
    ):
        text = text.replace(old, new)
    project.write("locks/pylock.tests.toml", text.replace('lock-version = "1.1"', 'lock-version = "1.0"').encode())
    refused = build(project, "--output", "house", "--target", LINUX, check=False)
    assert refused.returncode == 3, refused
    assert 'demo 1.1 requires "other", the lock has no other' in refused.stderr
    assert not (project / "house").exists()


@pytest.mark.skipif(os.name == "nt", reason="signals are sent as POSIX has it")
def test_an_interrupt_leaves_nothing_half_done(index: PackageIndex, project: ProjectFolder) -> None:
    locked(index, project)
    fault = index.fault("*.whl", "stall", seconds=60)
    command = ["wheelhouse", "build", "--archive", "house.zip", "--target", LINUX]
    with subprocess.Popen(
        [sys.executable, "-m", "lockhouse", *command], cwd=project.path, stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        try:
            end = time.monotonic() + 60
            while fault.hits == 0 and time.monotonic() < end:
                time.sleep(0.05)
            os.killpg(process.pid, signal.SIGINT)
            said = process.communicate(timeout=20)[1].decode()
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == EXIT_INTERRUPTED
    assert said.splitlines()[-1] == "warning: interrupted"
    assert not list(project.path.glob("*house*"))
    assert not list(project.path.glob(".*house*"))
