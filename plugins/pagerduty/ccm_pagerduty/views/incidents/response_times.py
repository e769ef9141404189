"""What log entries tell of the response to one incident, and of how soon it came.

A merged incident is followed into the one that answers for it: an acknowledgement of either
counts, and it is over when that one is. ResponseTimer run from its own trigger.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from ccm_core.sdk.timestamps import parse_instant
from ccm_pagerduty.views.incidents.incident_timeline import Actor, TimelineEntry, IncidentTimeline
from ccm_pagerduty.views.intervals import seconds_of
from ccm_pagerduty.views.three_valued import known_fields

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccm_core.sdk.types import JsonObject
    from ccm_pagerduty.views.incidents.support_hours import SlaClock


ACKNOWLEDGEMENT = (
    "acknowledged",
    "acknowledged_by_person",
    "time_to_acknowledge",
    "sla_time_to_acknowledge",
)
RESOLUTION = (
    *("open", "reopened", "resolved_by", "self_resolved"),
    *("time_to_resolve", "sla_time_to_resolve"),
)
COUNTED = (
    *("sla_age", "sla_time_to_acknowledge", "sla_time_to_first_acknowledgement"),
    "sla_time_to_resolve",
)
"""Keys that need the support hours of the service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentHistory:
    """An incident and its log."""

    incident: JsonObject
    line: IncidentTimeline

    @property
    def status(self) -> str | None:
        """Its status as PagerDuty lists it."""
        status: str | None = self.incident.get("status")
        return status

    @property
    def hides_an_acknowledgement(self) -> bool:
        """Whether PagerDuty shows one that no log entry in the evidence tells of."""
        claimed = self.status == "acknowledged" or bool(self.incident.get("acknowledgements"))
        return claimed and not self.line.of("acknowledge")

    @property
    def hides_a_resolution(self) -> bool:
        """Whether PagerDuty shows it resolved and no log entry in the evidence tells of that."""
        return self.status == "resolved" and self.line.resolution is None

    @property
    def end(self) -> TimelineEntry | None:
        """The resolution that stands, unless PagerDuty shows that it was opened again since."""
        end = self.line.resolution
        changed = self.incident.get("last_status_change_at")
        if end is None or self.status == "resolved" or changed is None:
            return end
        return None if parse_instant(changed) > end.at else end


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseTimer:
    """How long things took from one instant on."""

    start: datetime
    clock: SlaClock | None
    """None: what counts is not known."""

    def until(self, what: str, at: datetime | None) -> JsonObject:
        """Tell the time until an instant: all of it, and what counts; null: it did not come."""
        if at is None:
            return {what: None, f"sla_{what}": None}
        whole_seconds = {what: seconds_of(max(at - self.start, timedelta()))}
        counted = None if self.clock is None else self.clock.counted(self.start, at)
        return whole_seconds | known_fields(**{f"sla_{what}": counted})


def response(cases: Sequence[IncidentHistory], clock: SlaClock | None) -> JsonObject:
    """Tell the response to the first of these incidents, for which the last one answers.

    Where the log of one of them is not in the evidence, nothing is known.
    """
    own, last = cases[0], cases[-1]
    start = own.line.triggered
    if start is None or any(case.line.triggered is None for case in cases):
        return {}
    times = ResponseTimer(start=start.at, clock=clock)
    return (
        {
            "unacknowledgements": len(own.line.of("unacknowledge")),
            "escalations": len(own.line.of("escalate")),
            "escalation_exhausted": bool(own.line.of("exhaust_escalation_path")),
        }
        | _acknowledgement(cases, times)
        | _resolution(own, last, times)
    )


def left_out(cases: Sequence[IncidentHistory]) -> dict[str, str]:
    """Say why the response lacks what it lacks, by the names of its keys."""
    silent = next((case for case in cases if case.line.triggered is None), None)
    if silent is not None:
        what = (
            "the log entries of the incident it was merged into are"
            if silent is not cases[0]
            else ("its log entries are")
        )
        return {"*": f"{what} not in the evidence"}
    why = {"*": "who did it cannot be told from agent and channel of the log entry"}
    if any(case.hides_an_acknowledgement for case in cases):
        hidden = "PagerDuty shows an acknowledgement that no log entry in the evidence tells of"
        why |= dict.fromkeys(ACKNOWLEDGEMENT, hidden)
    if cases[-1].hides_a_resolution:
        hidden = "PagerDuty shows a resolution that no log entry in the evidence tells of"
        why |= dict.fromkeys(RESOLUTION, hidden)
    return why


def _acknowledgement(cases: Sequence[IncidentHistory], times: ResponseTimer) -> JsonObject:
    if any(case.hides_an_acknowledgement for case in cases):
        return {}
    acks = sorted(
        (ack for case in cases for ack in case.line.of("acknowledge")), key=lambda ack: ack.at
    )
    first = acks[0].at if acks else None
    return (
        {"acknowledged": bool(acks), "acknowledgements": len(acks)}
        | times.until("time_to_first_acknowledgement", first)
        | _by_person(acks, times)
    )


def _by_person(acks: Sequence[TimelineEntry], times: ResponseTimer) -> JsonObject:
    first = next((ack for ack in acks if ack.actor is Actor.PERSON), None)
    earlier = acks if first is None else acks[: acks.index(first)]
    unclear = any(ack.actor is Actor.UNCLEAR for ack in earlier)
    if first is None:
        by_nobody = {"acknowledged_by_person": False} | times.until("time_to_acknowledge", None)
        return {} if unclear else by_nobody
    taken = {} if unclear else times.until("time_to_acknowledge", first.at)
    return {"acknowledged_by_person": True} | taken


def _resolution(own: IncidentHistory, last: IncidentHistory, times: ResponseTimer) -> JsonObject:
    if last.hides_a_resolution:
        return {}
    end = last.end
    reopenings = own.line.reopenings + (own is last and end is not own.line.resolution)
    again = {"reopened": bool(reopenings), "reopenings": reopenings}
    taken = times.until("time_to_resolve", None if end is None else end.at)
    if end is None:
        return {"open": True, "resolved_by": None, "self_resolved": False} | again | taken
    by = None if end.actor is Actor.UNCLEAR else end.actor.value
    acknowledged = any(case.line.of("acknowledge") for case in (own, last))
    itself = False if acknowledged else None if by is None else by == Actor.SERVICE.value
    return {"open": False} | again | taken | known_fields(resolved_by=by, self_resolved=itself)
