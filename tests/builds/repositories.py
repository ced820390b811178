"""Repositories of git for tests: a project that builds with a backend of its own, in as many states as a test needs."""

from __future__ import annotations

import base64
import textwrap
import threading
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

from lockhouse.testing.contracts.projects import git
from lockhouse.testing.packages import BACKEND_NAME, backend_source

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

#: Allows the project that comes from a repository.
ALLOWED = 'allow-unhashed = ["far"]\n'

_PROJECT = """
[build-system]
requires = {requires}
build-backend = "own_backend"
backend-path = ["."]
[project]
name = "far"
dynamic = ["version"]
dependencies = {dependencies}
"""

#: What is built tells in which commit, with which clock, and how git describes it.
TELLS = """
    def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
        import os, subprocess
        from pathlib import Path
        def ask(*words):
            return subprocess.run(["git", *words], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
        edited = ask("status", "--porcelain", "--untracked-files=no")
        told = [ask("rev-parse", "HEAD"), edited, os.environ["SOURCE_DATE_EPOCH"]]
        Path("src/told.py").write_text(f"told = {told!r}\\n", encoding="utf-8")
        with open(os.environ["BUILD_LOG"], "a") as log:
            print(*told, file=log)
        return base.build_wheel(wheel_directory)
"""

#: The version comes from the nearest tag, as with setuptools-scm.
FROM_TAGS = """
    def version():
        import subprocess
        from pathlib import Path
        said = subprocess.run(["git", "describe", "--tags", "--abbrev=0"], stdout=subprocess.PIPE, text=True)
        Path("VERSION.txt").write_text(said.stdout.strip() or "0.0", encoding="utf-8")

    def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
        version()
        return base.build_wheel(wheel_directory)

    def prepare_metadata_for_build_wheel(metadata_directory, config_settings=None):
        version()
        return base.prepare_metadata_for_build_wheel(metadata_directory)

    prepare_metadata_for_build_editable = prepare_metadata_for_build_wheel
"""


class Repository:
    """A repository with one branch, ``main``.

    :param folder: where
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        git(folder, "init", "--quiet", "--initial-branch=main")

    def write(
        self,
        version: str,
        hooks: str = "",
        *,
        requires: Sequence[str] = (),
        dependencies: Sequence[str] = (),
        subdirectory: str = ".",
    ) -> str:
        """Write the project ``far``, and commit it; give the commit."""
        place = self.folder / subdirectory
        (place / "src").mkdir(parents=True, exist_ok=True)
        (place / "src/far.py").write_text(f"version = {version!r}\n", "utf-8")
        (place / "VERSION.txt").write_text(version, "utf-8")
        project = _PROJECT.format(requires=list(requires), dependencies=list(dependencies))
        (place / "pyproject.toml").write_text(project, "utf-8")
        (place / f"{BACKEND_NAME}.py").write_bytes(backend_source())
        source = f"import {BACKEND_NAME} as base\nfrom {BACKEND_NAME} import *\n{textwrap.dedent(hooks)}"
        (place / "own_backend.py").write_text(source, "utf-8")
        return self.commit()

    def commit(self) -> str:
        git(self.folder, "add", ".")
        git(self.folder, "commit", "--quiet", "--message", "step")
        return git(self.folder, "rev-parse", "HEAD")

    def requirement(self, revision: str | None = "main", *, url: str | None = None, fragment: str = "") -> str:
        at = "" if revision is None else f"@{revision}"
        return f"far @ git+{url or self.folder.as_uri()}{at}{fragment}"

    def forget(self, commit: str) -> None:
        """Replace the history by one of another commit, and remove what nothing leads to any more."""
        git(self.folder, "checkout", "--quiet", "--orphan", "new")
        git(self.folder, "commit", "--quiet", "--message", "anew")
        git(self.folder, "branch", "--quiet", "-D", "main")
        git(self.folder, "branch", "--quiet", "-m", "main")
        git(self.folder, "reflog", "expire", "--expire=now", "--all")
        git(self.folder, "gc", "--quiet", "--prune=now")
        assert commit not in git(self.folder, "rev-list", "--all")


@contextmanager
def served(folder: Path, *, user: str, password: str) -> Iterator[str]:
    """Serve a bare repository to those who know the password; give its address, without these."""
    git(folder, "update-server-info")
    wanted = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()

    class Guarded(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.headers.get("Authorization") == wanted:
                super().do_GET()
            else:
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="git"')
                self.send_header("Content-Length", "0")
                self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Guarded, directory=str(folder.parent)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/{folder.name}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
