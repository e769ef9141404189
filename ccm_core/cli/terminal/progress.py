"""Progress while collecting: bars on a terminal, one line for each kind elsewhere, or nothing."""

from __future__ import annotations

import sys
import time
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Self

from ccm_core.cli.terminal.output import print_message
from ccm_core.cli.terminal.remaining_time import Estimated, estimate_words, remaining_words
from ccm_core.collect.observer import NullObserver, Observer
from ccm_core.control_characters import escape_line
from ccm_core.model.evidence.collection import Collection, Outcome, Reason, Shortfall
from ccm_core.model.evidence.window import Window

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


_MANY = 100
"""Requests from which a person is told how long they take."""


def observer(*, quiet: bool) -> Observer:
    """Return the observer for this output: bars, lines, or nothing."""
    if quiet:
        return NullObserver()
    return Bars() if sys.stderr.isatty() else Lines()


class Lines(NullObserver):
    """One line to the error stream for each window that is stored, or that takes long."""

    def requests_estimated(self, kind: str, requests: int, per_minute: int | None) -> None:
        """Print how long it will take, where that is worth waiting for."""
        if requests >= _MANY:
            print_message(escape_line(f"{kind}: {estimate_words(requests, per_minute)}"))

    def window_stored(self, collection: Collection) -> None:
        """Print the outcome of a collection."""
        print_message(escape_line(_line(collection)))


class Bars(AbstractContextManager["Bars"]):
    """A bar for the kind being read: rows, requests, the time left, waits for the limit."""

    def __init__(self) -> None:
        """Begin without bars; they appear with the first kind."""
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

        self._progress: Progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[requests]} {task.fields[note]}"),
            console=Console(stderr=True),
            transient=True,
        )
        self._bar: TaskID | None = None
        self._began = self._until = 0.0
        self._requests = 0
        """Requests of the window so far."""
        self._estimated: Estimated | None = None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take the bars away."""
        self._progress.stop()

    def __enter__(self) -> Self:
        """Show the bars."""
        self._progress.start()
        return self

    def run_started(self, connection: str, kinds: int) -> None:
        """Show how many kinds will be read."""
        self._progress.start()
        self._progress.console.print(f"{connection}: {kinds} kinds are due")

    def window_started(self, kind: str, window: Window | None) -> None:
        """Begin a bar."""
        span = f" {window.since:%Y-%m-%d}…{window.until:%m-%d}" if window else ""
        self._close()
        self._began, self._requests, self._estimated = time.monotonic(), 0, None
        self._bar = self._progress.add_task(f"{kind}{span}", total=None, requests="", note="")

    def records_received(self, kind: str, items: int, total: int | None, requests: int) -> None:
        """Move the bar."""
        del kind
        self._requests = requests
        if self._estimated is not None:
            items, total = self._estimated.done(requests), self._estimated.requests
        if self._bar is not None:
            now = time.monotonic()
            left = remaining_words(items, total, now - self._began)
            self._progress.update(
                self._bar,
                completed=items,
                total=total,
                requests=_rate(requests, now - self._began),
                note=left if now > self._until else "waiting for the limit",
            )

    def requests_estimated(self, kind: str, requests: int, per_minute: int | None) -> None:
        """Show how long it will take, and count requests from now on."""
        if requests < _MANY:
            return
        self._began = time.monotonic()
        self._estimated = Estimated(requests=requests, before=self._requests)
        line = f"{kind}: {estimate_words(requests, per_minute)}"
        self._progress.console.print(escape_line(line), highlight=False, markup=False)

    def rate_limited(self, seconds: float) -> None:
        """Show that the source's rate limit delays the next request."""
        self._until = time.monotonic() + seconds
        if self._bar is not None:
            self._progress.update(self._bar, note=f"waiting {seconds:.0f} s for the limit")

    def window_stored(self, collection: Collection) -> None:
        """Print what came of it above the bars."""
        self._close()
        self._progress.console.print(escape_line(_line(collection)), highlight=False, markup=False)

    def run_ended(self, connection: str) -> None:
        """Take the bars away."""
        del connection
        self._close()
        self._progress.stop()

    def _close(self) -> None:
        if self._bar is not None:
            self._progress.remove_task(self._bar)
            self._bar = None


def _rate(requests: int, seconds: float) -> str:
    return f"{requests} requests, {60 * requests / max(seconds, 1.0):.0f} a minute"


def _line(collection: Collection) -> str:
    counts = collection.counts
    span = f" {collection.window.since:%Y-%m-%d %H:%M} on" if collection.window else ""
    line = (
        f"{collection.kind}{span}: {collection.outcome}, {counts.items} read, "
        f"{counts.appended} new or changed, {counts.requests} requests"
    )
    if collection.outcome is not Outcome.COMPLETE and collection.shortfalls:
        line += f"; {reason_text(collection.shortfalls[0])}"
    return line


def reason_text(shortfall: Shortfall) -> str:
    """Return why a kind is not complete, on its own line.

    What a credential may not see is the same for many kinds, and takes a sentence: here it is one
    word, and the sentence is shown once for all of them.
    """
    if shortfall.reason is Reason.VISIBILITY:
        return str(Reason.VISIBILITY)
    return shortfall.detail
