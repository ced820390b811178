"""What is looked at in tests of builds: build locks, receipts, and what the store keeps."""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.scenarios.installing import lock_path

if TYPE_CHECKING:
    from lockhouse.testing import ProjectFolder


def builds_of(project: ProjectFolder) -> dict[str, dict[str, Any]]:
    """Give the build locks of the one lock."""
    path = lock_path(project)
    if path.suffix == ".txt":
        path = path.with_suffix(".record.toml")
    found: dict[str, dict[str, Any]] = tomllib.loads(path.read_text("utf-8"))["tool"]["lockhouse"]["builds"]
    return found


def receipt_of(environment: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((environment / "lockhouse-receipt.json").read_text("utf-8"))
    return found


def built_wheels() -> list[Path]:
    """Give the wheels that the store keeps of builds."""
    return sorted(Path(os.environ["LOCKHOUSE_CACHE_DIR"]).glob("v1/built/*/*/*.whl"))


def bundles() -> list[Path]:
    """Give the repositories that the store keeps."""
    return sorted(Path(os.environ["LOCKHOUSE_CACHE_DIR"]).glob("v1/checkouts/*/*/*"))
