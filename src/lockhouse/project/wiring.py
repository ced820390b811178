"""What a project works with: made from its folder and the user's environment, each part when it is first needed."""

from __future__ import annotations

import os
import threading
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from lockhouse.plugins import Plugins

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockhouse.fetchers import Fetcher
    from lockhouse.interfaces import CommandRunner, Reporter
    from lockhouse.model.indexes import IndexOptions
    from lockhouse.model.spec import EnvironmentSpec
    from lockhouse.model.target import Target
    from lockhouse.operations.build_room import BuildTools
    from lockhouse.operations.lock import LockTools
    from lockhouse.operations.sync import SyncTools
    from lockhouse.operations.wheelhouse_plans import WheelhouseTools
    from lockhouse.storage.store import Store
    from lockhouse.storage.trees.tree import ProjectTree

#: The environment variable that names the wheelhouse to install from.
WHEELHOUSE_VARIABLE = "LOCKHOUSE_WHEELHOUSE"


class Wiring:
    """Makes the tools of a project.

    :param root: the project's folder
    :param environ: the user's environment variables
    :param reporter: where to say what happens
    """

    def __init__(self, root: Path, *, environ: Mapping[str, str], reporter: Reporter) -> None:
        self.root = root
        self.environ = environ
        self.reporter = reporter
        self._given_up = threading.Event()
        self._fetchers: list[Fetcher] = []

    @cached_property
    def plugins(self) -> Plugins:
        """Give the plugins."""
        return Plugins(self.environ, root=self.root)

    @cached_property
    def store(self) -> Store:
        """Give the shared store."""
        from lockhouse.storage.store import Store  # noqa: PLC0415 - only where something is kept

        return Store.at_default(self.environ)

    def indexes(self, spec: EnvironmentSpec) -> IndexOptions:
        """Give the index options in effect, with credentials.

        :param spec: the environment
        """
        from lockhouse.config.user_indexes import effective_indexes  # noqa: PLC0415 - only where an index is asked

        return effective_indexes(spec.indexes, root=self.root, environ=self.environ)

    def fetcher(self, indexes: IndexOptions) -> Fetcher:
        """Make a fetcher.

        :param indexes: the index options in effect
        """
        from lockhouse.fetchers import Fetcher  # noqa: PLC0415 - only where something is fetched

        fetcher = Fetcher(indexes, self.environ, stopped=self._given_up)
        self._fetchers.append(fetcher)
        return fetcher

    def describe(self, python: Path) -> Target:
        """Ask an interpreter what it is.

        :param python: its path
        """
        from lockhouse.interpreters import describe  # noqa: PLC0415 - only where something is done

        return describe(python, run=self.run, cache=self.store.interpreters, environ=self.environ)

    def describe_anew(self, python: Path) -> Target:
        """Ask an interpreter what it is, and remember nothing: it is that of an environment that will be gone.

        :param python: its path
        """
        from lockhouse.interpreters import describe  # noqa: PLC0415 - only where something is built

        return describe(python, run=self.run, cache=None, environ=self.environ)

    @cached_property
    def run(self) -> CommandRunner:
        """Give what starts processes."""
        from lockhouse.process import run_command  # noqa: PLC0415 - only where something is started

        return partial(run_command, given_up=self._given_up)

    def project_tree(self, spec: EnvironmentSpec, path: str = ".") -> ProjectTree:
        """Give the files of a project.

        :param spec: the environment that it is built for
        :param path: its folder, relative to the project under test
        """
        from lockhouse.storage.trees.tree import ProjectTree  # noqa: PLC0415 - only where the project is installed as a wheel

        build, said = spec.build_of(path), spec.project_build.scm
        return ProjectTree(
            Path(os.path.normpath(self.root / path)),
            records=self.store.trees,
            run=lambda command: self.run(command),  # noqa: PLW0108 - nothing is started where nothing changed
            environ=self.environ,
            patterns=spec.project_build.files,
            versioned=build is not None and build.versioned if said is None else said,
        )

    def lock_tools(self, spec: EnvironmentSpec) -> LockTools:
        """Make what locking works with.

        :param spec: the environment
        """
        from lockhouse.operations.lock import LockTools  # noqa: PLC0415 - only where something is locked

        indexes = self.indexes(spec)
        return LockTools(
            root=self.root,
            resolver=self.plugins.resolver(spec.resolver),
            installer=self.plugins.installer(spec.installer),
            describe=self.describe_anew,
            indexes=indexes,
            run=self.run,
            fetcher=self.fetcher(indexes),
            store=self.store,
            plugins=self.plugins,
            reporter=self.reporter,
            project_tree=self.project_tree,
            environ=self.environ,
        )

    def wheelhouse(self, spec: EnvironmentSpec) -> Path | None:
        """Give the wheelhouse that an environment is installed from, or None for the indexes.

        :param spec: the environment
        """
        said = self.environ.get(WHEELHOUSE_VARIABLE) or spec.wheelhouse
        return None if said is None else self.root / said

    def wheelhouse_tools(self) -> WheelhouseTools:
        """Make what building a wheelhouse works with."""
        from lockhouse.operations.wheelhouse_plans import WheelhouseTools  # noqa: PLC0415 - only where one is built

        return WheelhouseTools(
            root=self.root,
            fetcher=lambda spec: self.fetcher(self.indexes(spec)),
            build_tools=self.build_tools,
            describe=self.describe,
            store=self.store,
            plugins=self.plugins,
            reporter=self.reporter,
            environ=self.environ,
        )

    def build_tools(self, spec: EnvironmentSpec) -> BuildTools:
        """Make what sdists are built with.

        :param spec: the environment
        """
        from lockhouse.operations.build_room import BuildTools  # noqa: PLC0415 - only where something is built

        return BuildTools(
            installer=self.plugins.installer(spec.installer),
            describe=self.describe_anew,
            run=self.run,
            reporter=self.reporter,
            root=self.root,
            cache=self.store.root,
            environ=self.environ,
            give_up=self._given_up.set,
            given_up=self._given_up.is_set,
        )

    def sync_tools(self, spec: EnvironmentSpec, wheelhouse: Path | None = None) -> SyncTools:
        """Make what syncing works with.

        :param spec: the environment
        :param wheelhouse: the wheelhouse to install from; where it is not given, the user and the environment say
        """
        from lockhouse.model.indexes import IndexOptions  # noqa: PLC0415 - only where something has to be done
        from lockhouse.operations.sync import SyncTools  # noqa: PLC0415 - likewise

        chosen = wheelhouse or self.wheelhouse(spec)
        indexes = self.indexes(spec) if chosen is None else IndexOptions(no_index=True)
        return SyncTools(
            installer=self.plugins.installer(spec.installer),
            describe=self.describe,
            describe_anew=self.describe_anew,
            run=self.run,
            fetcher=self.fetcher(indexes),
            store=self.store,
            plugins=self.plugins,
            reporter=self.reporter,
            environ=self.environ,
            wheelhouse=chosen,
        )

    def cancel(self) -> None:
        """Give up everything that goes on in other threads: it raises ``KeyboardInterrupt`` there."""
        self._given_up.set()
        for fetcher in tuple(self._fetchers):
            fetcher.cancel()
