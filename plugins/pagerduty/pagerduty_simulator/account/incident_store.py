"""The incidents of an account, compact enough that 200,000 of them fit in memory.

An incident and its log entries, as PagerDuty sends them, are generated on request from one record,
so the two can never disagree.
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
_POSITION_BITS = 12
_ENTRY_NUMBER_BITS = 20
_MAX_CACHED = 32


class Event(NamedTuple):
    """One log entry, at a time relative to its incident."""

    after: int
    """Whole seconds since the incident was triggered."""
    type: str
    """Without ``_log_entry``."""
    agent: JsonObject | None
    """A reference to who or what caused it."""
    channel: str
    user: JsonObject | None = None
    """A reference: the assignee, or the notified user."""
    extra: JsonObject | None = None
    """Fields that only this type of entry has."""


@dataclass(frozen=True, kw_only=True)
class IncidentState:
    """The events of an incident, and the state they result in; many incidents may share one."""

    events: tuple[Event, ...]
    """In order of time."""
    merged_into: int | None = None
    """The number of the primary incident."""

    @cached_property
    def status(self) -> str:
        """The status after the last event."""
        last = self.last("resolve", "acknowledge", "trigger", "unacknowledge", "reopen")
        if last is None or last.type in {"trigger", "unacknowledge", "reopen"}:
            return "triggered"
        return "resolved" if last.type == "resolve" else "acknowledged"

    def last(self, *types: str) -> Event | None:
        """Return the last event of some types."""
        return next((event for event in reversed(self.events) if event.type in types), None)

    @cached_property
    def assigned(self) -> Event | None:
        """The event that names the current assignee; None once resolved."""
        return None if self.status == "resolved" else self.last("assign", "escalate")


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceReferences:
    """References that all incidents of one service share."""

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
    has_key: bool = True
    """Whether it has an ``incident_key``."""

    @property
    def updated(self) -> int:
        """The instant of its last event."""
        return self.created + self.state.events[-1].after


class LogEntry(NamedTuple):
    """One log entry of one incident."""

    incident: IncidentRecord
    position: int

    @property
    def event(self) -> Event:
        """The event it records."""
        return self.incident.state.events[self.position]

    @property
    def created(self) -> int:
        """The instant of the event."""
        return self.incident.created + self.event.after


class IncidentLog:
    """Every incident of an account, indexed by number and by time."""

    def __init__(self) -> None:
        self._incidents: dict[int, IncidentRecord] = {}
        self._by_creation: array[int] | None = None
        self._by_entry: array[int] | None = None
        self._cache: dict[object, Any] = {}

    def __len__(self) -> int:
        """Count the incidents."""
        return len(self._incidents)

    def __iter__(self) -> Iterator[IncidentRecord]:
        """Iterate over the incidents by number."""
        return iter(self._incidents.values())

    def __getitem__(self, number: int) -> IncidentRecord:
        """Return the incident with a number."""
        return self._incidents[number]

    def get(self, number: int) -> IncidentRecord | None:
        """Return the incident with a number, or None."""
        return self._incidents.get(number)

    @property
    def next_number(self) -> int:
        """The number of the next incident."""
        return max(self._incidents, default=0) + 1

    def put(self, incidents: Iterable[IncidentRecord]) -> None:
        """Add incidents, or replace those that have the same number."""
        self._incidents.update((incident.number, incident) for incident in incidents)
        self._invalidate()

    def remove(self, number: int) -> None:
        """Remove an incident."""
        del self._incidents[number]
        self._invalidate()

    def append_events(self, number: int, *events: Event) -> None:
        """Add events to an incident."""
        incident = self._incidents[number]
        merged = tuple(sorted((*incident.state.events, *events), key=lambda event: event.after))
        self.put([replace(incident, state=replace(incident.state, events=merged))])

    def created_between(self, since: int, until: int) -> Sequence[int]:
        """Return the numbers of incidents with ``since <= created < until``, oldest first."""
        if self._by_creation is None:
            packed = (incident.created << _NUMBER_BITS | incident.number for incident in self)
            self._by_creation = array("q", sorted(packed))
        index = self._by_creation
        mask = (1 << _NUMBER_BITS) - 1
        low = bisect_left(index, since << _NUMBER_BITS)
        high = bisect_left(index, until << _NUMBER_BITS)
        return array("q", (packed & mask for packed in index[low:high]))

    def entries_between(self, since: int, until: int) -> LogEntryRange:
        """Return the log entries with ``since <= created < until``, newest first."""
        if self._by_entry is None:
            self._by_entry = array("q", sorted(_packed_entries(self)))
        index = self._by_entry
        shift = _ENTRY_NUMBER_BITS + _POSITION_BITS
        low = bisect_left(index, since << shift)
        return LogEntryRange(self, index, low, bisect_left(index, until << shift))

    def cache(self, key: object, value: Any) -> Any:
        """Cache a value until the incidents change, or until many others were cached."""
        if len(self._cache) > _MAX_CACHED:
            self._cache.clear()
        self._cache[key] = value
        return value

    def cached(self, key: object) -> Any:
        """Return the cached value of a key, or None."""
        return self._cache.get(key)

    def _invalidate(self) -> None:
        self._by_creation = self._by_entry = None
        self._cache.clear()


class LogEntryRange(Sequence[LogEntry]):
    """A range of the account's log, newest first, whose entries are built on access."""

    def __init__(self, log: IncidentLog, index: array[int], low: int, high: int) -> None:
        self._log, self._index, self._low, self._high = log, index, low, max(low, high)

    def __len__(self) -> int:
        """Count the entries."""
        return self._high - self._low

    def __getitem__(self, index: Any) -> Any:
        """Return one entry, or a list of those in a slice."""
        if isinstance(index, slice):
            return [self[position] for position in range(*index.indices(len(self)))]
        if not 0 <= index < len(self):
            raise IndexError(index)
        packed = self._index[self._high - 1 - index]
        number = packed >> _POSITION_BITS & (1 << _ENTRY_NUMBER_BITS) - 1
        return LogEntry(self._log[number], packed & (1 << _POSITION_BITS) - 1)


def _packed_entries(log: IncidentLog) -> Iterator[int]:
    for incident in log:
        for position, event in enumerate(incident.state.events):
            created = incident.created + event.after
            yield (created << _ENTRY_NUMBER_BITS | incident.number) << _POSITION_BITS | position
