from __future__ import annotations

pytest_plugins = ["lockhouse.testing.plugin"]
