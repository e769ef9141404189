"""Response times of one incident: time to acknowledge (MTTA) and to resolve (MTTR).

A merged incident is followed into its primary incident, which answers for it from the merge on: an
acknowledgement of either counts, that of the primary one not before the merge, and it is resolved
when the primary one is. Times run from its own trigger.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from ccm_core.sdk.timestamps import parse_instant
from ccm_pagerduty.views.incidents.incident_timeline import Actor, IncidentTimeline, TimelineEntry
from ccm_pagerduty.views.intervals import seconds_of
from ccm_pagerduty.views.three_valued import known_fields

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccm_core.sdk.types import JsonObject
    from ccm_pagerduty.views.incidents.support_hours import SlaClock


ACKNOWLEDGEMENT_FIELDS = (
    "acknowledged",
    "acknowledged_by_person",
    "time_to_acknowledge",
    "sla_time_to_acknowledge",
)
RESOLUTION_FIELDS = (
    *("open", "reopened", "resolved_by", "self_resolved", "clock"),
    *("time_to_resolve", "sla_time_to_resolve"),
)
SLA_FIELDS = (
    *("clock", "sla_time_to_acknowledge", "sla_time_to_first_acknowledgement"),
    "sla_time_to_resolve",
)
"""Fields that need the support hours of the service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentHistory:
    """An incident and its log entries."""

    incident: JsonObject
    timeline: IncidentTimeline

    @property
    def status(self) -> str | None:
        """Return its status as PagerDuty lists it."""
        status: str | None = self.incident.get("status")
        return status

    @property
    def lacks_acknowledgement(self) -> bool:
        """Return whether PagerDuty shows an acknowledgement that no log entry records."""
        claimed = self.status == "acknowledged" or bool(self.incident.get("acknowledgements"))
        return claimed and not self.timeline.of_type("acknowledge")

    @property
    def lacks_resolution(self) -> bool:
        """Return whether PagerDuty shows it resolved and no log entry records that."""
        return self.status == "resolved" and self.timeline.resolution is None

    @property
    def merged_at(self) -> datetime | None:
        """Return when it was resolved, and by that merged; None where nothing shows it."""
        resolution = self.timeline.resolution
        if resolution is not None:
            return resolution.at
        names = ("resolved_at", "last_status_change_at")
        texts = (self.incident.get(name) for name in names)
        return next((parse_instant(text) for text in texts if text is not None), None)

    @property
    def end(self) -> TimelineEntry | None:
        """Return the final resolution, unless PagerDuty shows a later reopening."""
        end = self.timeline.resolution
        changed = self.incident.get("last_status_change_at")
        if end is None or self.status == "resolved" or changed is None:
            return end
        return None if parse_instant(changed) > end.at else end


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseTimer:
    """Measures durations from one instant, in elapsed time and on the SLA clock."""

    start: datetime
    clock: SlaClock | None
    """None: the support hours are unknown."""

    def until(self, field: str, at: datetime | None) -> JsonObject:
        """Return the elapsed and the SLA time until an instant; null where it did not come."""
        if at is None:
            return {field: None, f"sla_{field}": None}
        elapsed = {field: seconds_of(max(at - self.start, timedelta()))}
        sla = None if self.clock is None else self.clock.elapsed_seconds(self.start, at)
        return elapsed | known_fields(**{f"sla_{field}": sla})


def response_fields(histories: Sequence[IncidentHistory], clock: SlaClock | None) -> JsonObject:
    """Return the response to the first incident of a merge chain, whose last one is the primary.

    Where the log of one of them is not in the evidence, nothing is known.
    """
    own, primary = histories[0], histories[-1]
    start = own.timeline.triggered
    if start is None or any(history.timeline.triggered is None for history in histories):
        return {}
    timer = ResponseTimer(start=start.at, clock=clock)
    return (
        {
            "unacknowledgements": len(own.timeline.of_type("unacknowledge")),
            "escalations": len(own.timeline.of_type("escalate")),
            "escalation_exhausted": bool(own.timeline.of_type("exhaust_escalation_path")),
        }
        | _acknowledgement(histories, timer)
        | _resolution(own, primary, timer)
    )


def clock_field(histories: Sequence[IncidentHistory], clock: SlaClock | None) -> JsonObject:
    """Return the clock of the limits, from the creation to the final resolution, if there is one.

    It is unknown where the log does not show whether the incident is open.
    """
    logs = all(history.timeline.triggered is not None for history in histories)
    if clock is None or not logs or histories[-1].lacks_resolution:
        return {}
    created, end = parse_instant(histories[0].incident["created_at"]), histories[-1].end
    return {"clock": clock.between(created, None if end is None else max(created, end.at))}


def unknown_reasons(histories: Sequence[IncidentHistory]) -> dict[str, str]:
    """Return why fields of the response are unknown, by field name."""
    missing = next((history for history in histories if history.timeline.triggered is None), None)
    if missing is not None:
        subject = "its log entries are"
        if missing is not histories[0]:
            subject = "the log entries of the incident it was merged into are"
        return {"*": f"{subject} not in the evidence"}
    reasons = {"*": "agent and channel of the log entry do not show who made it"}
    if any(history.lacks_acknowledgement for history in histories):
        reason = "PagerDuty shows an acknowledgement that no log entry in the evidence records"
        reasons |= dict.fromkeys(ACKNOWLEDGEMENT_FIELDS, reason)
    if histories[-1].lacks_resolution:
        reason = "PagerDuty shows a resolution that no log entry in the evidence records"
        reasons |= dict.fromkeys(RESOLUTION_FIELDS, reason)
    return reasons


def _acknowledgement(histories: Sequence[IncidentHistory], timer: ResponseTimer) -> JsonObject:
    if any(history.lacks_acknowledgement for history in histories):
        return {}
    acks = acknowledgements(histories)
    if acks is None:
        return {}
    first = acks[0].at if acks else None
    return (
        {"acknowledged": bool(acks), "acknowledgements": len(acks)}
        | timer.until("time_to_first_acknowledgement", first)
        | _by_person(acks, timer)
    )


def acknowledgements(histories: Sequence[IncidentHistory]) -> list[TimelineEntry] | None:
    """Return the acknowledgements that count for the first incident, in order.

    Those of what it was merged into count from the merge on: until then its time is its own. None
    where one of them was merged at an unknown time.
    """
    acks = list(histories[0].timeline.of_type("acknowledge"))
    since = None
    for before, history in pairwise(histories):
        merged_at = before.merged_at
        if merged_at is None:
            return None
        since = merged_at if since is None else max(since, merged_at)
        acks += [
            replace(ack, at=max(ack.at, since)) for ack in history.timeline.of_type("acknowledge")
        ]
    return sorted(acks, key=lambda ack: (ack.at, ack.id))


def _by_person(acks: Sequence[TimelineEntry], timer: ResponseTimer) -> JsonObject:
    first = next((ack for ack in acks if ack.actor is Actor.PERSON), None)
    earlier = acks if first is None else acks[: acks.index(first)]
    unclear = any(ack.actor is Actor.UNCLEAR for ack in earlier)
    if first is None:
        by_nobody = {"acknowledged_by_person": False} | timer.until("time_to_acknowledge", None)
        return {} if unclear else by_nobody
    times = {} if unclear else timer.until("time_to_acknowledge", first.at)
    return {"acknowledged_by_person": True} | times


def _resolution(own: IncidentHistory, primary: IncidentHistory, timer: ResponseTimer) -> JsonObject:
    if primary.lacks_resolution:
        return {}
    end = primary.end
    reopenings = own.timeline.reopenings
    reopenings += own is primary and end is not own.timeline.resolution
    body = {"open": end is None, "reopened": bool(reopenings), "reopenings": reopenings}
    body |= timer.until("time_to_resolve", None if end is None else end.at)
    if end is None:
        return body | {"resolved_by": None, "self_resolved": False}
    resolver = None if end.actor is Actor.UNCLEAR else end.actor.value
    acknowledged = any(history.timeline.of_type("acknowledge") for history in (own, primary))
    by_service = None if resolver is None else resolver == Actor.SERVICE.value
    return body | known_fields(
        resolved_by=resolver, self_resolved=False if acknowledged else by_service
    )
