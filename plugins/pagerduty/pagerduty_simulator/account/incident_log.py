"""Incidents as their incidents, small enough that 200,000 of them fit in memory.

What PagerDuty sends for an incident and its log entries is made from its incident when it is
request for, so the two can never disagree.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, NamedTuple

from ccm_core.sdk.types import JsonObject

_NUMBER_BITS = 32
_POSITION_BITS = 8
_ENTRY_NUMBER_BITS = 24


class Event(NamedTuple):
    """One log entry, told relative to the incident it belongs to."""

    after: int
    """Whole seconds since the incident was triggered."""
    type: str
    """Without ``_log_entry``."""
    agent: JsonObject | None
    """A reference: who or what did it."""
    channel: str
    user: JsonObject | None = None
    """A reference: the assignee, or who was notified."""
    extra: JsonObject | None = None
    """Fields that only this type of entry has."""


@dataclass(frozen=True, kw_only=True)
class IncidentState:
    """What happened to an incident; many incidents may share one."""

    events: tuple[Event, ...]
    """In order of time."""
    merged_into: int | None = None
    """The number of the incident that answers for this one."""

    @cached_property
    def status(self) -> str:
        """What its events leave it in."""
        last = self.last("resolve", "acknowledge", "trigger", "unacknowledge", "reopen")
        if last is None or last.type in {"trigger", "unacknowledge", "reopen"}:
            return "triggered"
        return "resolved" if last.type == "resolve" else "acknowledged"

    def last(self, *types: str) -> Event | None:
        """Give the last event of some types."""
        return next((event for event in reversed(self.events) if event.type in types), None)

    @cached_property
    def assigned(self) -> Event | None:
        """The event that names who is assigned; None once resolved."""
        return None if self.status == "resolved" else self.last("assign", "escalate")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceReferences:
    """Where incidents of one service belong: references, shared by all of them."""

    service: JsonObject
    policy: JsonObject
    teams: tuple[JsonObject, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRecord:
    """One incident."""

    number: int
    created: int
    references: ServiceReferences
    state: IncidentState
    title: str
    urgency: str = "high"
    priority: int | None = None
    """The position of its priority in the account's list."""
    keyed: bool = True
    """Whether it has an ``incident_key``."""

    @property
    def changed(self) -> int:
        """The instant of the last thing that happened to it."""
        return self.created + self.state.events[-1].after


class LogEntry(NamedTuple):
    """One log entry of one incident."""

    incident: IncidentRecord
    position: int

    @property
    def event(self) -> Event:
        """What it says."""
        return self.incident.state.events[self.position]

    @property
    def created(self) -> int:
        """When it happened."""
        return self.incident.created + self.event.after


class IncidentLog:
    """Every incident of an account, in the order of time."""

    def __init__(self) -> None:
        self._records: dict[int, IncidentRecord] = {}
        self._by_creation: array[int] | None = None
        self._by_entry: array[int] | None = None
        self._cache: dict[object, Any] = {}

    def __len__(self) -> int:
        """Count the incidents."""
        return len(self._records)

    def __iter__(self) -> Iterator[IncidentRecord]:
        """Walk through them by number."""
        return iter(self._records.values())

    def __getitem__(self, number: int) -> IncidentRecord:
        """Give the incident of a number."""
        return self._records[number]

    def get(self, number: int) -> IncidentRecord | None:
        """Give the incident of a number, if there is one."""
        return self._records.get(number)

    @property
    def next_number(self) -> int:
        """The number the next incident gets."""
        return max(self._records, default=0) + 1

    def put(self, incidents: Iterable[IncidentRecord]) -> None:
        """Add incidents, or replace those that have the same number."""
        self._records.update((incident.number, incident) for incident in incidents)
        self._invalidate()

    def drop(self, number: int) -> None:
        """Take an incident away."""
        del self._records[number]
        self._invalidate()

    def append_events(self, number: int, *events: Event) -> None:
        """Let more happen to an incident."""
        incident = self._records[number]
        together = tuple(sorted((*incident.state.events, *events), key=lambda event: event.after))
        self.put([replace(incident, state=replace(incident.state, events=together))])

    def created_between(self, since: int, until: int) -> Sequence[int]:
        """Give the numbers of incidents with ``since <= created < until``, oldest first."""
        if self._by_creation is None:
            packed = (each.created << _NUMBER_BITS | each.number for each in self)
            self._by_creation = array("q", sorted(packed))
        index = self._by_creation
        mask = (1 << _NUMBER_BITS) - 1
        low = bisect_left(index, since << _NUMBER_BITS)
        high = bisect_left(index, until << _NUMBER_BITS)
        return array("q", (packed & mask for packed in index[low:high]))

    def entries_between(self, since: int, until: int) -> LogEntryRange:
        """Give the log entries with ``since <= created < until``, newest first."""
        if self._by_entry is None:
            self._by_entry = array("q", sorted(_packed_entries(self)))
        index = self._by_entry
        shift = _ENTRY_NUMBER_BITS + _POSITION_BITS
        low = bisect_left(index, since << shift)
        return LogEntryRange(self, index, low, bisect_left(index, until << shift))

    def cache(self, key: object, value: Any) -> Any:
        """Keep an response until the incidents change, or until many others were kept."""
        if len(self._cache) > 32:  # noqa: PLR2004 - a few listings read at the same time
            self._cache.clear()
        self._cache[key] = value
        return value

    def cached(self, key: object) -> Any:
        """Give what was kept under a key; None where there is nothing."""
        return self._cache.get(key)

    def _invalidate(self) -> None:
        self._by_creation = self._by_entry = None
        self._cache.clear()


class LogEntryRange(Sequence[LogEntry]):
    """A stretch of the account's log, newest first, read where it is looked at."""

    def __init__(self, log: IncidentLog, index: array[int], low: int, high: int) -> None:
        self._log, self._index, self._low, self._high = log, index, low, max(low, high)

    def __len__(self) -> int:
        """Count the entries."""
        return self._high - self._low

    def __getitem__(self, which: Any) -> Any:
        """Give one entry, or a list of those in a slice."""
        if isinstance(which, slice):
            return [self[position] for position in range(*which.indices(len(self)))]
        if not 0 <= which < len(self):
            raise IndexError(which)
        packed = self._index[self._high - 1 - which]
        number = packed >> _POSITION_BITS & (1 << _ENTRY_NUMBER_BITS) - 1
        return LogEntry(self._log[number], packed & (1 << _POSITION_BITS) - 1)


def _packed_entries(log: IncidentLog) -> Iterator[int]:
    for incident in log:
        for position, event in enumerate(incident.state.events):
            created = incident.created + event.after
            yield (created << _ENTRY_NUMBER_BITS | incident.number) << _POSITION_BITS | position
