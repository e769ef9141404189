"""The log of an incident: its log entries in the order in which they happened.

Instants have whole seconds, and equal ones are common. Entries of the same second are put in the
order of an incident's life cycle (triggered, escalated, unacknowledged, acknowledged, resolved),
then by id, so that the same evidence always reads the same.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from ccm_core.sdk.timestamps import parse_instant
from ccm_pagerduty.references import title_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

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
_OTHER = _RANK["escalate"]

REOPENING = frozenset({"trigger", "escalate", "unacknowledge", "acknowledge", "snooze", "reopen"})
"""Entries that cannot follow a resolution unless the incident was reopened."""

_AUTOMATIC = frozenset({"auto", "nagios", "event_orchestration"})
_AUTOMATION = ("workflow", "automation", "response_play", "integration")
"""Parts of the names of channels in which nobody sits, in whosever name they act."""
_PRIORITIES = re.compile(r'from "(?P<old>[^"]*)" to "(?P<new>[^"]*)"')


class Actor(StrEnum):
    """Who made a log entry, by its agent and its channel."""

    PERSON = "person"
    SERVICE = "service"
    """A monitoring tool, an integration or an automation."""
    TIMEOUT = "timeout"
    """PagerDuty itself, because a timeout of the service expired."""
    UNCLEAR = "unclear"
    """No agent, no channel, or the API on behalf of a user: a person or a script."""


class TimelineEntry(NamedTuple):
    """One log entry, as far as the timeline needs it."""

    at: datetime
    type: str
    """The type without ``_log_entry``."""
    actor: Actor
    id: str
    priorities: tuple[str | None, str | None] | None = None
    """The priority before and after a change of it; None: it is no change, or does not tell."""
    user: JsonObject | None = None
    """Who was notified; None: it is no notification, or does not tell."""


@dataclass(frozen=True, slots=True)
class TimelineLog:
    """All log entries of one incident, in order."""

    entries: tuple[TimelineEntry, ...]
    counts: Mapping[str, int]
    """How many there are of each type."""

    def of_type(self, entry_type: str) -> tuple[TimelineEntry, ...]:
        """Return the entries of one type."""
        if entry_type not in self.counts:
            return ()
        return tuple(entry for entry in self.entries if entry.type == entry_type)

    def first_at(self, entry_type: str) -> datetime | None:
        """Return when an entry of a type was made first; None: there is none."""
        if entry_type not in self.counts:
            return None
        return next(entry.at for entry in self.entries if entry.type == entry_type)

    def count(self, entry_type: str) -> int:
        """Return how many entries there are of a type."""
        return self.counts.get(entry_type, 0)

    @property
    def resolution(self) -> TimelineEntry | None:
        """Return the resolution after which nothing happened; None: there is none."""
        for entry in reversed(self.entries):
            if entry.type == "resolve":
                return entry
            if entry.type in REOPENING:
                return None
        return None


def incident_log(bodies: Iterable[JsonObject]) -> TimelineLog:
    """Read log entries and sort them."""
    entries = tuple(sorted([_entry(body) for body in bodies], key=_sort_key))
    counts: dict[str, int] = {}
    for entry in entries:
        counts[entry.type] = counts.get(entry.type, 0) + 1
    return TimelineLog(entries, counts)


def actor(body: JsonObject) -> Actor:
    """Return who made an entry: its agent and its channel have to agree."""
    agent = (body.get("agent") or {}).get("type")
    channel = (body.get("channel") or {}).get("type")
    if channel == "timeout":
        return Actor.TIMEOUT
    if agent is None:
        return Actor.UNCLEAR
    if not agent.startswith("user") or channel in _AUTOMATIC:
        return Actor.SERVICE
    if channel in {None, "api"}:
        return Actor.UNCLEAR
    automatic = any(part in channel for part in _AUTOMATION)
    return Actor.SERVICE if automatic else Actor.PERSON


def _entry(body: JsonObject) -> TimelineEntry:
    entry_type = str(body["type"]).removesuffix("_log_entry")
    return TimelineEntry(
        parse_instant(body["created_at"]),
        entry_type,
        actor(body),
        body["id"],
        _priorities(body) if entry_type == "priority_change" else None,
        body.get("user") if entry_type == "notify" else None,
    )


def _priorities(body: JsonObject) -> tuple[str | None, str | None] | None:
    """Return the priorities before and after a change: those of its channel, else of its text."""
    channel = body.get("channel") or {}
    if {"old_priority", "new_priority"} & channel.keys():
        old, new = channel.get("old_priority"), channel.get("new_priority")
        return old and title_of(old), new and title_of(new)
    written = _PRIORITIES.search(body.get("summary") or "")
    return (written["old"] or None, written["new"] or None) if written else None


def _sort_key(entry: TimelineEntry) -> tuple[datetime, int, str]:
    return entry.at, _RANK.get(entry.type, _OTHER), entry.id
