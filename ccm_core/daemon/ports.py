"""What the watch is handed: time, its duty, and somebody to tell."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ccm_core.pipeline.context import Connection, Host
from ccm_core.store.interface.evidence_store import EvidenceStore


class DaemonClock(Protocol):
    """The time, and how to let it pass."""

    def now(self) -> datetime:
        """Give the moment."""

    async def sleep(self, seconds: float) -> None:
        """Let time pass; ends early only by being cancelled."""


class StatusOutput(Protocol):
    """Whoever is told how it goes. It changes nothing."""

    def say(self, line: str) -> None:
        """Tell something that happened."""

    def show(self, status: str) -> None:
        """Show how things are now, in the place of what was shown before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchJob:
    """What the settings ask to be watched, for as long as they stand."""

    host: Host
    store: EvidenceStore
    connections: tuple[str, ...]
    connection: Callable[[str], Connection]
    """Gives a connection with its secrets as they are now. Raises ``CcmError``."""
    judge: Callable[[], str]
    """Evaluates all evidence and writes the report; gives the verdict in a few words. Called in a
    thread, one call at a time. Raises ``CcmError``."""


OpenWatchJob = Callable[[], AbstractContextManager[WatchJob]]
"""Reads the settings anew and opens what they name. Raises ``UsageError`` for their mistakes."""
