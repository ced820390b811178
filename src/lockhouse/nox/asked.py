"""What a session asks for, in a text that is another one whenever the declaration is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from lockhouse.nox.declaration import Declaration, Variant

_PLAIN = frozenset({str, bool, int, float, type(None)})


def asked_for(declaration: Declaration, variant: Variant, root: Path) -> str | None:
    """Spell what one variant of a session declares.

    :param declaration: the keywords of its decorator
    :param variant: which of its calls
    :param root: the project's folder
    :return: None where a value stands there that has no certain spelling; it is read anew each time
    """
    parts = (
        str(root),
        declaration.name,
        declaration.file,
        dict(declaration.keywords),
        list(declaration.nox_names),
        variant.name,
        dict(variant.parameters),
        list(variant.pythons),
        [(each.name, each.texts) for each in variant.siblings],  # they decide how its lock is called
    )
    return repr(parts) if all(map(_is_plain, parts)) else None


def _is_plain(value: object) -> bool:
    if type(value) in _PLAIN:
        return True
    if isinstance(value, dict):
        return type(value) is dict and all(type(key) is str and _is_plain(each) for key, each in value.items())
    if isinstance(value, (list, tuple)):
        return type(value) in {list, tuple} and all(map(_is_plain, value))
    return False
