"""Inputs of every kind, locked by both resolvers and fresh afterwards."""

from __future__ import annotations

import sys
import tomllib
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from lockhouse.testing import ProjectFolder, build_sdist, build_wheel
from lockhouse.testing.packages import BACKEND_NAME, BUILD_SYSTEM, backend_source

from .frontends import Frontend, declare, lock, pins, reasons, verdict

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from lockhouse.testing import PackageIndex

RUNNING = f"{sys.version_info.major}.{sys.version_info.minor}"

resolvers = pytest.mark.parametrize("resolver", ["uv", "pip"])


def choosing(resolver: str) -> list[str]:
    """Give the lines that choose a resolver; pip locks for the Pythons that are named."""
    return [f'resolver = "{resolver}"', f'pythons = ["{RUNNING}"]']


def packages(project: ProjectFolder) -> dict[str, dict[str, Any]]:
    """Give the entries of the one lock by their names."""
    (path,) = (project / "locks").iterdir()
    return {entry["name"]: entry for entry in tomllib.loads(path.read_text(encoding="utf-8")).get("packages", [])}


def locked_pins(project: ProjectFolder) -> list[str]:
    (path,) = (project / "locks").iterdir()
    return pins(project, f"locks/{path.name}")


@resolvers
def test_every_input_is_followed_to_its_end(project: ProjectFolder, index: PackageIndex, resolver: str) -> None:
    for name in ("coloured", "deep", "direct", "fine", "grouped", "included", "runtime", "shared"):
        for version in ("1.0", "2.0", "3.0"):
            index.add_wheel(name, version, requires=["shared"] if name == "runtime" else [])
    index.add_wheel("windows-only", "1.0")
    project.write("requirements/one.txt", "-r sub/two.txt\n--constraint=bounds.txt\n")
    project.write("requirements/sub/two.txt", "-r ../three.txt\n")
    project.write("requirements/three.txt", "deep  # the last\n-c sub/bounds.txt\n")
    project.write("requirements/bounds.txt", "-c more.txt\n")
    project.write("requirements/more.txt", "fine<3\n")
    project.write("requirements/sub/bounds.txt", "deep<2\n")
    project.write(
        "pyproject.toml",
        "\n".join(
            [
                BUILD_SYSTEM,
                "[project]",
                'name = "The.Demo"',
                'version = "1.0"',
                'requires-python = ">=3.11"',
                'dependencies = ["runtime<2"]',
                "[project.optional-dependencies]",
                'colour = ["coloured<3"]',
                'all = ["the-demo[colour]", "fine"]',
                "[dependency-groups]",
                'base = ["included<2"]',
                'Test_All = ["grouped", {include-group = "Base"}]',
                "[tool.lockhouse.environments.tests]",
                *choosing(resolver),
                'requirements = ["direct<3", \'windows-only; sys_platform == "none"\']',
                'requirement-files = ["requirements/one.txt"]',
                'constraints = ["grouped<2"]',
                'constraint-files = ["constraints.txt"]',
                'groups = ["test-all"]',
                'extras = ["ALL"]',
            ]
        ),
    )
    project.write("constraints.txt", "shared==2.0\n")
    project.write(f"{BACKEND_NAME}.py", backend_source())
    lock(project)
    wanted = {
        *("coloured==2.0", "deep==1.0", "direct==2.0", "fine==2.0", "grouped==1.0"),
        *("included==1.0", "runtime==1.0", "shared==2.0"),
    }
    found = set(locked_pins(project))
    assert found - {"windows-only==1.0"} == wanted
    assert verdict(project)["verdict"] == "fresh"


@resolvers
def test_a_direct_archive_is_locked_by_the_hash_of_its_content(
    project: ProjectFolder, index: PackageIndex, resolver: str
) -> None:
    wheel = index.add_wheel("thing", "1.5", requires=["helper"])
    index.add_wheel("thing", "2.0")
    index.add_wheel("helper", "1.0")
    declare(project, f'requirements = ["thing @ {index.file_url(wheel)}"]', *choosing(resolver))
    lock(project)
    archive = packages(project)["thing"]["archive"]
    assert archive["hashes"] == {"sha256": wheel.sha256}
    assert archive["url"] == index.file_url(wheel)
    assert locked_pins(project) == ["helper==1.0", "thing==1.5"]
    assert verdict(project)["verdict"] == "fresh"

    # another address is another reference; the same from an index is none
    project.replace("pyproject.toml", "thing-1.5", "thing-2.0")
    answer = verdict(project)
    assert reasons(answer) == {("direct-reference-changed", "thing")}
    assert "thing-2.0-py3-none-any.whl" in answer["reasons"][0]["message"]
    assert "thing-1.5-py3-none-any.whl" in answer["reasons"][0]["message"]


@resolvers
def test_a_local_archive_is_locked_by_its_path_and_hash(
    project: ProjectFolder, index: PackageIndex, resolver: str
) -> None:
    index.add_wheel("helper", "1.0")
    wheel = build_wheel("thing", "1.5", requires=["helper"])
    wheel.write_to(project / "vendor")
    declare(project, f'requirements = ["./vendor/{wheel.filename}"]', *choosing(resolver))
    lock(project)
    archive = packages(project)["thing"]["archive"]
    assert archive == {"path": f"../vendor/{wheel.filename}", "hashes": {"sha256": wheel.sha256}} | {
        key: value for key, value in archive.items() if key == "size"
    }
    assert verdict(project)["verdict"] == "fresh"


def repository(folder: Path, files: dict[str, str | bytes]) -> tuple[ProjectFolder, str]:
    """Make a git repository with one commit on the branch "main"; give it and the commit."""
    made = ProjectFolder(folder)
    made.run("git", "init", "-q", "-b", "main", check=True)
    return made, commit(made, files)


def commit(made: ProjectFolder, files: dict[str, str | bytes]) -> str:
    for name, data in files.items():
        made.write(name, data)
    made.run("git", "add", ".", check=True)
    made.run("git", "commit", "-q", "-m", "more", check=True)
    return made.run("git", "rev-parse", "HEAD", check=True).stdout.strip()


def source_of(version: str, *requires: str) -> dict[str, str | bytes]:
    """Give the files of a project that builds without any build requirement."""
    import io  # noqa: PLC0415 - one use
    import tarfile  # noqa: PLC0415 - one use

    sdist = build_sdist("thing", version, requires=requires)
    with tarfile.open(fileobj=io.BytesIO(sdist.data)) as archive:
        members = [member for member in archive.getmembers() if member.isfile()]
        found: dict[str, str | bytes] = {}
        for member in members:
            stream = archive.extractfile(member)
            assert stream is not None
            found[member.name.partition("/")[2]] = stream.read()
    return found


@resolvers
def test_a_checkout_is_locked_at_its_commit_and_stays_there(
    project: ProjectFolder, index: PackageIndex, tmp_path: Path, resolver: str
) -> None:
    index.add_wheel("helper", "1.0")
    made, first = repository(tmp_path / "thing", source_of("1.0", "helper"))
    address = f"git+{made.path.as_uri()}"
    lines = [f'requirements = ["thing @ {address}@main"]', 'allow-unhashed = ["thing"]', *choosing(resolver)]
    declare(project, *lines)
    lock(project)
    vcs = packages(project)["thing"]["vcs"]
    assert (vcs["type"], vcs["commit-id"], vcs["requested-revision"]) == ("git", first, "main")
    assert locked_pins(project)[0] == "helper==1.0"
    assert verdict(project)["verdict"] == "fresh"

    # the branch moves on: nothing moves here until that is asked for
    second = commit(made, source_of("2.0", "helper"))
    assert verdict(project)["verdict"] == "fresh"
    assert ": unchanged" in lock(project).lines[0]
    index.add_wheel("other", "1.0")
    declare(project, *(line.replace("requirements = [", 'requirements = ["other", ') for line in lines))
    lock(project)
    assert packages(project)["thing"]["vcs"]["commit-id"] == first
    lock(project, "--upgrade-package", "thing")
    assert packages(project)["thing"]["vcs"]["commit-id"] == second

    # another revision is another reference
    project.replace("pyproject.toml", "@main", f"@{first}")
    assert reasons(verdict(project)) == {("direct-reference-changed", "thing")}


@resolvers
def test_prereleases_are_taken_where_they_are_allowed(
    project: ProjectFolder, index: PackageIndex, resolver: str
) -> None:
    index.add_wheel("alpha", "1.0", requires=["beta"])
    index.add_wheel("alpha", "2.0rc1", requires=["beta"])
    index.add_wheel("beta", "1.0")
    index.add_wheel("beta", "2.0.dev3")
    declare(project, 'requirements = ["alpha"]', *choosing(resolver))
    lock(project)
    assert locked_pins(project) == ["alpha==1.0", "beta==1.0"]
    declare(project, 'requirements = ["alpha"]', "prereleases = true", *choosing(resolver))
    assert verdict(project)["verdict"] == "fresh", "the pins still serve"
    lock(project, "--upgrade")
    assert locked_pins(project) == ["alpha==2.0rc1", "beta==2.0.dev3"]
    declare(project, 'requirements = ["alpha"]', *choosing(resolver))
    assert reasons(verdict(project)) == {("policy-changed", None)}


def test_pip_pre_of_tox_and_a_requirement_file_allow_prereleases(project: ProjectFolder, index: PackageIndex) -> None:
    index.add_wheel("alpha", "1.0")
    index.add_wheel("alpha", "2.0rc1")
    project.write("pyproject.toml", '[project]\nname = "demo"\nversion = "1.0"\nrequires-python = ">=3.11"\n')
    project.write("pre.txt", "--pre\nalpha\n")
    project.write(
        "tox.ini",
        "[testenv]\nrunner = lockhouse\npackage = skip\n"
        "[testenv:option]\npip_pre = true\ndeps = alpha\n"
        "[testenv:file]\ndeps = -r pre.txt\n[testenv:none]\ndeps = alpha\n",
    )
    lock(project)
    found = {name: pins(project, f"locks/pylock.{name}.toml") for name in ("option", "file", "none")}
    assert found == {"option": ["alpha==2.0rc1"], "file": ["alpha==2.0rc1"], "none": ["alpha==1.0"]}


@resolvers
def test_a_cut_off_date_leaves_out_what_was_uploaded_later(
    project: ProjectFolder, index: PackageIndex, resolver: str
) -> None:
    index.add_wheel("alpha", "1.0", upload_time="2024-01-01T00:00:00Z")
    index.add_wheel("alpha", "2.0", upload_time="2024-03-01T23:59:59Z")
    index.add_wheel("alpha", "3.0", upload_time="2024-03-02T00:00:01Z")
    declare(project, 'requirements = ["alpha"]', 'exclude-newer = "2024-03-01"', *choosing(resolver))
    lock(project)
    assert locked_pins(project) == ["alpha==2.0"]
    project.replace("pyproject.toml", '"2024-03-01"', '"2024-05-01"')
    assert verdict(project)["verdict"] == "fresh"
    project.replace("pyproject.toml", '"2024-05-01"', '"2024-02-01"')
    assert reasons(verdict(project)) == {("policy-changed", None)}


@resolvers
def test_index_options_are_followed_and_recorded(project: ProjectFolder, index: PackageIndex, resolver: str) -> None:
    private = index.root("private")
    private.add_wheel("inhouse", "1.0", requires=["public", "linked"])
    index.add_wheel("public", "1.0")
    build_wheel("linked", "1.0").write_to(project / "wheels")
    common = ['requirements = ["inhouse"]', *choosing(resolver)]
    declare(project, *common, f'indexes = [{{ url = "{private.url}" }}]', 'find-links = ["wheels"]')
    lock(project)
    entries = packages(project)
    assert locked_pins(project) == ["inhouse==1.0", "linked==1.0", "public==1.0"]
    assert entries["inhouse"]["index"] == private.url
    assert entries["inhouse"]["wheels"][0]["url"].startswith(private.url.removesuffix("simple"))
    assert entries["linked"]["wheels"][0]["path"] == "../wheels/linked-1.0-py3-none-any.whl"
    assert verdict(project)["verdict"] == "fresh"

    # the same, said in a requirement file
    (before,) = [path.read_bytes() for path in (project / "locks").iterdir()]
    project.write("inputs.txt", f"--extra-index-url {private.url}/\n--find-links ./wheels\ninhouse\n")
    declare(project, 'requirement-files = ["inputs.txt"]', *choosing(resolver))
    assert verdict(project)["verdict"] == "fresh"
    lock(project)
    assert [path.read_bytes() for path in (project / "locks").iterdir()] == [before]

    declare(project, *common)
    assert reasons(verdict(project)) == {("indexes-changed", None)}


def test_pip_makes_one_lock_a_python(
    project: ProjectFolder, index: PackageIndex, path_with_pythons: Any, leave_out: Callable[[str], NoReturn]
) -> None:
    versions = [version for version in path_with_pythons if version in {"3.11", "3.12", "3.13"}][:2]
    if len(versions) < 2:
        leave_out("needs two Pythons")
    index.add_wheel("alpha", "1.0", requires=[f"only; python_version == '{versions[0]}'"])
    index.add_wheel("only", "1.0")
    listed = ", ".join(f'"{version}"' for version in versions)
    declare(project, 'requirements = ["alpha"]', 'resolver = "pip"', f"pythons = [{listed}]")
    lock(project)
    names = sorted(path.name for path in (project / "locks").iterdir())
    assert [name.split("-")[1] for name in names] == [f"cp{version.replace('.', '')}" for version in versions]
    assert [pins(project, f"locks/{name}") for name in names] == [["alpha==1.0", "only==1.0"], ["alpha==1.0"]]
    assert verdict(project)["verdict"] == "fresh"

    # the lock of one of them is lost: the whole is not fresh, and nothing is made from the rest
    (project / "locks" / names[1]).unlink()
    assert verdict(project)["verdict"] == "missing"
    stopped = project.run("lockhouse", "sync", "tests", "--into", "v", "--python", versions[1])
    assert stopped.returncode == 3, stopped
    assert names[1] in stopped.stderr
    assert not (project / "v").exists()


def test_an_extra_that_does_not_exist_names_the_nearest(project: ProjectFolder) -> None:
    declare(project, 'extras = ["colour"]', more='[project.optional-dependencies]\ncolours = ["a"]\n')
    result = project.run("lockhouse", "lock")
    assert result.returncode == 2, result
    assert "the project has no extra 'colour'" in result.stderr
    assert "fix: write 'colours' instead of 'colour'" in result.stderr
    assert not (project / "locks").exists()


def test_extras_that_include_each_other_run_the_tests(
    project: ProjectFolder, index: PackageIndex, frontend: Frontend
) -> None:
    index.add_wheel("alpha", "1.0")
    index.add_wheel("beta", "1.0")
    declare(
        project,
        'groups = ["dev"]',
        'project = "dependencies"',
        more='[project.optional-dependencies]\none = ["demo[two]", "alpha"]\ntwo = ["demo[one]", "beta"]\n'
        '[dependency-groups]\ndev = ["demo[one]"]\n',
    )
    frontend.set_up(project)
    lock(project)
    assert pins(project) == ["alpha==1.0", "beta==1.0"]
    result = frontend.start(project)
    assert frontend.ran(project), result
    assert verdict(project)["verdict"] == "fresh"
