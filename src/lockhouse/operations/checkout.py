"""Checkouts: a repository at a locked commit → the store, once; and from there into an empty folder."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from lockhouse.confinement import Network, confined
from lockhouse.errors import (
    ArtifactUnavailableError,
    BackendNotFoundError,
    BuildFailedError,
    StoreError,
    UnverifiableArtifactError,
)
from lockhouse.interfaces import Command
from lockhouse.model.indexes import hide, secrets_of, strip_userinfo
from lockhouse.model.references import parse_vcs
from lockhouse.storage.checkouts import StoredCheckouts
from lockhouse.storage.files import disk_errors
from lockhouse.storage.sdists import is_project
from lockhouse.storage.unfinished import PARTIAL_SUFFIX

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

    from lockhouse.interfaces import CommandResult, CommandRunner, Reporter
    from lockhouse.model.lock import Artifact, LockedPackage
    from lockhouse.model.spec import DeclaredRequirement
    from lockhouse.storage.store import Store

_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_SHA256_LENGTH = 64

#: What a bundle calls the locked commit.
_REF = "refs/lockhouse/commit"

#: How a checkout is made, whatever the user's own git is told: the same files everywhere, and no program is run.
PLAIN_GIT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_ATTR_NOSYSTEM": "1",
    "XDG_CONFIG_HOME": os.devnull,
}

#: The last lines that git said are shown.
_SHOWN_LINES = 10


@dataclass(frozen=True, kw_only=True)
class Checkouts:
    """Fetches repositories with git, as the user's own git would, and checks them out.

    :ivar store: where they are kept
    :ivar run: starts git
    :ivar reporter: shows that it is fetched
    :ivar environ: the user's environment variables
    :ivar declared: what is declared: an address there may have credentials, which a lock never has
    """

    store: Store
    run: CommandRunner
    reporter: Reporter
    environ: Mapping[str, str] = field(default_factory=dict)
    declared: Iterable[DeclaredRequirement] = ()

    def fetch(self, package: LockedPackage, artifact: Artifact) -> None:
        """Bring a locked commit into the store, where it is not there yet.

        :param package: the package
        :param artifact: its checkout
        :raises UnverifiableArtifactError: it is held to no commit
        :raises ArtifactUnavailableError: the repository cannot be had, or has no such commit any more
        """
        url, commit = self._held(package, artifact)
        self._bundle(package, url, commit)

    def fill(self, package: LockedPackage, artifact: Artifact, folder: Path) -> Path:
        """Check a locked commit out, with its submodules.

        git reads all that the commit reaches anew, and computes the hash of each object: what was damaged in the
        store is found.

        :param package: the package
        :param artifact: its checkout
        :param folder: an empty folder
        :return: the project's folder in it
        :raises ArtifactUnavailableError: the repository cannot be had, or has no such commit any more
        :raises BuildFailedError: there is no project in it
        """
        url, commit = self._held(package, artifact)
        self._check_out(package, url, commit, folder)
        project = folder / (artifact.subdirectory or "")
        if not project.resolve().is_relative_to(folder.resolve()):
            raise BuildFailedError(
                f"{package.label} cannot be built", why=f"{artifact.subdirectory} lies outside of its checkout"
            )
        if not is_project(project):
            raise BuildFailedError(
                f"{package.label} cannot be built",
                why=f"{artifact.label} has neither pyproject.toml nor setup.py"
                + (f" in {artifact.subdirectory}" if artifact.subdirectory else ""),
            )
        return project

    def moment(self, project: Path) -> str:
        """Give the time of the commit that was checked out, in seconds since the epoch.

        :param project: a folder of the checkout
        """
        return self._git("show", "--no-patch", "--format=%ct", "HEAD", cwd=project).stdout.strip()

    # -- fetching -------------------------------------------------------------------------------------------------

    def _held(self, package: LockedPackage, artifact: Artifact) -> tuple[str, str]:
        if artifact.vcs != "git":
            raise BuildFailedError(
                f"{package.label} comes from a repository of {artifact.vcs}", why="only those of git are built"
            )
        if artifact.url is None or _COMMIT.fullmatch(artifact.commit_id or "") is None:
            raise UnverifiableArtifactError(
                f"{package.label} is held to no commit",
                why=f"{artifact.label}: expected is the full hash of a commit",
                fix="lock again",
            )
        return artifact.url, str(artifact.commit_id)

    def _bundle(self, package: LockedPackage, url: str, commit: str, *, submodule: bool = False) -> Path:
        stored = StoredCheckouts(self.store)
        key = stored.key(url, commit, package.version)
        if (found := stored.find(key)) is not None:
            return found
        with stored.lock(key, what=f"the checkout of {package.label}"):
            if (found := stored.find(key)) is not None:
                return found
            scratch = self.store.temporary / f"{os.urandom(16).hex()}{PARTIAL_SUFFIX}"
            with disk_errors(scratch):
                scratch.mkdir(parents=True)
            try:
                with self.reporter.progress(f"Fetching {package.label} with git"):
                    self._fetch(package, url, commit, scratch, submodule=submodule)
                return stored.add(key, commit, scratch / "bundle")
            finally:
                shutil.rmtree(scratch, ignore_errors=True)

    def _fetch(self, package: LockedPackage, url: str, commit: str, scratch: Path, *, submodule: bool) -> None:
        """Fetch all, for the commit may lie anywhere; and keep what it reaches: its history and the tags there."""
        everything, kept = scratch / "all.git", scratch / "kept.git"
        for repository in (everything, kept):
            repository.mkdir()
            self._git("init", "--bare", *_object_format(commit), cwd=repository)
        refs = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
        environ = {**self._credentials(url), **({"GIT_PROTOCOL_FROM_USER": "0"} if submodule else {})}
        ask = partial(self._remote, "fetch", "--quiet", "--no-tags", "--", url, cwd=everything, environ=environ)
        result = ask(*refs)
        if result.returncode != 0:
            raise ArtifactUnavailableError(
                f"{package.label}: git cannot fetch {url}",
                why=self._said(result, url),
                fix=f"see that git can: git ls-remote {url}",
            )
        if not self._has(commit, everything):
            result = ask(commit)  # no branch leads there any more, but the server may still have it
            if not self._has(commit, everything):
                raise ArtifactUnavailableError(
                    f"{package.label}: {url} has commit {commit} no more",
                    why=self._said(result, url) or "it is no commit",
                    fix=f"bring the commit back, or lock another one: lockhouse lock --upgrade-package {package.name}",
                )
        self._git("update-ref", _REF, commit, cwd=everything)
        self._git("fetch", "--quiet", str(everything), f"+{_REF}:{_REF}", cwd=kept)
        self._git("bundle", "create", "--quiet", str(scratch / "bundle"), "--all", cwd=kept)

    def _has(self, commit: str, repository: Path) -> bool:
        return self._local("cat-file", "-e", f"{commit}^{{commit}}", cwd=repository).returncode == 0

    def _credentials(self, url: str) -> dict[str, str]:
        """Tell git the credentials of a declared address, where nobody else sees them."""
        for each in self.declared:
            reference = parse_vcs(each.requirement.url or "")
            if reference is not None and reference.url != url and strip_userinfo(reference.url) == url:
                told = self.environ.get("GIT_CONFIG_COUNT", "")
                count = int(told) if told.isdecimal() else 0
                return {
                    "GIT_CONFIG_COUNT": str(count + 1),
                    f"GIT_CONFIG_KEY_{count}": f"url.{reference.url}.insteadOf",
                    f"GIT_CONFIG_VALUE_{count}": url,
                }
        return {}

    # -- checking out ---------------------------------------------------------------------------------------------

    def _check_out(
        self, package: LockedPackage, url: str, commit: str, folder: Path, *, submodule: bool = False
    ) -> None:
        bundle = self._bundle(package, url, commit, submodule=submodule)
        git = partial(self._git, cwd=folder)
        git("init", *_object_format(commit))
        try:
            git("fetch", "--quiet", "--no-tags", str(bundle), f"+{_REF}:{_REF}", "+refs/tags/*:refs/tags/*")
            git("checkout", "--quiet", "--detach", commit)
        except StoreError:  # it does not hold what it is kept for
            bundle.unlink(missing_ok=True)
            raise
        git("update-ref", "-d", _REF)
        git("remote", "add", "origin", strip_userinfo(url))
        (folder / ".git" / "FETCH_HEAD").unlink(missing_ok=True)
        for path, address, pinned in self._submodules(folder, url):
            self._check_out(package, address, pinned, folder / path, submodule=True)

    def _submodules(self, folder: Path, url: str) -> Iterator[tuple[str, str, str]]:
        """List the submodules of a checkout: path, address and commit; those that want no update are left out."""
        if not (folder / ".gitmodules").is_file():
            return
        listed = self._git("ls-files", "--stage", "-z", cwd=folder).stdout.split("\0")
        commits = {line.partition("\t")[2]: line.split()[1] for line in listed if line.startswith("160000 ")}
        configured = self._local("config", "--file", ".gitmodules", "--null", "--list", cwd=folder).stdout
        modules: dict[str, dict[str, str]] = {}
        for entry in filter(None, configured.split("\0")):
            name, _, value = entry.partition("\n")
            if name.startswith("submodule."):
                module, _, key = name.removeprefix("submodule.").rpartition(".")
                modules.setdefault(module, {})[key] = value
        for told in modules.values():
            path, address = told.get("path", ""), told.get("url", "")
            if path in commits and address and told.get("update") != "none":
                yield path, _absolute(address, url), commits[path]

    # -- git ------------------------------------------------------------------------------------------------------

    def _git(self, *arguments: str, cwd: Path) -> CommandResult:
        result = self._local(*arguments, cwd=cwd)
        if result.returncode != 0:
            raise StoreError(
                f"git {arguments[0]} failed in {cwd}", why=self._said(result, ""), fix="run again; it is fetched anew"
            )
        return result

    def _local(self, *arguments: str, cwd: Path) -> CommandResult:
        """Run git where nothing but files of ours has a say; they get the usual mode."""
        return self.run(
            confined(self._command(*arguments, cwd=cwd, kept=_is_program, environ=PLAIN_GIT), Network.ALLOWED)
        )

    def _remote(self, *arguments: str, cwd: Path, environ: Mapping[str, str]) -> CommandResult:
        """Run git as the user's own: with its configuration, keys and credential helpers."""
        return self.run(self._command(*arguments, cwd=cwd, kept=_is_way, environ=environ))

    def _command(self, *arguments: str, cwd: Path, kept: Callable[[str], bool], environ: Mapping[str, str]) -> Command:
        git = shutil.which("git", path=self.environ.get("PATH"))
        if git is None:
            raise BackendNotFoundError(
                "git is not there", why="a package of the lock comes from a repository", fix="install git"
            )
        # nothing of a git that started us, and nobody is asked for a password
        own = {name: value for name, value in self.environ.items() if not name.startswith("GIT_") or kept(name)}
        env = {**own, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C.UTF-8", **environ}
        return Command(argv=(git, *arguments), env=env, cwd=cwd)

    def _said(self, result: CommandResult, url: str) -> list[str]:
        secrets = [secret for value in self._credentials(url).values() for secret in secrets_of(value)]
        text = hide(f"{result.stdout}\n{result.stderr}", secrets)
        return [line.rstrip() for line in text.splitlines() if line.strip()][-_SHOWN_LINES:]


def _is_program(name: str) -> bool:
    """Tell whether a variable of git says where the parts of git are."""
    return name == "GIT_EXEC_PATH"


def _is_way(name: str) -> bool:
    """Tell whether a variable of git says how a repository is reached, not which one."""
    words = ("CONFIG", "SSH", "SSL", "ASKPASS", "PROXY", "PROTOCOL", "HTTP")
    return _is_program(name) or any(word in name for word in words)


def _object_format(commit: str) -> tuple[str, ...]:
    form = ("--object-format=sha256",) if len(commit) == _SHA256_LENGTH else ()
    return ("--quiet", "--template=", *form)


def _absolute(address: str, parent: str) -> str:
    """Give the address of a submodule, which may be relative to that of the repository that it belongs to."""
    if not address.startswith(("./", "../")):
        return address
    base = parent.rstrip("/") + "/"
    if "://" not in base:
        return address
    parts = urlsplit(base)
    return parts._replace(path=urljoin(parts.path, address)).geturl().rstrip("/")
