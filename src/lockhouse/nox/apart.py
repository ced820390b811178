"""Names for the locks of a parametrized session where the values would give one name to several."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from lockhouse.config.lock_names import lock_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lockhouse.config.declared import DeclaredEnvironment, FilledEnvironment
    from lockhouse.nox.declaration import Variant


def with_lock_of_its_own(declared: DeclaredEnvironment, variant: Variant) -> DeclaredEnvironment:
    """Name the lock of a call by its id where its values would name that of a call with other inputs as well.

    A file name keeps letters and digits: ``<2`` and ``>=2`` both leave ``2``. Where the ids tell no more than the
    values, all stays as it is, and who locks says so.

    :param declared: the environment of the call
    :param variant: the call, with its siblings
    """
    siblings = variant.siblings
    if siblings.locks is None:
        siblings.locks = _locks({each.name: _of(each, declared).filled() for each in siblings})
    own = siblings.locks.get(variant.name)
    if own is None:
        return declared
    return replace(declared, settings=msgspec.structs.replace(declared.settings, lock=own))


def _locks(filled: Mapping[str, FilledEnvironment]) -> dict[str, str]:
    """Name the locks of those calls whose values would name the lock of a call with other inputs as well."""
    sharing: dict[str, list[str]] = {}
    for name, each in filled.items():
        sharing.setdefault(_file_of(each), []).append(name)
    found: dict[str, str] = {}
    for first, *others in sharing.values():
        if all(filled[name].settings == filled[first].settings for name in others):
            continue
        own = {name: lock_name(name) for name in (first, *others)}
        if len({name.casefold() for name in own.values()}) == len(own):
            found |= own
    return found


def _of(variant: Variant, declared: DeclaredEnvironment) -> DeclaredEnvironment:
    return replace(declared, name=variant.name, parameters=variant.texts)


def _file_of(filled: FilledEnvironment) -> str:
    return lock_name(filled.lock, place=str(filled.origin)).casefold()
