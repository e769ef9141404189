"""An incident's log entries, in the order in which they happened, and what they say.

Instants have whole seconds, and equal ones are common. Entries of one second are put in the
order of an incident's life (triggered, escalated, unacknowledged, acknowledged, resolved), then
by id, so that the same evidence always reads the same.
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

_LIFE = ("trigger", "assign", "notify", "escalate", "unacknowledge", "acknowledge", "resolve")
_RANK = {name: place for place, name in enumerate(_LIFE)}

_REVIVES = frozenset({"trigger", "escalate", "unacknowledge", "acknowledge", "snooze", "reopen"})
"""What cannot happen to an incident that stays resolved."""


class Actor(StrEnum):
    """Who made a log entry, by its agent and its channel."""

    PERSON = "person"
    SERVICE = "service"
    """A monitoring tool, an integration or an automation."""
    TIMEOUT = "timeout"
    """PagerDuty itself, because a time limit of the service ran out."""
    UNCLEAR = "unclear"
    """No agent, no channel, or the API in a user's name: a person or a script, who knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineEntry:
    """One log entry, as far as response times need it."""

    at: datetime
    what: str
    """The type without ``_log_entry``."""
    actor: Actor
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentTimeline:
    """All log entries of one incident."""

    entries: tuple[TimelineEntry, ...]

    def of(self, what: str) -> tuple[TimelineEntry, ...]:
        """Give the entries of one type."""
        return tuple(entry for entry in self.entries if entry.what == what)

    @property
    def triggered(self) -> TimelineEntry | None:
        """The first trigger; without it the evidence of the incident is not all there."""
        return next(iter(self.of("trigger")), None)

    @property
    def reopenings(self) -> int:
        """How often it went on after it had been resolved."""
        kinds = [entry.what for entry in self.entries if entry.what in {*_REVIVES, "resolve"}]
        return sum(before == "resolve" for before, _ in pairwise(kinds))

    @property
    def resolution(self) -> TimelineEntry | None:
        """The entry that resolved it for good; none while it is open."""
        for entry in reversed(self.entries):
            if entry.what == "resolve":
                return entry
            if entry.what in _REVIVES:
                return None
        return None


def timeline(bodies: Iterable[JsonObject]) -> IncidentTimeline:
    """Read log entries into their order."""
    entries = (_entry(body) for body in bodies)
    return IncidentTimeline(entries=tuple(sorted(entries, key=_place)))


def actor(body: JsonObject) -> Actor:
    """Tell who made an entry: the agent and the channel have to agree."""
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
        what=str(body["type"]).removesuffix("_log_entry"),
        actor=actor(body),
        id=body["id"],
    )


def _place(entry: TimelineEntry) -> tuple[datetime, int, str]:
    return entry.at, _RANK.get(entry.what, _RANK["escalate"]), entry.id
