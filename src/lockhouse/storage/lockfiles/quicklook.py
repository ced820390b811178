"""What a lock file says of itself in its first lines, so that "nothing changed" costs no parse.

A digest serves this quick answer only. Where it does not fit, the content decides.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockhouse.model.pythons import covers

if TYPE_CHECKING:
    from lockhouse.model.spec import LockInputs

_HEAD = re.compile(
    rb"""
    \#\ [^\n]*\n
    (?P<made_from>
        \#\ lockhouse\ inputs:\ sha256:(?P<inputs>[0-9a-f]{64})\n
        \#\ lockhouse\ pythons:\ (?P<bounds>[!-~]*)\ for\ (?P<minors>[0-9. ]*)\n
    )
    \#\ lockhouse\ content:\ sha256:(?P<content>[0-9a-f]{64})\n
    \n
    """,
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuickLook:
    """What is known of a lock without parsing it.

    :ivar digest: sha256 over all bytes of its files, line ends folded
    :ivar inputs_digest: digest of the inputs that it was made from, or None where it does not say
    :ivar requires_python: the Python bounds that it was made for, or None where it does not say
    :ivar minors: the minor versions of Python that it was made for
    :ivar intact: whether the content is what Lockhouse wrote
    """

    digest: str
    inputs_digest: str | None = None
    requires_python: str | None = None
    minors: tuple[str, ...] = ()
    intact: bool = False

    def is_of(self, inputs: LockInputs) -> bool:
        """Tell whether the lock is as Lockhouse wrote it, and was made from just these inputs.

        :param inputs: what is declared
        """
        return self.serves(inputs) and (self.requires_python, self.minors) == (inputs.requires_python, inputs.minors)

    def serves(self, inputs: LockInputs) -> bool:
        """Tell whether the lock is as Lockhouse wrote it, and was made from these inputs for these Pythons and others.

        :param inputs: what is declared
        """
        return (
            self.intact
            and self.inputs_digest == inputs.digest
            and self.requires_python is not None
            and covers(self.requires_python, inputs.requires_python)
            and bool(minors := inputs.minors)
            and set(self.minors).issuperset(minors)
        )


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


def with_head(body: bytes, *, title: str, inputs: LockInputs, also: tuple[bytes, ...] = ()) -> bytes:
    """Put the self-description in front of a file's body.

    :param body: the rest of the file
    :param title: the first line of the comment
    :param inputs: what the lock was made from
    :param also: bytes of further files that belong to the content
    """
    made_from = (
        f"# lockhouse inputs: sha256:{inputs.digest}\n"
        f"# lockhouse pythons: {inputs.requires_python} for {' '.join(inputs.minors)}\n"
    )
    content = digest_of(made_from.encode(), body, *also)
    return f"# {title}\n{made_from}# lockhouse content: sha256:{content}\n\n".encode() + body


def look(data: bytes, *also: bytes) -> QuickLook:
    """Look at a file that :func:`with_head` may have made.

    :param data: the file's bytes, folded
    :param also: bytes of further files that belong to the content, folded
    """
    digest = digest_of(data, *also)
    head = _HEAD.match(data)
    if head is None:
        return QuickLook(digest=digest)
    return QuickLook(
        digest=digest,
        inputs_digest=head["inputs"].decode(),
        requires_python=head["bounds"].decode(),
        minors=tuple(head["minors"].decode().split()),
        intact=head["content"].decode() == digest_of(head["made_from"], data[head.end() :], *also),
    )
