"""What holds for all tests."""

from __future__ import annotations

import signal

import hypothesis

pytest_plugins = ["lockhouse.testing.plugin"]

# Who runs the tests in the background may have had Ctrl-C ignored, which every process that the tests start would
# inherit; the tests of Ctrl-C would then wait for nothing.
signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes says more of the machine than of the code.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")
