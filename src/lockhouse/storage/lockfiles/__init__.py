"""Lock files: the two formats, where they lie, and a quick look that parses nothing."""

from __future__ import annotations

from lockhouse.storage.lockfiles.access import LockFiles, lock_files
from lockhouse.storage.lockfiles.quicklook import QuickLook

__all__ = ["LockFiles", "QuickLook", "lock_files"]
