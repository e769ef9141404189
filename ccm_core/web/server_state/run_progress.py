"""How far a run of a connection has come: what a page shows while it goes on, and at its end."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from ccm_core.collect.observer import NullObserver
from ccm_core.model.evidence.collection import Collection, Outcome
from ccm_core.model.evidence.window import Window
from ccm_core.model.frozen_dataclass import dataclass


class Stage(StrEnum):
    """What a run does."""

    COLLECTING = "collecting"
    EVALUATING = "evaluating"
    ENDED = "ended"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredWindow:
    """One window that was read and stored."""

    kind: str
    outcome: Outcome
    items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RunProgress:
    """A run as it is at one moment."""

    connection: str
    started_at: datetime
    started_by: str
    stage: Stage = Stage.COLLECTING
    ended_at: datetime | None = None
    planned: int = 0
    """How many collections it makes, one of a kind and window; 0: that is not known yet."""
    collections: int = 0
    """How many are stored."""
    stored: tuple[StoredWindow, ...] = ()
    """By kind, in the order in which they were read; of several windows of a kind, the worst."""
    reading: str = ""
    """The kind that is read now."""
    items: int = 0
    total: int | None = None
    requests: int = 0
    """Of the kind that is read now."""
    waiting: bool = False
    """Whether requests wait for the source's rate limit."""
    outcome: Outcome | None = None
    """Of the whole run, once it has ended."""
    problem: str = ""
    """Why it failed."""

    @property
    def is_under_way(self) -> bool:
        """Whether it goes on."""
        return self.stage in {Stage.COLLECTING, Stage.EVALUATING}


class RunObserver(NullObserver):
    """Receives the progress of a run in its thread, and tells it to others, under a lock."""

    def __init__(self, progress: RunProgress) -> None:
        """Begin with a run that has just started."""
        self._lock = threading.Lock()
        self._progress = progress

    @property
    def progress(self) -> RunProgress:
        """The run as it is now."""
        with self._lock:
            return self._progress

    def change(self, **changes: object) -> None:
        """Set some of its fields."""
        with self._lock:
            self._progress = replace(self._progress, **changes)  # type: ignore[arg-type]

    def run_started(self, connection: str, kinds: int) -> None:
        """Tell how many collections there will be."""
        del connection
        self.change(planned=kinds)

    def window_started(self, kind: str, window: Window | None) -> None:
        """Tell which kind is read."""
        del window
        self.change(reading=kind, items=0, total=None, requests=0, waiting=False)

    def records_received(self, kind: str, items: int, total: int | None, requests: int) -> None:
        """Tell how much of it has arrived."""
        self.change(reading=kind, items=items, total=total, requests=requests, waiting=False)

    def rate_limited(self, seconds: float) -> None:
        """Tell that requests wait."""
        del seconds
        self.change(waiting=True)

    def window_stored(self, collection: Collection) -> None:
        """Tell what became of a window."""
        with self._lock:
            stored = with_window(self._progress.stored, collection)
            self._progress = replace(
                self._progress,
                stored=stored,
                collections=self._progress.collections + 1,
                waiting=False,
            )


_BEST_FIRST = (Outcome.COMPLETE, Outcome.PARTIAL, Outcome.UNAVAILABLE, Outcome.FAILED)


def with_window(
    stored: tuple[StoredWindow, ...], collection: Collection
) -> tuple[StoredWindow, ...]:
    """Return what was stored with one window more, joined to those of its kind."""
    before = next((window for window in stored if window.kind == collection.kind), None)
    outcomes = [collection.outcome, *([before.outcome] if before else [])]
    joined = StoredWindow(
        kind=collection.kind,
        outcome=max(outcomes, key=_BEST_FIRST.index),
        items=collection.counts.items + (before.items if before else 0),
    )
    if before is None:
        return (*stored, joined)
    return tuple(joined if window is before else window for window in stored)
