"""Packages that have only an sdist: locked with what builds them, built once, installed like any other."""

from __future__ import annotations

import shutil
import tomllib
from typing import TYPE_CHECKING

from tests.scenarios.installing import CLI, Frontend, declare, installed, lock, lock_path, python_of

from .looking import builds_of, receipt_of
from .packages import compiled_sdist, legacy_sdist, sdist_with_hooks, setuptools_wheel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import NoReturn

    from lockhouse.testing import PackageIndex, ProjectFolder

_ASKS = """
    def get_requires_for_build_wheel(config_settings=None):
        import static_helper
        return ["asked-for>=1"]

    def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
        import asked_for
        return base.build_wheel(wheel_directory)
"""


def test_a_package_with_only_an_sdist_is_locked_built_and_installed(
    index: PackageIndex, project: ProjectFolder, frontend: Frontend
) -> None:
    sdist = index.add(sdist_with_hooks("source", _ASKS, requires=["static-helper"]))
    helper = index.add_wheel("static-helper", "1.0")
    index.add_wheel("asked-for", "1.5", requires=["deep"])
    index.add_wheel("deep", "1.0")
    declare(project, "source")
    lock(project)
    build = builds_of(project)["source==1.0"]
    assert build["requires"] == ["asked-for>=1", "static-helper"]
    assert [(each["name"], each["version"]) for each in build["packages"]] == [
        ("asked-for", "1.5"),
        ("deep", "1.0"),
        ("static-helper", "1.0"),
    ]
    assert build["packages"][2]["wheels"][0]["hashes"] == {"sha256": helper.sha256}
    before = lock_path(project).read_bytes()
    frontend.succeed(project)
    root = frontend.root(project)
    assert installed(root) == {"source": "1.0"}
    (record,) = receipt_of(root)["built"]
    assert (record["name"], record["source"]) == ("source", f"sha256:{sdist.sha256}")
    assert record["network"].startswith("denied")
    lock(project, "--upgrade")
    assert lock_path(project).read_bytes() == before
    frontend.succeed(project)


_NO_METADATA = """
    def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
        raise SystemExit("not asked where the sdist says it")
"""


def test_what_a_package_requires_is_recorded_though_only_a_build_knows(
    index: PackageIndex, project: ProjectFolder
) -> None:
    index.add(sdist_with_hooks("asked", "", static=False))
    index.add(sdist_with_hooks("told", _NO_METADATA))
    index.add_wheel("dependency", "1.0")
    declare(project, "asked", "told")
    lock(project)
    record = tomllib.loads(lock_path(project).read_text("utf-8"))["tool"]["lockhouse"]
    assert record["requires"] == {"asked==1.0": ["dependency"], "dependency==1.0": [], "told==1.0": []}
    CLI.succeed(project)
    assert installed(CLI.root(project)) == {"asked": "1.0", "dependency": "1.0", "told": "1.0"}


def test_a_build_for_an_old_python_runs_under_it(
    index: PackageIndex, project: ProjectFolder, require_python: Callable[[str], Path]
) -> None:
    old = require_python("3.8")
    index.add(sdist_with_hooks("source", _ASKS, requires=["static-helper"]))
    for name in ("static-helper", "asked-for"):
        index.add_wheel(name, "1.0")
    declare(project, "source")
    lock(project)
    project.run("lockhouse", "sync", "tests", "--into", "old", "--python", old, check=True)
    assert installed(project / "old") == {"source": "1.0"}
    (record,) = receipt_of(project / "old")["built"]
    assert record["platform"].startswith("cp38-")


def test_setuptools_builds_an_extension_and_what_has_setup_requires(
    index: PackageIndex, project: ProjectFolder, leave_out: Callable[[str], NoReturn]
) -> None:
    if shutil.which("cc") is None:
        leave_out("needs a C compiler")
    tools = index.add(setuptools_wheel())
    index.add(compiled_sdist())
    index.add(legacy_sdist())
    index.add_wheel("helper", "3.0")
    declare(project, "compiled", "legacy", python=">=3.11")
    lock(project)
    builds = builds_of(project)
    assert builds["compiled==1.0"]["packages"][0]["wheels"][0]["hashes"] == {"sha256": tools.sha256}
    assert [each["name"] for each in builds["legacy==1.0"]["packages"]] == ["helper", "setuptools"]
    said = CLI.succeed(project)
    assert "built compiled 1.0 from its sdist; the network was denied by a" in said.output
    assert "Warning" not in said.output
    code = "import compiled, legacy; print(compiled.answer(), legacy.answer)"
    assert "42 43" in project.run(python_of(CLI.root(project)), "-c", code, check=True).output


def test_an_sdist_whose_build_requirements_do_not_bring_what_it_imports_is_told_so(
    index: PackageIndex, project: ProjectFolder
) -> None:
    index.add(sdist_with_hooks("source", "import hatchling"))
    declare(project, "source")
    refused = project.run("lockhouse", "lock")
    assert refused.returncode == 7, refused
    told = 'error[build-backend-missing]: source 1.0 cannot be built: its build requirements do not bring "hatchling"'
    assert told in refused.stderr
    assert "fix: choose another version of it, or one that has a wheel" in refused.stderr
    assert "Traceback" not in refused.output
