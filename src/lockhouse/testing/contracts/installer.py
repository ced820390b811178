# ruff: noqa: S101 - these are tests
"""The suite for installers."""

from __future__ import annotations

import contextlib
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pytest

from lockhouse.errors import HashMismatchError
from lockhouse.interfaces import Command
from lockhouse.process import run_command
from lockhouse.testing.contracts.installing import Installing, make_environment
from lockhouse.testing.contracts.resolving import names
from lockhouse.testing.index import PackageIndex
from lockhouse.testing.packages import build_wheel

if TYPE_CHECKING:
    from collections.abc import Callable

    from lockhouse.interfaces import Installer


class InstallerContract:
    """What holds for every installer.

    :cvar installer_class: the class under test
    """

    installer_class: ClassVar[type[Installer]]

    @pytest.fixture
    def install(self, tmp_path: Path) -> Installing:
        """Give the installer under test, with an environment of the running Python."""
        return Installing(self.installer_class(), python=Path(sys.executable), folder=tmp_path)

    # -- files ----------------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("version", ["3.8", "3.9", "3.11", "3.13"])
    def test_serves_old_and_new_pythons(
        self, version: str, tmp_path: Path, require_python: Callable[[str], Path]
    ) -> None:
        install = Installing(self.installer_class(), python=require_python(version), folder=tmp_path)
        code = {"speak.py": "def main():\n    print('spoken')\n"}
        scripts = {"console_scripts": {"speak": "speak:main"}}
        speaking = install.stored(build_wheel("speak", "1.0", modules=code, entry_points=scripts))
        install(files=(speaking, install.stored(build_wheel("going", "1.0"))))
        assert install.python("import speak, going; print(going.__version__)") == "1.0"
        spoken = run_command(Command(argv=(str(install.script("speak")),), env=dict(os.environ)))
        assert (spoken.returncode, spoken.stdout.strip()) == (0, "spoken")
        install(remove=tuple(names("going")))
        assert install.installed() == {"speak": "1.0"}

    def test_looks_at_no_dependencies(self, install: Installing) -> None:
        install(files=(install.stored(build_wheel("needy", "1.0", requires=["not-there>=7"])),))
        assert install.installed() == {"needy": "1.0"}

    def test_asks_no_index(self, install: Installing) -> None:
        with PackageIndex() as index:
            wheel = index.add_wheel("wanted", "1.0")
            index.add_wheel("wanted", "2.0")
            environ = {"PIP_INDEX_URL": index.url, "UV_DEFAULT_INDEX": index.url, "PIP_FIND_LINKS": index.url}
            install(files=(install.stored(wheel),), environ=environ)
            assert not index.requests.paths
        assert install.installed() == {"wanted": "1.0"}

    @pytest.mark.parametrize("version", ["1!2.0", "1.0+cpu.1", "2.0.dev3", "1.0rc1.post2", "2024.01.05"])
    def test_takes_every_spelling_of_a_version(self, install: Installing, version: str) -> None:
        install(files=(install.stored(build_wheel("Odd_Name", version)),))
        (found,) = install.installed()
        assert found == "odd-name"

    def test_leaves_no_path_of_the_store_in_the_environment(self, install: Installing) -> None:
        install(files=(install.stored(build_wheel("plain", "1.0")),))
        site_packages = install.site_packages()
        assert not list(site_packages.glob("*/direct_url.json"))
        texts = [path.read_bytes() for path in site_packages.rglob("*") if path.is_file()]
        assert not [text for text in texts if b"store, shared" in text or b"store%2C" in text]

    def test_path_files_take_effect(self, install: Installing) -> None:
        modules = {"hooked.pth": "import sys; sys.hooked = True\n", "hooked.py": ""}
        install(files=(install.stored(build_wheel("hooked", "1.0", modules=modules)),))
        assert install.python("import sys; print(sys.hooked)") == "True"

    def test_replaces_a_version_by_another(self, install: Installing) -> None:
        old = build_wheel("moving", "1.0", modules={"moving.py": "", "only_old.py": ""})
        install(files=(install.stored(old),))
        install(files=(install.stored(build_wheel("moving", "2.0")),))
        assert install.installed() == {"moving": "2.0"}
        assert not (install.site_packages() / "only_old.py").exists()

    def test_replaces_a_version_by_other_bytes_of_it(self, install: Installing) -> None:
        wheel = build_wheel("same", "1.0")
        install(files=(install.stored(wheel),))
        assert not (install.site_packages() / "other_bytes.py").exists()
        install(files=(install.stored(wheel.with_other_bytes()),))
        assert (install.site_packages() / "other_bytes.py").exists()
        install(files=(install.stored(wheel),))
        assert not (install.site_packages() / "other_bytes.py").exists()

    def test_refuses_a_file_of_another_hash(self, install: Installing) -> None:
        good = install.stored(build_wheel("good", "1.0"))
        wrong = replace(install.stored(build_wheel("wrong", "1.0")), digest="0" * 64)
        with pytest.raises(HashMismatchError, match="wrong") as refused:
            install(files=(good, wrong))
        assert any("0" * 64 in line for line in refused.value.why)
        assert "wrong" not in install.installed()
        assert not (install.site_packages() / "wrong.py").exists()

    def test_never_installs_what_changed_in_the_store(self, install: Installing) -> None:
        wheel = build_wheel("bitten", "1.0", size=4000)
        stored = install.stored(wheel)
        install(files=(stored,))
        install(remove=tuple(names("bitten")))
        stored.path.write_bytes(wheel.with_other_bytes().data)
        with contextlib.suppress(HashMismatchError):  # an installer may also keep the verified bytes in its own cache
            install(files=(stored,))
        assert not (install.site_packages() / "other_bytes.py").exists()

    def test_an_edit_spreads_neither_to_the_store_nor_to_another_environment(self, install: Installing) -> None:
        stored = install.stored(build_wheel("shared", "1.0"))
        other = make_environment(Path(sys.executable), install.folder / "other environment")
        install(files=(stored,))
        with (install.site_packages() / "shared.py").open("a", encoding="utf-8") as module:
            module.write("edited = True\n")
        install(files=(stored,), target=other)
        assert install.python("import shared; print(hasattr(shared, 'edited'))", target=other) == "False"

    def test_the_request_decides_not_the_variables_of_the_user(self, install: Installing, tmp_path: Path) -> None:
        aside = str(tmp_path / "aside")
        environ = {
            "PIP_TARGET": aside, "PIP_PREFIX": aside, "PIP_ROOT": aside, "PIP_USER": "1", "PIP_NO_BINARY": ":all:",
            "PIP_CONSTRAINT": aside, "PIP_DRY_RUN": "1", "PYTHONPATH": aside, "PYTHONUSERBASE": aside,
            "UV_NO_BINARY": "1", "UV_CONSTRAINT": aside, "UV_PYTHON": "2.7", "UV_LINK_MODE": "symlink",
            "UV_PROJECT_ENVIRONMENT": aside, "UV_SYSTEM_PYTHON": "1", "VIRTUAL_ENV": aside,
        }  # fmt: skip
        install(files=(install.stored(build_wheel("plain", "1.0")),), environ=environ)
        assert install.installed() == {"plain": "1.0"}
        assert not Path(aside).exists()
        assert not [path for path in install.site_packages().rglob("*") if path.is_symlink()]

    # -- removing -------------------------------------------------------------------------------------------------

    def test_removing_what_is_not_there_harms_nothing(self, install: Installing) -> None:
        install(files=(install.stored(build_wheel("stays", "1.0")),))
        install(remove=tuple(names("never-there")))
        assert install.installed() == {"stays": "1.0"}

    def test_pip_is_a_package_like_any_other(self, install: Installing) -> None:
        pip = build_wheel("pip", "99.0", modules={"pip/__init__.py": "__version__ = '99.0'\n"})
        install(files=(install.stored(pip),))
        assert install.installed() == {"pip": "99.0"}
        install(remove=tuple(names("pip")), files=(install.stored(build_wheel("after", "1.0")),))
        assert install.installed() == {"after": "1.0"}
