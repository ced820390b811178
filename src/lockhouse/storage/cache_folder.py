"""Where the store of a user lies, and in it the traces of their projects."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

#: The environment variable that moves the store.
CACHE_VARIABLE = "LOCKHOUSE_CACHE_DIR"

#: The folder of everything whose form may change.
VERSION = "v1"


def traces_in(environ: Mapping[str, str]) -> str | None:
    """Give the folder of traces; it may not be there.

    :param environ: the user's environment variables
    :return: None where nobody's home folder is named
    """
    root = environ.get(CACHE_VARIABLE)
    if not root:
        from platformdirs import user_cache_dir  # noqa: PLC0415 - for speed: not needed where the variable is set

        root = user_cache_dir("lockhouse", appauthor=False)
    root = os.path.expanduser(root)  # noqa: PTH111 - pathlib takes long to import
    return None if root.startswith("~") else os.path.join(os.path.abspath(root), VERSION, "traces")  # noqa: PTH100, PTH118
