"""Takes down by what a wheelhouse was decided, so that the next run can give out the same files without deciding."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from lockhouse.config.frontend_files import FRONTEND_FILES
from lockhouse.model.fresh import Fresh
from lockhouse.model.wheelhouse import MANIFEST_NAME
from lockhouse.operations.check import check
from lockhouse.operations.trace_files import keep_trace, look_at
from lockhouse.operations.unchanged import trace_name
from lockhouse.operations.wheelhouse_again import (
    line_of_lock,
    line_of_python,
    line_of_text,
    line_of_wheel,
    line_of_words,
)
from lockhouse.plugins import DISABLE_VARIABLE, may_have_sessions
from lockhouse.storage.wheelhouse import manifest_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from lockhouse.operations.wheelhouse import MadeWheelhouse
    from lockhouse.operations.wheelhouse_plans import WheelhousePart
    from lockhouse.plugins import Plugins
    from lockhouse.trace.looks import Looks


def trace_wheelhouse(
    subject: str,
    made: MadeWheelhouse,
    words: Iterable[str],
    looks: Looks,
    *,
    named: bool,
    root: Path,
    plugins: Plugins,
    environ: Mapping[str, str],
) -> None:
    """Write the trace of a wheelhouse that was just made, where the next one can be told by it.

    The locks are judged once more, after a look at them. Left out is what is known only by asking somebody: a lock for
    one target, a Python other than this one, what was built, what noxfiles and tox configurations declare, and what
    plugins have a say in.

    :param subject: which one, as whoever asks again says it
    :param made: the wheelhouse
    :param words: what is told of it, beside where it is
    :param looks: what the declarations were read from
    :param named: whether all its environments were named, and ``pyproject.toml`` declares them
    :param root: the project's folder
    :param plugins: who may have a say
    :param environ: the variables of the user
    """
    seen = looks.copy()
    seen.variable(environ, DISABLE_VARIABLE)
    if not named:
        look_at((root / name for name in FRONTEND_FILES), seen)
        if may_have_sessions(root):
            return
    look_at((path for part in made.parts for path in part.files.paths), seen)
    if (
        made.manifest.built
        or not made.is_told_by_locks
        or not all(_is_told_by_files(part, made, plugins) for part in made.parts)
    ):
        return
    lines = _lines(made, words)
    if lines is not None:
        keep_trace(trace_name(subject), subject, lines, seen, environ)


def _is_told_by_files(part: WheelhousePart, made: MadeWheelhouse, plugins: Plugins) -> bool:
    if part.environment is not None or any(target.executable not in {"", sys.executable} for target in part.targets):
        return False
    digests = {(each.name, each.digest) for each in made.manifest.environments}
    if (part.spec.name, part.files.quick_look().digest) not in digests:  # it was written meanwhile
        return False
    verdict = check(part.spec, part.files, plugins=plugins)
    return isinstance(verdict, Fresh) and not verdict.notes


def _lines(made: MadeWheelhouse, words: Iterable[str]) -> Sequence[str] | None:
    try:
        return [*_lines_of_files(made), *map(line_of_words, words)]
    except OSError:  # this Python is being replaced
        return None


def _lines_of_files(made: MadeWheelhouse) -> Iterator[str]:
    if any(target.executable for part in made.parts for target in part.targets):
        yield line_of_python(sys.executable)
    for path in dict.fromkeys(path for part in made.parts for path in part.files.paths):
        yield line_of_lock(str(path))
    yield line_of_text(MANIFEST_NAME, manifest_bytes(made.manifest))
    for file in made.manifest.files:
        text = made.texts.get(file.name)
        yield line_of_wheel(file.name, file.hash) if text is None else line_of_text(file.name, text)
