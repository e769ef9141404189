"""Who may watch a collection, and what the runner asks of the store."""

from __future__ import annotations

from typing import Protocol

from ccm_core.model.evidence.collection import Collection
from ccm_core.model.evidence.window import Window


class Observer(Protocol):
    """Is told how collecting goes. It changes nothing."""

    def began(self, connection: str, kinds: int) -> None:
        """Say that a run over so many kinds begins."""

    def reading(self, kind: str, window: Window | None) -> None:
        """Say that a window of a kind is being read."""

    def received(self, kind: str, items: int, total: int | None, requests: int) -> None:
        """Say how many items of the window have come, of how many, in how many requests."""

    def waiting(self, seconds: float) -> None:
        """Say that the source's limit makes us wait, as long as is known."""

    def kept(self, collection: Collection) -> None:
        """Say that a window is in the store."""

    def ended(self, connection: str) -> None:
        """Say that the run is over."""


class NullObserver:
    """An observer that says nothing."""

    def began(self, connection: str, kinds: int) -> None:
        """Say nothing."""

    def reading(self, kind: str, window: Window | None) -> None:
        """Say nothing."""

    def received(self, kind: str, items: int, total: int | None, requests: int) -> None:
        """Say nothing."""

    def waiting(self, seconds: float) -> None:
        """Say nothing."""

    def kept(self, collection: Collection) -> None:
        """Say nothing."""

    def ended(self, connection: str) -> None:
        """Say nothing."""
