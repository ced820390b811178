"""Is everything there? The lock held against the metadata of the real files: what they require must be in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lockhouse.errors import LockStaleError
from lockhouse.model.spec import OnStale
from lockhouse.operations.check import refuse_or_warn

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from packaging.requirements import Requirement
    from packaging.utils import NormalizedName

    from lockhouse.interfaces import Reporter
    from lockhouse.model.closure import Demand
    from lockhouse.model.lock import LockedPackage
    from lockhouse.model.plan import Plan
    from lockhouse.model.spec import EnvironmentSpec
    from lockhouse.model.target import Target


@dataclass(frozen=True, kw_only=True)
class Completeness:
    """Judges whether what an environment holds on a target is all that it requires there.

    :ivar spec: the environment
    :ivar place: its lock file, for messages
    :ivar target: where
    :ivar own: name of the project, where another way of installing takes care of it
    :ivar reporter: where to warn, if the environment's policy is to go on with a stale lock
    """

    spec: EnvironmentSpec
    place: str
    target: Target
    own: NormalizedName | None
    reporter: Reporter

    def require_files(self, plan: Plan, paths: Mapping[NormalizedName, Path]) -> None:
        """Hold a plan against the metadata of its real files.

        :param plan: the plan
        :param paths: the verified file of each package
        :raises LockStaleError: a file requires what the lock lacks
        """
        from lockhouse.operations.edges import requires_in, wheel_metadata  # noqa: PLC0415 - speed

        packages = [
            replace(item.package, marker=None, requires=requires_in(wheel_metadata(paths[item.package.name])))
            for item in plan.files
        ]
        packages += [replace(item.package, marker=None, requires=()) for item in plan.sources]
        self.require_closed(packages)

    def require_closed(self, packages: Sequence[LockedPackage], also: Iterable[Requirement] = ()) -> None:
        """Walk from what is declared through what the packages require: each requirement must be met.

        :param packages: what is there; markers were judged before
        :param also: requirements besides those that are declared
        :raises LockStaleError: one is not met
        """
        from lockhouse.model.closure import walk  # noqa: PLC0415 - speed

        told = self.spec.on_stale is OnStale.WARN  # of what is declared, the check has warned
        roots = [declared.requirement for declared in self.spec.requirements]
        found = walk([*roots, *also], packages, self.target.markers)
        unmet = [
            f'{_who(demand)} "{demand.requirement}", the lock has no {demand.name}'
            for demand in found.unmet
            if demand.name != self.own and not (told and demand.parent is None)
        ]
        violated = [
            f'{_who(demand)} "{demand.requirement}", {package.version} is pinned'
            for demand, package in found.violated
            if not (told and demand.parent is None)
        ]
        if unmet or violated:
            lacking = LockStaleError(
                f'{self.place} lacks what environment "{self.spec.name}" requires on {self.target.label}',
                why=dict.fromkeys([*unmet, *violated]),
                fix=self.spec.lock_command,
            )
            refuse_or_warn(lacking, self.spec, self.reporter)


def _who(demand: Demand) -> str:
    return "declared is" if demand.parent is None else f"{demand.parent.label} requires"
