"""What a wheelhouse of a project's environments is made of."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from lockhouse.config.lock_names import lock_name
from lockhouse.errors import EnvironmentConflictError
from lockhouse.model.target_labels import imagined_target
from lockhouse.operations.check import check, require_fresh
from lockhouse.operations.wheelhouse import default_pythons, distinct_targets
from lockhouse.operations.wheelhouse_plans import WheelhousePart
from lockhouse.storage.lockfiles import lock_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from lockhouse.model.spec import EnvironmentSpec
    from lockhouse.model.target import Target
    from lockhouse.project.wiring import Wiring
    from lockhouse.storage.lockfiles import LockFiles


@dataclass(frozen=True, kw_only=True)
class PartsOfWheelhouse:
    """Finds locks and targets of environments.

    :ivar wiring: what the project works with
    :ivar is_universal: tells whether an environment has one lock for all targets
    """

    wiring: Wiring
    is_universal: Callable[[EnvironmentSpec], bool]

    def of(self, specs: Iterable[EnvironmentSpec], labels: Sequence[str]) -> list[WheelhousePart]:
        """Give the parts of a wheelhouse; all locks that they need are there, and fresh.

        :param specs: the environments
        :param labels: labels of the targets; where there are none, each environment says, and then this machine
        :raises InvalidSettingError: a label names no target
        :raises InterpreterError: this machine lacks a Python that an environment lists
        :raises LockError: a lock is missing or stale
        :raises EnvironmentConflictError: two environments would have one list of requirements
        """
        parts: dict[str, WheelhousePart] = {}
        for spec in {spec.name: spec for spec in specs}.values():
            for part in self._parts(spec, self._targets(spec, labels)):
                other = parts.setdefault(part.requirements, part)
                if other is not part:
                    raise EnvironmentConflictError(
                        f"two environments would have one {part.requirements} in the wheelhouse",
                        why=f'they are "{other.spec.name}" and "{spec.name}"',
                        fix="build a wheelhouse for each of them",
                    )
        return list(parts.values())

    def _targets(self, spec: EnvironmentSpec, labels: Sequence[str]) -> tuple[Target, ...]:
        chosen = labels or spec.targets
        if chosen:
            return distinct_targets(map(imagined_target, chosen))
        pythons = default_pythons(spec, Path(sys.executable), self.wiring.environ)
        return distinct_targets(map(self.wiring.describe, pythons))

    def _parts(self, spec: EnvironmentSpec, targets: Sequence[Target]) -> Iterator[WheelhousePart]:
        name = f"requirements-{lock_name(spec.name)}"
        if self.is_universal(spec):
            yield self._part(spec, lock_files(self.wiring.root, spec), tuple(targets), f"{name}.txt")
            return
        by_label: dict[str, list[Target]] = {}
        for target in targets:
            by_label.setdefault(target.label, []).append(target)
        for label, found in by_label.items():
            yield self._part(spec, lock_files(self.wiring.root, spec, label), tuple(found), f"{name}-{label}.txt")

    def _part(
        self, spec: EnvironmentSpec, files: LockFiles, targets: tuple[Target, ...], requirements: str
    ) -> WheelhousePart:
        environment = None if self.is_universal(spec) else targets[0].markers
        verdict = check(spec, files, plugins=self.wiring.plugins, environment=environment)
        require_fresh(spec, files, verdict, fix=spec.lock_command, reporter=self.wiring.reporter)
        return WheelhousePart(
            spec=spec, files=files, targets=targets, requirements=requirements, environment=environment
        )
