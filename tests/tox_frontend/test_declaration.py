"""From a tox environment to a declaration, and finding those of a project."""

from __future__ import annotations

import logging
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from tox.run import setup_state

import lockhouse.tox
from lockhouse.errors import ConfigError
from lockhouse.model.variables import CERTIFICATES
from lockhouse.tox.keys import environ_of, lock_base

if TYPE_CHECKING:
    from pathlib import Path

MINOR = ".".join(map(str, sys.version_info[:2]))


@pytest.mark.parametrize(
    ("name", "base"),
    [
        ("py311", "py"),
        ("py", "py"),
        ("3.11", "py"),
        ("3.13t", "py"),
        ("pypy3.10", "py"),
        ("py311-django4", "django4"),
        ("django4-py311", "django4"),
        ("py3.12-django4-cov", "django4-cov"),
        ("py313t-x", "x"),
        ("pypy-3.10-lint", "lint"),
        ("lint", "lint"),
        ("pytest8", "pytest8"),
        ("pyright-py312", "pyright"),
        ("django5.1-3.12", "django5.1"),
    ],
)
def test_python_factors_are_no_part_of_the_name_of_a_lock(name: str, base: str) -> None:
    assert lock_base(name) == base


def test_the_plugin_is_imported_without_tox_and_says_that_it_is_missing(tmp_path: Path) -> None:
    (tmp_path / "tox.ini").write_text("[testenv]\nrunner = lockhouse\n")
    code = (
        "import sys; sys.modules['tox'] = None; from pathlib import Path; import lockhouse.tox as t; "
        "root = Path(sys.argv[1]); print(t.needs(root), flush=True); "
        "t.plugin.lockhouse_discover_environments(root=root)"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["True"], done
    assert "BackendNotFoundError" in done.stderr
    assert "lockhouse[tox]" in done.stderr


@pytest.mark.parametrize(
    ("file", "text", "needed"),
    [
        ("tox.ini", "[testenv]\nrunner = lockhouse\n", True),
        ("tox.ini", "[testenv]\ndeps = pytest\n", False),
        ("tox.toml", '[env_run_base]\nrunner = "lockhouse"\n', True),
        ("setup.cfg", "[tox:tox]\n[testenv]\nrunner = lockhouse\n", True),
        ("pyproject.toml", '[tool.tox.env_run_base]\nrunner = "lockhouse"\n', True),
        ("pyproject.toml", '[tool."tox".env_run_base]\nrunner = "lockhouse"\n', True),
        ("pyproject.toml", "[ tool . 'tox' . env_run_base ]\nrunner = 'lockhouse'\n", True),
        ("pyproject.toml", '[tool]\ntox = {env_run_base = {runner = "lockhouse"}}\n', True),
        ("pyproject.toml", '\ufeff[tool.tox]\nenv_run_base.runner = "lockhouse"\n', True),
        ("pyproject.toml", "[tool.lockhouse]\n# the runner\n", False),
        ("pyproject.toml", '[tool.lockhouse]\n# no tool.tox, no runner\n[tool.nox]\ntox = "lockhouse"\n', False),
    ],
)
def test_only_a_configuration_that_names_the_runner_needs_tox(
    tmp_path: Path, file: str, text: str, needed: bool
) -> None:
    (tmp_path / file).write_text(text, encoding="utf-8")
    assert lockhouse.tox.needs(tmp_path) is needed


def test_environments_are_found_with_their_inputs(tmp_path: Path) -> None:
    (tmp_path / "tox.ini").write_text(
        "[tox]\nenv_list = py311, py312\nno_package = true\n"
        "[testenv]\nrunner = lockhouse\ndeps = b\n  a>1\n"
        "[testenv:docs]\nbase_python = 3.13\ndeps = sphinx\n"
        "[testenv:plain]\nrunner = virtualenv\n"
        "[testenv:there]\nlockhouse_environment = elsewhere\ndeps =\n"
    )
    (tmp_path / "pyproject.toml").write_text("[tool.lockhouse.environments.elsewhere]\npython = '3.12'\n")
    before = logging.getLogger().handlers[:]
    found = {spec.name: spec for spec in lockhouse.tox.plugin.lockhouse_discover_environments(root=tmp_path)}
    assert sorted(found) == ["docs", "py311", "py312"]
    assert found["py311"].lock_name == found["py312"].lock_name == "py"
    assert found["py311"].pythons == found["py312"].pythons == ("3.11", "3.12")
    assert found["py311"].inputs.requirements == ("a>1", "b")
    assert found["docs"].pythons == ("3.13",)
    assert found["docs"].origin.file == "tox.ini"
    assert logging.getLogger().handlers == before


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[testenv\nrunner = lockhouse\n", "tox"),
        ("[testenv:py]\nrunner = lockhouse\ndeps = -r missing.txt\n", "missing.txt"),
        ("[testenv:py]\nrunner = lockhouse\ndeps = --no-such-option\n", "no-such-option"),
    ],
)
def test_a_broken_configuration_is_an_error_of_ours(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "tox.ini").write_text(text)
    (tmp_path / "pyproject.toml").write_text(f"[tool.lockhouse]\npython = '>={MINOR}'\n")
    with pytest.raises(ConfigError) as caught:
        lockhouse.tox.plugin.lockhouse_discover_environments(root=tmp_path)
    assert said in str(caught.value)


@pytest.mark.parametrize("own", ["", "[testenv:.pkg_lockhouse]\nset_env =\n  B = 2\n"])
def test_what_is_said_of_the_packaging_environment_of_tox_counts_for_ours(tmp_path: Path, own: str) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "mine"\nversion = "1"\n')
    (tmp_path / "tox.ini").write_text(
        f"[testenv]\nrunner = lockhouse\n[pkgenv]\ndescription = base\nset_env =\n  A = base\n"
        f"[testenv:.pkg]\nset_env =\n  A = 1\n{own}"
    )
    state = setup_state(["config", "--conf", str(tmp_path), "--root", str(tmp_path), "-e", "ALL"])
    names = list(state.envs.iter(only_active=False, package=True))
    assert ".pkg_lockhouse" in names
    set_env = state.envs[".pkg_lockhouse"].conf["set_env"]
    assert {"B" if own else "A"} <= set(set_env)
    assert set_env.load("B" if own else "A") in {"1", "2"}


@pytest.mark.parametrize(
    "name", [*CERTIFICATES, "NETRC", "HTTPS_PROXY", "all_proxy", "PIP_INDEX_URL", "UV_INDEX", "LOCKHOUSE_MIRRORS"]
)
def test_what_set_env_says_of_how_packages_are_reached_counts_for_us(tmp_path: Path, name: str) -> None:
    (tmp_path / "tox.ini").write_text(f"[testenv]\nrunner = lockhouse\nset_env =\n  {name} = said\n  OTHER = said\n")
    state = setup_state(["config", "--conf", str(tmp_path), "--root", str(tmp_path), "-e", "py"])
    environ = environ_of(state.envs["py"].conf)
    assert environ[name] == "said"
    assert "OTHER" not in environ
