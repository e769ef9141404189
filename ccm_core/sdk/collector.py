"""What passes between the host and a collector: what is asked, what is yielded.

Plugins import these names from :mod:`ccm_core.sdk.types`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ccm_core.model.evidence.collection import Request, Shortfall
from ccm_core.model.evidence.window import Window
from ccm_core.model.json_codec import JsonObject

# -- what a collector yields ------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One answer of the source, as a collector understood it."""

    request: Request
    number: int
    """Counted from 1 within its listing."""
    items: Sequence[JsonObject]
    """As received; the host projects and validates them."""
    response_digest: str
    """SHA-256 of the answer's bytes as received."""
    received_at: datetime
    total: int | None = None
    """The count the source gave, where it was asked for."""
    last: bool = False
    """Whether the source itself said that this listing has no more."""
    shifted: bool | None = None
    """Whether the data moved between the page before and this one: True where this page does not
    begin with what that one ended with, None where nobody looked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overflow:
    """The window holds more than the source will list: the host cuts it and asks again.

    A collector yields it before any page, when :attr:`CollectRequest.may_split` is true, or when it knows
    ``parts`` that together are what was asked for.
    """

    total: int
    most: int
    """What the source lists at most for one question."""
    cut: datetime | None = None
    """Where the window is best cut, where that is known."""
    slices: tuple[Mapping[str, str], ...] = ()
    """What to ask for one after the other where time cuts no further: each is handed back as
    :attr:`CollectRequest.slice`. What the parts hold must add up to ``total``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeFrom:
    """The source listed no more, and lists oldest first: all is there up to an instant.

    Yielded last. The host keeps what is older and asks again from the instant on.
    """

    at: datetime
    """Everything before this was listed. A whole second, inside the window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionNote:
    """Something the manifest should say about how this was read."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DependsOn:
    """What follows was found through the records of another kind.

    Where that kind is not complete, neither is this, for the same reasons.
    """

    kind: str


CollectorEvent = Page | Shortfall | Overflow | ResumeFrom | CollectionNote | DependsOn
"""What a collector yields."""


# -- what it is asked -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectRequest:
    """What the host asks of a collector, once per window."""

    now: datetime
    """The run's moment."""
    window: Window | None = None
    """For events: exactly what to read. None for snapshots, and for what is read again."""
    overlap: timedelta = timedelta(0)
    """How much of the window's beginning was asked for before and is only read once more."""
    horizon: Window
    """The period the connection keeps watch over: ``now - lookback`` to ``now + lookahead``."""
    may_split: bool = False
    """Whether an :class:`Overflow` would be answered with smaller windows."""
    slice: Mapping[str, str] = field(default_factory=dict)
    """Which part of the window to read, as an :class:`Overflow` offered it; empty: all of it."""
    changed_keys: tuple[str, ...] = ()
    """The keys of objects that may have changed since they were read."""
    current_records: Mapping[str, Sequence[JsonObject]] = field(default_factory=dict)
    """The current bodies of the kinds the collector needs or uses, by kind."""


Collect = Callable[[Any, CollectRequest], AsyncIterator[CollectorEvent]]
"""Reads one kind over one window from a live session. Raises ``SourceError`` for what it cannot
go on from; yields a :class:`Shortfall` for what it can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedBy:
    """Another kind of event tells when an object of this kind changed."""

    kind: str
    """The kind of the telling events."""
    path: str
    """The dotted path in their bodies of the key of what changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collector:
    """Turns a live session into records of one evidence kind."""

    kind: str
    collect: Collect
    needs: tuple[str, ...] = ()
    """Kinds whose current records it must be handed. Where one of them is not complete,
    neither is this one, for the same reasons."""
    uses: tuple[str, ...] = ()
    """Kinds whose current records it may look at. Where it rests on them, it says so with
    :class:`DependsOn`."""
    longest_window: timedelta | None = None
    """For events: the longest window the source accepts."""
    overlap: timedelta = timedelta(0)
    """For events: how far a window reaches back into its neighbour."""
    settles_after: timedelta | None = timedelta(0)
    """For events: how long after it happened an object may still change, so that its window is
    read again. None: as long as it is within the lookback."""
    refresh: Collect | None = None
    """For events: reads again what may have changed whatever its age: what is not over yet, and
    each of :attr:`CollectRequest.changed_keys`. Asked once a run, without a window, after the windows."""
    changed_by: ChangedBy | None = None
    """For events with a ``refresh``: where :attr:`CollectRequest.changed_keys` comes from. Where that kind was not
    read whole, the windows of the lookback are read again instead."""
