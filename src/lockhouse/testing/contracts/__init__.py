"""Suites that every resolver and every installer must pass.

Make a subclass whose name begins with ``Test``, and name your class in it::

    from lockhouse.testing.contracts.resolver import ResolverContract


    class TestMyResolver(ResolverContract):
        resolver_class = MyResolver

The fixtures of ``lockhouse.testing.plugin`` must be there.
"""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite(f"{__name__}.resolver", f"{__name__}.installer")
