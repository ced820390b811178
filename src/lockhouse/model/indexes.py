"""Where packages come from, and what of that is secret."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, quote, unquote, urlsplit, urlunsplit

if TYPE_CHECKING:
    from collections.abc import Iterable

HIDDEN = "****"

_URL_WITH_USERINFO = re.compile(
    r"(?P<scheme>[a-zA-Z][a-zA-Z0-9+.-]*://)(?P<userinfo>(?:[^/\s'\"]|['\"](?![\s,;:)\]}>]))*)@"
)
_TOKEN_PREFIXES = ("pypi-", "ghp_", "gho_", "ghs_", "github_pat_", "glpat-", "npm_", "akcp", "eyj", "xox")
_TOKEN_WORDS = ("token", "secret", "passw", "apikey", "api-key", "credential")
_LONG_TOKEN = 16
_FILES = (".whl", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".zip", ".metadata")
#: A commit or a digest, in the lengths that hosts of files name folders by: sha1, PyPI's own, sha256, sha384, sha512.
_DIGEST = re.compile(r"[0-9a-f]{40}|[0-9a-f]{60}|[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128}")
_CERTAIN_TOKEN = re.compile(
    r"pypi-AgE[\w-]{6,}|gh[opsur]_\w{6,}|github_pat_\w{6,}|glpat-[\w-]{6,}|npm_[A-Za-z0-9]{30,}"
    r"|AKCp\w{12,}|eyJ[\w.-]{12,}|xox[a-z]-[\w-]{6,}"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """One package index that speaks the simple repository API.

    :ivar url: the address of its root, with credentials if it was given with them
    :ivar name: the name it was declared with, or None
    :ivar secrets: segments of the path and values of the query that its user keeps in environment variables
    """

    url: str
    name: str | None = None
    secrets: tuple[str, ...] = ()

    @property
    def public_url(self) -> str:
        """Give the address without anything secret, without a trailing slash."""
        if not self.secrets:
            return public_url(self.url)
        parts = urlsplit(self.url)
        segments = [HIDDEN if segment in self.secrets else segment for segment in parts.path.split("/")]
        pairs = [pair.partition("=") for pair in parts.query.split("&")]
        query = "&".join(f"{key}={HIDDEN}" if value in self.secrets else key + sep + value for key, sep, value in pairs)
        return public_url(urlunsplit(parts._replace(path="/".join(segments), query=query)))


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexOptions:
    """Everything that says where packages are looked for.

    :ivar default: the index asked last, None for the resolver's own default (PyPI)
    :ivar extra: the indexes asked first, in this order
    :ivar find_links: folders or pages with files
    :ivar no_index: ask no index at all
    :ivar trusted_hosts: hosts whose certificate is not checked
    :ivar keyring: ask the keyring program for credentials
    :ivar certificate: the path of a bundle of certificates to trust, or None
    """

    default: Index | None = None
    extra: tuple[Index, ...] = ()
    find_links: tuple[str, ...] = ()
    no_index: bool = False
    trusted_hosts: tuple[str, ...] = ()
    keyring: bool = False
    certificate: str | None = None

    @property
    def indexes(self) -> tuple[Index, ...]:
        """Give all named indexes in the order in which they are asked."""
        if self.no_index:
            return ()
        return self.extra if self.default is None else (*self.extra, self.default)

    @property
    def declares_source(self) -> bool:
        """Tell whether anything here says where to look."""
        return bool(self.default or self.extra or self.find_links or self.no_index)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Give every string of these options that must reach no file and no message."""
        found: dict[str, None] = {}
        for address in (*(index.url for index in self.indexes), *self.find_links):
            found.update(dict.fromkeys(secrets_of(address)))
        for index in self.indexes:
            found.update(dict.fromkeys(secret for secret in index.secrets if len(secret) > 2))  # noqa: PLR2004
        return tuple(sorted(found, key=len, reverse=True))

    def canonical(self) -> dict[str, object]:
        """Give the options as they are recorded in a lock: nothing secret, order kept where it matters."""
        record: dict[str, object] = {}
        if self.default is not None:
            record["default"] = self.default.public_url
        if self.extra:
            record["extra"] = [index.public_url for index in self.extra]
        if self.find_links:
            record["find-links"] = sorted(public_url(link) for link in self.find_links)
        if self.no_index:
            record["no-index"] = True
        return record


def secrets_of(url: str) -> tuple[str, ...]:
    """List what in an address is secret: the user part, and parts of the path or query that look like tokens.

    A folder of this machine is none. In the address of a file, what looks like a commit or a digest is none either:
    hosts of files keep them in such folders. In that of an index it may be one.

    :param url: an address, as a user gave it
    :return: the secret strings, in the spelling of the address and decoded
    """
    if "://" not in url:
        return ()
    parts = urlsplit(url)
    found: list[str] = []
    if "@" in parts.netloc and not _names_ssh_user(parts):
        userinfo = parts.netloc.rpartition("@")[0]
        user, _, password = userinfo.partition(":")
        # a lone user part is a token; beside a password it is a name, and names may be common words
        found += [password] if password else [user]
        found.append(userinfo)
    if parts.scheme != "file":
        of_file = parts.path.lower().endswith(_FILES)
        found += [
            segment
            for segment in parts.path.split("/")
            if _looks_like_token(segment) and not (of_file and _DIGEST.fullmatch(segment))
        ]
    for pair in parts.query.split("&"):
        key, _, value = pair.partition("=")
        if value and (_looks_like_token(value) or _names_credential(key)):
            found.append(value)
    decoded = [unquote(item) for item in found]
    return tuple(dict.fromkeys(item for item in (*found, *decoded) if len(item) > 2))  # noqa: PLR2004


def places_of_credentials(url: str) -> tuple[str, ...]:
    """Say where an address of a file holds a credential outside of its user part.

    Only what is surely one counts, for a commit or a digest looks as random as a token does.

    :param url: an address, as a user gave it
    :return: the places in words, without what stands there
    """
    parts = urlsplit(url)
    places = ["its path"] if _CERTAIN_TOKEN.search(unquote(parts.path)) else []
    for pair in parts.query.split("&"):
        key, _, value = pair.partition("=")
        if (value and _names_credential(key)) or _CERTAIN_TOKEN.search(unquote(pair)):
            places.append(f"its query ({key})" if value else "its query")
    return tuple(dict.fromkeys(places))


def _names_credential(key: str) -> bool:
    return any(word in key.lower() for word in (*_TOKEN_WORDS, "key", "sig"))


def _names_ssh_user(parts: SplitResult) -> bool:
    return parts.scheme.endswith("ssh") and ":" not in parts.netloc.rpartition("@")[0]


def _looks_like_token(segment: str) -> bool:
    text = segment.lower()
    if text.endswith((*_FILES, ".html", ".git")):
        return False
    if text.startswith(_TOKEN_PREFIXES) and len(text) > 8:  # noqa: PLR2004
        return True
    if any(word in text for word in _TOKEN_WORDS) and len(text) > 6:  # noqa: PLR2004
        return True
    return len(text) >= _LONG_TOKEN and any(c.isdigit() for c in text) and any(c.isalpha() for c in text)


def public_url(url: str, secrets: Iterable[str] = ()) -> str:
    """Give an address of an index without anything secret and without a trailing slash.

    :param url: the address as it was given
    :param secrets: strings known to be secret, beside what looks so
    """
    if "://" not in url:
        return hide(url, secrets)
    parts = urlsplit(url)
    netloc = parts.netloc.rpartition("@")[2]
    bare = urlunsplit((parts.scheme, netloc, parts.path.rstrip("/"), parts.query, parts.fragment))
    return hide(bare, (*secrets_of(url), *secrets))


def hide(text: str, secrets: Iterable[str] = ()) -> str:
    """Give a text in which no secret and no user part of any address is left.

    :param text: any text: a message, an address, the output of a tool
    :param secrets: strings known to be secret (:attr:`IndexOptions.secrets`)
    """
    for secret in secrets:
        text = text.replace(secret, HIDDEN)
        quoted = quote(secret, safe="")
        if quoted != secret:
            text = text.replace(quoted, HIDDEN)
    return _URL_WITH_USERINFO.sub(lambda match: f"{match['scheme']}{HIDDEN}@" if match["userinfo"] else match[0], text)


def strip_userinfo(url: str) -> str:
    """Give an address without its user part; nothing else changes.

    The user of an ssh address is no credential: keys are, and without the user the address leads nowhere.

    :param url: any address
    """
    if "://" not in url or "@" not in urlsplit(url).netloc:
        return url
    parts = urlsplit(url)
    if _names_ssh_user(parts):
        return url
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def hide_userinfo(url: str) -> str:
    """Give an address that shows that it has a user part, and not what stands there.

    :param url: any address
    """
    bare = strip_userinfo(url)
    return url if bare == url else bare.replace("://", f"://{HIDDEN}@", 1)


def recordable_url(url: str, secrets: Iterable[str]) -> str:
    """Give the address of a file as a lock may hold it.

    A user part goes; a token that stands in the path (some private indexes put it there) becomes ``****``, which
    :func:`restore_url` turns back where the same index is configured.

    :param url: the address of a file as the index gave it
    :param secrets: strings known to be secret
    """
    url = strip_userinfo(url)
    if url.startswith("git+"):
        return url
    return hide(url, secrets)


def restore_url(url: str, options: IndexOptions) -> str:
    """Put back what :func:`recordable_url` hid, from the indexes that are configured here.

    :param url: an address from a lock
    :param options: the index options in effect
    :return: the address to fetch; unchanged when it hides nothing or no index fits
    """
    if HIDDEN not in url:
        return url
    wanted = urlsplit(url)
    for index in options.indexes:
        given = urlsplit(index.url)
        if (given.scheme, given.netloc.rpartition("@")[2]) != (wanted.scheme, wanted.netloc):
            continue
        segments = wanted.path.split("/")
        hidden_in_index = [s for s in given.path.split("/") if _looks_like_token(s) or s in index.secrets]
        for position, segment in enumerate(segments):
            if HIDDEN in segment and hidden_in_index:
                segments[position] = hidden_in_index.pop(0)
        restored = "/".join(segments)
        if HIDDEN not in restored:
            return urlunsplit(wanted._replace(path=restored))
    return url
