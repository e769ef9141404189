"""The response to an incident that was merged into one that is not in the evidence.

Until the merge its time is its own, and what happened until then decides what it can. An
acknowledgement by a person was the first one, because that of the other incident counts from the
merge on. Without one, nobody had taken it when it was merged. What became of it afterwards is lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.timestamps import format_instant
from ccm_pagerduty.references import title_of
from ccm_pagerduty.views.incidents.incident_timeline import Actor
from ccm_pagerduty.views.incidents.response_times import (
    SLA_FIELDS,
    ResponseTimer,
    acknowledgements,
    response_fields,
    unknown_reasons,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccm_core.sdk.types import JsonObject
    from ccm_pagerduty.views.incidents.merged_incidents import MergeChain
    from ccm_pagerduty.views.incidents.response_times import IncidentHistory
    from ccm_pagerduty.views.incidents.support_hours import SlaClock

UNANSWERED = "sla_time_to_unanswered_merge"
_OF_THE_TIME_BEFORE = ("unacknowledgements", "escalations", "escalation_exhausted")
_OF_ACKNOWLEDGEMENTS = (
    *("acknowledged", "acknowledged_by_person", "self_resolved"),
    *("time_to_acknowledge", "sla_time_to_acknowledge"),
    *("time_to_first_acknowledgement", "sla_time_to_first_acknowledgement"),
)


def lost_fields(histories: Sequence[IncidentHistory], clock: SlaClock | None) -> JsonObject:
    """Return what is known of the response: all of it lies before the last merge.

    Args:
        histories: Of the merge chain, as far as it is in the evidence.
        clock: Of the service; None: its support hours are unknown.
    """
    start, lost_at = histories[0].timeline.triggered, histories[-1].merged_at
    acks = acknowledgements(histories)
    logs = all(history.timeline.triggered is not None for history in histories)
    if start is None or not logs or lost_at is None or acks is None:
        return {}
    known = response_fields(histories, clock)
    names = [name for name in _OF_THE_TIME_BEFORE if name in known]
    if any(ack.actor is Actor.PERSON for ack in acks):
        names += [name for name in _OF_ACKNOWLEDGEMENTS if name in known]
        body: JsonObject = {UNANSWERED: None}
    elif any(ack.actor is Actor.UNCLEAR for ack in acks) or _lacks_acknowledgement(histories):
        body = {}
    else:
        timer = ResponseTimer(start=start.at, clock=clock)
        elapsed = timer.until("time", lost_at).get("sla_time")
        body = {} if elapsed is None else {UNANSWERED: elapsed}
    if clock is not None:
        body["clock"] = clock.between(start.at, max(start.at, lost_at))
    return body | {name: known[name] for name in names}


def lost_reasons(histories: Sequence[IncidentHistory], chain: MergeChain) -> dict[str, str]:
    """Return why the rest of the response is unknown, by field name."""
    if any(history.timeline.triggered is None for history in histories):
        return unknown_reasons(histories)
    last, at = chain.records[-1].body, histories[-1].merged_at
    when = "" if at is None else f" at {format_instant(at)}"
    if chain.circular:
        why = (
            f"it was merged in a circle, of which {title_of(last)} is the last{when}: PagerDuty "
            "contradicts itself, and what became of it cannot be known"
        )
    elif chain.lost_in is None:
        why = f"it was merged{when} into an incident that PagerDuty does not name"
    else:
        why = (
            f"it was merged into {title_of(chain.lost_in)}{when}, which is gone at PagerDuty, "
            "unless the last run was cut off before it asked for it: what became of it after the "
            "merge cannot be known"
        )
    step = "Run `ccm collect`; if that changes nothing, find out who took it, and waive it"
    return dict.fromkeys(("*", *SLA_FIELDS), f"{why}. {step}")


def _lacks_acknowledgement(histories: Sequence[IncidentHistory]) -> bool:
    return any(history.lacks_acknowledgement for history in histories)
