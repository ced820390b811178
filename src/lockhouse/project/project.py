"""One project and what can be done with its environments."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from lockhouse.config.exposed import exposed_passwords
from lockhouse.config.project import ProjectConfig
from lockhouse.errors import BackendNotFoundError, LockhouseError
from lockhouse.operations.check import check, require_fresh
from lockhouse.plugins import DISABLE_VARIABLE
from lockhouse.project.declarations import Declarations
from lockhouse.project.wiring import Wiring
from lockhouse.silence import SilentReporter
from lockhouse.storage.lockfiles import lock_files

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from packaging.utils import NormalizedName

    from lockhouse.interfaces import Reporter
    from lockhouse.model.freshness import Freshness, OrphanLock
    from lockhouse.model.outcomes import SyncOutcome
    from lockhouse.model.spec import EnvironmentSpec
    from lockhouse.model.wheelhouse import Manifest
    from lockhouse.operations.build_room import Product
    from lockhouse.operations.lock_outcome import LockFailure, LockOutcome
    from lockhouse.operations.project_info import Informed
    from lockhouse.operations.sync_request import SyncRequest
    from lockhouse.operations.verify import Verified
    from lockhouse.operations.wheelhouse import MadeWheelhouse
    from lockhouse.storage.lockfiles import LockFiles


class Project:
    """A project's folder and everything that works on its environments.

    :ivar root: the project's folder, absolute
    :ivar declarations: its environments
    """

    def __init__(self, config: ProjectConfig, *, environ: Mapping[str, str], reporter: Reporter) -> None:
        self.root = config.root
        self._config = config
        self._environ = environ
        self._wiring = Wiring(config.root, environ=environ, reporter=reporter)
        self.declarations = Declarations(config, self._wiring.plugins)

    @classmethod
    def open(
        cls,
        root: Path,
        *,
        environ: Mapping[str, str] | None = None,
        reporter: Reporter | None = None,
        warned: set[str] | None = None,
    ) -> Project:
        """Open a project.

        :param root: its folder
        :param environ: the user's environment variables; those of this process when not given
        :param reporter: where to say what happens; nowhere when not given
        :param warned: what was warned of already, and is not to be once more; what is now, is added
        :raises ConfigError: its ``pyproject.toml`` cannot be used
        """
        variables = dict(os.environ if environ is None else environ)
        config = ProjectConfig.read(Path(root), variables)
        if reporter is not None:
            known = set() if warned is None else warned
            for message in exposed_passwords(config):
                if message not in known:
                    known.add(message)
                    reporter.warning(message)
        return cls(config, environ=variables, reporter=reporter or SilentReporter())

    # -- freshness ------------------------------------------------------------------------------------------------

    def lock_files(self, spec: EnvironmentSpec, target: str | None = None) -> LockFiles:
        """Say where the lock of an environment lies.

        :param spec: the environment
        :param target: label of the target, where the resolver makes one lock a target
        """
        return lock_files(self.root, spec, target)

    def lock_places(self, spec: EnvironmentSpec) -> tuple[str, ...]:
        """Give the lock files of an environment on this machine, relative to the project.

        :param spec: the environment
        """
        return tuple(files.place for files, _ in self._locks_of(spec, None))

    def check(self, spec: EnvironmentSpec, python: Path | None = None) -> Freshness:
        """Say whether the lock of an environment satisfies what is declared. Read-only and offline.

        :param spec: the environment
        :param python: the interpreter that counts, where there is a lock a target
        :raises LockInvalidError: the lock cannot be read
        """
        from lockhouse.model.fresh import Fresh  # noqa: PLC0415

        notes: dict[str, None] = {}
        for files, environment in self._locks_of(spec, python):
            verdict = check(spec, files, plugins=self._wiring.plugins, environment=environment)
            if not isinstance(verdict, Fresh):
                return verdict
            notes |= dict.fromkeys(verdict.notes)
        return Fresh(tuple(notes))

    def orphan_locks(self, specs: Iterable[EnvironmentSpec]) -> tuple[OrphanLock, ...]:
        """Find locks that Lockhouse wrote and no environment uses.

        None is named where plugins are switched off: the environments of these are not known.

        :param specs: all environments of the project
        """
        if self._environ.get(DISABLE_VARIABLE):
            return ()
        from lockhouse.operations.orphans import orphan_locks  # noqa: PLC0415 - where all are looked at

        directories = {self._config.settings.lock_directory}
        return orphan_locks(self.root, specs, directories, is_universal=self._wiring.plugins.is_universal)

    def require_fresh(self, spec: EnvironmentSpec, python: Path | None = None) -> None:
        """Stop where the lock of an environment is missing or stale; where ``on-stale`` says so, warn of a stale one.

        :param spec: the environment
        :param python: the interpreter that counts, where there is a lock a target
        :raises LockMissingError: there is no lock
        :raises LockStaleError: the lock does not satisfy what is declared
        """
        for files, environment in self._locks_of(spec, python):
            verdict = check(spec, files, plugins=self._wiring.plugins, environment=environment)
            require_fresh(spec, files, verdict, fix=spec.lock_command, reporter=self._wiring.reporter)

    # -- locking --------------------------------------------------------------------------------------------------

    def lock(
        self,
        specs: Iterable[EnvironmentSpec],
        *,
        upgrade_all: bool = False,
        upgrade: Collection[NormalizedName] = (),
        dry_run: bool = False,
    ) -> Iterator[LockOutcome | LockFailure]:
        """Lock environments, one after the other; those that share a lock are locked once.

        What goes wrong with one of them does not keep the others from being locked.

        :param specs: the environments
        :param upgrade_all: move everything to its newest allowed version
        :param upgrade: names to move to their newest allowed version
        :param dry_run: write nothing
        :return: an outcome or a failure a lock file, as they come; environments that share a lock and have different
            inputs fail each
        """
        from lockhouse.project.locking import Locking  # noqa: PLC0415 - only where something is locked

        locking = Locking(declarations=self.declarations, wiring=self._wiring, environ=self._environ)
        return locking.lock(specs, upgrade_all=upgrade_all, upgrade=upgrade, dry_run=dry_run)

    # -- environments ---------------------------------------------------------------------------------------------

    def choose_python(self, spec: EnvironmentSpec, folder: Path, python: str | None) -> Path:
        """Give the interpreter of an environment that is there, or the one that it is to be made from.

        :param spec: what it is for
        :param folder: where it is, or is to be
        :param python: a version or a path of an interpreter, or None for one that the environment declares
        """
        from lockhouse.operations.environment import choose_python  # noqa: PLC0415 - the command line only

        return choose_python(spec, folder, python, self._environ)

    def make_environment(self, folder: Path, base: Path) -> Path:
        """Make a virtual environment, or take the one that is there.

        :param folder: where it is, or is to be
        :param base: what :meth:`choose_python` gave
        :return: its interpreter
        """
        from lockhouse.operations.environment import make_environment  # noqa: PLC0415 - the command line only

        return make_environment(folder, base, run=self._wiring.run, environ=self._environ)

    def sync(
        self,
        spec: EnvironmentSpec,
        python: Path,
        *,
        skip_project: bool = False,
        through_sdist: bool = False,
        deep: bool = False,
        wheelhouse: Path | None = None,
    ) -> SyncOutcome:
        """Bring an environment in line with its lock. The lock must be fresh: see :meth:`require_fresh`.

        :param spec: the environment
        :param python: its interpreter
        :param skip_project: somebody else installs the project; it is neither installed nor removed
        :param through_sdist: build the wheel of the project from its sdist
        :param deep: read every installed file to see what has to be done
        :param wheelhouse: the folder or archive to install from; where it is not given, ``LOCKHOUSE_WHEELHOUSE`` and
            then the environment say whether there is one
        :raises SelectionError: the lock does not serve the interpreter
        :raises StoreError: a file cannot be had, or is not what the lock says
        :raises LockStaleError: a locked file, or the project, requires what the lock lacks
        :raises BackendError: the installer failed
        :raises BuildError: an sdist or the project cannot be built
        """
        from lockhouse.model.drift import Matching  # noqa: PLC0415 - a check needs no drift
        from lockhouse.model.outcomes import SyncOutcome  # noqa: PLC0415 - likewise
        from lockhouse.operations.drift import find_drift  # noqa: PLC0415 - likewise

        request = self._sync_request(spec, python, skip_project=skip_project, through_sdist=through_sdist)
        if not deep and find_drift(request, to_sync=True) == Matching():
            return SyncOutcome(changed=False)
        from lockhouse.operations.sync import sync_environment  # noqa: PLC0415 - only where something has to be done

        outcome = sync_environment(request, lambda: self._wiring.sync_tools(spec, wheelhouse), deep=deep)
        if outcome.changed:
            from lockhouse.project.words import tell_of_sync  # noqa: PLC0415 - only where something was done

            tell_of_sync(outcome, spec.name, request.files.place, self._wiring.reporter)
        return outcome

    def remember(
        self,
        spec: EnvironmentSpec,
        python: Path,
        asked: str,
        *,
        skip_project: bool = False,
        through_sdist: bool = False,
    ) -> None:
        """Take down, in an environment that was just synced, by what the next run can tell that nothing changed.

        :param spec: the environment
        :param python: its interpreter
        :param asked: what is declared, as the frontend has it, in a text
        :param skip_project: somebody else installs the project
        :param through_sdist: the wheel of the project is built from its sdist
        """
        from lockhouse.operations.tracing import trace_environment  # noqa: PLC0415 - only after a sync

        if exposed_passwords(self._config):  # each run warns of them
            return
        request = self._sync_request(spec, python, skip_project=skip_project, through_sdist=through_sdist)
        trace_environment(request, asked, self._config.looks, plugins=self._wiring.plugins, environ=self._environ)

    def remember_locks(self) -> None:
        """Take down by what the next check can tell that no lock changed, where all are fresh now. To be asked anew.

        What cannot be checked for any reason is left to who checks it: it says what is wrong.
        """
        from lockhouse.operations.tracing import trace_locks  # noqa: PLC0415 - only after locking
        from lockhouse.project.words import lines_of_fresh  # noqa: PLC0415 - likewise

        plugins = self._wiring.plugins
        if exposed_passwords(self._config) or plugins.foreign:
            return
        with suppress(LockhouseError):
            specs = self.declarations.environments()
            if all(plugins.is_universal(spec.resolver) for spec in specs):
                locks = [(spec, self.lock_files(spec)) for spec in specs]
                said = lines_of_fresh(specs)
                trace_locks(self.root, locks, said, self._config.looks, plugins=plugins, environ=self._environ)

    def build_wheelhouse(
        self,
        specs: Iterable[EnvironmentSpec],
        path: Path,
        *,
        archive: bool,
        targets: Sequence[str] = (),
        twice: bool = False,
        named: Sequence[str] | None = None,
    ) -> Manifest:
        """Build a wheelhouse for environments. Their locks must be there, and fresh.

        :param specs: the environments
        :param path: the folder or archive to write
        :param archive: whether it is an archive
        :param targets: labels of the targets; where there are none, each environment says, and then this machine
        :param twice: whether to build each sdist once more, and to see that its wheel has the same bytes
        :param named: how the environments were named, none for all, to take down by what the next run can tell that
            nothing changed; where it is not given, that is not taken down
        :return: what it says of itself
        :raises LockhouseError: see :func:`lockhouse.operations.wheelhouse.build_wheelhouse`
        """
        from lockhouse.operations.wheelhouse import build_wheelhouse  # noqa: PLC0415 - only where one is built
        from lockhouse.project.wheelhouses import PartsOfWheelhouse  # noqa: PLC0415 - likewise

        parts = PartsOfWheelhouse(wiring=self._wiring, is_universal=self.is_universal)
        tools = self._wiring.wheelhouse_tools()
        made = build_wheelhouse(parts.of(specs, targets), path=path, archive=archive, tools=tools, twice=twice)
        if named is not None and not self._wiring.plugins.foreign and not exposed_passwords(self._config):
            self._remember_wheelhouse(made, named, targets)
        return made.manifest

    def _remember_wheelhouse(self, made: MadeWheelhouse, named: Sequence[str], targets: Sequence[str]) -> None:
        from lockhouse.model.redaction import hide_environ  # noqa: PLC0415 - only where one is built
        from lockhouse.operations.wheelhouse_again import subject_of  # noqa: PLC0415 - only where one is built
        from lockhouse.operations.wheelhouse_tracing import trace_wheelhouse  # noqa: PLC0415 - likewise
        from lockhouse.project.words import lines_of_wheelhouse  # noqa: PLC0415 - likewise

        own = {declared.name for declared in self._config.declared()}
        trace_wheelhouse(
            subject_of(str(self.root), named, targets),
            made,
            [hide_environ(line, self._environ) for line in lines_of_wheelhouse(made.manifest)],
            self._config.looks,
            named=bool(named) and own.issuperset(named),
            root=self.root,
            plugins=self._wiring.plugins,
            environ=self._environ,
        )

    def install_built(self, spec: EnvironmentSpec, python: Path, paths: Iterable[Path]) -> None:
        """Install what somebody else built of the project, without its dependencies.

        :param spec: the environment
        :param python: its interpreter
        :param paths: wheels, or sdists
        :raises LockhouseError: see :func:`lockhouse.operations.built.install_built`
        """
        from lockhouse.operations.built import install_built  # noqa: PLC0415 - only where something is installed

        request = self._sync_request(spec, python, skip_project=True)
        install_built(paths, request, self._wiring.sync_tools(spec))

    def build_package(self, spec: EnvironmentSpec, python: Path, *, product: Product, folder: Path) -> Path:
        """Build the project from its build lock, and install nothing.

        :param spec: the environment whose lock says what it is built with
        :param python: the interpreter that it is built for
        :param product: a wheel or an sdist
        :param folder: where the file goes
        :return: the file
        :raises LockhouseError: see :func:`lockhouse.operations.built.build_package`
        """
        from lockhouse.operations.built import build_package  # noqa: PLC0415 - only where something is built

        request = self._sync_request(spec, python, skip_project=True)
        return build_package(request, self._wiring.sync_tools(spec), product=product, folder=folder)

    def cancel(self) -> None:
        """Break off a sync that goes on in another thread: it raises ``KeyboardInterrupt`` there."""
        self._wiring.cancel()

    def verify(
        self, specs: Iterable[EnvironmentSpec], *, folders: Iterable[Path] = (), deep: bool = False
    ) -> list[Verified]:
        """Say of each environment that was made here whether it holds what its lock says. Read-only.

        :param specs: the environments
        :param folders: environments, or folders of environments, beside those of nox and tox
        :param deep: read every installed file and hold it against its hash
        :return: an answer an environment; what is wrong with one keeps nobody from looking at the others
        """
        from lockhouse.operations.drift import find_drift, find_project_drift, joined  # noqa: PLC0415 - not for a check
        from lockhouse.operations.verify import Verified, made_environments, require_whole  # noqa: PLC0415 - only here

        answers = []
        for made in made_environments(self.root, specs, folders, self._environ):
            try:
                request = self._sync_request(
                    made.spec, made.python, skip_project=made.skip_project, through_sdist=made.through_sdist
                )
                require_whole(made)
                verdict = find_drift(request, deep=deep)
                if made.skip_project and made.tool == "tox":  # it installs the project
                    verdict = joined(verdict, find_project_drift(request))
                answers.append(Verified(made=made, verdict=verdict))
            except LockhouseError as error:
                answers.append(Verified(made=made, verdict=error))
        return answers

    def undeclared_environments(self, folders: Iterable[Path] = ()) -> list[tuple[Path, str]]:
        """Find environments on disk that were installed for what is declared nowhere: their folders and names.

        :param folders: environments, or folders of environments, beside those of nox and tox
        """
        from lockhouse.operations.verify import undeclared_environments  # noqa: PLC0415 - only here

        known = {spec.name for spec in self.declarations.environments()}
        return list(undeclared_environments(self.root, known, folders, self._environ))

    def project_info(self, specs: Iterable[EnvironmentSpec], *, folders: Iterable[Path] = ()) -> list[Informed]:
        """Say of each environment that was made here which wheels of local projects it would get now, and why.

        Read-only.

        :param specs: the environments
        :param folders: environments, or folders of environments, beside those of nox and tox
        :return: an answer an environment; what is wrong with one keeps nobody from looking at the others
        """
        from lockhouse.operations.project_info import Informed, project_info  # noqa: PLC0415 - only here
        from lockhouse.operations.verify import made_environments  # noqa: PLC0415 - likewise

        answers = []
        for made in made_environments(self.root, specs, folders, self._environ):
            try:
                request = self._sync_request(
                    made.spec, made.python, skip_project=made.skip_project, through_sdist=made.through_sdist
                )
                info = project_info(request, self._wiring.sync_tools(made.spec))
                answers.append(Informed(made=made, info=info))
            except LockhouseError as error:
                answers.append(Informed(made=made, info=error))
        return answers

    def require_matching(
        self, spec: EnvironmentSpec, python: Path, *, skip_project: bool = False, fix: str | None = None
    ) -> None:
        """Stop where an environment does not match its lock and installing is forbidden.

        :param spec: the environment
        :param python: its interpreter
        :param skip_project: somebody else installs the project
        :param fix: the command that installs
        :raises EnvironmentDriftedError: it does not match
        """
        from lockhouse.operations.drift import require_matching  # noqa: PLC0415 - a check needs no drift

        request = self._sync_request(spec, python, skip_project=skip_project)
        require_matching(request, fix=fix)

    def require_project(
        self,
        spec: EnvironmentSpec,
        python: Path,
        *,
        through_sdist: bool = False,
        may_be_missing: bool = False,
        fix: str | None = None,
    ) -> None:
        """Stop where the project, which somebody else installs, is missing or changed, and nobody is to install it.

        :param spec: the environment
        :param python: its interpreter
        :param through_sdist: the wheel of the project is built from its sdist
        :param may_be_missing: it need not be there; where it is, it must be unchanged
        :param fix: the command that installs
        :raises EnvironmentDriftedError: it is missing or changed
        """
        from lockhouse.operations.drift import require_project  # noqa: PLC0415 - a check needs no drift

        request = self._sync_request(spec, python, skip_project=True, through_sdist=through_sdist)
        require_project(request, may_be_missing=may_be_missing, fix=fix)

    def _sync_request(
        self, spec: EnvironmentSpec, python: Path, *, skip_project: bool, through_sdist: bool = False
    ) -> SyncRequest:
        from lockhouse.operations.sync_request import SyncRequest  # noqa: PLC0415 - a check needs no drift

        python = Path(os.path.abspath(python))  # noqa: PTH100 - links must stay: they tell an environment
        (files, environment), *_ = self._locks_of(spec, python)
        return SyncRequest(
            spec=spec,
            files=files,
            root=self.root,
            python=python,
            tree=lambda path: self._wiring.project_tree(spec, path),
            variables={name: self._environ[name] for name in spec.project_build.variables if name in self._environ},
            through_sdist=through_sdist,
            skip_project=skip_project,
            environment=environment,
        )

    # -- parts ----------------------------------------------------------------------------------------------------

    def _locks_of(self, spec: EnvironmentSpec, python: Path | None) -> list[tuple[LockFiles, Mapping[str, str] | None]]:
        if self.is_universal(spec, python):
            return [(self.lock_files(spec), None)]
        from lockhouse.operations.targets import target_environment  # noqa: PLC0415 - only where there is a lock a target

        return [
            (self.lock_files(spec, environment.label), environment.markers)
            for environment in target_environment(spec, python, describe=self._wiring.describe)
        ]

    def is_universal(self, spec: EnvironmentSpec, python: Path | None = None) -> bool:
        """Tell whether there is one lock for all targets. A lock outlives the plugin that brought its resolver.

        :param spec: the environment
        :param python: the interpreter that counts, where there is a lock a target
        :raises BackendNotFoundError: there is no such resolver, and no lock that could say
        """
        try:
            return self._wiring.plugins.is_universal(spec.resolver)
        except BackendNotFoundError:
            if self.lock_files(spec).exists():
                return True
            from lockhouse.operations.targets import target_environment  # noqa: PLC0415 - errors only

            if not spec.pythons:
                raise
            targets = target_environment(spec, python, describe=self._wiring.describe)
            if not any(self.lock_files(spec, each.label).exists() for each in targets):
                raise
            return False
