"""The view ``pagerduty.incident_response``: the response to each incident, and its times.

A deleted service counts as it was when it was last listed.

The response is read from log entries only. The incident's own fields serve to notice missing
log entries, and to read urgency and priority through time, never to replace log entries.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import TYPE_CHECKING

from ccm_core.sdk.timestamps import parse_instant
from ccm_pagerduty.references import id_and_title, title_of
from ccm_pagerduty.views.incidents.incident_log import incident_log
from ccm_pagerduty.views.incidents.incident_partition import SERVICE_FIELDS, incident_of
from ccm_pagerduty.views.incidents.incident_timeline import IncidentTimeline, incident_timeline
from ccm_pagerduty.views.incidents.merged_incidents import is_merged, merge_chain, merged_into
from ccm_pagerduty.views.incidents.notes import note_fields
from ccm_pagerduty.views.incidents.primary_incidents import is_primary
from ccm_pagerduty.views.incidents.response import response
from ccm_pagerduty.views.incidents.response_fields import response_fields
from ccm_pagerduty.views.incidents.service_hours import service_hours, written
from ccm_pagerduty.views.incidents.unknown_reasons import (
    NO_HOURS,
    OF_HOURS,
    business_reasons,
    lost_reasons,
    unknown_reasons,
)
from ccm_pagerduty.views.row_builder import (
    INCIDENT,
    INCIDENT_LOG_ENTRY,
    INCIDENT_NOTE,
    PRIORITY,
    SERVICE,
    RecordIndex,
    RowBuilder,
)
from ccm_pagerduty.views.three_valued import known_fields

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from ccm_core.sdk.types import JsonObject, Record, Row, ViewRequest
    from ccm_pagerduty.views.incidents.merged_incidents import MergeChain
    from ccm_pagerduty.views.incidents.service_hours import ServiceHours

_DRILL = "[drill]"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Service:
    """What rows read of a service; nothing, where it was never in the evidence."""

    fields: JsonObject = field(default_factory=dict)
    """Those of :data:`SERVICE_FIELDS` that it has."""
    hours: ServiceHours | None = None


def rows(request: ViewRequest) -> Iterable[Row]:
    """Yield one row for each incident; one is final when it and what it became are resolved."""
    index = RecordIndex(request.records, request.vanished)
    services = cache(partial(_service, index))
    entries, notes = _by_incident(index, INCIDENT_LOG_ENTRY), _by_incident(index, INCIDENT_NOTE)
    orders = _priority_orders(index)
    for record in index.records(INCIDENT):
        builder = RowBuilder(index)
        chain = merge_chain(record, builder)
        incident = builder.read(record)
        service = _service_of(incident, services, builder)
        timelines = _timelines(chain, entries, builder)
        answer = response(timelines, service.hours, lost=not chain.complete, orders=orders)
        hours_of_last = service.hours
        if len(timelines) > 1:
            hours_of_last = _service_of(timelines[-1].incident, services, builder).hours
        body = _incident_fields(incident, service.hours)
        body["notes"] = note_fields(builder.read_all(notes.get(record.key, ())))
        body |= known_fields(is_primary=is_primary(chain, answer, timelines[-1], hours_of_last))
        if timelines[0].log.first_at("priority_change") is not None:
            builder.read_all(index.records(PRIORITY))  # their order decided
        if answer is not None:
            body |= response_fields(answer, lost=not chain.complete)
        row = builder.build(
            record,
            body,
            title=_title(incident),
            owned=service.fields,
            unknown=_unknown(chain, timelines, service, body),
        )
        created = parse_instant(incident["created_at"])
        yield replace(row, occurred_at=created, final=chain.is_final)


def _by_incident(index: RecordIndex, kind: str) -> dict[str, list[Record]]:
    events: dict[str, list[Record]] = {}
    for record in index.records(kind):
        events.setdefault(incident_of(record), []).append(record)
    return events


def _priority_orders(index: RecordIndex) -> dict[str, int]:
    """Return the order of each priority, by name: the greater, the more severe."""
    orders = (
        (title_of(record.body), record.body.get("order")) for record in index.records(PRIORITY)
    )
    return {name: order for name, order in orders if order is not None}


def _timelines(
    chain: MergeChain, entries: Mapping[str, Sequence[Record]], builder: RowBuilder
) -> tuple[IncidentTimeline, ...]:
    return tuple(
        incident_timeline(
            builder.read(record), incident_log(builder.read_all(entries.get(record.key, ())))
        )
        for record in chain.records
    )


def _service_of(
    incident: JsonObject, services: Callable[[str], _Service], builder: RowBuilder
) -> _Service:
    """Return the service, whose teams own the incident and whose hours its clock runs in."""
    ref = incident.get("service")
    if not ref:
        return _Service()
    builder.find_last(SERVICE, ref["id"])
    return services(ref["id"])


def _service(index: RecordIndex, key: str) -> _Service:
    record = index.find_last(SERVICE, key)
    if record is None:
        return _Service()
    fields = {name: record.body[name] for name in SERVICE_FIELDS if name in record.body}
    return _Service(fields=fields, hours=service_hours(fields))


def _unknown(
    chain: MergeChain, timelines: Sequence[IncidentTimeline], service: _Service, body: JsonObject
) -> dict[str, str]:
    reasons = unknown_reasons(timelines) if chain.complete else lost_reasons(timelines, chain)
    hours = service.hours
    if hours is None or hours.high is None:
        reasons = dict.fromkeys(OF_HOURS, NO_HOURS) | reasons
    elif hours.low.business:
        reasons = business_reasons(body) | reasons
    return reasons


def _title(incident: JsonObject) -> str:
    title = str(incident.get("title") or title_of(incident))
    number = incident.get("incident_number")
    return title if number is None else f"#{number} {title}"


def _incident_fields(incident: JsonObject, hours: ServiceHours | None) -> JsonObject:
    created = parse_instant(incident["created_at"])
    priority, parent = incident.get("priority"), merged_into(incident)
    title, incident_type = incident.get("title"), incident.get("incident_type")
    return {
        "occurred_at": written(created),
        "priority": priority and title_of(priority),
        "incident_type": incident_type and incident_type.get("name"),
        "drill": str(title or "").casefold().startswith(_DRILL),
        "merged": is_merged(incident),
        "merged_into": parent and id_and_title(parent),
    } | known_fields(
        urgency=incident.get("urgency"),
        status=incident.get("status"),
        service=incident.get("service") and id_and_title(incident["service"]),
        in_support_hours=None if hours is None else hours.supports(created),
    )
