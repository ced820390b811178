from __future__ import annotations

from lockhouse.resolvers.uv import UvResolver
from lockhouse.testing.contracts.resolver import ResolverContract


class TestUv(ResolverContract):
    resolver_class = UvResolver
