"""Names for the locks of a parametrized session where the values would give one name to several."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import msgspec

from lockhouse.config.lock_names import lock_name

if TYPE_CHECKING:
    from lockhouse.config.declared import DeclaredEnvironment, FilledEnvironment
    from lockhouse.nox.declaration import Variant


def with_lock_of_its_own(declared: DeclaredEnvironment, variant: Variant) -> DeclaredEnvironment:
    """Name the lock of a call by its id where its values would name that of a call with other inputs as well.

    A file name keeps letters and digits: ``<2`` and ``>=2`` both leave ``2``. Where the ids tell no more than the
    values, all stays as it is, and who locks says so.

    :param declared: the environment of the call
    :param variant: the call, with its siblings
    """
    filled = {each.name: _of(each, declared).filled() for each in variant.siblings}
    alike = {name: each for name, each in filled.items() if _file_of(each) == _file_of(filled[variant.name])}
    if all(each.settings == filled[variant.name].settings for each in alike.values()):
        return declared
    if len({lock_name(name).casefold() for name in alike}) < len(alike):
        return declared
    settings = msgspec.structs.replace(declared.settings, lock=lock_name(variant.name))
    return replace(declared, settings=settings)


def _of(variant: Variant, declared: DeclaredEnvironment) -> DeclaredEnvironment:
    return replace(declared, name=variant.name, parameters=variant.texts)


def _file_of(filled: FilledEnvironment) -> str:
    return lock_name(filled.lock, place=str(filled.origin)).casefold()
