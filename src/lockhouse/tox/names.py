"""The names of our kinds of environments, and of the environments that package."""

from __future__ import annotations

#: What ``runner`` has to be for a locked environment.
OUR_RUNNER = "lockhouse"

#: The kinds of packaging environments: one builds the project, one takes what somebody else built.
PACKAGER = "lockhouse-package"
EXTERNAL_PACKAGER = "lockhouse-external"

#: The packaging environment of tox, and that of locked environments.
TOX_NAME = ".pkg"
OUR_NAME = ".pkg_lockhouse"

#: Our commands of tox.
LOCK = "lock"
LOCK_CHECK = "lock-check"
