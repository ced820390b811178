from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lockhouse.config import pip_configuration, uv_configuration
from lockhouse.config.user_indexes import effective_indexes
from lockhouse.errors import ConfigError
from lockhouse.model.indexes import Index, IndexOptions
from lockhouse.model.variables import CERTIFICATE_FILES, CERTIFICATES

if TYPE_CHECKING:
    from collections.abc import Callable

SIMPLE = "https://{}.example/simple"


class User:
    """A user with a home, files of configuration and variables, on any of the three platforms."""

    def __init__(self, folder: Path, platform: str) -> None:
        self.folder, self.platform = folder, platform
        self.root = folder / "home" / "code" / "project"
        self.root.mkdir(parents=True)
        self.environ = {
            "HOME": str(folder / "home"),
            "XDG_CONFIG_DIRS": str(folder / "xdg"),
            "VIRTUAL_ENV": str(folder / "venv"),
        }
        if platform == "win32":
            self.environ = {
                "USERPROFILE": str(folder / "home"),
                "APPDATA": str(folder / "appdata"),
                "PROGRAMDATA": str(folder / "programdata"),
                "VIRTUAL_ENV": str(folder / "venv"),
            }

    def write(self, path: str, text: str) -> None:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")

    def effective(self, declared: IndexOptions | None = None, /, **environ: Any) -> IndexOptions:
        return effective_indexes(
            declared or IndexOptions(), root=self.root, environ={**self.environ, **environ}, platform=self.platform
        )

    def urls(self, declared: IndexOptions | None = None, /, **environ: Any) -> list[str]:
        return [index.url for index in self.effective(declared, **environ).indexes]


@pytest.fixture
def on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], User]:
    for module in (pip_configuration, uv_configuration):
        monkeypatch.setattr(module, "_ETC", tmp_path / "linux" / "etc")
    return lambda platform: User(tmp_path / platform, platform)


@pytest.fixture
def user(on: Callable[[str], User]) -> User:
    return on("linux")


def test_nothing_is_configured(user: User) -> None:
    assert user.effective() == IndexOptions()


@pytest.mark.parametrize(
    ("environ", "urls"),
    [
        ({"UV_DEFAULT_INDEX": SIMPLE.format("d")}, ["d"]),
        ({"UV_INDEX_URL": SIMPLE.format("d")}, ["d"]),
        ({"UV_DEFAULT_INDEX": SIMPLE.format("d"), "UV_INDEX_URL": SIMPLE.format("x")}, ["d"]),
        ({"UV_INDEX": f"{SIMPLE.format('a')} b={SIMPLE.format('b')}"}, ["a", "b"]),
        ({"UV_EXTRA_INDEX_URL": SIMPLE.format("e"), "UV_INDEX": SIMPLE.format("a")}, ["a", "e"]),
        ({"PIP_INDEX_URL": SIMPLE.format("p")}, ["p"]),
        ({"PIP_EXTRA_INDEX_URL": f"{SIMPLE.format('p')}\n{SIMPLE.format('q')}"}, ["p", "q"]),
        ({"PIP_INDEX_URL": SIMPLE.format("p"), "UV_INDEX": SIMPLE.format("a")}, ["a"]),
        ({"PIP_INDEX_URL": ""}, []),
    ],
)
def test_variables(user: User, environ: dict[str, str], urls: list[str]) -> None:
    assert user.urls(**environ) == [SIMPLE.format(name) for name in urls]


def test_other_variables(user: User) -> None:
    options = user.effective(
        UV_FIND_LINKS="wheels,https://l.example/",
        UV_INSECURE_HOST="a.example b.example",
        PIP_TRUSTED_HOST="b.example c.example",
        PIP_CERT="/ca.pem",
        PIP_FIND_LINKS="not-this",
    )
    assert options.find_links == (str(user.root / "wheels"), "https://l.example/")
    assert options.trusted_hosts == ("a.example", "b.example", "c.example")
    assert (options.certificate, options.keyring) == ("/ca.pem", False)
    assert user.effective(UV_KEYRING_PROVIDER="subprocess").keyring
    assert user.effective(PIP_KEYRING_PROVIDER="import").keyring
    assert not user.effective(PIP_KEYRING_PROVIDER="disabled").keyring
    assert user.effective(PIP_NO_INDEX="1", PIP_FIND_LINKS="w").no_index
    assert not user.effective(PIP_NO_INDEX="0").no_index


@pytest.mark.parametrize("first", range(len(CERTIFICATES)))
def test_the_first_file_of_certificates_counts_and_no_folder(user: User, first: int) -> None:
    named = CERTIFICATES[first:]
    certificate = user.effective(**{name: f"/{name}" for name in reversed(named)}).certificate
    assert certificate == next((f"/{name}" for name in named if name in CERTIFICATE_FILES), None)


def test_what_the_project_declares_wins(user: User) -> None:
    declared = IndexOptions(default=Index(url=SIMPLE.format("own")))
    environ = {"UV_INDEX": SIMPLE.format("a"), "PIP_INDEX_URL": SIMPLE.format("p"), "PIP_CERT": "/ca.pem"}
    assert user.urls(declared, **environ) == [SIMPLE.format("own")]
    assert user.effective(declared, **environ).certificate == "/ca.pem"


def test_a_project_that_adds_an_index_keeps_the_way_to_the_default_one(user: User) -> None:
    declared = IndexOptions(extra=(Index(url=SIMPLE.format("own")),))
    environ = {"PIP_INDEX_URL": SIMPLE.format("mirror"), "PIP_EXTRA_INDEX_URL": SIMPLE.format("more")}
    assert user.urls(declared, **environ) == [SIMPLE.format("own"), SIMPLE.format("mirror")]


def test_no_index_of_the_project_stays(user: User) -> None:
    declared = IndexOptions(no_index=True, find_links=("wheels",))
    options = user.effective(declared, PIP_INDEX_URL=SIMPLE.format("mirror"))
    assert (options.indexes, options.default) == ((), None)
    assert options.find_links == (str(user.root / "wheels"),)


def test_credentials_come_from_the_user(user: User) -> None:
    declared = IndexOptions(extra=(Index(url=SIMPLE.format("a"), name="in-house.1"), Index(url=SIMPLE.format("b"))))
    urls = user.urls(
        declared,
        UV_INDEX_IN_HOUSE_1_USERNAME="me",
        UV_INDEX_IN_HOUSE_1_PASSWORD="p@ss",  # noqa: S106
        PIP_INDEX_URL="https://tok@b.example/simple/",
    )
    assert urls[:2] == ["https://me:p%40ss@a.example/simple", "https://tok@b.example/simple/"]
    given = IndexOptions(extra=(Index(url="https://u:p@a.example/simple", name="in-house.1"),))
    assert user.urls(given, UV_INDEX_IN_HOUSE_1_PASSWORD="x") == ["https://u:p@a.example/simple"]  # noqa: S106


def test_a_variable_that_is_not_set_is_named(user: User) -> None:
    declared = IndexOptions(default=Index(url="https://u:${TOKEN}@a.example/simple"))
    with pytest.raises(ConfigError, match="environment variable TOKEN of an index address is not set"):
        user.effective(declared)


UV_TOML = """\
no-index = false
find-links = ["wheels"]
extra-index-url = ["https://old.example/simple"]
allow-insecure-host = ["x.example:8080"]
keyring-provider = "subprocess"
[[index]]
name = "d"
url = "https://d.example/simple"
default = true
[[index]]
name = "a"
url = "https://a.example/simple"
[[index]]
url = "https://pinned.example/simple"
name = "pinned"
explicit = true
[[index]]
url = "../flat"
format = "flat"
[pip]
extra-index-url = ["https://pip.example/simple"]
"""


@pytest.mark.parametrize(
    ("platform", "path"),
    [
        ("linux", "home/.config/uv/uv.toml"),
        ("linux", "xdg/uv/uv.toml"),
        ("linux", "etc/uv/uv.toml"),
        ("linux", "home/code/project/uv.toml"),
        ("linux", "home/code/uv.toml"),
        ("darwin", "home/.config/uv/uv.toml"),
        ("win32", "appdata/uv/uv.toml"),
    ],
)
def test_files_of_uv(on: Callable[[str], User], platform: str, path: str) -> None:
    user = on(platform)
    user.write(path, UV_TOML)
    options = user.effective()
    assert [index.url for index in options.indexes] == [SIMPLE.format(name) for name in ("a", "pip", "old", "d")]
    folder = (user.folder / path).parent
    assert options.find_links == (str(folder / "../flat"), str(folder / "wheels"))
    assert (options.trusted_hosts, options.keyring) == (("x.example:8080",), True)
    assert user.urls(UV_NO_CONFIG="1") == []


def test_levels_of_uv(user: User) -> None:
    user.write("xdg/uv/uv.toml", '[[index]]\nurl = "https://system.example/simple"\n')
    user.write(
        "home/.config/uv/uv.toml",
        'index-url = "https://user.example/simple"\nextra-index-url = ["https://older.example/simple"]\n',
    )
    user.write(
        "home/code/project/pyproject.toml",
        '[[tool.uv.index]]\nurl = "https://project.example/simple"\ndefault = true\n[tool.uv.pip]\nno-index = false\n',
    )
    variable = {"UV_INDEX": SIMPLE.format("variable")}
    assert user.urls(**variable) == [SIMPLE.format(name) for name in ("variable", "system", "older", "project")]
    user.write("home/code/project/uv.toml", "")
    assert user.urls(**variable) == [SIMPLE.format(name) for name in ("variable", "system", "older", "user")]
    user.write("chosen.toml", '[[index]]\nurl = "https://chosen.example/simple"\n')
    chosen = str(user.folder / "chosen.toml")
    assert user.urls(UV_CONFIG_FILE=chosen) == [SIMPLE.format("chosen")]


def test_a_pyproject_without_uv_is_passed_over(user: User) -> None:
    user.write("home/code/project/pyproject.toml", '[project]\nname = "uvloop-demo"\n')
    user.write("home/code/pyproject.toml", '[tool.uv]\nindex-url = "https://above.example/simple"\n')
    assert user.urls() == [SIMPLE.format("above")]


def test_a_local_index_of_uv_is_an_address(user: User) -> None:
    user.write("home/code/project/uv.toml", '[[index]]\nurl = "./simple"\n')
    assert user.urls() == [(user.root / "simple").as_uri()]


@pytest.mark.parametrize(
    ("platform", "path"),
    [
        ("linux", "xdg/pip/pip.conf"),
        ("linux", "etc/pip.conf"),
        ("linux", "home/.pip/pip.conf"),
        ("linux", "home/.config/pip/pip.conf"),
        ("linux", "venv/pip.conf"),
        ("darwin", "home/.config/pip/pip.conf"),
        ("darwin", "home/Library/Application Support/pip/pip.conf"),
        ("win32", "programdata/pip/pip.ini"),
        ("win32", "home/pip/pip.ini"),
        ("win32", "appdata/pip/pip.ini"),
        ("win32", "venv/pip.ini"),
    ],
)
def test_files_of_pip(on: Callable[[str], User], platform: str, path: str) -> None:
    user = on(platform)
    user.write(
        path,
        "[global]\nindex-url = https://p.example/simple\nfind_links =\n    wheels\n    https://l.example/\n"
        "trusted-host = t.example\ncert = /ca.pem\nkeyring-provider = subprocess\n"
        "[install]\nextra-index-url =\n    https://a.example/simple\n    https://b.example/simple\n"
        "[list]\nindex-url = https://not.example/simple\n",
    )
    options = user.effective()
    assert [index.url for index in options.indexes] == [SIMPLE.format(name) for name in ("a", "b", "p")]
    assert options.find_links == (str(user.root / "wheels"), "https://l.example/")
    assert (options.trusted_hosts, options.certificate, options.keyring) == (("t.example",), "/ca.pem", True)
    assert user.urls(PIP_CONFIG_FILE=os.devnull) == []


def test_levels_of_pip(user: User) -> None:
    levels = [
        ("xdg/pip/pip.conf", "global"),
        ("home/.pip/pip.conf", "legacy"),
        ("home/.config/pip/pip.conf", "user"),
        ("venv/pip.conf", "site"),
    ]
    for path, name in levels:
        user.write(path, f"[global]\nindex-url = {SIMPLE.format(name)}\n")
        assert user.urls() == [SIMPLE.format(name)]
    user.write("chosen.conf", f"[global]\nindex-url = {SIMPLE.format('chosen')}\n")
    assert user.urls(PIP_CONFIG_FILE=str(user.folder / "chosen.conf")) == [SIMPLE.format("chosen")]
    user.write("home/.config/pip/pip.conf", f"[global]\nextra-index-url = {SIMPLE.format('user')}\n")
    assert user.urls(PIP_CONFIG_FILE=str(user.folder / "chosen.conf")) == [SIMPLE.format("chosen")]
    user.write("xdg/pip/pip.conf", f"[install]\nindex-url = {SIMPLE.format('section')}\n")
    assert user.urls() == [SIMPLE.format("user"), SIMPLE.format("section")]
    assert user.urls(PIP_INDEX_URL=SIMPLE.format("variable"))[-1] == SIMPLE.format("variable")


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("home/.config/pip/pip.conf", "index-url = https://u:s3cret@x.example\n"),
        ("home/.config/pip/pip.conf", "[global]\nu s3cret\n"),
        ("home/.config/uv/uv.toml", 'index-url = "https://u:s3cret@x.example\n'),
        ("home/.config/uv/uv.toml", 'index = ["https://u:s3cret@x.example"]\n'),
        ("home/.config/uv/uv.toml", "[[index]]\nname = 'x'\n"),
        ("home/.config/uv/uv.toml", "index-url = 3\n"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_and_not_quoted(user: User, path: str, text: str) -> None:
    user.write(path, text)
    with pytest.raises(ConfigError) as caught:
        user.effective()
    assert str(user.folder / path) in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_a_file_that_may_not_be_read_is_named(user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    user.write("home/.config/pip/pip.conf", "")
    read_bytes = Path.read_bytes

    def refuse(path: Path) -> bytes:
        if path.name == "pip.conf" and path.exists():
            raise PermissionError(13, "Permission denied")
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(ConfigError, match=r"pip\.conf cannot be read"):
        user.effective()


def test_a_chosen_file_of_uv_must_be_there(user: User) -> None:
    with pytest.raises(ConfigError, match="UV_CONFIG_FILE names it"):
        user.effective(UV_CONFIG_FILE=str(user.folder / "missing.toml"))
