"""What a lock file says of itself in its first lines, so that "nothing changed" costs no parse.

A digest serves this quick answer only. Where it does not fit, the content decides.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

_HEAD = re.compile(rb"^# lockhouse (?P<key>inputs|content): sha256:(?P<digest>[0-9a-f]{64})$", re.MULTILINE)
_HEAD_LENGTH = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class QuickLook:
    """What is known of a lock without parsing it.

    :ivar digest: sha256 over all bytes of its files, line ends folded
    :ivar inputs_digest: digest of the inputs that it was made from, or None where it does not say
    :ivar intact: whether the content is what Lockhouse wrote
    """

    digest: str
    inputs_digest: str | None
    intact: bool


def fold(data: bytes) -> bytes:
    """Give the bytes with the line ends that Lockhouse writes, whatever a checkout made of them.

    :param data: the bytes of a text file
    """
    return data.replace(b"\r\n", b"\n")


def digest_of(*parts: bytes) -> str:
    """Give a sha256 over several byte strings, each told apart from the next.

    :param parts: the byte strings
    """
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()


def with_head(body: bytes, *, title: str, inputs_digest: str, also: tuple[bytes, ...] = ()) -> bytes:
    """Put the self-description in front of a file's body.

    :param body: the rest of the file
    :param title: the first line of the comment
    :param inputs_digest: digest of the inputs
    :param also: bytes of further files that belong to the content
    """
    head = (
        f"# {title}\n"
        f"# lockhouse inputs: sha256:{inputs_digest}\n"
        f"# lockhouse content: sha256:{digest_of(body, *also)}\n"
        "\n"
    )
    return head.encode() + body


def look(data: bytes, *also: bytes) -> QuickLook:
    """Look at a file that :func:`with_head` may have made.

    :param data: the file's bytes, folded
    :param also: bytes of further files that belong to the content, folded
    """
    found = {match["key"]: match["digest"].decode() for match in _HEAD.finditer(data[:_HEAD_LENGTH])}
    _, separator, body = data.partition(b"\n\n")
    intact = bool(separator) and found.get(b"content") == digest_of(body, *also)
    return QuickLook(digest=digest_of(data, *also), inputs_digest=found.get(b"inputs"), intact=intact)
