"""The network is denied to builds; who tries to reach it is named, with the address and what mends it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.scenarios.installing import CLI, declare, has_receipt, installed, lock

from .looking import built_wheels, receipt_of
from .packages import sdist_with_hooks, setuptools_sdist, setuptools_wheel

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

    from lockhouse.testing import PackageIndex, ProjectFolder

_BUILD = """
    def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
        {}
        return base.build_wheel(wheel_directory)
"""
_CONNECTS = "import socket; socket.create_connection(('127.0.0.1', {port}), timeout=5).close()"
_SWALLOWS = """
        import socket
        try:
            socket.create_connection(("192.0.2.1", 443), timeout=5)
        except OSError:
            pass
"""
_ASKS = "import urllib.request; urllib.request.urlopen('https://user:secret@files.example/data.tar')"
_BELOW = "import subprocess, sys; subprocess.run([sys.executable, '-I', '-c', {code!r}], check=True)"
_FETCHES = """
    from setuptools import setup
    from setuptools.dist import Distribution
    Distribution().fetch_build_eggs(["fetched-by-itself"])
    setup(name="source", version="1.0", py_modules=["source"])
"""


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (_CONNECTS, "it connects to 127.0.0.1:{port}"),
        (_SWALLOWS, "it connects to 192.0.2.1:443"),
        (_ASKS, "it asks for https://files.example/data.tar"),
        (_BELOW.format(code="import socket; socket.getaddrinfo('files.example', 80)"), "it looks up files.example:80"),
    ],
    ids=["connects", "swallows the failure", "asks for an address", "in a process of its own"],
)
def test_a_build_that_reaches_out_is_refused(code: str, told: str, index: PackageIndex, project: ProjectFolder) -> None:
    port = index.url.rpartition(":")[2].partition("/")[0]
    index.add(sdist_with_hooks("source", _BUILD.format(code.replace("{port}", port))))
    declare(project, "source")
    lock(project)
    before = len(index.requests)
    refused = CLI.refuse(project, code="network-denied")
    assert "the build of source 1.0 tried to reach the network" in refused.output
    assert told.format(port=port) in refused.output
    assert 'allow-network = ["source"]' in refused.output
    assert "secret" not in refused.output
    assert not built_wheels()
    assert not has_receipt(CLI.root(project))
    assert len([request for request in list(index.requests)[before:] if request.path == "/"]) == 0


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="takes namespaces away from a process")
def test_a_system_without_namespaces_denies_what_python_does_and_says_so(
    index: PackageIndex, project: ProjectFolder, leave_out: Callable[[str], NoReturn]
) -> None:
    index.add(sdist_with_hooks("quiet", ""))
    index.add(sdist_with_hooks("source", _BUILD.format(_SWALLOWS)))
    declare(project, "quiet")
    lock(project)
    without = ["unshare", "--map-root-user", "sh", "-c", 'echo 0 > /proc/sys/user/max_user_namespaces; exec "$@"', "-"]
    if project.run(*without, "true").returncode != 0:
        leave_out("needs a system that lets users make namespaces")
    sync = [*without, sys.executable, "-m", *CLI.command]
    said = project.run(*sync, check=True)
    assert "the network was denied by an audit hook: programs other than Python are not held back" in said.output
    declare(project, "source")
    lock(project)
    refused = project.run(*sync)
    assert "error[network-denied]" in refused.output, refused
    assert "it connects to 192.0.2.1:443" in refused.output
    assert installed(CLI.root(project)) == {"quiet": "1.0"}


def test_a_build_may_use_the_network_where_that_is_allowed_by_name(index: PackageIndex, project: ProjectFolder) -> None:
    port = index.url.rpartition(":")[2].partition("/")[0]
    index.add(sdist_with_hooks("source", _BUILD.format(_CONNECTS.format(port=port))))
    declare(project, "source", extra='allow-network = ["Source"]')
    lock(project)
    said = CLI.succeed(project)
    assert "built source 1.0 from its sdist; the network was allowed, as allow-network says" in said.output
    assert installed(CLI.root(project)) == {"source": "1.0"}
    (record,) = receipt_of(CLI.root(project))["built"]
    assert record["network"] == "allowed"
    declare(project, "source")
    drifted = project.run("lockhouse", "verify", "tests", "--in", CLI.folder)
    assert "source was built with the network, which is no longer allowed" in drifted.output, drifted
    CLI.refuse(project, code="network-denied")


def test_old_code_that_fetches_through_setuptools_is_named(index: PackageIndex, project: ProjectFolder) -> None:
    index.add(setuptools_wheel())
    index.add_wheel("fetched-by-itself", "1.0")
    index.add(setuptools_sdist("source", _FETCHES, {"source.py": ""}))
    declare(project, "source", python=">=3.11")
    refused = project.run("lockhouse", "lock")
    assert refused.returncode == 7, refused
    assert "error[network-denied]: the build of source 1.0 tried to reach the network" in refused.output
    assert "fetched-by-itself" in refused.output
