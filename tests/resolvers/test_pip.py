from __future__ import annotations

from lockhouse.resolvers.pip import PipResolver
from lockhouse.testing.contracts.resolver import ResolverContract


class TestPip(ResolverContract):
    resolver_class = PipResolver
