"""The hooks by which plugins take part.

A plugin is a module or object named in the entry-point group ``lockhouse``; its functions carry :data:`hookimpl`.
``register_`` adds, a verb asks, a past participle announces.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pluggy

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from lockhouse.interfaces import ArtifactLocation, Installer, Resolver
    from lockhouse.model.freshness import Finding
    from lockhouse.model.lock import Artifact, Lock
    from lockhouse.model.receipt import Receipt
    from lockhouse.model.spec import EnvironmentSpec

NAME = "lockhouse"

hookspec = pluggy.HookspecMarker(NAME)
hookimpl = pluggy.HookimplMarker(NAME)


@hookspec
def lockhouse_register_resolver() -> type[Resolver]:  # type: ignore[empty-body]
    """Add a resolver.

    Fires once a run, when the first resolver is looked up. All implementations are called; a name that two of them
    register is an error that names both distributions.

    :return: a class that is called without arguments and satisfies :class:`lockhouse.Resolver`
    :raises HookFailedError: an exception in an implementation ends the run, naming the plugin

    .. versionadded:: 0.1
    """


@hookspec
def lockhouse_register_installer() -> type[Installer]:  # type: ignore[empty-body]
    """Add an installer.

    Fires once a run, when the first installer is looked up. All implementations are called; a name that two of them
    register is an error that names both distributions.

    :return: a class that is called without arguments and satisfies :class:`lockhouse.Installer`
    :raises HookFailedError: an exception in an implementation ends the run, naming the plugin

    .. versionadded:: 0.1
    """


@hookspec
def lockhouse_discover_environments(root: Path) -> Iterable[EnvironmentSpec]:  # type: ignore[empty-body]
    """List environments that are declared outside of ``pyproject.toml``.

    Fires when the command line needs all environments of a project. All implementations are called, in the order of
    registration; the nox and tox frontends are two of them.

    :param root: the project's folder
    :return: the environments that this implementation knows, empty for none
    :raises HookFailedError: an exception in an implementation ends the run, naming the plugin; a Lockhouse error passes

    .. versionadded:: 0.1
    """


@hookspec
def lockhouse_fingerprint_inputs(spec: EnvironmentSpec, root: Path) -> Mapping[str, str] | None:
    """Add inputs of your own to those that decide a lock.

    Fires whenever an environment is locked or checked. All implementations are called. What one returns is recorded in
    the lock under the plugin's name; when it changes, or the plugin is gone, the lock is stale.

    :param spec: the environment
    :param root: the project's folder
    :return: names and values, or None for nothing
    :raises HookFailedError: an exception in an implementation ends the run, naming the plugin

    .. versionadded:: 0.1
    """


@hookspec
def lockhouse_check_lock(spec: EnvironmentSpec, lock: Lock, root: Path) -> Iterable[Finding] | None:
    """Hold a lock against a rule of your own: banned packages, licences, a cool-down.

    Fires before a lock is written, which a finding refuses, and at every check, which a finding makes stale. All
    implementations are called. Having one costs a parse of the lock at every check.

    :param spec: the environment
    :param lock: the content of its lock
    :param root: the project's folder
    :return: what speaks against the lock, or None for nothing
    :raises HookFailedError: an exception in an implementation ends the run, naming the plugin

    .. versionadded:: 0.1
    """


@hookspec(firstresult=True)
def lockhouse_locate_artifact(artifact: Artifact) -> ArtifactLocation | None:
    """Say where an artifact can be had, instead of where the lock says.

    Fires for each file that the store lacks. The first result that is not None counts, the plugin that was registered
    last being asked first. Wherever the bytes come from, the store verifies them against the lock.

    :param artifact: the lock's entry
    :return: an address, or None to leave it to others
    :raises HookFailedError: an exception in an implementation ends the run, naming the plugin

    .. versionadded:: 0.1
    """


@hookspec
def lockhouse_lock_written(spec: EnvironmentSpec, lock: Lock, previous: Lock | None) -> None:
    """Learn that a lock was written.

    Fires after the file is in place; not when nothing changed, and not for ``--dry-run``. All implementations are
    called.

    :param spec: the environment
    :param lock: what was written
    :param previous: what was there before, or None
    :raises HookFailedError: an exception in an implementation ends the run, naming the plugin; the lock stays

    .. versionadded:: 0.1
    """


@hookspec
def lockhouse_environment_synced(spec: EnvironmentSpec, receipt: Receipt) -> None:
    """Learn that an environment was brought in line with its lock.

    Fires after the receipt is written; not when nothing had to be done. All implementations are called.

    :param spec: the environment
    :param receipt: what was installed
    :raises HookFailedError: an exception in an implementation ends the run, naming the plugin; the environment stays

    .. versionadded:: 0.1
    """
