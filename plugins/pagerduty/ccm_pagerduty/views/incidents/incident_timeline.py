"""The timeline of one incident: what its log and its record show, as one line of time.

Where the two disagree, the status that PagerDuty shows decides over an order of log entries that
was guessed, and log entries that are newer than the status decide over it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccm_core.sdk.timestamps import parse_instant
from ccm_pagerduty.views.incidents.incident_log import REOPENING, Actor
from ccm_pagerduty.views.incidents.merged_incidents import is_merged
from ccm_pagerduty.views.incidents.urgency_line import priorities, urgencies

if TYPE_CHECKING:
    from datetime import datetime

    from ccm_core.sdk.types import JsonObject
    from ccm_pagerduty.views.incidents.incident_log import TimelineEntry, TimelineLog
    from ccm_pagerduty.views.incidents.urgency_line import Line

_TAKING = frozenset({"acknowledge", "snooze", "resolve"})
"""Entries by which a person takes an incident."""
_ASSIGNING = frozenset({"assign", "escalate", "delegate", "reassign"})


@dataclass(frozen=True, slots=True)
class IncidentTimeline:
    """One incident: its trigger, and what happened to it until its end."""

    incident: JsonObject
    log: TimelineLog
    trigger: TimelineEntry | None
    """None: its log entries are not in the evidence, or not all of them."""
    end: TimelineEntry | None
    """The final resolution; None: it is open, or nothing shows when it ended."""
    merged: bool

    @property
    def status(self) -> str | None:
        """Return its status as PagerDuty lists it."""
        status: str | None = self.incident.get("status")
        return status

    @property
    def lacks_acknowledgement(self) -> bool:
        """Return whether PagerDuty shows an acknowledgement that no log entry records."""
        shown = self.status == "acknowledged" or bool(self.incident.get("acknowledgements"))
        return shown and self.log.first_at("acknowledge") is None

    @property
    def lacks_resolution(self) -> bool:
        """Return whether PagerDuty shows it resolved and no log entry records that."""
        return self.status == "resolved" and self.end is None

    @property
    def merged_at(self) -> datetime | None:
        """Return when it was resolved, and by that merged; None where nothing shows it."""
        if self.end is not None:
            return self.end.at
        names = ("resolved_at", "last_status_change_at")
        texts = (self.incident.get(name) for name in names)
        return next((parse_instant(text) for text in texts if text is not None), None)

    @property
    def takings(self) -> tuple[TimelineEntry, ...]:
        """Return every entry that takes it, or may: those of machines take nothing.

        A merge resolves an incident and takes it from nobody.
        """
        merge = self.end if self.merged else None
        return tuple(
            entry
            for entry in self.log.entries
            if entry.type in _TAKING
            and entry is not merge
            and entry.actor in {Actor.PERSON, Actor.UNCLEAR}
        )

    @property
    def reopenings(self) -> int:
        """Count how often it was reopened after a resolution."""
        if not self.log.count("resolve"):
            return 0
        count, resolved = 0, False
        for entry in self.log.entries:
            if entry.type == "resolve" or entry.type in REOPENING:
                count += resolved
                resolved = entry.type == "resolve"
        return count + (resolved and self.end is None)

    @property
    def assignments(self) -> int:
        """Count how often it was given to somebody, by a person or the escalation policy."""
        return sum(self.log.count(entry_type) for entry_type in _ASSIGNING)

    def urgencies(self, start: datetime) -> Line | None:
        """Return its urgency through time; None: unknown."""
        return urgencies(self.incident, self.log, start)

    def priorities(self, start: datetime) -> Line | None:
        """Return its priority through time; None: unknown."""
        return priorities(self.incident, self.log, start)

    def unowned(self) -> list[tuple[datetime, datetime | None]] | None:
        """Return the stretches of time in which nobody had it any more; None: unknown.

        One begins when the acknowledgement of a person runs out or the incident is reopened, and
        ends when a person takes it, or it is resolved.
        """
        if not self.log.count("unacknowledge") and not self.reopenings:
            return []
        stretches: list[tuple[datetime, datetime | None]] = []
        since, owned, resolved = None, False, False
        for entry in self.log.entries:
            kind, at = entry.type, entry.at
            taken = kind in {"acknowledge", "snooze"}
            if taken and entry.actor is Actor.UNCLEAR and (resolved or since is not None):
                return None
            if since is not None and (kind == "resolve" or (taken and entry.actor is _PERSON)):
                stretches += [(since, at)] if since < at else []
                since = None
            if kind == "unacknowledge" and owned and since is None:
                since, owned = at, False
            elif resolved and kind in REOPENING and not (taken and entry.actor is _PERSON):
                since = at
            if taken or kind == "resolve":
                owned = entry.actor is not Actor.SERVICE
            resolved = kind == "resolve" or (resolved and kind not in REOPENING)
        if resolved and self.end is None and self.status == "triggered":
            since = self._changed_at()
        return [*stretches, *([] if since is None else [(since, None)])]

    def _changed_at(self) -> datetime | None:
        changed = self.incident.get("last_status_change_at")
        return None if changed is None else parse_instant(changed)


_PERSON = Actor.PERSON


def incident_timeline(incident: JsonObject, log: TimelineLog) -> IncidentTimeline:
    """Join an incident and its log."""
    trigger = next((entry for entry in log.entries if entry.type == "trigger"), None)
    return IncidentTimeline(incident, log, trigger, _end(incident, log), is_merged(incident))


def _end(incident: JsonObject, log: TimelineLog) -> TimelineEntry | None:
    """Return the final resolution, unless PagerDuty shows a reopening that is as late or later.

    In one second the order of the entries is a guess, and the status is not.
    """
    end = log.resolution
    changed = incident.get("last_status_change_at")
    if end is None or incident.get("status") == "resolved" or changed is None:
        return end
    return None if parse_instant(changed) >= end.at else end
