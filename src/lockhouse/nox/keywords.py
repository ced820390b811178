"""The keywords of the decorator, for editors and type checkers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias, TypedDict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

#: What an install inside of a locked session does; the same words stand in ``declaration.ON_INSTALL``.
OnInstall: TypeAlias = Literal["refuse", "warn", "allow"]


class NoxKeywords(TypedDict, total=False):
    """What ``nox.session`` takes. Keywords of a newer nox are passed on as well."""

    python: Sequence[str] | str | bool | None
    py: Sequence[str] | str | bool | None
    reuse_venv: bool | None
    name: str | None
    venv_backend: str | None
    venv_params: Sequence[str]
    tags: Sequence[str] | None
    default: bool
    requires: Sequence[str] | None
    download_python: Literal["auto", "never", "always"] | None
    allow_parallel: bool | None


class SessionKeywords(NoxKeywords, total=False):
    """All keywords of :func:`lockhouse.nox.session`; those of an environment are described with the settings."""

    environment: str
    on_install: OnInstall
    on_stale: Literal["error", "warn"]
    requirements: Sequence[str]
    requirement_files: Sequence[str]
    constraints: Sequence[str]
    constraint_files: Sequence[str]
    groups: Sequence[str]
    extras: Sequence[str]
    project: Literal["wheel", "editable", "dependencies", "none"]
    lock: str
    resolver: str
    installer: str
    format: Literal["pylock", "requirements"]
    prereleases: bool
    exclude_newer: str
    indexes: Sequence[Mapping[str, object]]
    find_links: Sequence[str]
    no_index: bool
    allow_unhashed: Sequence[str]
    only_binary: Sequence[str]
    no_binary: Sequence[str]
    allow_network: Sequence[str]
    config_settings: Mapping[str, Mapping[str, str | Sequence[str]]]
    build_variables: Mapping[str, Mapping[str, str]]
    rebuild: Literal["changed", "always"]
    build_files: Sequence[str]
    build_env: Sequence[str]
    build_scm: bool
    targets: Sequence[str]
    wheelhouse: str
