"""The observer of a collection: it is notified of progress and changes nothing."""

from __future__ import annotations

from typing import Protocol

from ccm_core.model.evidence.collection import Collection
from ccm_core.model.evidence.window import Window


class Observer(Protocol):
    """Receives the progress of a collection."""

    def run_started(self, connection: str, kinds: int) -> None:
        """Receive that a run over so many kinds starts."""

    def window_started(self, kind: str, window: Window | None) -> None:
        """Receive that a window of a kind is being read."""

    def records_received(self, kind: str, items: int, total: int | None, requests: int) -> None:
        """Receive how many items of the window have arrived, of how many, in how many requests."""

    def requests_estimated(self, kind: str, requests: int, per_minute: int | None) -> None:
        """Receive about how many requests the window still takes, and how many a minute may be."""

    def rate_limited(self, seconds: float) -> None:
        """Receive that requests wait for the source's rate limit, and how long if known."""

    def window_stored(self, collection: Collection) -> None:
        """Receive that a window is in the store."""

    def run_ended(self, connection: str) -> None:
        """Receive that the run has ended."""


class NullObserver:
    """An observer that ignores everything."""

    def run_started(self, connection: str, kinds: int) -> None:
        """Do nothing."""

    def window_started(self, kind: str, window: Window | None) -> None:
        """Do nothing."""

    def records_received(self, kind: str, items: int, total: int | None, requests: int) -> None:
        """Do nothing."""

    def requests_estimated(self, kind: str, requests: int, per_minute: int | None) -> None:
        """Do nothing."""

    def rate_limited(self, seconds: float) -> None:
        """Do nothing."""

    def window_stored(self, collection: Collection) -> None:
        """Do nothing."""

    def run_ended(self, connection: str) -> None:
        """Do nothing."""
