"""The protocol between the host and a collector: what is requested, and what is yielded.

Plugins import these names from :mod:`ccm_core.sdk.types`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from typing import Any

from ccm_core.model.evidence.collection import Request, Shortfall
from ccm_core.model.evidence.window import Window
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject

# -- what a collector yields ------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One response of the source, as a collector understood it."""

    request: Request
    number: int
    """Counted from 1 within its listing."""
    items: Sequence[JsonObject]
    """As received; the host projects and validates them."""
    response_digest: str
    """SHA-256 of the response's bytes as received."""
    received_at: datetime
    total: int | None = None
    """The count the source gave, where it was asked for."""
    last: bool = False
    """Whether the source itself said that this listing has no more."""
    shifted: bool | None = None
    """Whether the data moved between the page before and this one: True where this page does not
    begin with what that one ended with, None where that was not checked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Overflow:
    """The window holds more than the source will list: the host splits it and requests again.

    A collector yields it before any page, when :attr:`CollectRequest.may_split` is true, or when it
    knows ``slices`` that together are what was requested.
    """

    total: int
    limit: int
    """What the source lists at most for one request."""
    split_at: datetime | None = None
    """Where the window is best split, where that is known."""
    slices: tuple[Mapping[str, str], ...] = ()
    """What to request one after the other where the window cannot be split further: each is handed
    back as :attr:`CollectRequest.slice`. What the slices hold must add up to ``total``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeFrom:
    """The source listed no more, and lists oldest first: everything before an instant was read.

    Yielded last. The host stores what is older and requests again from the instant on.
    """

    at: datetime
    """Everything before this was listed. A whole second, inside the window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectionNote:
    """A sentence for the manifest about how the collection was read."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DependsOn:
    """The pages that follow were read through the records of another kind.

    Where that kind is not complete, neither is this, for the same reasons.
    """

    kind: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NothingToRead:
    """The source has nothing of this kind, as is known without a request.

    Yielded in place of pages: without a page and without this, the collection fails, because
    nothing states what the source lists. It is not needed where a kind of
    :attr:`Collector.needs` has no records.
    """

    reason: str
    """For the manifest: ``no service has a maintenance window``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """About so many requests follow for what was requested: a person is told how long that takes.

    It is for reading that takes minutes and that no total foretells. It is no evidence.
    """

    requests: int
    per_minute: int | None = None
    """How many the source accepts in a minute, where that is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flush:
    """Store what was yielded of the window so far; the rest follows.

    It is for windows of events that time does not split and that take minutes to read. Where the
    run is stopped before their end, the next one hands the collector what was stored, as
    :attr:`CollectRequest.flushed`. Until then the window counts as unread.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """The source has no object of a key that it was asked for: it was deleted.

    Yielded in place of a page where an object was requested by its key, and only where the
    credential would see it if it were there. Otherwise it may be hidden, which is a
    :class:`Shortfall` that names it.
    """

    key: str


CollectorEvent = (
    Page
    | Shortfall
    | Overflow
    | ResumeFrom
    | CollectionNote
    | DependsOn
    | NothingToRead
    | Estimate
    | Flush
    | Gone
)
"""What a collector yields."""


# -- what is requested of it ------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectRequest:
    """What the host requests of a collector, once for each window."""

    now: datetime
    """The run's moment."""
    window: Window | None = None
    """For events: exactly what to read. None for snapshots, and for what is read again."""
    overlap: timedelta = timedelta(0)
    """How much of the window's beginning was requested before and is read once more."""
    horizon: Window
    """The period that the connection covers: ``now - lookback`` to ``now + lookahead``."""
    may_split: bool = False
    """Whether the host will split the window after an :class:`Overflow`."""
    slice: Mapping[str, str] = field(default_factory=dict)
    """Which slice of the window to read, as an :class:`Overflow` offered it; empty: all of it."""
    changed_keys: tuple[str, ...] = ()
    """The keys of objects that may have changed since they were read; for a collector with
    :attr:`Collector.named_by`, of those that events of the window name, sorted."""
    current_records: Mapping[str, Sequence[JsonObject]] = field(default_factory=dict)
    """The current bodies of the kinds the collector needs or uses, by kind."""
    flushed: Iterable[JsonObject] = ()
    """The events of the window that an earlier run stored after a :class:`Flush`, before it was
    stopped. They count as read, if the collector can tell what is still missing. Read anew from the
    store by each iteration."""


Collect = Callable[[Any, CollectRequest], AsyncIterator[CollectorEvent]]
"""Reads one kind over one window from a live session. Raises ``SourceError`` for what it cannot
go on from; yields a :class:`Shortfall` for what it can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedBy:
    """Events of another kind from which changes of this kind are detected."""

    kind: str
    """The kind of those events."""
    path: str
    """The dotted path in their bodies of the key of what changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedBy:
    """Events of another kind that name the objects in which events of this kind are found.

    It is for events that only the object itself lists, one request each: those of objects that
    nothing names are not requested. The collector needs that kind.
    """

    kind: str
    """The kind of those events."""
    path: str
    """The dotted path in their bodies of the key of the object."""
    marker: tuple[str, str]
    """The path and the value that mark such events, as in ``("type", "annotated")``."""
    occurred_at: str
    """The dotted path of the instant at which such an event happened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectHistory:
    """The events of another kind that tell what happened to single objects."""

    kind: str
    """The kind of those events."""
    collect: Collect
    """Reads all events of each object of :attr:`CollectRequest.changed_keys`, whatever their age.
    An object of which they cannot be read is the subject of a :class:`Shortfall`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Collector:
    """Reads the records of one evidence kind from an open session."""

    kind: str
    collect: Collect
    needs: tuple[str, ...] = ()
    """Kinds whose current records it must be handed. Where one of them is not complete,
    neither is this one, for the same reasons."""
    uses: tuple[str, ...] = ()
    """Kinds whose current records it may read. Where its own depend on them, it yields a
    :class:`DependsOn`."""
    longest_window: timedelta | None = None
    """For events: the longest window the source accepts."""
    overlap: timedelta = timedelta(0)
    """For events: how far a window reaches back into its neighbour."""
    settles_after: timedelta | None = timedelta(0)
    """For events: how long after it happened an object may still change, so that its window is
    read again. None: as long as it is within the lookback."""
    refresh: Collect | None = None
    """For events: reads again what may have changed whatever its age: what has not ended, and each
    of :attr:`CollectRequest.changed_keys`. Called once a run, after all windows, without one."""
    changed_by: ChangedBy | None = None
    """For events with a ``refresh``: the source of :attr:`CollectRequest.changed_keys`. Where that
    kind was not read completely, the windows of the lookback are read again instead."""
    named_by: NamedBy | None = None
    """For events: the source of :attr:`CollectRequest.changed_keys` of each window."""
    by_key: Collect | None = None
    """For events with a ``refresh``: reads each object of :attr:`CollectRequest.changed_keys`,
    whatever its age, and yields :class:`Gone` for one that was deleted. The host asks so for what
    records of the kind refer to and that is not in the evidence, link by link, up to a bound."""
    history: ObjectHistory | None = None
    """For events with a ``refresh``: what else is read of objects from before the lookback when
    they enter the evidence, because no window has it."""
