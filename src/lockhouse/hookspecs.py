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

    Fires once for each :class:`lockhouse.Project`, when its first resolver is looked up: a command opens one, and each
    session of nox and environment of tox its own. All implementations are called, in the order of their plugins' names.
    A name that two of them register is an error that names both distributions.

    :return: one class that is called without arguments and satisfies :class:`lockhouse.Resolver`
    :raises PluginLoadError: it is something else; the plugin is named
    :raises HookFailedError: an implementation raised anything but a Lockhouse error, which passes; nothing is locked.
        So it is where the resolver raises, but that other environments are locked all the same

    .. versionadded:: 0.1
    """


@hookspec
def lockhouse_register_installer() -> type[Installer]:  # type: ignore[empty-body]
    """Add an installer.

    Fires once for each :class:`lockhouse.Project`, when its first installer is looked up: a command opens one, and each
    session of nox and environment of tox its own. All implementations are called, in the order of their plugins' names.
    A name that two of them register is an error that names both distributions.

    :return: one class that is called without arguments and satisfies :class:`lockhouse.Installer`
    :raises PluginLoadError: it is something else; the plugin is named
    :raises HookFailedError: an implementation, or the installer, raised anything but a Lockhouse error, which passes;
        nothing is installed

    .. versionadded:: 0.1
    """


@hookspec
def lockhouse_discover_environments(root: Path) -> Iterable[EnvironmentSpec]:  # type: ignore[empty-body]
    """List environments that are declared outside of ``pyproject.toml``.

    Fires when the command line needs all environments of a project, which may be more than once in a run. All
    implementations are called, in the order of their plugins' names; the frontends ``nox`` and ``tox`` are two of them.

    :param root: the project's folder
    :return: the environments that this implementation knows, empty for none
    :raises HookFailedError: an implementation raised anything but a Lockhouse error, which passes; the run ends

    .. versionadded:: 0.1
    """


@hookspec
def lockhouse_fingerprint_inputs(spec: EnvironmentSpec, root: Path) -> Mapping[str, str] | None:
    """Add inputs of your own to those that decide a lock.

    Fires whenever the inputs of an environment are read: to lock, check, list or sync it. All implementations are
    called, in the order of their plugins' names. What one returns is recorded in the lock under the plugin's name; when
    it changes, or the plugin is gone, the lock is stale.

    :param spec: the environment
    :param root: the project's folder
    :return: names and values, or None for nothing
    :raises HookFailedError: an implementation raised anything but a Lockhouse error, which passes; the run ends

    .. versionadded:: 0.1
    """


@hookspec
def lockhouse_check_lock(spec: EnvironmentSpec, lock: Lock, root: Path) -> Iterable[Finding] | None:
    """Hold a lock against a rule of your own: banned packages, licences, a cool-down.

    Fires before a lock is written, which a finding refuses, and at every check, which a finding makes stale. All
    implementations are called, in the order of their plugins' names. Having one costs a parse of the lock at every
    check.

    :param spec: the environment
    :param lock: the content of its lock
    :param root: the project's folder
    :return: what speaks against the lock, or None for nothing
    :raises HookFailedError: an implementation raised anything but a Lockhouse error, which passes;
        other environments are locked and checked all the same

    .. versionadded:: 0.1
    """


@hookspec(firstresult=True)
def lockhouse_locate_artifact(artifact: Artifact) -> ArtifactLocation | None:
    """Say where an artifact can be had, instead of where the lock says.

    Fires for each file that the store lacks, unless a wheelhouse is installed from; several threads call it at a time.
    The implementations are called in the order of their plugins' names, until one gives something else than None.
    Wherever the bytes come from, the store verifies them against the lock.

    :param artifact: the lock's entry
    :return: an address, or None to leave it to others
    :raises HookFailedError: an implementation raised anything but a Lockhouse error, which passes;
        nothing is installed

    .. versionadded:: 0.1
    """


@hookspec
def lockhouse_lock_written(spec: EnvironmentSpec, lock: Lock, previous: Lock | None) -> None:
    """Learn that a lock was written.

    Fires after the file is in place; not when nothing changed, and not for ``--dry-run``. All implementations are
    called, in the order of their plugins' names.

    :param spec: the environment
    :param lock: what was written
    :param previous: what was there before, or None where that was nothing that can be read
    :raises HookFailedError: an implementation raised anything but a Lockhouse error, which passes; the
        lock stays, other environments are locked all the same, plugins that come later are not told

    .. versionadded:: 0.1
    """


@hookspec
def lockhouse_environment_synced(spec: EnvironmentSpec, receipt: Receipt) -> None:
    """Learn that an environment was brought in line with its lock.

    Fires after the receipt is written; not when nothing had to be done. All implementations are called, in the order of
    their plugins' names.

    :param spec: the environment
    :param receipt: what was installed
    :raises HookFailedError: an implementation raised anything but a Lockhouse error, which passes; the
        environment stays, plugins that come later are not told

    .. versionadded:: 0.1
    """
