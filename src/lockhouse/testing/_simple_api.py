"""Pages of the simple repository API (PEP 503, 592, 629, 658, 691, 700)."""

from __future__ import annotations

import hashlib
import html
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.utils import canonicalize_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from lockhouse.testing.packages import PackageFile

JSON_TYPE = "application/vnd.pypi.simple.v1+json"
HTML_TYPE = "text/html; charset=utf-8"
API_VERSION = "1.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A file as an index lists it.

    :ivar file: the file
    :ivar upload_time: RFC 3339, in UTC
    :ivar yanked: whether it was withdrawn, or why
    :ivar algorithms: the hashes to tell
    :ivar metadata: whether its metadata is served beside it
    """

    file: PackageFile
    upload_time: str
    yanked: bool | str
    algorithms: tuple[str, ...]
    metadata: bool

    @property
    def hashes(self) -> dict[str, str]:
        """Give algorithm → lower-case hex digest."""
        return {name: hashlib.new(name, self.file.data).hexdigest() for name in self.algorithms}

    @property
    def core_metadata(self) -> dict[str, str] | None:
        """Give the hashes of the metadata that is served beside the file, or None where there is none."""
        if not self.metadata or self.file.metadata is None:
            return None
        return {"sha256": hashlib.sha256(self.file.metadata).hexdigest()}


def accepts_json(accept: str) -> bool:
    """Tell whether a client that sent this ``Accept`` header prefers JSON to HTML.

    :param accept: the header's value, empty where there was none
    """
    weights = {"json": 0.0, "html": 0.0}
    for item in accept.split(","):
        media_type, _, parameters = item.strip().partition(";")
        quality = parameters.strip().removeprefix("q=")
        weight = float(quality) if quality else 1.0
        kind = "json" if media_type.endswith("+json") else "html"
        weights[kind] = max(weights[kind], weight)
    return weights["json"] > 0 and weights["json"] >= weights["html"]


def project_list(names: Iterable[str], *, as_json: bool) -> bytes:
    """Render the page that lists all projects."""
    if as_json:
        content = {"meta": {"api-version": API_VERSION}, "projects": [{"name": name} for name in names]}
        return json.dumps(content).encode()
    return _html("Projects", [f'<a href="{name}/">{name}</a>' for name in names])


def project_page(name: str, listed: Sequence[Listed], *, as_json: bool) -> bytes:
    """Render the page that lists the files of one project."""
    if not as_json:
        return _html(name, [_anchor(entry) for entry in listed])
    content = {
        "meta": {"api-version": API_VERSION},
        "name": str(canonicalize_name(name)),
        "versions": sorted({entry.file.version for entry in listed}),
        "files": [_json_entry(entry) for entry in listed],
    }
    return json.dumps(content).encode()


def _json_entry(entry: Listed) -> dict[str, object]:
    content: dict[str, object] = {
        "filename": entry.file.filename,
        "url": _file_address(entry),
        "hashes": entry.hashes,
        "size": len(entry.file.data),
        "upload-time": entry.upload_time,
        "yanked": entry.yanked,
    }
    if entry.file.requires_python is not None:
        content["requires-python"] = entry.file.requires_python
    if entry.core_metadata is not None:
        content["core-metadata"] = entry.core_metadata
    return content


def _anchor(entry: Listed) -> str:
    attributes = {"href": _file_address(entry)}
    for algorithm, digest in list(entry.hashes.items())[:1]:
        attributes["href"] += f"#{algorithm}={digest}"
    if entry.file.requires_python is not None:
        attributes["data-requires-python"] = entry.file.requires_python
    if entry.core_metadata is not None:
        attributes["data-core-metadata"] = f"sha256={entry.core_metadata['sha256']}"
    if entry.yanked:
        attributes["data-yanked"] = entry.yanked if isinstance(entry.yanked, str) else ""
    text = " ".join(f'{key}="{html.escape(value)}"' for key, value in attributes.items())
    return f"<a {text}>{entry.file.filename}</a>"


def _file_address(entry: Listed) -> str:
    return f"../../files/{entry.file.filename}"


def _html(title: str, links: Iterable[str]) -> bytes:
    head = f'<meta name="pypi:repository-version" content="{API_VERSION}"><title>{html.escape(title)}</title>'
    body = "".join(f"{link}<br>\n" for link in links)
    return f"<!doctype html>\n<html><head>{head}</head><body>\n{body}</body></html>\n".encode()
