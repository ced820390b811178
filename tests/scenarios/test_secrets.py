"""Credentials reach no file and no message; a package stays with the index that it was locked from."""

from __future__ import annotations

import base64
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from lockhouse.testing import PackageIndex

from .installing import CLI, NOX, TOX, declare, files_below, flip_digit, installed, lock, lock_path

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lockhouse.testing import IndexRoot, ProjectFolder

#: The resolver pip makes a lock for each Python that is listed.
RUNNING = f'pythons = ["{sys.version_info.major}.{sys.version_info.minor}"]'

USER = "robot"
PASSWORD = "hunter2/&:@p4ssphrase"  # noqa: S105 - it opens nothing
TOKEN = "pypi-AgEIcHlwaS5vcmc4Zj9k2"  # noqa: S105 - it opens nothing
#: What no rule could take for a secret: it is one because it came from a variable.
WORD = "quietriver"

#: Every spelling that would give it away.
SPELLINGS = [
    text.encode()
    for text in (
        PASSWORD,
        quote(PASSWORD, safe=""),
        quote(PASSWORD),
        base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode(),
        TOKEN,
        WORD,
    )
]

resolvers = pytest.mark.parametrize("resolver", ["uv", pytest.param("pip", marks=pytest.mark.full)])

WAYS = [
    "PIP_EXTRA_INDEX_URL",
    "UV_INDEX",
    "UV_INDEX_PASSWORD",
    "uv.toml",
    "pip.conf",
    "netrc",
    "token",
    "declared",
    "path",
]


class Private:
    """A public index, and a private one that has one package more; the user's set-up opens it, one way or another."""

    def __init__(self, public: PackageIndex, project: ProjectFolder, patch: pytest.MonkeyPatch, way: str) -> None:
        self.public, self.project, self.patch = public, project, patch
        self.outputs: list[str] = []
        self.declared = ""
        if way == "token":
            self.root: IndexRoot = public.root(f"access/{TOKEN}")
            patch.setenv("UV_INDEX", f"private={self.root.url}")
        elif way == "path":
            self.root = public.root(f"access/{WORD}")
            self.declared = f'indexes = [{{url = "{self.root.url.replace(WORD, "${THEIR_KEY}")}"}}]'
            patch.setenv("THEIR_KEY", WORD)
        else:
            self.root = public.root("private", username=USER, password=PASSWORD)
            getattr(self, "_" + way.lower().replace(".", "_"))()

    def run(self, *command: str, fails: bool = False) -> str:
        result = self.project.run(*command)
        assert (result.returncode != 0) == fails, result
        self.outputs.append(result.output)
        return result.output

    def assert_nothing_leaked(self) -> None:
        said = "\n".join(self.outputs).encode()
        assert [spelling for spelling in SPELLINGS if spelling in said] == []
        folders = (self.project.path, Path(os.environ["LOCKHOUSE_CACHE_DIR"]), Path(os.environ["TMPDIR"]))
        for path in files_below(*folders):
            data = path.read_bytes()
            assert [spelling for spelling in SPELLINGS if spelling in data] == [], path

    # -- how a user gives credentials -----------------------------------------------------------------------------

    def _only_pip(self) -> None:
        self.patch.delenv("UV_DEFAULT_INDEX")

    def _pip_extra_index_url(self) -> None:
        self._only_pip()
        self.patch.setenv("PIP_EXTRA_INDEX_URL", self.root.url_with_credentials)

    def _uv_index(self) -> None:
        self.patch.setenv("UV_INDEX", self.root.url_with_credentials)

    def _uv_index_password(self) -> None:
        self.patch.setenv("UV_INDEX", f"private={self.root.url}")
        self.patch.setenv("UV_INDEX_PRIVATE_USERNAME", USER)
        self.patch.setenv("UV_INDEX_PRIVATE_PASSWORD", PASSWORD)

    def _uv_toml(self) -> None:
        self.patch.delenv("UV_DEFAULT_INDEX")
        file = Path(os.environ["XDG_CONFIG_HOME"]) / "uv" / "uv.toml"
        file.parent.mkdir(parents=True)
        file.write_text(
            f'[[index]]\nurl = "{self.root.url_with_credentials}"\n'
            f'[[index]]\nurl = "{self.public.url}"\ndefault = true\n'
        )

    def _pip_conf(self) -> None:
        self._only_pip()
        file = Path(os.environ["HOME"]) / "chosen.conf"
        url = self.root.url_with_credentials
        file.write_text(f"[global]\nindex-url = {self.public.url}\nextra-index-url = {url}\nfind-links =\n")
        self.patch.delenv("PIP_INDEX_URL")
        self.patch.setenv("PIP_CONFIG_FILE", str(file))

    def _netrc(self) -> None:
        self.patch.setenv("UV_INDEX", self.root.url)
        file = Path(os.environ["HOME"]) / ".netrc"
        file.write_text(f"machine 127.0.0.1\nlogin {USER}\npassword {PASSWORD}\n")
        file.chmod(0o600)

    def _declared(self) -> None:
        url = self.root.url.replace("://", "://${THEIR_USER}:${THEIR_PASSWORD}@")
        self.declared = f'indexes = [{{url = "{url}"}}]'
        self.patch.setenv("THEIR_USER", USER)
        self.patch.setenv("THEIR_PASSWORD", quote(PASSWORD, safe=""))


@pytest.mark.parametrize(
    ("way", "resolver"),
    [
        *((way, "uv") for way in WAYS),
        ("PIP_EXTRA_INDEX_URL", "pip"),
        ("netrc", "pip"),
        pytest.param("token", "pip", marks=pytest.mark.full),
    ],
)
def test_credentials_open_the_index_and_appear_nowhere(
    way: str, resolver: str, index: PackageIndex, project: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    private = Private(index, project, monkeypatch, way)
    index.add_wheel("demo", "1.0")
    file = private.root.add_wheel("inner-thing", "1.0")
    settings = {"resolver": resolver, "installer": resolver}
    extra = f"{RUNNING}\n{private.declared}"
    declare(project, "demo", "inner-thing", extra=extra, **settings)
    private.run("lockhouse", "lock", "-v")
    private.run("lockhouse", "check", "-v", "--json")
    gone = index.fault(f"*/{file.filename}", "404")
    said = private.run(*CLI.command, "-v", fails=True)
    assert "error[artifact-unavailable]" in said
    assert file.filename in said
    gone.lift()
    private.run(*CLI.command, "-v")
    assert installed(CLI.root(project)) == {"demo": "1.0", "inner_thing": "1.0"}

    declare(project, "demo", "inner-thing>=2", extra=extra, **settings)
    said = private.run("lockhouse", "lock", "-v", fails=True)
    assert "inner-thing" in said
    private.assert_nothing_leaked()


@pytest.mark.parametrize("lock_format", ["pylock", "requirements"])
def test_nox_and_tox_open_it_and_give_nothing_away(
    lock_format: str, index: PackageIndex, project: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    private = Private(index, project, monkeypatch, "token")
    file = private.root.add_wheel("inner-thing", "1.0")
    declare(project, "inner-thing", format=lock_format)
    private.run("tox", "lock", "-vv")
    fault = index.fault(f"*/{file.filename}", "flipped-byte")
    for frontend, flags in ((NOX, ("-v",)), (TOX, ("-vv",))):
        assert "error[hash-mismatch]" in private.run(*frontend.command, *flags, fails=True)
    fault.lift()
    for frontend, flags in ((NOX, ("-v",)), (TOX, ("-vv",))):
        private.run(*frontend.command, *flags)
        assert installed(frontend.root(project)) == {"inner_thing": "1.0"}
    private.assert_nothing_leaked()


def test_wrong_credentials_are_told_without_them(
    index: PackageIndex, project: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    private = Private(index, project, monkeypatch, "UV_INDEX")
    private.root.add_wheel("inner-thing", "1.0")
    declare(project, "inner-thing")
    private.run("lockhouse", "lock")
    wrong = private.root.url_with_credentials.replace(quote(USER), "somebody")
    monkeypatch.setenv("UV_INDEX", wrong)
    said = private.run(*CLI.command, fails=True)
    assert "error[artifact-unavailable]" in said
    assert "with the credentials that are configured for it (HTTP 401)" in said
    assert "fix: correct them, or give others for 127.0.0.1:" in said
    said = private.run("lockhouse", "lock", "--upgrade", fails=True)
    assert "refuses access with the credentials that are configured for it" in said
    assert "fix: correct them, or give others by " in said
    private.assert_nothing_leaked()


# -- two indexes --------------------------------------------------------------------------------------------------


@pytest.fixture
def second(index: PackageIndex, monkeypatch: pytest.MonkeyPatch) -> IndexRoot:
    """Give an index that is asked before the default one."""
    root = index.root("second")
    monkeypatch.setenv("UV_INDEX", root.url)
    return root


def test_the_index_is_recorded(index: PackageIndex, second: IndexRoot, project: ProjectFolder) -> None:
    index.add_wheel("demo", "1.0")
    index.add_wheel("both", "1.0")
    ours = second.add_wheel("both", "1.0", modules={"both.py": "place = 'second'\n"})
    declare(project, "demo", "both")
    lock(project)
    text = lock_path(project).read_text("utf-8")
    assert f'name = "both"\nversion = "1.0"\nindex = "{second.url}"' in text
    assert f'name = "demo"\nversion = "1.0"\nindex = "{index.url}"' in text
    assert ours.sha256 in text


@resolvers
def test_an_index_that_gains_a_name_does_not_take_it_over(
    resolver: str, index: PackageIndex, second: IndexRoot, project: ProjectFolder
) -> None:
    good = index.add_wheel("demo", "1.0")
    index.add_wheel("more", "1.0")
    second.add_wheel("inner-thing", "1.0")
    settings = {"resolver": resolver, "extra": RUNNING}
    declare(project, "demo", "inner-thing", **settings)
    lock(project)
    before = lock_path(project).read_bytes()

    evil = second.add(good.with_other_bytes())
    declare(project, "demo", "inner-thing", "more", **settings)
    result = project.run("lockhouse", "lock")
    if result.returncode:
        assert result.returncode == 3
        assert "demo would come from another index than before" in result.line_with("error[lock-refused]")
        assert f"demo was locked from {index.url}, now {second.url}" in result.output
        assert "fix: if that is what you want: lockhouse lock tests --upgrade-package demo" in result.output
        assert lock_path(project).read_bytes() == before
        lock(project, "tests", "--upgrade-package", "demo")
        assert evil.sha256 in lock_path(project).read_text("utf-8")
    else:
        # a resolver that looks at all indexes may well stay with the one that it had
        assert resolver == "pip"
        text = lock_path(project).read_text("utf-8")
        assert good.sha256 in text
        assert evil.sha256 not in text


@resolvers
@pytest.mark.parametrize("version", ["1.0", "9.0"])
def test_an_index_that_is_not_configured_here_loses_no_package_to_another(
    resolver: str, version: str, index: PackageIndex, project: ProjectFolder
) -> None:
    private = index.root("private")
    ours = private.add_wheel("internal", "1.0")
    index.add_wheel("more", "1.0")
    settings = {"resolver": resolver, "extra": RUNNING}
    declare(project, "internal", **settings)
    project.run("lockhouse", "lock", check=True, env={"UV_INDEX": private.url})
    before = lock_path(project).read_bytes()
    assert ours.sha256.encode() in before

    theirs = index.add_wheel("internal", version, modules={"internal.py": "theirs = True\n"})
    declare(project, "internal", "more", **settings)
    result = project.run("lockhouse", "lock")
    assert result.returncode == 3, result
    assert "internal would " in result.line_with("error[lock-refused]")
    assert "fix: if that is what you want: lockhouse lock tests --upgrade-package internal" in result.output
    assert lock_path(project).read_bytes() == before
    lock(project, "--upgrade-package", "internal")
    assert theirs.sha256 in lock_path(project).read_text("utf-8")


def test_another_mirror_may_give_the_same_bytes_and_versions_that_are_asked_for(
    index: PackageIndex, mirror: PackageIndex, project: ProjectFolder
) -> None:
    mirror.add(index.add_wheel("demo", "1.0"))
    mirror.add_wheel("more", "1.0")
    mirror.add_wheel("demo", "2.0")
    declare(project, "demo")
    lock(project)
    here = {"UV_DEFAULT_INDEX": mirror.url}
    declare(project, "demo", "more")
    assert "demo 2.0" not in project.run("lockhouse", "lock", check=True, env=here).output
    index.add_wheel("demo", "3.0")
    declare(project, "demo>=3", "more")
    assert "demo would come from" not in project.run("lockhouse", "lock", env={"UV_DEFAULT_INDEX": index.url}).output


@resolvers
@pytest.mark.parametrize("form", ["pylock", "requirements"])
def test_the_same_index_gives_other_bytes(
    resolver: str, form: str, index: PackageIndex, project: ProjectFolder
) -> None:
    file = index.add_wheel("demo", "1.0")
    index.add_wheel("more", "1.0")
    settings = {"resolver": resolver, "format": form, "extra": RUNNING}
    declare(project, "demo", **settings)
    lock(project)
    before = lock_path(project).read_bytes()
    index.add(file.with_other_bytes())
    declare(project, "demo", "more", **settings)
    result = project.run("lockhouse", "lock")
    assert result.returncode == 3, result
    assert "demo would have other bytes than before" in result.line_with("error[lock-refused]")
    assert lock_path(project).read_bytes() == before
    assert "changed demo 1.0: files" in lock(project, "--upgrade-package", "demo").output


# -- indexes that say less, and other ones ------------------------------------------------------------------------


@resolvers
def test_a_hash_that_the_index_does_not_give_is_computed_and_said(
    resolver: str, index: PackageIndex, project: ProjectFolder
) -> None:
    bare = index.root("bare", hashes=False)
    file = bare.add_wheel("demo", "1.0")
    declare(project, "demo", resolver=resolver, extra=f'{RUNNING}\nindexes = [{{url = "{bare.url}"}}]')
    result = lock(project)
    assert f"hash computed, the index gives none: {file.filename}" in result.output
    text = lock_path(project).read_text("utf-8")
    assert file.sha256 in text
    assert f'computed-hashes = [\n    "{file.filename}",\n]' in text
    index.add_wheel("more", "1.0")
    declare(project, "demo", "more", resolver=resolver, extra=f'{RUNNING}\nindexes = [{{url = "{bare.url}"}}]')
    assert f"hash computed, the index gives none: {file.filename}" in lock(project).output
    CLI.succeed(project)
    CLI.forget(project)
    flip_digit(lock_path(project), file.sha256)
    CLI.refuse(project, code="hash-mismatch")


@pytest.fixture
def mirror() -> Iterator[PackageIndex]:
    with PackageIndex(prefix="mirror") as server:
        yield server


def test_hashed_requirements_are_served_by_another_index(
    index: PackageIndex, mirror: PackageIndex, project: ProjectFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = index.add_wheel("demo", "1.0")
    declare(project, "demo", format="requirements")
    lock(project)
    index.stop()
    monkeypatch.setenv("UV_DEFAULT_INDEX", mirror.url)
    mirror.add(file.with_other_bytes())
    refused = CLI.refuse(project, code="hash-mismatch")
    assert file.filename in refused.output
    mirror.add(file)
    CLI.succeed(project)
    assert installed(CLI.root(project)) == {"demo": "1.0"}
