"""Whether a noxfile names Lockhouse, itself or through modules of the project that it imports; nothing is run."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ast
    from collections.abc import Iterator
    from pathlib import Path

_WORD = re.compile(rb"\blockhouse\b")


def mentions_lockhouse(noxfile: Path) -> bool:
    """Tell whether the word stands in a noxfile, or in a module beside it that it imports.

    The word alone counts, in a comment too: to look once too often costs little, to pass over a session is a lie.

    :param noxfile: its path
    """
    waiting, seen = [noxfile], {noxfile}
    while waiting:
        file = waiting.pop()
        try:
            content = file.read_bytes()
        except OSError:
            continue
        if _WORD.search(content):
            return True
        found = [path for path in _imported(content, file, noxfile.parent) if path not in seen and path.is_file()]
        seen.update(found)
        waiting += found
    return False


def _imported(content: bytes, file: Path, root: Path) -> Iterator[Path]:
    """List where the modules that a file imports would lie in the project."""
    import ast  # noqa: PLC0415 - only for a noxfile that does not hold the word

    try:
        tree = ast.parse(content)
    except (SyntaxError, ValueError):  # who loads it says so
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for each in node.names:
                yield from _files(root, each.name)
        elif isinstance(node, ast.ImportFrom):
            yield from _imported_from(node, file, root)


def _imported_from(node: ast.ImportFrom, file: Path, root: Path) -> Iterator[Path]:
    base = root
    if node.level:
        base = file.parent
        for _ in range(node.level - 1):
            base = base.parent
    module = node.module or ""
    yield from _files(base, module)
    for each in node.names:
        yield from _files(base, f"{module}.{each.name}")


def _files(base: Path, module: str) -> Iterator[Path]:
    for part in filter(None, module.split(".")):
        yield base / f"{part}.py"
        base /= part
        yield base / "__init__.py"
