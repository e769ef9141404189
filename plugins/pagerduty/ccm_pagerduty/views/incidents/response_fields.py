"""The fields of a row about the response to an incident. One that is unknown is left out.

``time_to_...`` is all of the time from the trigger. ``sla_time_to_...`` is what counts toward a
limit: from the moment at which the urgency rose to its highest, in the hours of the service that
count for it. Where those are business hours, which a parameter decides, conditions measure by the
clock.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_pagerduty.references import id_and_title
from ccm_pagerduty.views.incidents.incident_log import Actor
from ccm_pagerduty.views.incidents.response import taking
from ccm_pagerduty.views.incidents.service_hours import written
from ccm_pagerduty.views.incidents.urgency_line import highest_priority, highest_urgency
from ccm_pagerduty.views.intervals import seconds_of
from ccm_pagerduty.views.three_valued import known_fields

if TYPE_CHECKING:
    from datetime import datetime

    from ccm_core.sdk.types import JsonObject
    from ccm_pagerduty.views.incidents.incident_log import TimelineLog
    from ccm_pagerduty.views.incidents.response import Response
    from ccm_pagerduty.views.incidents.urgency_line import Highest

_NOT_MERGED: JsonObject = {"alone_until": None, "sla_time_alone": None, "sla_time_to_merge": None}


def response_fields(response: Response, *, lost: bool) -> JsonObject:
    """Return all that is known of the response.

    Args:
        response: To the incident.
        lost: Whether it was merged into one that is not in the evidence: then nothing is known of
            what came after the merge.
    """
    taken = response.taking is not None and response.taking.by_person
    body = _counts(response) | _ownership(response) | _wait(response) | _before_merge(response)
    if taken or not lost:
        body |= _acknowledgement(response)
    else:
        # Whether somebody took it through the other one cannot be known.
        body.pop("sla_time_to_acknowledge", None)
    if taken and lost:
        body["self_resolved"] = False
    if response.ends:
        body |= _open_time(response) | ({} if lost else _resolution(response))
    return body


def _counts(response: Response) -> JsonObject:
    own, log = response.own, response.own.log
    return {
        "unacknowledgements": log.count("unacknowledge"),
        "escalations": log.count("escalate"),
        "escalation_exhausted": bool(log.count("exhaust_escalation_path")),
        "assignments": own.assignments,
        "snoozes": log.count("snooze"),
        "time_to_notify": _seconds(response.start, log.first_at("notify")),
        "notified": _notified(log),
    }


def _notified(log: TimelineLog) -> list[JsonObject]:
    """Return whom it was sent to, each with the first time, in order of time."""
    first: dict[str, JsonObject] = {}
    for entry in log.of_type("notify"):
        if entry.user is not None and entry.user["id"] not in first:
            first[entry.user["id"]] = id_and_title(entry.user) | {"at": written(entry.at)}
    return list(first.values())


def _ownership(response: Response) -> JsonObject:
    """Return how long nobody had it any more, after somebody had taken it."""
    stretches = response.own.unowned()
    if not stretches:
        return {} if stretches is None else {"unowned": [], "sla_time_without_owner": 0}
    highest = _highest(response, response.end)
    counted = None if highest is None else response.hours_of(highest)
    if counted is None:
        return {}
    body: JsonObject = {"unowned": counted.clock(*stretches)}
    if not counted.business:
        lasts = stretches[-1][1] is None
        total = sum(counted.seconds(since, until) or 0 for since, until in stretches if until)
        body["sla_time_without_owner"] = None if lasts else total
    return body


def _wait(response: Response) -> JsonObject:
    """Return how urgent it was while it waited for a person, and the clock of that."""
    stop, highest = response.stop, _highest(response, response.stop)
    if highest is None:
        return {}
    body: JsonObject = {
        "response_urgency": highest.value,
        "response_since": written(highest.since),
    }
    counted = response.hours_of(highest)
    if counted is None or not response.waited:
        return body
    body["clock_to_acknowledge"] = counted.clock((highest.since, stop))
    if response.hours is not None:
        raised = highest.since > response.start
        before = response.hours.low.clock((response.start, highest.since)) if raised else None
        body["clock_before_raise"] = before
    if response.taking is not None and response.taking.exact:
        body |= _sla("sla_time_to_acknowledge", response, highest, response.taking.first)
    return body | _priority(response, highest, stop)


def _priority(response: Response, urgency: Highest, stop: datetime | None) -> JsonObject:
    """Return the highest priority while it waited for a person, and the clock of that."""
    line, counted = response.own.priorities(response.start), response.hours_of(urgency)
    highest = None if line is None else highest_priority(line, stop, response.orders)
    if highest is None or counted is None:
        return {}
    body: JsonObject = {"response_priority": highest.value}
    clock = None if highest.value is None else counted.clock((highest.since, stop))
    return body | {"clock_at_priority": clock}


def _acknowledgement(response: Response) -> JsonObject:
    body: JsonObject = {}
    acks, taken = response.acknowledged, response.taking
    if acks is not None:
        first = acks[0] if acks else None
        body |= {"acknowledged": bool(acks), "acknowledgements": len(acks)}
        body["time_to_first_acknowledgement"] = _seconds(response.start, first)
    if taken is None or taken.by_person is None:
        return body
    body["acknowledged_by_person"] = taken.by_person
    if taken.exact:
        body["time_to_acknowledge"] = _seconds(response.start, taken.first)
        body["acknowledged_at"] = None if taken.first is None else written(taken.first)
    return body


def _before_merge(response: Response) -> JsonObject:
    """Return how long it waited, and was open, by itself."""
    merged_at = response.merged_at
    if merged_at is None:
        return {} if response.own.merged else _NOT_MERGED
    body: JsonObject = {}
    opened = _highest(response, response.end)
    if opened is not None:
        body |= _sla("sla_time_to_merge", response, opened, merged_at)
    takings = (entry for entry in response.own.takings if entry.at <= merged_at)
    own = taking([(max(entry.at, response.start), entry) for entry in takings])
    if not own.exact or response.own.lacks_acknowledgement:
        return body
    until = merged_at if own.first is None else own.first
    body["alone_until"] = written(until)
    waited = _highest(response, until)
    return body if waited is None else body | _sla("sla_time_alone", response, waited, until)


def _open_time(response: Response) -> JsonObject:
    """Return how urgent it was while it was open, and the clock of that."""
    highest = _highest(response, response.end)
    if highest is None:
        return {}
    body: JsonObject = {"highest_urgency": highest.value}
    counted = response.hours_of(highest)
    if counted is not None:
        body["clock_to_resolve"] = counted.clock((highest.since, response.end))
    return body


def _resolution(response: Response) -> JsonObject:
    last, end, reopenings = response.last, response.end, response.own.reopenings
    body: JsonObject = {
        "open": end is None,
        "reopened": bool(reopenings),
        "reopenings": reopenings,
        "time_to_resolve": _seconds(response.start, end),
        "resolved_at": None if end is None else written(end),
    }
    highest = _highest(response, end)
    if highest is not None:
        body |= _sla("sla_time_to_resolve", response, highest, end)
    if end is None or last.end is None:
        return body | {"resolved_by": None, "self_resolved": False}
    return body | _resolver(response, last.end.actor)


def _resolver(response: Response, actor: Actor) -> JsonObject:
    """Return who resolved it, and whether that was its monitoring before a person took it."""
    resolver = None if actor is Actor.UNCLEAR else actor.value
    taken = response.taking.by_person if response.taking is not None else None
    by_itself: bool | None = False
    if not taken:
        by_itself = {Actor.SERVICE: True, Actor.UNCLEAR: None}.get(actor, False)
        if by_itself and taken is None:
            by_itself = None
    return known_fields(resolved_by=resolver, self_resolved=by_itself)


def _highest(response: Response, until: datetime | None) -> Highest | None:
    return None if response.line is None else highest_urgency(response.line, until)


def _sla(name: str, response: Response, urgency: Highest, at: datetime | None) -> JsonObject:
    """Return the time that counts until a moment: null where it did not come."""
    if at is None:
        return {name: None}
    counted = response.hours_of(urgency)
    return known_fields(**{name: None if counted is None else counted.seconds(urgency.since, at)})


def _seconds(start: datetime, at: datetime | None) -> float | None:
    if at is None:
        return None
    return seconds_of(at - start) if at > start else 0
