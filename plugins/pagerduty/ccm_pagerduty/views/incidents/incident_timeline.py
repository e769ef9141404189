"""The timeline of an incident: its log entries in the order in which they happened.

Instants have whole seconds, and equal ones are common. Entries of the same second are put in the
order of an incident's life cycle (triggered, escalated, unacknowledged, acknowledged, resolved),
then by id, so that the same evidence always reads the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING

from ccm_core.sdk.timestamps import parse_instant

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ccm_core.sdk.types import JsonObject

_LIFE_CYCLE = (
    "trigger",
    "assign",
    "notify",
    "escalate",
    "unacknowledge",
    "acknowledge",
    "resolve",
)
_RANK = {entry_type: rank for rank, entry_type in enumerate(_LIFE_CYCLE)}

_REOPENING = frozenset({"trigger", "escalate", "unacknowledge", "acknowledge", "snooze", "reopen"})
"""Entries that cannot follow a resolution unless the incident was reopened."""


class Actor(StrEnum):
    """Who made a log entry, by its agent and its channel."""

    PERSON = "person"
    SERVICE = "service"
    """A monitoring tool, an integration or an automation."""
    TIMEOUT = "timeout"
    """PagerDuty itself, because a timeout of the service expired."""
    UNCLEAR = "unclear"
    """No agent, no channel, or the API on behalf of a user: a person or a script."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """One log entry, as far as response times need it."""

    at: datetime
    type: str
    """The type without ``_log_entry``."""
    actor: Actor
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentTimeline:
    """All log entries of one incident, in order."""

    entries: tuple[TimelineEntry, ...]

    def of_type(self, entry_type: str) -> tuple[TimelineEntry, ...]:
        """Return the entries of one type."""
        return tuple(entry for entry in self.entries if entry.type == entry_type)

    @property
    def triggered(self) -> TimelineEntry | None:
        """Return the first trigger; without it the evidence of the incident is incomplete."""
        return next(iter(self.of_type("trigger")), None)

    @property
    def reopenings(self) -> int:
        """Count how often it was reopened after a resolution."""
        types = [entry.type for entry in self.entries if entry.type in {*_REOPENING, "resolve"}]
        return sum(before == "resolve" for before, _ in pairwise(types))

    @property
    def resolution(self) -> TimelineEntry | None:
        """Return the final resolution; None while it is open."""
        for entry in reversed(self.entries):
            if entry.type == "resolve":
                return entry
            if entry.type in _REOPENING:
                return None
        return None


def timeline(bodies: Iterable[JsonObject]) -> IncidentTimeline:
    """Read log entries and sort them."""
    entries = (_entry(body) for body in bodies)
    return IncidentTimeline(entries=tuple(sorted(entries, key=_sort_key)))


def actor(body: JsonObject) -> Actor:
    """Return who made an entry: its agent and its channel have to agree."""
    agent = (body.get("agent") or {}).get("type")
    channel = (body.get("channel") or {}).get("type")
    if channel == "timeout":
        return Actor.TIMEOUT
    if agent is None:
        return Actor.UNCLEAR
    if not agent.startswith("user"):
        return Actor.SERVICE
    if channel in {"auto", "nagios"}:
        return Actor.SERVICE
    return Actor.UNCLEAR if channel in {None, "api"} else Actor.PERSON


def _entry(body: JsonObject) -> TimelineEntry:
    return TimelineEntry(
        at=parse_instant(body["created_at"]),
        type=str(body["type"]).removesuffix("_log_entry"),
        actor=actor(body),
        id=body["id"],
    )


def _sort_key(entry: TimelineEntry) -> tuple[datetime, int, str]:
    return entry.at, _RANK.get(entry.type, _RANK["escalate"]), entry.id
