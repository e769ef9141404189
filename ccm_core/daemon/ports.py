"""What the daemon depends on: a clock, a watch job, and an output for its status."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.pipeline.context import Connection, Host
from ccm_core.store.interface.evidence_store import EvidenceStore


class DaemonClock(Protocol):
    """The time, and how to wait."""

    def now(self) -> datetime:
        """Return the current moment."""

    async def sleep(self, seconds: float) -> None:
        """Wait; ends early only when it is cancelled."""


class StatusOutput(Protocol):
    """Where log lines and the status line go."""

    def log(self, line: str) -> None:
        """Write a line about something that happened."""

    def set_status(self, status: str) -> None:
        """Show the current status in the place of the one before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchJob:
    """What the settings ask to be watched, for as long as they are in force."""

    host: Host
    store: EvidenceStore
    connections: tuple[str, ...]
    connection: Callable[[str], Connection]
    """Returns a connection with its secrets as they are now. Raises ``CcmError``."""
    evaluate: Callable[[], str]
    """Evaluates all evidence and writes the report; returns a summary of the results. Called in a
    thread, one call at a time. Raises ``CcmError``."""


OpenWatchJob = Callable[[], AbstractContextManager[WatchJob]]
"""Reads the settings again and opens what they name. Raises ``UsageError`` for their mistakes."""
