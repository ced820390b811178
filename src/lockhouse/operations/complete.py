"""Is everything there? The lock held against the metadata of the real files: what they require must be in it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from lockhouse.errors import LockStaleError, UnsupportedTargetError
from lockhouse.model.spec import OnStale
from lockhouse.operations.check import check

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from pathlib import Path

    from packaging.requirements import Requirement
    from packaging.utils import NormalizedName

    from lockhouse.model.closure import Demand
    from lockhouse.model.freshness import ReasonCode
    from lockhouse.model.lock import LockedPackage
    from lockhouse.model.plan import Plan
    from lockhouse.model.spec import EnvironmentSpec
    from lockhouse.model.target import Target
    from lockhouse.plugins import Plugins
    from lockhouse.storage.lockfiles import LockFiles


@dataclass(frozen=True, kw_only=True)
class Completeness:
    """Judges whether what an environment holds on a target is all that it requires there.

    What is found here is an error, whatever the policy of the environment: nobody would be told of it by the next run.
    Only what the check itself says, and says again at each run, may be gone on with.

    :ivar spec: the environment
    :ivar files: where its lock lies
    :ivar target: where
    :ivar own: name of the project, where another way of installing takes care of it
    :ivar plugins: who may have a say in the check
    :ivar environment: the marker environment that the check is for, None for all that are declared
    """

    spec: EnvironmentSpec
    files: LockFiles
    target: Target
    own: NormalizedName | None
    plugins: Plugins
    environment: Mapping[str, str] | None

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

        roots = [declared.requirement for declared in self.spec.requirements]
        found = walk([*roots, *also], packages, self.target.markers)
        unmet = [demand for demand in found.unmet if demand.name != self.own]
        if not unmet and not found.violated:
            return
        from lockhouse.model.freshness import ReasonCode  # noqa: PLC0415 - speed

        told = self._told()
        lacking = [
            f'{_who(demand)} "{demand.requirement}", the lock has no {demand.name}'
            for demand in unmet
            if (_code(demand, ReasonCode.REQUIREMENT_MISSING), demand.name) not in told
        ]
        lacking += [
            f'{_who(demand)} "{demand.requirement}", {package.version} is pinned'
            for demand, package in found.violated
            if (_code(demand, ReasonCode.REQUIREMENT_UNMET), demand.name) not in told
        ]
        if lacking:
            raise LockStaleError(
                f'{self.files.place} lacks what environment "{self.spec.name}" requires on {self.target.label}',
                why=dict.fromkeys(lacking),
                fix=self.spec.lock_command,
            )

    def require_python(self, label: str, metadata: str) -> None:
        """Refuse a project that is not for the Python of the target, as pip does (``Requires-Python``).

        :param label: its name
        :param metadata: content of its METADATA file
        :raises UnsupportedTargetError: it is not
        """
        require_python(label, metadata, self.target, self.spec)

    def _told(self) -> Collection[tuple[ReasonCode, NormalizedName | None]]:
        """Give what the check says of the lock, where the policy is to go on with that."""
        if self.spec.on_stale is not OnStale.WARN:
            return ()
        from lockhouse.model.freshness import Stale  # noqa: PLC0415 - speed

        verdict = check(self.spec, self.files, plugins=self.plugins, environment=self.environment)
        return {(reason.code, reason.package) for reason in verdict.reasons} if isinstance(verdict, Stale) else ()


def require_python(label: str, metadata: str, target: Target, spec: EnvironmentSpec) -> None:
    """Refuse a project that is not for a Python, as pip does (``Requires-Python``); bounds that nobody can read pass.

    :param label: its name
    :param metadata: content of its METADATA file
    :param target: where it is to be installed
    :param spec: the environment
    :raises UnsupportedTargetError: it is not
    """
    from packaging.specifiers import InvalidSpecifier, SpecifierSet  # noqa: PLC0415 - speed

    from lockhouse.operations.edges import python_bounds_in  # noqa: PLC0415 - speed

    bounds = python_bounds_in(metadata)
    try:
        served = SpecifierSet(bounds).contains(target.python, prereleases=True)
    except InvalidSpecifier:
        return
    if not served:
        raise UnsupportedTargetError(
            f'{label} does not serve the Python of environment "{spec.name}"',
            why=f'it requires Python "{bounds}", the environment has Python {target.python}',
            fix=f"leave this Python out of the environment ({spec.origin}), or widen requires-python of {label}",
        )


def _who(demand: Demand) -> str:
    return "declared is" if demand.parent is None else f"{demand.parent.label} requires"


def _code(demand: Demand, declared: ReasonCode) -> ReasonCode:
    """Give the code by which the check says that a demand is not met."""
    from lockhouse.model.freshness import ReasonCode  # noqa: PLC0415 - speed

    return declared if demand.parent is None else ReasonCode.CLOSURE_INCOMPLETE
