"""The store as a state machine: whatever happens, it gives right bytes or none."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from lockhouse.errors import HashMismatchError
from lockhouse.storage.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator

CONTENTS = [b"", b"one", b"two" * 1000, b"<html>"]
NAMES = ["a.whl", "b.whl", "c.whl"]
contents = st.sampled_from(CONTENTS)
names = st.sampled_from(NAMES)


class StoreMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp())
        self.store = Store(self.root)
        self.held: set[tuple[bytes, str]] = set()
        self.damaged: set[tuple[bytes, str]] = set()

    def teardown(self) -> None:
        shutil.rmtree(self.root)

    def add_bytes(self, chunks: Iterator[bytes], content: bytes, name: str) -> Path:
        return self.store.add(
            chunks, algorithm="sha256", digest=digest_of(content), filename=name, package_label="p 1", source="s"
        )

    def place(self, content: bytes, name: str) -> Path:
        digest = digest_of(content)
        return self.root / "v1" / "files" / "sha256" / digest[:2] / digest / name

    @rule(content=contents, name=names)
    def add(self, content: bytes, name: str) -> None:
        path = self.add_bytes(iter([content]), content, name)
        assert path.name == name
        assert path.read_bytes() == content
        self.held.add((content, name))
        self.damaged.discard((content, name))

    @rule(content=contents, sent=contents, name=names)
    def add_wrong(self, content: bytes, sent: bytes, name: str) -> None:
        if sent != content:
            with pytest.raises(HashMismatchError):
                self.add_bytes(iter([sent]), content, name)

    @rule(content=contents, name=names)
    def add_and_break_off(self, content: bytes, name: str) -> None:
        def broken() -> Iterator[bytes]:
            yield content
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            self.add_bytes(broken(), content, name)

    @rule(content=contents, name=names)
    def damage(self, content: bytes, name: str) -> None:
        if (content, name) in self.held:
            self.place(content, name).write_bytes(b"damaged")
            self.damaged.add((content, name))

    @rule(content=contents, name=names)
    def use(self, content: bytes, name: str) -> None:
        key = (content, name)
        if key in self.damaged:
            with pytest.raises(HashMismatchError):
                self.store.verified("sha256", digest_of(content), name, package_label="p 1")
            self.forget(key)
            return
        if key not in self.held:
            self.take_from_others(key)
        path = self.store.verified("sha256", digest_of(content), name, package_label="p 1")
        assert path == (self.place(content, name) if key in self.held else None)
        assert path is None or path.read_bytes() == content

    def take_from_others(self, key: tuple[bytes, str]) -> None:
        """The same bytes under another name are copied; damaged ones that were tried before are gone."""
        for other in sorted(held for held in self.held if held[0] == key[0]):
            if other not in self.damaged:
                self.held.add(key)
                return
            self.forget(other)

    def forget(self, key: tuple[bytes, str]) -> None:
        self.held.discard(key)
        self.damaged.discard(key)

    @rule()
    def open_anew(self) -> None:
        self.store = Store(self.root)

    @invariant()
    def nothing_is_left_over(self) -> None:
        assert not list(self.store.temporary.glob("*"))

    @invariant()
    def visible_is_what_is_held(self) -> None:
        visible = {path for path in (self.root / "v1" / "files").rglob("*") if path.is_file()}
        assert visible == {self.place(*key) for key in self.held}


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


TestStore = StoreMachine.TestCase
TestStore.settings = settings(max_examples=40, stateful_step_count=25)
