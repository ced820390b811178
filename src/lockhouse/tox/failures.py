"""Our errors as tox knows failures."""

from __future__ import annotations

from contextlib import contextmanager

from tox.report import HandledError
from tox.tox_env.errors import Fail

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from tox.config.sets import EnvConfigSet


@contextmanager
def as_tox_failures(conf: EnvConfigSet) -> Iterator[None]:
    """Turn an error of Lockhouse into the failure of an environment, or of the configuration.

    :param conf: the configuration of the environment; what its variables hold of secrets is hidden
    """
    try:
        yield
    except Exception as error:
        from lockhouse.errors import ConfigError, LockhouseError  # noqa: PLC0415 - errors only

        if not isinstance(error, LockhouseError):
            raise
        from lockhouse.model.redaction import hide_environ  # noqa: PLC0415 - likewise
        from lockhouse.tox.keys import environ_of  # noqa: PLC0415 - likewise

        kind = HandledError if isinstance(error, ConfigError) else Fail
        raise kind(hide_environ(str(error), environ_of(conf))) from error
