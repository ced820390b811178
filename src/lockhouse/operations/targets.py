"""The targets of an environment, where its resolver makes a lock for each."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lockhouse.errors import InterpreterError, InvalidSettingError
from lockhouse.interpreters import find_interpreter
from lockhouse.model.pythons import minor_of
from lockhouse.model.target import target_label

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from lockhouse.interfaces import Resolver
    from lockhouse.model.spec import EnvironmentSpec
    from lockhouse.model.target import Target


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetEnvironment:
    """What is known of a target without asking its interpreter.

    :ivar label: its label
    :ivar markers: its marker environment
    """

    label: str
    markers: Mapping[str, str]


def lock_targets(
    spec: EnvironmentSpec, resolver: Resolver, *, describe: Callable[[Path], Target], environ: Mapping[str, str]
) -> Iterable[Target | None]:
    """List what an environment is locked for: None for a universal resolver, else each Python of this machine.

    :param spec: the environment
    :param resolver: who resolves
    :param describe: asks an interpreter what it is
    :param environ: the user's environment variables
    :raises InvalidSettingError: the environment lists no Pythons, and the resolver needs them
    :raises InterpreterError: a Python is not installed here; all that are missing are named
    """
    if resolver.universal:
        return (None,)
    found = {version: find_interpreter(version, environ) for version in _listed(spec)}
    missing = [version for version, path in found.items() if path is None]
    if missing:
        raise InterpreterError(
            f'environment "{spec.name}" cannot be locked: Python {", ".join(missing)} is not installed here',
            why=f'the resolver "{resolver.name}" asks the interpreter that it resolves for',
            fix='install it, or choose a universal resolver: resolver = "uv"',
        )
    return tuple(describe(path) for path in found.values() if path is not None)


def target_environment(
    spec: EnvironmentSpec, python: Path | None, *, describe: Callable[[Path], Target]
) -> tuple[TargetEnvironment, ...]:
    """List the targets of an environment on this machine.

    :param spec: the environment
    :param python: the one interpreter that counts; None for all Pythons that the environment lists
    :param describe: asks an interpreter what it is
    :raises InvalidSettingError: the environment lists no Pythons: then it cannot have been locked
    """
    if python is not None:
        target = describe(python)
        if not spec.pythons:
            raise _no_pythons(spec, minor_of(target.markers["python_version"]))
        return (TargetEnvironment(label=target.label, markers=target.markers),)
    from packaging.markers import default_environment  # noqa: PLC0415 - only where there is a lock a target

    here = {key: str(value) for key, value in default_environment().items()}
    found = []
    for version in _listed(spec):
        markers = {**here, "python_version": version, "python_full_version": f"{version}.50"}
        found.append(TargetEnvironment(label=target_label(markers), markers=markers))
    return tuple(found)


def _listed(spec: EnvironmentSpec) -> tuple[str, ...]:
    if not spec.pythons:
        raise _no_pythons(spec, "3.11", "3.12")
    return tuple(dict.fromkeys(minor_of(version) for version in spec.pythons))


def _no_pythons(spec: EnvironmentSpec, *likely: str) -> InvalidSettingError:
    texts = ", ".join(f'"{version}"' for version in likely)
    return InvalidSettingError(
        f'environment "{spec.name}" lists no Pythons ({spec.origin})',
        why=f'the resolver "{spec.resolver}" makes one lock for each Python',
        fix=f'list them, for instance pythons = [{texts}], or choose a universal resolver: resolver = "uv"',
    )


def python_for_builds(spec: EnvironmentSpec, target: Target | None, environ: Mapping[str, str]) -> Path | None:
    """Give the interpreter whose builds are asked what they require: ours where the lock is for it, else one it is for.

    :param spec: the environment
    :param target: the one target that is locked for, or None
    :param environ: the user's environment variables
    :return: None where no Python of the lock is installed here
    """
    if target is not None:
        return Path(target.executable)
    from packaging.specifiers import SpecifierSet  # noqa: PLC0415 - a check does not need it

    if SpecifierSet(spec.requires_python).contains(platform.python_version(), prereleases=True):
        return Path(sys.executable)
    found = (find_interpreter(minor, environ) for minor in reversed(spec.inputs.minors))
    return next((python for python in found if python is not None), None)
