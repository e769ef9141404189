"""Progress while collecting: bars on a terminal, one line for each kind elsewhere, or nothing."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ccm_core.cli.terminal.output import print_message
from ccm_core.cli.terminal.remaining_time import Estimated, estimate_words, remaining_words
from ccm_core.collect.observer import NullObserver, Observer
from ccm_core.control_characters import escape_line
from ccm_core.model.evidence.collection import Collection, Outcome, Reason, Shortfall
from ccm_core.model.evidence.window import Window

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from ccm_core.pipeline.context import Connection


_MANY = 100
"""Requests from which a person is told how long they take."""


@contextmanager
def progress_of(
    connections: Sequence[Connection], *, quiet: bool
) -> Iterator[Callable[[str], Observer]]:
    """Show the progress of connections that are read side by side: bars, lines, or nothing.

    Yields what returns the observer of a connection. Where there are several, each line begins with
    the name of its own.
    """
    if quiet:
        yield lambda _: NullObserver()
        return
    several = len(connections) > 1
    if not sys.stderr.isatty():
        yield lambda name: Lines(f"{name}: " if several else "")
        return
    with _new_progress() as progress:
        yield lambda name: ProgressBar(progress, f"{name}: " if several else "")


class Lines(NullObserver):
    """One line to the error stream for each window that is stored, or that takes long."""

    def __init__(self, prefix: str) -> None:
        """Begin each line with a prefix."""
        self._prefix = prefix

    def requests_estimated(self, kind: str, requests: int, per_minute: int | None) -> None:
        """Print how long it will take, where that is worth waiting for."""
        if requests >= _MANY:
            line = f"{self._prefix}{kind}: {estimate_words(requests, per_minute)}"
            print_message(escape_line(line))

    def window_stored(self, collection: Collection) -> None:
        """Print the outcome of a collection."""
        print_message(escape_line(f"{self._prefix}{_line(collection)}"))


def _new_progress() -> Progress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TextColumn("{task.fields[requests]} {task.fields[note]}"),
        console=Console(stderr=True),
        transient=True,
    )


class ProgressBar:
    """A bar for what is read of a connection: rows, requests, time left, waits for the limit."""

    def __init__(self, progress: Progress, prefix: str) -> None:
        """Begin without a bar; it appears with the first kind.

        Args:
            progress: The bars of all connections.
            prefix: The beginning of each line.
        """
        self._progress, self._prefix = progress, prefix
        self._bar: TaskID | None = None
        self._began = self._until = 0.0
        self._requests = 0
        """Requests of the window so far."""
        self._estimated: Estimated | None = None

    def run_started(self, connection: str, kinds: int) -> None:
        """Show how many kinds will be read."""
        self._print(f"{connection}: {kinds} kinds are due")

    def window_started(self, kind: str, window: Window | None) -> None:
        """Begin a bar."""
        span = f" {window.since:%Y-%m-%d}…{window.until:%m-%d}" if window else ""
        self._close()
        self._began, self._requests, self._estimated = time.monotonic(), 0, None
        description = f"{self._prefix}{kind}{span}"
        self._bar = self._progress.add_task(description, total=None, requests="", note="")

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
        self._print(f"{self._prefix}{kind}: {estimate_words(requests, per_minute)}")

    def rate_limited(self, seconds: float) -> None:
        """Show that the source's rate limit delays the next request."""
        self._until = time.monotonic() + seconds
        if self._bar is not None:
            self._progress.update(self._bar, note=f"waiting {seconds:.0f} s for the limit")

    def window_stored(self, collection: Collection) -> None:
        """Print what came of it above the bars."""
        self._close()
        self._print(f"{self._prefix}{_line(collection)}")

    def run_ended(self, connection: str) -> None:
        """Take the bar away."""
        del connection
        self._close()

    def _print(self, line: str) -> None:
        self._progress.console.print(escape_line(line), highlight=False, markup=False)

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
