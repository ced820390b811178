"""Wheels that an index lists under a name that is none of a wheel: resolvers pass over them without a word."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.model.lock import ArtifactKind
from lockhouse.operations.parallel import in_threads, settle

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from threading import Event

    from packaging.utils import NormalizedName

    from lockhouse.fetchers import Fetcher
    from lockhouse.model.lock import LockedPackage


def misnamed_wheels(names: Iterable[NormalizedName], fetcher: Fetcher) -> tuple[str, ...]:
    """Say which wheels of packages are passed over for their name: a file a line.

    :param names: names of packages
    :param fetcher: asks the configured indexes
    :raises ArtifactUnavailableError: an index cannot be reached, or refuses
    """

    def ask(name: NormalizedName, _: Event) -> tuple[str, ...]:
        return fetcher.misnamed(name)

    asked: Sequence[NormalizedName] = list(dict.fromkeys(names))
    answers, failures = settle(in_threads(asked, ask, jobs=8, on_stop=fetcher.cancel, given_up=fetcher.is_cancelled))
    if failures:
        raise failures[0]
    return tuple(
        f"{filename} is listed for {name}, and passed over: that is no name of a wheel"
        for name, filenames in sorted(answers.items())
        for filename in filenames
    )


def without_wheels(packages: Iterable[LockedPackage]) -> list[NormalizedName]:
    """Name the packages of configured indexes for which no wheel was found.

    :param packages: what was resolved
    """
    return [
        package.name
        for package in packages
        if package.index is not None and {artifact.kind for artifact in package.artifacts} == {ArtifactKind.SDIST}
    ]
