"""The view ``pagerduty.incident_response``: what was done about an incident, and how soon.

Everything about the response is read from log entries. The incident's own fields are used to
notice that log entries are missing, never to fill in for them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.time import format_instant, parse_instant
from ccm_pagerduty.views.intervals import number
from ccm_pagerduty.views.known import known
from ccm_pagerduty.views.timeline import Actor, Entry, Timeline, timeline
from ccm_pagerduty.views.trail import INCIDENT, INCIDENT_LOG_ENTRY, Library, Trail, named, title_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ccm_core.sdk.types import JsonObject, Record, Row, ViewRequest

INPUTS = (INCIDENT, INCIDENT_LOG_ENTRY)


def rows(request: ViewRequest) -> Iterable[Row]:
    """Give one row for each incident of the period, and for each older one that is still open."""
    library = Library(request.records)
    entries = _by_incident(library)
    for record in library.every(INCIDENT):
        trail = Trail(library)
        incident = trail.read(record)
        if _is_history(incident, request.horizon.since):
            continue
        line = timeline(trail.read_all(entries.get(record.key, ())))
        body = _about(incident, request.now) | _response(incident, line)
        yield trail.row(record, body, title=_title(incident))


def _by_incident(library: Library) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {}
    for record in library.every(INCIDENT_LOG_ENTRY):
        incident = record.body.get("incident") or {}
        found.setdefault(str(incident.get("id")), []).append(record)
    return found


def _is_history(incident: JsonObject, since: datetime) -> bool:
    """Whether it was over before the period's evidence began: its log entries are not all there."""
    return incident.get("status") == "resolved" and parse_instant(incident["created_at"]) < since


def _title(incident: JsonObject) -> str:
    title = str(incident.get("title") or title_of(incident))
    count = incident.get("incident_number")
    return title if count is None else f"#{count} {title}"


def _about(incident: JsonObject, now: datetime) -> JsonObject:
    created = parse_instant(incident["created_at"])
    reason, priority = incident.get("resolve_reason"), incident.get("priority")
    merged = reason is not None and reason.get("type") == "merge_resolve_reason"
    parent = reason.get("incident") if merged and reason is not None else None
    return {
        "occurred_at": format_instant(created),
        "age": number(now.replace(microsecond=0) - created),
        "priority": priority and title_of(priority),
        "merged": merged,
        "merged_into": parent and named(parent),
    } | known(
        urgency=incident.get("urgency"),
        status=incident.get("status"),
        service=incident.get("service") and named(incident["service"]),
    )


def _response(incident: JsonObject, line: Timeline) -> JsonObject:
    start = line.triggered
    if start is None:
        # The log entries of this incident are not in the evidence: nothing is known.
        return {}
    return (
        {
            "unacknowledgements": len(line.of("unacknowledge")),
            "escalations": len(line.of("escalate")),
            "exhausted": bool(line.of("exhaust_escalation_path")),
        }
        | _acknowledgement(incident, line, start)
        | _resolution(incident, line, start)
    )


def _acknowledgement(incident: JsonObject, line: Timeline, start: Entry) -> JsonObject:
    acks = line.of("acknowledge")
    claimed = incident.get("status") == "acknowledged" or incident.get("acknowledgements")
    if claimed and not acks:
        # PagerDuty shows an acknowledgement that no log entry in the evidence tells of.
        return {}
    return {"acknowledged": bool(acks), "acknowledgements": len(acks)} | _by_person(acks, start)


def _by_person(acks: tuple[Entry, ...], start: Entry) -> JsonObject:
    first = next((ack for ack in acks if ack.actor is Actor.PERSON), None)
    earlier = acks if first is None else acks[: acks.index(first)]
    unclear = any(ack.actor is Actor.UNCLEAR for ack in earlier)
    if first is None:
        return {} if unclear else {"acknowledged_by_person": False, "time_to_acknowledge": None}
    taken = {} if unclear else {"time_to_acknowledge": number(first.at - start.at)}
    return {"acknowledged_by_person": True} | taken


def _resolution(incident: JsonObject, line: Timeline, start: Entry) -> JsonObject:
    end, status = line.resolution, incident.get("status")
    if status == "resolved" and end is None:
        # PagerDuty shows a resolution that no log entry in the evidence tells of.
        return {}
    if end is not None and status != "resolved" and _changed_after(incident, end):
        return _open(reopened=True)
    if end is None:
        return _open(reopened=line.revived)
    by = _resolver(incident, end)
    return {
        "open": False,
        "reopened": line.revived,
        "time_to_resolve": number(end.at - start.at),
    } | known(resolved_by=by, self_resolved=_self_resolved(by, line))


def _open(*, reopened: bool) -> JsonObject:
    return {
        "open": True,
        "reopened": reopened,
        "time_to_resolve": None,
        "resolved_by": None,
        "self_resolved": False,
    }


def _changed_after(incident: JsonObject, end: Entry) -> bool:
    """Tell whether the status PagerDuty shows is newer than the resolution."""
    changed = incident.get("last_status_change_at")
    return changed is not None and parse_instant(changed) > end.at


def _resolver(incident: JsonObject, end: Entry) -> str | None:
    reason = incident.get("resolve_reason")
    if reason is not None and reason.get("type") == "merge_resolve_reason":
        return "merge"
    return None if end.actor is Actor.UNCLEAR else end.actor.value


def _self_resolved(by: str | None, line: Timeline) -> bool | None:
    """Tell whether the monitoring resolved it before anybody had acknowledged it."""
    if line.of("acknowledge"):
        return False
    return None if by is None else by == Actor.SERVICE.value
