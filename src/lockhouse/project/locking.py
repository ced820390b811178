"""Locks the environments of a project, one after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockhouse.errors import EnvironmentConflictError, LockhouseError
from lockhouse.model.spec import by_lock, merged
from lockhouse.operations.lock import LockRequest, lock_environment
from lockhouse.operations.lock_outcome import LockFailure
from lockhouse.operations.targets import lock_targets
from lockhouse.storage.lockfiles import lock_files

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from packaging.utils import NormalizedName

    from lockhouse.errors import BackendNotFoundError
    from lockhouse.model.spec import EnvironmentSpec
    from lockhouse.operations.lock_outcome import LockOutcome
    from lockhouse.project.declarations import Declarations
    from lockhouse.project.wiring import Wiring


@dataclass(frozen=True, kw_only=True)
class Locking:
    """Locking, with all that it works with.

    :ivar declarations: the environments of the project
    :ivar wiring: makes the tools
    :ivar environ: the user's environment variables
    """

    declarations: Declarations
    wiring: Wiring
    environ: Mapping[str, str]

    def lock(
        self,
        specs: Iterable[EnvironmentSpec],
        *,
        upgrade_all: bool,
        upgrade: Collection[NormalizedName],
        dry_run: bool,
    ) -> Iterator[LockOutcome | LockFailure]:
        """Lock environments; those that share a lock are locked once.

        :param specs: the environments
        :param upgrade_all: move everything to its newest allowed version
        :param upgrade: names to move to their newest allowed version
        :param dry_run: write nothing
        :return: an outcome or a failure a lock file, as they come; environments that share a lock and have different
            inputs fail each
        """
        chosen = list(specs)
        for sharing in by_lock(self._with_partners(chosen)).values():
            try:
                spec = merged(sharing)
            except EnvironmentConflictError as error:
                for each in chosen:
                    if each in sharing:
                        yield LockFailure(spec=each, error=error.within(f'environment "{each.name}"'))
                continue
            try:
                tools = self.wiring.lock_tools(spec)
                targets = tuple(lock_targets(spec, tools.resolver, describe=self.wiring.describe, environ=self.environ))
            except LockhouseError as error:
                yield LockFailure(spec=spec, error=error)
                continue
            for target in targets:
                request = LockRequest(
                    spec=spec,
                    files=lock_files(self.wiring.root, spec, None if target is None else target.label),
                    target=target,
                    upgrade_all=upgrade_all,
                    upgrade=frozenset(upgrade),
                    dry_run=dry_run,
                )
                try:
                    yield lock_environment(request, tools)
                except LockhouseError as error:
                    yield LockFailure(spec=spec, error=error)

    def _with_partners(self, chosen: Sequence[EnvironmentSpec]) -> list[EnvironmentSpec]:
        """Add the environments that share a lock with one of these: their Pythons count too."""
        locks = {spec.lock_name for spec in chosen}
        known = {(spec.name, spec.lock_name) for spec in chosen}
        unavailable: list[BackendNotFoundError] = []
        partners = [
            spec
            for spec in self.declarations.environments(unavailable)
            if spec.lock_name in locks and (spec.name, spec.lock_name) not in known
        ]
        for error in unavailable:
            self.wiring.reporter.warning(
                f"{error.what}: whether its environments share a lock with these cannot be known\n  fix: {error.fix}"
            )
        return [*chosen, *partners]
