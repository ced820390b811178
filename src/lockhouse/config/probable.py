"""The requirement that was probably meant by what is none: a slip of the pen, or the spelling of another tool."""

from __future__ import annotations

import re

from packaging.requirements import InvalidRequirement, Requirement

_HEAD = r"(?P<head>[A-Za-z0-9][A-Za-z0-9._-]*\s*(?:\[[^\]]*\])?)\s*"
_VERSION = r"v?\d[A-Za-z0-9.!+*]*"
_REWRITINGS = (
    (re.compile(rf"{_HEAD}=\s*(?P<version>{_VERSION})"), r"\g<head>==\g<version>"),
    (re.compile(rf"{_HEAD}(?P<version>{_VERSION})"), r"\g<head>==\g<version>"),
    (re.compile(rf"{_HEAD}=(?P<sign>[<>])\s*(?P<version>{_VERSION})"), r"\g<head>\g<sign>=\g<version>"),
    (re.compile(rf"{_HEAD}(?P<sign>[<>])(?P=sign)\s*(?P<version>{_VERSION})"), r"\g<head>\g<sign>\g<version>"),
    (re.compile(rf"{_HEAD}~(?:\s*>)?\s*(?P<version>\d+\.[\d.]+)"), r"\g<head>~=\g<version>"),
    (re.compile(rf"{_HEAD}~(?:\s*>)?\s*(?P<version>\d+)"), r"\g<head>==\g<version>.*"),
    (re.compile(rf"{_HEAD}[=<>~!^]+"), r"\g<head>"),
    (re.compile(r"(?P<head>.+[<>]=?)\s*(?P<version>\d[\d.]*)\.[*x]"), r"\g<head>\g<version>"),
    (re.compile(r"(?P<head>.+[=!]=)\s*(?P<version>\d[\d.]*)\.x"), r"\g<head>\g<version>.*"),
    (re.compile(r"(?P<head>[^\[\]]+\[[^\[\]<>=~!;]*[^\[\]<>=~!;\s])(?P<rest>\s*[<>=~!;].*)?"), r"\g<head>]\g<rest>"),
)
_CARET = re.compile(rf"{_HEAD}\^\s*(?P<version>(?P<fixed>(?:0\.)*)(?P<moving>\d+)(?:\.\d+)*)")
_UNQUOTED = re.compile(r"(?P<sign>[<>=!~]=?=?\s*)(?P<value>[A-Za-z0-9_.]+)(?=\s|$|\))")
_BOUNDS_BY_BLANKS = re.compile(r"([<>=!~]=?\s*[\w.*]+)\s+(?=[<>=!~])")


def probable_requirement(text: str) -> str | None:
    """Guess the requirement that was meant.

    :param text: what is no requirement
    :return: one that can be parsed, or None where there is no good guess
    """
    name, semicolon, marker = text.strip().partition(";")
    return next(
        (f"{guess}{tail}" for tail in _markers(semicolon, marker) for guess in _guesses(name.strip(), tail)), None
    )


def _markers(semicolon: str, marker: str) -> list[str]:
    """Give the marker as it stands, and with the quotes that it lacks."""
    if not marker.strip():
        return [""]
    quoted = _UNQUOTED.sub(r'\g<sign>"\g<value>"', marker)
    return [f"{semicolon} {each.strip()}" for each in (marker, quoted)]


def _guesses(name: str, tail: str) -> list[str]:
    candidates = [name]
    caret = _CARET.fullmatch(name)
    if caret is not None:  # what poetry and npm mean by it
        upper = f"{caret['fixed']}{int(caret['moving']) + 1}"
        candidates.append(f"{caret['head']}>={caret['version']},<{upper}")
    candidates += [pattern.sub(new, name) for pattern, new in _REWRITINGS if pattern.fullmatch(name)]
    candidates.append(_BOUNDS_BY_BLANKS.sub(r"\1,", name))
    tidy = [re.sub(r"\s+(?=[<>=!~,\[])|(?<=[<>=!~])\s+", "", each.strip()) for each in candidates]
    return [each for each in tidy if _parses(each + tail)]


def _parses(text: str) -> bool:
    try:
        Requirement(text)
    except (InvalidRequirement, RecursionError):
        return False
    return True
