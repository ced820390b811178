"""The lines of pip's requirement-file format: decoding, continuations, comments, variables, options."""

from __future__ import annotations

import codecs
import os
import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lockhouse.config.nearest import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_COMMENT = re.compile(r"(^|\s+)#.*$")
_VARIABLE = re.compile(r"\$\{([A-Z0-9_]+)\}")
_CODING = re.compile(rb"coding[:=]\s*([-\w.]+)")
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

_SHORT = {"-r": "--requirement", "-c": "--constraint", "-e": "--editable", "-i": "--index-url", "-f": "--find-links"}
_SYNONYMS = {"--pypi-url": "--index-url", "--requirements": "--requirement", "--constraints": "--constraint"}
_WITH_VALUE = (
    "--requirement",
    "--constraint",
    "--editable",
    "--index-url",
    "--extra-index-url",
    "--find-links",
    "--trusted-host",
    "--hash",
)
_FLAGS = ("--no-index", "--pre", "--require-hashes")
_UNSUPPORTED = (
    "--no-binary",
    "--only-binary",
    "--prefer-binary",
    "--only-final",
    "--all-releases",
    "--config-settings",
    "--config-setting",
    "--global-option",
    "--use-feature",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One logical line.

    :ivar number: where it begins, from 1
    :ivar text: without comments; variables are as they are written
    """

    number: int
    text: str


class OptionError(ValueError):
    """The options of a line cannot be read.

    :ivar fix: what would mend it, or None
    """

    def __init__(self, message: str, fix: str | None = None) -> None:
        super().__init__(message)
        self.fix = fix


def decode(content: bytes) -> str:
    """Decode a file: by its byte order mark, else by a coding comment in its first two lines, else as UTF-8.

    :param content: the bytes of the file
    :raises UnicodeDecodeError, LookupError: it is not in that encoding, or there is no such encoding
    """
    for mark, encoding in _BOMS:
        if content.startswith(mark):
            return content[len(mark) :].decode(encoding)
    for line in content.split(b"\n")[:2]:
        match = _CODING.search(line) if line.startswith(b"#") else None
        if match is not None:
            return content.decode(match[1].decode("ascii", "replace"))
    return content.decode("utf-8")


def logical_lines(text: str) -> Iterator[Line]:
    """Cut a text into logical lines; a backslash at the end of a line joins the next one, but not in a comment.

    :param text: the content of a requirement file
    """
    pending: list[str] = []
    start = 1
    for number, physical in enumerate([*text.splitlines(), ""], start=1):
        start = start if pending else number
        comment = _COMMENT.search(physical)
        if physical.endswith("\\") and not (comment and comment.start() == 0):
            pending.append(physical.rstrip("\\"))
            continue
        joined = "".join([*pending, " " + physical if comment and comment.start() == 0 else physical])
        pending = []
        bare = _COMMENT.sub("", joined).strip()
        if bare:
            yield Line(number=start, text=bare)


def expand_variables(text: str, environ: Mapping[str, str]) -> str:
    """Put the values of environment variables in the place of ``${NAME}``.

    :param text: any text
    :param environ: the variables; what is not set, or empty, stays as it is written (pip's rule)
    """
    return _VARIABLE.sub(lambda match: environ.get(match[1]) or match[0], text)


def has_variable(text: str) -> bool:
    """Tell whether a text holds a ``${NAME}``."""
    return _VARIABLE.search(text) is not None


def unset_variables(text: str) -> tuple[str, ...]:
    """List the ``${NAME}`` that are left in a text."""
    return tuple(dict.fromkeys(_VARIABLE.findall(text)))


def split_options(text: str) -> tuple[str, list[tuple[str, str]]]:
    """Part a line into its requirement and its options.

    What follows ``-e`` is one requirement to the end of the line, with its extras and its marker.

    :param text: a logical line
    :return: the requirement, empty for none, and the options as (long name, value); a flag has an empty value
    :raises OptionError: an option is unknown, not supported, or lacks its value
    """
    editable = re.match(r"(?:-e\s*|--editable(?:=|\s+))(?=\S)", text)
    if editable:
        value = text[editable.end() :]
        quoted = re.fullmatch(r"\"([^\"]+)\"|'([^']+)'", value)
        return "", [("--editable", (quoted[1] or quoted[2]) if quoted else value)]
    begin = re.search(r"(?:^|(?<= ))-", text)
    if begin is None:
        return text, []
    return text[: begin.start()].strip(), list(_parse_options(_words(text[begin.start() :])))


def hashes_of(options: Iterable[tuple[str, str]]) -> frozenset[str]:
    """Give the hashes among the options of a line, as ``algorithm:digest`` in lower case.

    :param options: what :func:`split_options` gave
    :raises OptionError: one is none, or none that counts
    """
    found = [value for name, value in options if name == "--hash"]
    if not found:
        return frozenset()
    from lockhouse.model.lock import STRONG_ALGORITHMS, is_digest  # noqa: PLC0415 - rare, and what is fresh needs no lock

    for value in found:
        algorithm, colon, digest = value.partition(":")
        if not colon or algorithm not in STRONG_ALGORITHMS:
            msg = f"--hash={value}: only {', '.join(STRONG_ALGORITHMS)} count"
            raise OptionError(msg, f"write --hash={STRONG_ALGORITHMS[0]}:DIGEST, or remove the option")
        if not is_digest(algorithm, digest.lower()):
            msg = f"--hash={value} cannot be a hash of {algorithm}"
            raise OptionError(msg, "correct the hash, or remove the option")
    return frozenset(value.lower() for value in found)


def _words(text: str) -> list[str]:
    posix = os.sep == "/"  # else backslashes belong to paths
    try:
        words = shlex.split(text, posix=posix)
    except ValueError as error:
        msg = f"the quotes of {text!r} do not match"
        raise OptionError(msg) from error
    return words if posix else [word.strip("\"'") for word in words]


def _parse_options(words: list[str]) -> Iterator[tuple[str, str]]:
    rest = iter(words)
    for word in rest:
        name, value = _name_and_value(word)
        if name in _UNSUPPORTED:
            msg = f"the option {name} is not supported"
            raise OptionError(msg, f"remove {name}")
        if name in _FLAGS:
            yield name, ""
        elif name in _WITH_VALUE:
            value = next(rest, None) if value is None else value
            if not value:
                msg = f"the option {name} lacks its value"
                raise OptionError(msg)
            yield name, value
        else:
            guess = nearest(name, [*_WITH_VALUE, *_FLAGS, *_SHORT])
            msg = f"there is no option {name!r}" + (f", did you mean {guess}?" if guess else "")
            raise OptionError(msg, f"write {guess}" if guess else None)


def _name_and_value(word: str) -> tuple[str, str | None]:
    if not word.startswith("--"):
        short = _SHORT.get(word[:2])
        return (word, None) if short is None else (short, word[2:].removeprefix("=") or None)
    name, equals, value = word.partition("=")
    return _SYNONYMS.get(name, name), value if equals else None
