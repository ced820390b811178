"""Edits of lock files by hands and bots that do not know Lockhouse: the heads stay as they were."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import tomli_w

from lockhouse.testing import build_wheel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_MD5 = "d41d8cd98f00b204e9800998ecf8427e"


@dataclass(frozen=True)
class LockEditor:
    """One lock, in either format.

    :ivar path: the file with the pins
    """

    path: Path

    @property
    def is_pylock(self) -> bool:
        """Tell the format."""
        return self.path.suffix == ".toml"

    @property
    def record_path(self) -> Path:
        """Give the file with the table of Lockhouse's own."""
        return self.path if self.is_pylock else self.path.with_name(f"{self.path.stem}.record.toml")

    # -- pins -----------------------------------------------------------------------------------------------------

    def drop(self, name: str) -> None:
        """Delete a pin."""
        if self.is_pylock:
            self._document(lambda d: d.update(packages=[p for p in d["packages"] if p["name"] != name]))
        else:
            self._blocks(lambda blocks: [block for block in blocks if not _is_pin(block, name)])

    def move(self, name: str, version: str, **wheel: Any) -> None:
        """Pin another version, with its file and hash, as a bot does.

        :param wheel: as for :func:`lockhouse.testing.build_wheel`
        """
        made = build_wheel(name, version, **wheel)
        self.move_to(name, version, filename=made.filename, digest=made.sha256)
        if self.is_pylock and made.requires_python:
            self._package(name, lambda package: package.update({"requires-python": made.requires_python}))

    def move_to(self, name: str, version: str, *, filename: str, digest: str) -> None:
        """Pin another version, from one file."""

        def moved(package: dict[str, Any]) -> None:
            folder = package["wheels"][0].get("url", "https://index.example/x").rpartition("/")[0]
            package["version"] = version
            package["wheels"] = [{"name": filename, "url": f"{folder}/{filename}", "hashes": {"sha256": digest}}]

        if self.is_pylock:
            self._package(name, moved)
        else:
            self._block(name, lambda block: f"{name}=={version}{_marker(block)} \\\n    --hash=sha256:{digest}")

    def add(self, name: str, version: str, *, marker: str | None = None) -> None:
        """Add a pin."""
        made = build_wheel(name, version)
        if self.is_pylock:
            package: dict[str, Any] = {"name": name, "version": version}
            if marker:
                package["marker"] = marker
            url = f"https://index.example/{made.filename}"
            package["wheels"] = [{"name": made.filename, "url": url, "hashes": {"sha256": made.sha256}}]
            self._document(lambda d: d["packages"].append(package))
        else:
            tail = f" ; {marker}" if marker else ""
            block = f"{name}=={version}{tail} \\\n    --hash=sha256:{made.sha256}"
            self._blocks(lambda blocks: [*blocks, block])

    def mark(self, name: str, marker: str) -> None:
        """Put another marker on a pin."""

        def marked(block: str) -> str:
            pin, separator, hashes = block.partition(" \\\n")
            return f"{pin.partition(' ;')[0]} ; {marker}{separator}{hashes}"

        if self.is_pylock:
            self._package(name, lambda package: package.update(marker=marker))
        else:
            self._block(name, marked)

    def weaken(self, name: str) -> None:
        """Leave a pin with an MD5 hash alone."""
        if self.is_pylock:
            self._package(name, lambda package: package["wheels"][0].update(hashes={"md5": _MD5}))
        else:
            self._block(name, lambda block: block.partition(" \\")[0] + f" --hash=md5:{_MD5}")

    def unhash(self, name: str) -> None:
        """Leave a pin without any hash."""
        if self.is_pylock:
            self._package(name, lambda package: package["wheels"][0].pop("hashes"))
        else:
            self._block(name, lambda block: block.partition(" \\")[0])

    # -- the record -----------------------------------------------------------------------------------------------

    def record(self, change: Callable[[dict[str, Any]], object]) -> None:
        """Change the table of Lockhouse's own."""
        self._toml(self.record_path, lambda document: change(document["tool"]["lockhouse"]))

    def top(self, change: Callable[[dict[str, Any]], object]) -> None:
        """Change the document that holds that table: Python bounds and the like."""
        self._toml(self.record_path, change)

    def forget_record(self) -> None:
        """Leave the pins, and nothing that Lockhouse recorded."""
        if self.is_pylock:
            self._document(lambda document: document.pop("tool"))
        else:
            self.record_path.unlink()

    # -- text -----------------------------------------------------------------------------------------------------

    def text(self, change: Callable[[str], str]) -> None:
        """Change the text of the file with the pins."""
        self.path.write_bytes(change(self.path.read_bytes().decode()).encode())

    def reversed(self) -> None:
        """Turn the order of the pins around."""
        if self.is_pylock:
            self._document(lambda document: document["packages"].reverse())
        else:
            self._blocks(lambda blocks: blocks[::-1])

    def _document(self, change: Callable[[dict[str, Any]], object]) -> None:
        self._toml(self.path, change)

    def _toml(self, path: Path, change: Callable[[dict[str, Any]], object]) -> None:
        head, _, body = path.read_bytes().decode().partition("\n\n")
        document = tomllib.loads(body)
        change(document)
        path.write_bytes(f"{head}\n\n{tomli_w.dumps(document)}".encode())

    def _package(self, name: str, change: Callable[[dict[str, Any]], object]) -> None:
        def found(document: dict[str, Any]) -> None:
            (package,) = (package for package in document["packages"] if package["name"] == name)
            change(package)

        self._document(found)

    def _block(self, name: str, change: Callable[[str], str]) -> None:
        self._blocks(lambda blocks: [change(block) if _is_pin(block, name) else block for block in blocks])

    def _blocks(self, change: Callable[[list[str]], list[str]]) -> None:
        lines = self.path.read_bytes().decode().splitlines()
        head = [line for line in lines if line.startswith("#")]
        body = "\n".join(line for line in lines if not line.startswith("#"))
        blocks = [block for block in re.split(r"\n(?! )", body) if block]
        self.path.write_bytes(("\n".join([*head, *change(blocks)]) + "\n").encode())


def _is_pin(block: str, name: str) -> bool:
    return re.match(rf"{re.escape(name)}(==| @ )", block) is not None


def _marker(block: str) -> str:
    head = block.partition(" \\\n")[0]
    return f" ;{head.partition(' ;')[2]}" if " ;" in head else ""
