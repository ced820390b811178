from __future__ import annotations

from typing import TYPE_CHECKING

from lockhouse.config.exposed import exposed_passwords
from lockhouse.config.project import ProjectConfig

if TYPE_CHECKING:
    from pathlib import Path


def test_the_warning_shows_scheme_and_host_and_nothing_else_of_the_address(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[[tool.lockhouse.indexes]]\nname = "a"\n'
        'url = "https://me:s3cret@x.example:8443/quietriver/simple?q=greenhill"\n'
    )
    (said,) = exposed_passwords(ProjectConfig.read(tmp_path, {}))
    assert "the address of https://x.example:8443 holds a password" in said
    assert not any(secret in said for secret in ("s3cret", "quietriver", "greenhill"))
