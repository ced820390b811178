"""Built wheels in a wheelhouse: what has only an sdist is built for it, and proven where it is installed."""

from __future__ import annotations

import os
import platform
import re
import sys
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import msgspec
import pytest

from lockhouse.model.wheelhouse import Manifest
from lockhouse.storage.wheelhouse import manifest_bytes
from lockhouse.testing import PackageIndex, build_wheel
from tests.builds.looking import built_wheels, receipt_of
from tests.builds.packages import asking_sdist, sdist_with_hooks
from tests.scenarios.installing import CLI, declare, has_receipt, installed, lock, python_of

from .making import MANIFEST, build, manifest_of, other_machine, wheels_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockhouse.testing import PackageFile, ProjectFolder

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the targets of these tests are for Linux")

HERE = f"cp3{sys.version_info.minor}"
MACHINE = platform.machine()


@pytest.fixture(autouse=True)
def sdist(index: PackageIndex, project: ProjectFolder) -> PackageFile:
    """Lock an environment with a package that has only an sdist, and one with a wheel."""
    index.add_wheel("asked-for", "1.0")
    index.add_wheel("demo", "1.0")
    sdist = index.add(asking_sdist("source"))
    declare(project, "source", "demo")
    lock(project)
    return sdist


def test_a_built_wheel_is_carried_with_what_proves_it(
    sdist: PackageFile, index: PackageIndex, project: ProjectFolder, tmp_path: Path
) -> None:
    build(project, "--output", "house")
    build(project, "--archive", "house.tar.gz")
    (wheel,) = built_wheels()
    manifest = manifest_of(project / "house")
    assert wheels_in(project / "house") == ["demo-1.0-py3-none-any.whl", wheel.name]
    entry = next(file for file in manifest["files"] if file["name"] == wheel.name)
    (record,) = entry["built"]
    assert record["source"] == f"sha256:{sdist.sha256}"
    assert record["wheel"] == entry["hash"]
    assert record["builder"].startswith("lockhouse ")
    assert entry["hash"] in (project / "house/requirements-tests.txt").read_text("utf-8").replace("--hash=", "")

    verified = project.run("lockhouse", "wheelhouse", "verify", "house.tar.gz", check=True)
    assert "source 1.0 was built from source-1.0.tar.gz" in verified.output

    other = other_machine(project, tmp_path / "other")
    index.stop()
    said = CLI.succeed(other, "--wheelhouse", str(project / "house.tar.gz"))
    assert "source 1.0 was built from source-1.0.tar.gz" in said.output
    root = CLI.root(other)
    assert installed(root) == {"demo": "1.0", "source": "1.0"}
    assert receipt_of(root)["built"] == [record]
    assert not built_wheels_of(other)

    project.run(sys.executable, "-m", "venv", ".pip", check=True)
    project.run(
        python_of(project / ".pip"), "-m", "pip", "install", "--no-index", "--find-links", ".", "--require-hashes",
        "-r", "requirements-tests.txt", cwd=project / "house", check=True,
    )  # fmt: skip
    assert installed(project / ".pip").items() >= {"demo": "1.0", "source": "1.0"}.items()


def test_what_was_built_has_the_same_bytes_on_another_machine(project: ProjectFolder, tmp_path: Path) -> None:
    other = other_machine(project, tmp_path / "other")
    for each in (project, other):
        build(each, "--archive", "house.zip")
    assert (project / "house.zip").read_bytes() == (other / "house.zip").read_bytes()
    assert built_wheels_of(other)


@pytest.mark.parametrize("lock_format", ["pylock", "requirements"])
def test_what_no_binary_names_or_stands_at_an_address_is_built_as_well(
    lock_format: str, index: PackageIndex, project: ProjectFolder, tmp_path: Path
) -> None:
    index.add(sdist_with_hooks("demo", ""))
    direct = index.add(sdist_with_hooks("direct", ""))
    address = f"direct @ {index.file_url(direct.filename)}"
    declare(project, "demo", address, format=lock_format, extra='no-binary = ["demo"]')
    lock(project)
    build(project, "--output", "house")
    other = other_machine(project, tmp_path / "other")
    index.stop()
    CLI.succeed(other, "--wheelhouse", str(project / "house"))
    assert [record["name"] for record in receipt_of(CLI.root(other))["built"]] == ["demo", "direct"]
    assert "nothing to do" in CLI.succeed(other, "--wheelhouse", str(project / "house")).output


def test_an_interpreter_of_this_machine_builds_for_a_target_that_is_named(project: ProjectFolder) -> None:
    build(project, "--output", "house", "--target", f"{HERE}-manylinux_2_17_{MACHINE}")
    assert "source-1.0-py3-none-any.whl" in wheels_in(project / "house")
    refused = build(project, "--output", "both", "--target", f"{HERE}-musllinux_1_2_{MACHINE}", check=False)
    assert f"tests on {HERE}-musllinux_1_2_{MACHINE}: source 1.0 has no wheel" in refused.stderr
    assert "no interpreter of this machine builds source-1.0.tar.gz for this target" in refused.stderr


def test_a_build_requirement_without_a_file_is_said_before_anything_is_fetched(
    index: PackageIndex, project: ProjectFolder, require_python: Callable[[str], Path]
) -> None:
    project.environ["PATH"] = os.pathsep.join([str(require_python("3.9").parent), os.environ["PATH"]])
    index.add_wheel("tool", "1.0", tag=f"{HERE}-{HERE}-manylinux_2_17_{MACHINE}")
    index.add(sdist_with_hooks("tooled", "", requires=["tool"]))
    declare(project, "tooled", "demo")
    lock(project)
    index.requests.clear()
    targets = [word for minor in (HERE, "cp39") for word in ("--target", f"{minor}-manylinux_2_28_{MACHINE}")]
    refused = build(project, "--output", "house", *targets, check=False)
    assert refused.returncode != 0
    told = (
        f"tests on cp39-manylinux_2_28_{MACHINE}: the build of tooled 1.0: tool 1.0 has no wheel that fits the target"
    )
    assert told in refused.stderr
    assert index.requests.paths == []


_TELLS_ITS_PYTHON = """
    def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
        import os, sys, zipfile
        name = base.build_wheel(wheel_directory)
        with zipfile.ZipFile(os.path.join(wheel_directory, name), "a") as wheel:
            wheel.writestr(zipfile.ZipInfo("built_by.py"), str(sys.version_info[:2]))
        return name
"""


def test_two_wheels_of_one_name_are_refused_and_none_takes_the_place_of_the_other(
    index: PackageIndex, project: ProjectFolder, require_python: Callable[[str], Path]
) -> None:
    project.environ["PATH"] = os.pathsep.join([str(require_python("3.9").parent), os.environ["PATH"]])
    index.add(sdist_with_hooks("varying", _TELLS_ITS_PYTHON))
    declare(project, "varying")
    lock(project)
    targets = [word for minor in (HERE, "cp39") for word in ("--target", f"{minor}-manylinux_2_99_{MACHINE}")]
    refused = build(project, "--output", "house", *targets, check=False)
    assert refused.returncode == 5
    assert "error[wheelhouse-invalid]" in refused.stderr
    assert "varying-1.0-py3-none-any.whl is needed with different bytes: sha256:" in refused.stderr
    assert not (project / "house").exists()


def test_sdists_of_one_name_from_two_indexes_are_built_each_for_its_own_lock(
    index: PackageIndex, project: ProjectFolder
) -> None:
    with PackageIndex() as second:
        second.add(sdist_with_hooks("source", ""))
        _declare_two(project, *(f'indexes = [{{ url = "{each.url}" }}]' for each in (index, second)))
        build(project, "--output", "house")
    (file,) = (file for file in manifest_of(project / "house")["files"] if file["built"])
    assert len({record["source"] for record in file["built"]}) == 2
    for name in ("one", "two"):
        _sync(project, name)


@pytest.mark.parametrize("setting", ['config-settings = { source = { a = "b" } }', 'allow-network = ["source"]'])
def test_one_wheel_of_two_environments_is_proven_for_each(setting: str, project: ProjectFolder) -> None:
    _declare_two(project, setting, "")
    build(project, "--output", "house")
    assert wheels_in(project / "house") == ["source-1.0-py3-none-any.whl"]
    for name in ("one", "two"):
        _sync(project, name)


def _declare_two(project: ProjectFolder, *extra: str) -> None:
    """Declare and lock the environments ``one`` and ``two``, each with some lines of its own."""
    lines = ["[tool.lockhouse]", 'python = ">=3.8"']
    for name, own in zip(("one", "two"), extra, strict=True):
        lines += [f"[tool.lockhouse.environments.{name}]", 'requirements = ["source"]', own]
    project.write("pyproject.toml", "\n".join([*lines, ""]))
    for name in ("noxfile.py", "tox.ini"):
        (project / name).unlink()
    lock(project)


def _sync(project: ProjectFolder, name: str) -> None:
    words = ("lockhouse", "sync", name, "--into", f".{name}", "--python", sys.executable, "--wheelhouse", "house")
    project.run(*words, check=True)
    assert installed(project / f".{name}") == {"source": "1.0"}


# -- trust --------------------------------------------------------------------------------------------------------


def forge(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change a manifest as somebody would who knows how it is made: its own check fits afterwards."""
    data = manifest_of(folder)
    change(data)
    path = folder / MANIFEST
    path.write_bytes(manifest_bytes(msgspec.convert(data, type=Manifest)))


def record_in(data: dict[str, Any]) -> dict[str, Any]:
    """Give the record of the one wheel that was built."""
    (record,) = (record for file in data["files"] for record in file["built"])
    return cast("dict[str, Any]", record)


_OTHER = "sha256:" + "0" * 64

_FORGERIES: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "source": (
        lambda data: record_in(data).update(source=_OTHER),
        f"it was built from source-1.0.tar.gz, {_OTHER}, which the lock does not have",
    ),
    "build-lock": (
        lambda data: record_in(data).update(build_lock="0" * 64),
        "it was built with other build requirements than the lock has",
    ),
    "network": (
        lambda data: record_in(data).update(network="allowed"),
        "its build might use the network, and allow-network does not name it",
    ),
}


@pytest.mark.parametrize("name", _FORGERIES)
def test_a_record_that_does_not_fit_the_lock_is_refused(name: str, index: PackageIndex, project: ProjectFolder) -> None:
    build(project, "--output", "house")
    change, told = _FORGERIES[name]
    forge(project / "house", change)
    index.requests.clear()
    refused = CLI.refuse(project, "--wheelhouse", "house", code="wheelhouse-mismatch")
    assert f"source-1.0-py3-none-any.whl is not taken: {told}" in refused.output
    assert not has_receipt(CLI.root(project))
    assert index.requests.paths == []


def test_a_record_of_another_wheel_is_no_manifest(project: ProjectFolder) -> None:
    build(project, "--output", "house")
    forge(project / "house", lambda data: record_in(data).update(wheel=_OTHER))
    refused = CLI.refuse(project, "--wheelhouse", "house", code="wheelhouse-invalid")
    assert "source-1.0-py3-none-any.whl has the record of another wheel" in refused.output


@pytest.mark.parametrize("change", [{"version": "none"}, {"wheel_name": "../../demo"}])
def test_a_record_of_what_is_no_wheel_is_no_manifest(change: dict[str, str], project: ProjectFolder) -> None:
    build(project, "--output", "house")

    def move(data: dict[str, Any]) -> None:
        text = next(file for file in data["files"] if file["name"].endswith(".txt"))
        text["built"] = [record_in(data) | change]

    forge(project / "house", move)
    refused = CLI.refuse(project, "--wheelhouse", "house", code="wheelhouse-invalid")
    assert "requirements-tests.txt is no wheel, and has the record of one" in refused.output


def test_who_writes_a_manifest_writes_neither_our_messages_nor_our_commands(project: ProjectFolder) -> None:
    for name in ("\x1b[2J", "here\n::error::of another", "\u202e"):
        build(project, "--output", "house")
        forge(project / "house", lambda data, name=name: record_in(data).update(builder=name))  # type: ignore[misc]
        refused = CLI.refuse(project, "--wheelhouse", "house", code="wheelhouse-invalid")
        assert name not in refused.output
        assert "has characters that a terminal acts upon" in refused.output
        assert name not in project.run("lockhouse", "wheelhouse", "verify", "house").output

    build(project, "--output", "house")

    def rename(data: dict[str, Any]) -> None:
        data["environments"][0] |= {"digest": "0" * 64}
        data["environments"][0]["targets"][0]["name"] = "here; touch there"

    forge(project / "house", rename)
    refused = CLI.refuse(project, "--wheelhouse", "house", code="wheelhouse-mismatch")
    assert '--target "here; touch there" --output' in refused.output


def test_a_wheel_under_the_name_of_one_for_another_platform_is_not_taken(
    index: PackageIndex, project: ProjectFolder
) -> None:
    platforms = {f"manylinux_2_17_{MACHINE}": f"{HERE}-manylinux_2_28_{MACHINE}", "win_amd64": f"{HERE}-win_amd64"}
    files = [index.add_wheel("native", "1.0", tag=f"{HERE}-{HERE}-{platform}") for platform in platforms]
    declare(project, "native")
    lock(project)
    build(project, "--output", "house", *(word for target in platforms.values() for word in ("--target", target)))
    for file, other in zip(files, reversed(files), strict=True):
        (project / "house" / other.filename).unlink()
        (project / "house" / other.filename).write_bytes(file.data)

    def exchange(data: dict[str, Any]) -> None:
        one, other = (file for file in data["files"] if file["name"].endswith(".whl"))
        one["name"], other["name"] = other["name"], one["name"]

    forge(project / "house", exchange)
    CLI.refuse(project, "--wheelhouse", "house", code="wheelhouse-mismatch")


@pytest.mark.parametrize("pin", ["", "0123", "x" * 64])
def test_a_pin_that_is_no_digest_is_refused(pin: str, project: ProjectFolder) -> None:
    build(project, "--output", "house")
    refused = CLI.refuse(project, "--wheelhouse", f"house#sha256={pin}", code="invalid-setting")
    assert "house#sha256=DIGEST, with the digest that its build printed" in refused.output


@pytest.mark.parametrize("slip", ["#sha256:", "#", "#SHA-256 ", "@"])
def test_a_slip_in_the_spelling_of_a_pin_is_told(slip: str, project: ProjectFolder) -> None:
    pin = "0123456789abcdef" * 4
    code = "invalid-setting" if slip != "@" else "wheelhouse-invalid"
    refused = CLI.refuse(project, "--wheelhouse", f"house{slip}{pin}", code=code)
    assert (f"house#sha256={pin}" in refused.output) == (slip != "@")


def test_a_wheel_that_was_exchanged_with_its_record_is_found_by_the_digest_alone(project: ProjectFolder) -> None:
    """No lock knows the bytes of what is built from it: who can write a manifest can exchange them."""
    said = build(project, "--output", "house")
    (digest,) = re.findall("its manifest has the digest (sha256:[0-9a-f]{64})", said.output)
    evil = build_wheel("source", "1.0", modules={"source.py": "evil = True\n"}).data
    (project / "house/source-1.0-py3-none-any.whl").write_bytes(evil)
    CLI.refuse(project, "--wheelhouse", "house", code="hash-mismatch")

    def exchange(data: dict[str, Any]) -> None:
        (file,) = (file for file in data["files"] if file["built"])
        file["hash"] = record_in(data)["wheel"] = f"sha256:{sha256(evil).hexdigest()}"
        file["size"] = len(evil)

    forge(project / "house", exchange)
    refused = CLI.refuse(project, "--wheelhouse", f"house#{digest.replace(':', '=')}", code="wheelhouse-mismatch")
    assert f"expected {digest}" in refused.output
    assert not has_receipt(CLI.root(project))
    assert "vouched for by the wheelhouse alone" in CLI.succeed(project, "--wheelhouse", "house").output


def test_policies_hold_for_what_somebody_else_built(project: ProjectFolder) -> None:
    build(project, "--output", "house")
    project.write("pyproject.toml", project.read("pyproject.toml") + 'only-binary = [":all:"]\non-stale = "warn"\n')
    refused = CLI.refuse(project, "--wheelhouse", "house", code="wheelhouse-mismatch")
    assert "source-1.0-py3-none-any.whl is not taken: only-binary forbids to build it" in refused.output


def built_wheels_of(project: ProjectFolder) -> list[Path]:
    return list(Path(str(project.environ["LOCKHOUSE_CACHE_DIR"])).glob("v1/built/*/*/*.whl"))
