"""Our errors as tox knows failures."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from tox.report import HandledError
from tox.tox_env.errors import Fail

from lockhouse.errors import ConfigError, LockhouseError

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def as_tox_failures() -> Iterator[None]:
    """Turn an error of Lockhouse into the failure of an environment, or of the configuration."""
    try:
        yield
    except ConfigError as error:
        raise HandledError(str(error)) from error
    except LockhouseError as error:
        raise Fail(str(error)) from error
