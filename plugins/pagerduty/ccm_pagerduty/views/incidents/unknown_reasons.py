"""Why fields of the response to an incident are unknown, in words."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from ccm_core.sdk.timestamps import format_instant
from ccm_pagerduty.references import title_of
from ccm_pagerduty.views.incidents.service_hours import LOW

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccm_core.sdk.types import JsonObject
    from ccm_pagerduty.views.incidents.incident_timeline import IncidentTimeline
    from ccm_pagerduty.views.incidents.merged_incidents import MergeChain

OF_HOURS = (
    *("clock_to_acknowledge", "clock_to_resolve", "clock_before_raise", "clock_at_priority"),
    *("sla_time_to_acknowledge", "sla_time_to_resolve", "sla_time_to_merge", "sla_time_alone"),
    *("sla_time_without_owner", "unowned", "in_support_hours"),
)
"""Fields that need the hours of the service."""
_OF_ACKNOWLEDGEMENTS = (
    *("acknowledged", "acknowledged_by_person", "acknowledged_at", "time_to_acknowledge"),
    "sla_time_to_acknowledge",
)
_OF_RESOLUTION = (
    *("open", "reopened", "resolved_by", "resolved_at", "self_resolved", "clock_to_resolve"),
    *("clock_to_acknowledge", "time_to_resolve", "sla_time_to_resolve", "highest_urgency"),
)
NO_HOURS = (
    "its service was never in the evidence (it was deleted before, or is hidden), or the hours in "
    "which its time counts cannot be read"
)


IN_BUSINESS_HOURS = (
    "business hours count, which a parameter of the rules decides: measure with the clock, as in "
    "deadline(business(row.clock_to_acknowledge, params.business_hours, params.holidays), limit)"
)
_MEASURED = {
    "response_urgency": ("sla_time_to_acknowledge", "sla_time_alone"),
    "highest_urgency": ("sla_time_to_resolve", "sla_time_to_merge", "sla_time_without_owner"),
}
"""The fields that depend on the hours of each urgency."""


def business_reasons(body: JsonObject) -> dict[str, str]:
    """Return why a row without support hours has no time that counts for low urgency."""
    low = (fields for urgency, fields in _MEASURED.items() if body.get(urgency) == LOW)
    return dict.fromkeys(chain.from_iterable(low), IN_BUSINESS_HOURS)


def unknown_reasons(timelines: Sequence[IncidentTimeline]) -> dict[str, str]:
    """Return why fields are unknown, by field name; ``*``: any other."""
    missing = next((timeline for timeline in timelines if timeline.trigger is None), None)
    if missing is not None:
        subject = "its log entries are"
        if missing is not timelines[0]:
            subject = "the log entries of the incident it was merged into are"
        return {"*": f"{subject} not in the evidence"}
    reasons = {
        "*": "agent and channel of the log entry do not show who made it",
        "response_priority": "its log entries do not show its priority through time, or its "
        "priorities have names without an order",
        "response_urgency": "PagerDuty does not show its urgency",
        "highest_urgency": "PagerDuty does not show its urgency",
    }
    if any(timeline.lacks_acknowledgement for timeline in timelines):
        reason = "PagerDuty shows an acknowledgement that no log entry in the evidence records"
        reasons |= dict.fromkeys(_OF_ACKNOWLEDGEMENTS, reason)
    if timelines[-1].lacks_resolution:
        reason = "PagerDuty shows a resolution that no log entry in the evidence records"
        reasons |= dict.fromkeys(_OF_RESOLUTION, reason)
    return reasons


def lost_reasons(timelines: Sequence[IncidentTimeline], merges: MergeChain) -> dict[str, str]:
    """Return why the rest of the response to one is unknown that was merged into what is gone."""
    if any(timeline.trigger is None for timeline in timelines):
        return unknown_reasons(timelines)
    last, at = merges.records[-1].body, timelines[-1].merged_at
    when = "" if at is None else f" at {format_instant(at)}"
    if merges.circular:
        why = (
            f"it was merged in a circle, of which {title_of(last)} is the last{when}: PagerDuty "
            "contradicts itself, and what became of it cannot be known"
        )
    elif merges.lost_in is None:
        why = f"it was merged{when} into an incident that PagerDuty does not name"
    else:
        why = (
            f"it was merged into {title_of(merges.lost_in)}{when}, which is gone at PagerDuty, "
            "unless the last run was cut off before it asked for it: what became of it after the "
            "merge cannot be known"
        )
    step = "Run `ccm collect`; if that changes nothing, find out who took it, and waive it"
    return dict.fromkeys(("*", *OF_HOURS), f"{why}. {step}")
