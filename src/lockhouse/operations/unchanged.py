"""The quickest answers: a trace says that nothing changed by which "fresh" and "matching" were decided. Read-only.

No answer here is ever "no": where anything differs or is unclear, who asked goes the long way, which says why.
"""

from __future__ import annotations

import os

from lockhouse.trace.trace import said

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

#: The file of a trace in the root of an environment.
TRACE_NAME = "lockhouse-trace"

#: What stands between the parts of a line: no path can hold it.
_BETWEEN = "\0"


def is_unchanged(python: Path, asked: str, environ: Mapping[str, str]) -> bool:
    """Tell whether an environment is still declared, locked and installed as it was when a sync found all in order.

    :param python: its interpreter
    :param asked: what is declared, as a frontend has it, in a text
    :param environ: the variables of the user
    """
    from lockhouse.interpreters.identity import facts_of, prefix_of, site_packages_of  # noqa: PLC0415
    from lockhouse.storage.untouched import is_untouched  # noqa: PLC0415 - a check of locks needs neither

    prefix = prefix_of(python)
    answer = said(f"{prefix}/{TRACE_NAME}", asked, environ)
    interpreter = None if answer is None else facts_of(python)
    if answer is None or interpreter is None:
        return False
    ours, *sources = (line.split(_BETWEEN) for line in answer)
    return is_untouched(
        str(prefix),
        map(str, site_packages_of(prefix)),
        interpreter=interpreter,
        names=ours[1],
        ignore=ours[2:],
    ) and all(_is_source_same(*source) for source in sources)


def line_of_names(names: str, not_ours: tuple[str, ...]) -> str:
    """Say what lies among the packages, and what of it somebody else takes care of: the first line of the trace.

    :param names: a digest over the names of all that lies there
    :param not_ours: the distributions that somebody else takes care of
    """
    return _BETWEEN.join(("names", names, *not_ours))


def line_of_source(folder: str, *, identity: str, named: tuple[str, ...]) -> str:
    """Say what a project has to be that is installed editable, for the trace of an environment.

    :param folder: its folder, absolute
    :param identity: what stands for its content
    :param named: what decides it besides what always does, as the declaration of its build has it
    """
    return _BETWEEN.join(("editable", folder, identity, *named))


def line_of_project(folder: str, *, record: str, identity: str) -> str:
    """Say what the files of a project have to be, for the trace of an environment that has a wheel of it.

    :param folder: its folder, absolute
    :param record: the file that says what was seen of them
    :param identity: what stands for their content
    """
    return _BETWEEN.join(("project", folder, identity, record))


def _is_source_same(how: str, folder: str, identity: str, *more: str) -> bool:
    if how == "project":
        (record,) = more
        from lockhouse.storage.trees.untouched import untouched_digest  # noqa: PLC0415 - few environments have sources

        if (digest := untouched_digest(folder, record)) is not None:
            return identity == f"tree:{digest}"
    from pathlib import Path  # noqa: PLC0415 - likewise

    if how == "project":
        from lockhouse.storage.trees.tree import digest_again  # noqa: PLC0415 - something was touched

        return identity == f"tree:{digest_again(Path(folder), Path(record))}"
    from lockhouse.storage.source_trees import source_identity  # noqa: PLC0415 - likewise

    return source_identity(Path(folder), more) == identity


def fresh_locks(root: str, environ: Mapping[str, str]) -> list[str] | None:
    """Give what a check says of a project, where all its locks are still fresh and no lock is an orphan.

    :param root: the project's folder, absolute
    :param environ: the variables of the user
    :return: its lines, the summary last; None where they have to be found out
    """
    from lockhouse.storage.cache_folder import traces_in  # noqa: PLC0415 - nox and tox do not need it

    folder = traces_in(environ)
    return None if folder is None else said(os.path.join(folder, trace_name(root)), asked_of(root), environ)  # noqa: PTH118


def trace_name(root: str) -> str:
    """Name the file of the trace for all locks of a project.

    :param root: the project's folder, absolute
    """
    from hashlib import sha256  # noqa: PLC0415 - loaded already

    return sha256(root.encode("utf-8", "surrogateescape")).hexdigest()


def asked_of(root: str) -> str:
    """Say what the trace for all locks of a project is about.

    :param root: the project's folder, absolute
    """
    return f"the locks of {root}"
