"""The command line: ``lockhouse`` and ``python -m lockhouse``."""

from __future__ import annotations

import sys

from lockhouse.cli import main

if __name__ == "__main__":
    sys.exit(main())
