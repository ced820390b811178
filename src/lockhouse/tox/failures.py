"""Our errors as tox knows failures."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from tox.report import HandledError
from tox.tox_env.errors import Fail

from lockhouse.errors import ConfigError, LockhouseError
from lockhouse.tox.keys import environ_of

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
    except LockhouseError as error:
        from lockhouse.model.redaction import hide_environ  # noqa: PLC0415 - errors only

        kind = HandledError if isinstance(error, ConfigError) else Fail
        raise kind(hide_environ(str(error), environ_of(conf))) from error
