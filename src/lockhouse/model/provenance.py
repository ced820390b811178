"""What proves a built wheel."""

from __future__ import annotations

from dataclasses import dataclass

from lockhouse.model.builds import words_below

#: What provenance says of the network where a build might use it.
NETWORK_ALLOWED = "allowed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What proves a built wheel: from what, with what, where and by what it was built.

    :ivar name: normalised name of the package
    :ivar version: its version
    :ivar source: ``algorithm:digest`` of the sdist, ``git:commit`` of a checkout
    :ivar source_name: file name of the sdist, address and commit of a checkout
    :ivar build_lock: digest of the build lock (:func:`build_lock_digest`)
    :ivar interpreter: the tag of the interpreter that built it; on Linux it names the C library and its version
    :ivar platform: label of the target
    :ivar network: how the build was kept from the network, or that it was allowed
    :ivar builder: who built it
    :ivar wheel_name: file name of the wheel
    :ivar wheel: ``sha256:digest`` of the wheel
    :ivar options: what the backend was told (:attr:`BuildOptions.text`)
    :ivar below: what the settings said of build requirements that may have been built (:func:`told_below`)
    """

    name: str
    version: str
    source: str
    source_name: str
    build_lock: str
    interpreter: str
    platform: str
    network: str
    builder: str
    wheel_name: str
    wheel: str
    options: str = ""
    below: str = ""

    @property
    def is_online(self) -> bool:
        """Tell whether the build might use the network."""
        return self.network == NETWORK_ALLOWED

    @property
    def of_checkout(self) -> bool:
        """Tell whether it was built from a checkout, which no hash covers."""
        return self.source.startswith("git:")

    @property
    def words(self) -> str:
        """Give it in one line."""
        return (
            f"{self.name} {self.version} was built from {self.source_name} by {self.builder}; "
            f"the network was {self.network}"
            + (f"; it was told {self.options}" if self.options else "")
            + (f"; of its build requirements, {below}" if (below := words_below(self.below)) else "")
        )
