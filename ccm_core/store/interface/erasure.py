"""Erasing bodies by order; rows and leaves stay."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccm_core.model.evidence.erasure import Erasure, ErasureResult


class ErasureStore(Protocol):
    """Deletes bodies. Nothing else is ever deleted."""

    def preview(self, erasure: Erasure) -> ErasureResult:
        """Count what an erasure would delete."""

    def erase(self, erasure: Erasure) -> ErasureResult:
        """Delete bodies; rows and leaves stay, and the ledger says what was erased, and why.

        The bytes are overwritten, and gone from the database's own log, when this returns.
        """

    def orders(self, connection: str, kind: str, key: str) -> Sequence[Erasure]:
        """List the orders by which bodies of an object were erased, the last one first."""
