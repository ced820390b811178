# ruff: noqa: S101 - these are tests
"""The suite for resolvers."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, ClassVar

import pytest

from lockhouse.errors import BackendError, BackendFailedError, InvalidRequirementError, LockhouseError, ResolutionError
from lockhouse.model.indexes import Index, IndexOptions
from lockhouse.model.lock import ArtifactKind
from lockhouse.testing.contracts.projects import git, write_project
from lockhouse.testing.contracts.resolving import Resolving, by_name, declare, names, versions
from lockhouse.testing.index import PackageIndex
from lockhouse.testing.packages import BACKEND_NAME, BUILD_SYSTEM, build_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lockhouse.interfaces import Resolver

SECRET = "hush-hush-1234"  # noqa: S105


class ResolverContract:
    """What holds for every resolver.

    :cvar resolver_class: the class under test
    """

    resolver_class: ClassVar[type[Resolver]]

    @pytest.fixture
    def packages(self) -> Iterator[PackageIndex]:
        """Give an index with a few packages, whose upload times are a year apart."""
        with PackageIndex() as index:
            Resolving.dependencies = {}
            for version, year in (("1.0", 2021), ("2.0", 2022)):
                needs = ("low>=2",) if version == "2.0" else ("low",)
                Resolving.dependencies["top", version] = needs
                index.add_wheel("top", version, requires=needs, upload_time=f"{year}-01-01T00:00:00Z")
            for version, year in (("1.0", 2021), ("2.0", 2022), ("2.5", 2023)):
                index.add_wheel("low", version, upload_time=f"{year}-01-01T00:00:00Z")
                index.add_wheel("beside", version, upload_time=f"{year}-01-01T00:00:00Z")
            yield index

    @pytest.fixture
    def resolve(self, packages: PackageIndex, tmp_path: Path) -> Resolving:
        """Give the resolver under test, with a project and that index."""
        root, scratch = tmp_path / "pro ject", tmp_path / "scratch"
        root.mkdir()
        scratch.mkdir()
        return Resolving(self.resolver_class(), root=root, scratch=scratch, index=packages)

    # -- what is found --------------------------------------------------------------------------------------------

    def test_pins_everything_with_the_hashes_of_the_index(self, resolve: Resolving) -> None:
        low, top = resolve("top")
        assert (low.name, low.version, top.name, top.version) == ("low", "2.5", "top", "2.0")
        (artifact,) = top.artifacts
        wheel = build_wheel("top", "2.0", requires=["low>=2"])
        assert artifact.kind is ArtifactKind.WHEEL
        assert artifact.filename == wheel.filename
        assert artifact.hashes == {"sha256": wheel.sha256}
        assert artifact.url == resolve.index.file_url(wheel)
        assert top.index == resolve.index.url
        assert top.requires in {None, ("low>=2",)}

    def test_same_request_gives_the_same_answer(self, resolve: Resolving) -> None:
        assert resolve("top", "beside") == resolve("beside", "top")

    def test_constraints_bound_what_comes_in(self, resolve: Resolving) -> None:
        assert resolve.versions("top", constraints=["low<2.5", "unused==7"]) == {"low": "2.0", "top": "2.0"}

    def test_extras_bring_in_their_requirements(self, resolve: Resolving) -> None:
        resolve.index.add_wheel("rich-one", "1.0", extras={"more": ["low<2"]})
        assert resolve.versions("rich-one") == {"rich-one": "1.0"}
        assert resolve.versions("rich-one[more]") == {"low": "1.0", "rich-one": "1.0"}

    def test_a_marker_that_never_applies_brings_in_nothing(self, resolve: Resolving) -> None:
        found = resolve("low", 'beside ; python_version < "3"')
        assert versions(found) == {"low": "2.5"}

    def test_a_marker_keeps_its_platform(self, resolve: Resolving) -> None:
        found = by_name(resolve("low", 'beside ; sys_platform == "plan9"'))
        assert found["low"].marker is None
        if resolve.resolver.universal:
            assert found["beside"].marker == "sys_platform == 'plan9'"
        else:
            assert "beside" not in found

    def test_the_lower_bound_of_the_pythons_decides_not_the_one_that_runs(self, resolve: Resolving) -> None:
        newer = f">=3.{sys.version_info.minor + 1}"
        resolve.index.add_wheel("bounded", "1.0", requires_python=">=3.8")
        resolve.index.add_wheel("bounded", "2.0", requires_python=newer)
        found = resolve("bounded")
        assert "1.0" in {package.version for package in found}
        if resolve.resolver.universal:
            assert {package.version for package in resolve("bounded", requires_python=newer)} == {"2.0"}
            assert "1.0" in {package.version for package in resolve("bounded", requires_python="<4")}

    def test_pre_releases_only_where_they_are_allowed(self, resolve: Resolving) -> None:
        resolve.index.add_wheel("low", "3.0a1")
        assert resolve.versions("low") == {"low": "2.5"}
        assert resolve.versions("low>=3.0a0") == {"low": "3.0a1"}
        assert resolve.versions("low", prereleases=True) == {"low": "3.0a1"}

    def test_the_cut_off_date_hides_what_is_newer(self, resolve: Resolving) -> None:
        assert resolve.versions("top", exclude_newer="2022-06-01T00:00:00Z") == {"low": "2.0", "top": "2.0"}
        assert resolve.versions("top", exclude_newer="2021-06-01T00:00:00Z") == {"low": "1.0", "top": "1.0"}

    def test_writes_below_its_scratch_folder_only(self, resolve: Resolving) -> None:
        (resolve.root / "pyproject.toml").write_text('[tool.uv]\nprerelease = "allow"\n', encoding="utf-8")
        resolve.index.add_wheel("low", "3.0a1")
        assert resolve.versions("low") == {"low": "2.5"}
        assert [path.name for path in resolve.root.iterdir()] == ["pyproject.toml"]

    def test_the_request_decides_not_the_variables_of_the_user(self, resolve: Resolving) -> None:
        resolve.index.add_wheel("low", "3.0a1")
        (resolve.root / "bound.txt").write_text("low<2\n", encoding="utf-8")
        bound = str(resolve.root / "bound.txt")
        nowhere = "http://127.0.0.1:9/simple"
        environ = {
            "UV_DEFAULT_INDEX": nowhere, "UV_INDEX": nowhere, "UV_PRERELEASE": "allow", "UV_CONSTRAINT": bound,
            "UV_RESOLUTION": "lowest", "UV_EXCLUDE_NEWER": "2021-06-01", "UV_NO_BINARY": "1", "UV_PYTHON": "2.7",
            "PIP_INDEX_URL": nowhere, "PIP_EXTRA_INDEX_URL": nowhere, "PIP_PRE": "1", "PIP_CONSTRAINT": bound,
            "PIP_NO_BINARY": ":all:", "PIP_UPLOADED_PRIOR_TO": "2021-06-01", "PIP_REQUIRE_HASHES": "1",
            "PIP_TARGET": bound, "PIP_QUIET": "3", "PYTHONPATH": str(resolve.root), "VIRTUAL_ENV": str(resolve.root),
        }  # fmt: skip
        assert resolve.versions("low", environ=environ) == {"low": "2.5"}

    # -- starting from the present lock ---------------------------------------------------------------------------

    def test_nothing_moves_that_need_not(self, resolve: Resolving) -> None:
        present = resolve.lock("top", "beside<2.5", constraints=["low<2.5"])
        assert versions(present) == {"beside": "2.0", "low": "2.0", "top": "2.0"}
        assert resolve.versions("top", "beside", present=present) == versions(present)

    def test_what_is_no_longer_required_goes_and_what_is_new_comes(self, resolve: Resolving) -> None:
        present = resolve.lock("low<2.5")
        assert resolve.versions("beside", present=present) == {"beside": "2.5"}
        assert resolve.versions("top", "beside", present=present) == {"beside": "2.5", "low": "2.0", "top": "2.0"}

    def test_a_pin_moves_where_a_requirement_forces_it(self, resolve: Resolving) -> None:
        present = resolve.lock("top<2", "low<2", "beside<2")
        found = resolve.versions("top>=2", "low", "beside", present=present)
        assert found["top"] == "2.0"
        assert found["beside"] == "1.0"
        assert found["low"] in {"2.0", "2.5"}

    def test_an_upgrade_of_all_forgets_the_present_lock(self, resolve: Resolving) -> None:
        present = resolve.lock("top<2", "low<2", "beside<2")
        found = resolve.versions("top", "low", "beside", present=present, upgrade_all=True)
        assert found == {"beside": "2.5", "low": "2.5", "top": "2.0"}

    def test_an_upgrade_of_one_moves_it_and_what_it_forces(self, resolve: Resolving) -> None:
        present = resolve.lock("top<2", "low<2", "beside<2")
        found = resolve.versions("top", "low", "beside", present=present, upgrade=names("top"))
        assert found["top"] == "2.0"
        assert found["low"] != "1.0"
        assert found["beside"] == "1.0"

    def test_an_upgrade_of_one_leaves_its_dependencies_where_they_do(self, resolve: Resolving) -> None:
        present = resolve.lock("top<2", "low<2.5", "beside<2")
        found = resolve.versions("top", "low", "beside", present=present, upgrade=names("top"))
        assert found == {"beside": "1.0", "low": "2.0", "top": "2.0"}

    def test_an_upgrade_of_a_dependency_moves_it_alone(self, resolve: Resolving) -> None:
        present = resolve.lock("top", "beside<2", "low<2.5")
        found = resolve.versions("top", "beside", present=present, upgrade=names("low"))
        assert found == {"beside": "1.0", "low": "2.5", "top": "2.0"}

    def test_an_upgrade_sees_what_was_released_a_moment_ago(self, resolve: Resolving) -> None:
        present = resolve.lock("low", "beside")
        for name in ("low", "beside"):
            resolve.index.add_wheel(name, "9.0")
        found = resolve.versions("low", "beside", present=present, upgrade=names("low"))
        assert found == {"beside": "2.5", "low": "9.0"}

    # -- indexes --------------------------------------------------------------------------------------------------

    def test_records_which_of_two_indexes_a_package_came_from(self, resolve: Resolving) -> None:
        team = resolve.index.root("team")
        team.add_wheel("beside", "1.5")
        team.add_wheel("private", "1.0")
        options = IndexOptions(default=Index(url=resolve.index.url), extra=(Index(url=team.url, name="team"),))
        found = by_name(resolve("beside", "private", "low", indexes=options))
        assert found["private"].index == team.url
        assert found["low"].index == resolve.index.url
        (artifact,) = found["beside"].artifacts
        assert artifact.url is not None
        assert artifact.url.startswith(str(found["beside"].index).removesuffix("simple"))

    def test_finds_files_in_a_folder(self, resolve: Resolving) -> None:
        wheel = build_wheel("shelved", "1.0")
        wheel.write_to(resolve.root / "the shelf, left")
        (found,) = resolve("shelved", indexes=IndexOptions(find_links=("the shelf, left",), no_index=True))
        (artifact,) = found.artifacts
        assert (artifact.url, artifact.path) == (None, f"the shelf, left/{wheel.filename}")
        assert artifact.filename == wheel.filename
        assert artifact.hashes in ({"sha256": wheel.sha256}, {})
        assert found.index is None

    @pytest.mark.parametrize("asked", ["html_only", "hashes"])
    def test_an_index_of_few_words_is_enough(self, resolve: Resolving, asked: str) -> None:
        with PackageIndex(html_only=asked == "html_only", hashes=asked != "hashes", metadata=False) as plain:
            wheel = plain.add_wheel("low", "1.0")
            (found,) = resolve("low", indexes=IndexOptions(default=Index(url=plain.url)))
        assert found.artifacts[0].hashes in ({"sha256": wheel.sha256}, {})

    def test_credentials_are_used_and_never_told(self, resolve: Resolving) -> None:
        with PackageIndex(username="me", password=SECRET) as closed:
            closed.add_wheel("low", "1.0")
            indexes = IndexOptions(default=Index(url=closed.url_with_credentials))
            found = resolve("low", indexes=indexes)
            assert versions(found) == {"low": "1.0"}
            assert SECRET not in repr(found)
            assert "@" not in str(found[0].index)
            with pytest.raises(ResolutionError) as unsolvable:
                resolve("low>7", indexes=indexes)
        assert SECRET not in str(unsolvable.value)
        assert not [argument for argument in resolve.run.arguments if SECRET in argument]

    def test_a_token_in_the_path_is_never_told(self, resolve: Resolving) -> None:
        token = "ghp_0123456789abcdef"  # noqa: S105
        with PackageIndex(prefix=f"/{token}/team") as closed:
            closed.add_wheel("low", "1.0")
            extra = (Index(url=closed.url),)
            found = resolve("low", "top", indexes=IndexOptions(default=Index(url=resolve.index.url), extra=extra))
            with pytest.raises(BackendError) as unknown:
                resolve("nowhere", indexes=IndexOptions(default=Index(url=closed.url)))
        assert token not in repr(found)
        assert token not in str(unknown.value)
        assert not [argument for argument in resolve.run.arguments if token in argument]

    # -- direct references ----------------------------------------------------------------------------------------

    def test_a_direct_address_is_locked_by_its_content(self, resolve: Resolving) -> None:
        with PackageIndex() as elsewhere:
            wheel = elsewhere.add_wheel("direct", "1.0", requires=["low<2"])
            address = elsewhere.file_url(wheel)
            secret = address.replace("://", f"://me:{SECRET}@")
            found = by_name(resolve(f"direct @ {secret}"))
        (artifact,) = found["direct"].artifacts
        assert artifact.kind is ArtifactKind.ARCHIVE
        assert (artifact.url, artifact.filename) == (address, wheel.filename)
        assert artifact.hashes == {"sha256": wheel.sha256}
        assert found["direct"].index is None
        assert found["low"].version == "1.0"

    def test_a_local_archive_is_locked_by_its_content(self, resolve: Resolving) -> None:
        wheel = build_wheel("local-one", "1.0", requires=["low<2"])
        wheel.write_to(resolve.root / "vendor")
        found = resolve(declare("local-one", path=f"vendor/{wheel.filename}"))
        (artifact,) = found[0].artifacts
        assert artifact.kind in {ArtifactKind.ARCHIVE, ArtifactKind.WHEEL}
        assert (artifact.url, artifact.path) == (None, f"vendor/{wheel.filename}")
        assert artifact.hashes == {"sha256": wheel.sha256}
        assert versions(found) == {"local-one": "1.0", "low": "1.0"}

    @pytest.mark.parametrize("editable", [False, True])
    def test_a_local_directory_stays_a_directory(self, resolve: Resolving, *, editable: bool) -> None:
        write_project(resolve.root / "libs" / "near", "near", "0.1", requires=["low<2"])
        found = by_name(resolve(declare("near", path="libs/near", editable=editable)))
        assert found["near"].version is None
        (artifact,) = found["near"].artifacts
        assert artifact.kind is ArtifactKind.DIRECTORY
        assert (artifact.path, artifact.editable, artifact.url) == ("libs/near", editable, None)
        assert found["low"].version == "1.0"

    def test_a_local_path_that_is_not_there_is_named(self, resolve: Resolving) -> None:
        with pytest.raises(InvalidRequirementError, match="libs/gone") as missing:
            resolve(declare("gone", path="libs/gone"))
        assert missing.value.fix

    def test_a_branch_is_locked_at_its_commit_and_stays_there(self, resolve: Resolving, tmp_path: Path) -> None:
        far = write_project(tmp_path / "far", "far", "0.1", requires=["low<2"])
        git(far, "init", "--quiet", "--initial-branch=main")
        commits = []
        for step in range(2):
            (far / "step").write_text(str(step), encoding="utf-8")
            git(far, "add", ".")
            git(far, "commit", "--quiet", "--message", "step")
            commits.append(git(far, "rev-parse", "HEAD"))
            if step == 0:
                line = f"far @ git+{far.as_uri()}@main"
                present = resolve.lock(line)
        found = by_name(present)
        (artifact,) = found["far"].artifacts
        assert (artifact.kind, artifact.vcs, artifact.url) == (ArtifactKind.VCS, "git", far.as_uri())
        assert (artifact.requested_revision, artifact.commit_id) == ("main", commits[0])
        assert found["low"].version == "1.0"
        stayed = by_name(resolve(line, present=present))
        assert stayed["far"].artifacts == found["far"].artifacts
        moved = by_name(resolve(line, present=present, upgrade=names("far")))
        assert moved["far"].artifacts[0].commit_id == commits[1]

    # -- failures -------------------------------------------------------------------------------------------------

    def test_an_unknown_package_is_named(self, resolve: Resolving) -> None:
        with pytest.raises(ResolutionError, match="never-heard-of") as unknown:
            resolve("low", "never-heard-of")
        assert unknown.value.why
        assert unknown.value.fix
        assert "never-heard-of" in unknown.value.fix

    def test_an_unsolvable_request_is_explained(self, resolve: Resolving) -> None:
        with pytest.raises(ResolutionError) as unsolvable:
            resolve("top>=2", "low<2")
        assert any("low" in line for line in unsolvable.value.why)
        assert unsolvable.value.fix

    def test_an_unreachable_index_is_named_by_its_host(self, resolve: Resolving) -> None:
        host = resolve.index.url.split("/")[2]
        options = IndexOptions(default=Index(url=f"http://me:{SECRET}@{host}/simple"))
        resolve.index.stop()
        with pytest.raises(BackendFailedError, match=host) as gone:
            resolve("low", indexes=options)
        assert "cannot be reached" in gone.value.what
        assert gone.value.fix
        assert SECRET not in str(gone.value)

    def test_an_index_in_trouble_is_named_by_its_host(self, resolve: Resolving) -> None:
        resolve.index.fault("*/simple/low/", "503")
        with pytest.raises(BackendFailedError, match=resolve.index.url.split("/")[2]) as trouble:
            resolve("low")
        assert "cannot be reached" in trouble.value.what

    def test_wrong_credentials_are_told_as_such(self, resolve: Resolving) -> None:
        with PackageIndex(username="me", password="other") as closed:  # noqa: S106
            closed.add_wheel("low", "1.0")
            wrong = closed.url.replace("://", f"://me:{SECRET}@")
            with pytest.raises(BackendFailedError, match="refuses access with the credentials") as refused:
                resolve("low", indexes=IndexOptions(default=Index(url=wrong)))
        assert refused.value.fix
        assert SECRET not in str(refused.value)

    def test_a_package_that_does_not_build_is_an_error_of_ours(self, resolve: Resolving) -> None:
        write_project(resolve.root / "broken", "broken", "0.1")
        (resolve.root / "broken" / f"{BACKEND_NAME}.py").write_text("raise SystemExit('no luck')\n", encoding="utf-8")
        table = '[project]\nname = "broken"\ndynamic = ["version", "dependencies"]\n'
        (resolve.root / "broken" / "pyproject.toml").write_text(f"{BUILD_SYSTEM}\n{table}", encoding="utf-8")
        with pytest.raises(LockhouseError) as failed:
            resolve(declare("broken", path="broken"))
        assert failed.value.code in {"build-failed", "backend-failed", "unsolvable"}
        assert any("no luck" in line or "build" in line for line in failed.value.why)
