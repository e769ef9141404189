"""The view ``pagerduty.incident_response``: what was done about an incident, and how soon.

Everything about the response is read from log entries. The incident's own fields are used to
notice that log entries are missing, never to fill in for them.
"""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING

from ccm_core.sdk.timestamps import format_instant, parse_instant
from ccm_pagerduty.references import id_and_title, title_of
from ccm_pagerduty.views.incidents.incident_partition import incident_of
from ccm_pagerduty.views.incidents.incident_timeline import timeline
from ccm_pagerduty.views.incidents.merged_incidents import MergeChain, is_merged, merge_chain, merged_into
from ccm_pagerduty.views.incidents.response_times import COUNTED, IncidentHistory, left_out, response
from ccm_pagerduty.views.incidents.support_hours import SlaClock, sla_clock
from ccm_pagerduty.views.intervals import seconds_of
from ccm_pagerduty.views.row_builder import INCIDENT, INCIDENT_LOG_ENTRY, SERVICE, RecordIndex, RowBuilder
from ccm_pagerduty.views.three_valued import known_fields

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from ccm_core.sdk.types import JsonObject, Record, Row, ViewRequest

_NO_CLOCK = "its service is not in the evidence, or its support hours cannot be read"


def rows(request: ViewRequest) -> Iterable[Row]:
    """Give one row for each incident of the period, and for each older one that is still open."""
    library, since = RecordIndex(request.records), request.horizon.since
    clocks = cache(partial(_clock_of, library))
    entries = _by_incident(library)
    for record in library.records(INCIDENT):
        if _is_history(record.body, since):
            continue
        trail, line = RowBuilder(library), merge_chain(record, library)
        incident = trail.read(record)
        clock = _clock(incident, clocks, trail)
        body = _about(incident, request, clock)
        body |= known_fields(is_primary=line.is_primary)
        unknown = {} if clock is not None else dict.fromkeys(COUNTED, _NO_CLOCK)
        if (lost := _lost(line, since)) is not None:
            unknown["*"] = lost
        else:
            cases = _cases(line, entries, trail)
            body |= response(cases, clock)
            unknown |= left_out(cases)
        yield trail.build(
            record,
            body,
            title=_title(incident),
            owned=_service(incident, library),
            unknown=unknown,
        )


def _by_incident(library: RecordIndex) -> dict[str, list[Record]]:
    found: dict[str, list[Record]] = {}
    for record in library.records(INCIDENT_LOG_ENTRY):
        found.setdefault(incident_of(record), []).append(record)
    return found


def _is_history(incident: JsonObject, since: datetime) -> bool:
    """Whether it was over before the period's evidence began: its log entries are not all there."""
    return incident.get("status") == "resolved" and parse_instant(incident["created_at"]) < since


def _lost(line: MergeChain, since: datetime) -> str | None:
    """Say why nothing is known of the response, where the line of merges leads nowhere."""
    last = line.records[-1].body
    if not line.whole_seconds:
        parent = merged_into(last)
        name = "another incident" if parent is None else title_of(parent)
        return f"it was merged into {name}, which is not in the evidence"
    if _is_history(last, since):
        return f"it was merged into {_title(last)}, which began before the period"
    return None


def _cases(
    line: MergeChain, entries: Mapping[str, Sequence[Record]], trail: RowBuilder
) -> tuple[IncidentHistory, ...]:
    return tuple(
        IncidentHistory(
            incident=trail.read(record),
            line=timeline(trail.read_all(entries.get(record.key, ()))),
        )
        for record in line.records
    )


def _clock(
    incident: JsonObject, clocks: Callable[[str], SlaClock | None], trail: RowBuilder
) -> SlaClock | None:
    ref = incident.get("service")
    if not ref:
        return None
    trail.find(SERVICE, ref["id"])
    return clocks(ref["id"])


def _clock_of(library: RecordIndex, service: str) -> SlaClock | None:
    record = library.find(SERVICE, service)
    return sla_clock(record.body) if record else None


def _service(incident: JsonObject, library: RecordIndex) -> JsonObject:
    """Give the service, whose teams own the incident; the clock has put it on the trail."""
    ref = incident.get("service")
    record = library.find(SERVICE, ref["id"]) if ref else None
    return record.body if record else {}


def _title(incident: JsonObject) -> str:
    title = str(incident.get("title") or title_of(incident))
    count = incident.get("incident_number")
    return title if count is None else f"#{count} {title}"


def _about(incident: JsonObject, request: ViewRequest, clock: SlaClock | None) -> JsonObject:
    created, moment = parse_instant(incident["created_at"]), request.now.replace(microsecond=0)
    priority, parent = incident.get("priority"), merged_into(incident)
    return {
        "occurred_at": format_instant(created),
        "in_period": created >= request.horizon.since,
        "age": seconds_of(moment - created),
        "priority": priority and title_of(priority),
        "merged": is_merged(incident),
        "merged_into": parent and id_and_title(parent),
    } | known_fields(
        urgency=incident.get("urgency"),
        status=incident.get("status"),
        service=incident.get("service") and id_and_title(incident["service"]),
        sla_age=None if clock is None else clock.counted(created, moment),
        in_support_hours=None if clock is None else clock.runs(created),
    )
