"""The last net before a message is shown: what the environment holds of index addresses is hidden."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.model.indexes import hide, secrets_of
from lockhouse.model.variables import INDEX_PREFIXES

if TYPE_CHECKING:
    from collections.abc import Mapping


def hide_environ(text: str, environ: Mapping[str, str]) -> str:
    """Hide what environment variables hold of secrets, and every user part of an address.

    :param text: a message
    :param environ: environment variables
    """
    return hide(text, secrets_in(environ))


def secrets_in(environ: Mapping[str, str]) -> tuple[str, ...]:
    """List what environment variables hold of secrets, the longest first.

    :param environ: environment variables
    """
    secrets: list[str] = []
    for key, value in environ.items():
        if key.upper().startswith(INDEX_PREFIXES):
            secrets += [value] if key.upper().endswith(("_PASSWORD", "_TOKEN")) and value else []
            secrets += [secret for word in value.split() for secret in secrets_of(word.partition("=")[2] or word)]
            secrets += [secret for word in value.split() for secret in secrets_of(word)]
    return tuple(sorted(set(secrets), key=len, reverse=True))
