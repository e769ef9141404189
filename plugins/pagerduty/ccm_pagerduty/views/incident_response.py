"""The view ``pagerduty.incident_response``: the response to each incident, and its times.

A deleted service counts as it was when it was last listed.

The response is read from log entries only. The incident's own fields serve to notice missing
log entries, never to replace them.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache, partial
from typing import TYPE_CHECKING

from ccm_core.sdk.timestamps import format_instant, parse_instant
from ccm_pagerduty.references import id_and_title, title_of
from ccm_pagerduty.views.incidents.incident_partition import SERVICE_FIELDS, incident_of
from ccm_pagerduty.views.incidents.incident_timeline import timeline
from ccm_pagerduty.views.incidents.lost_merges import UNANSWERED, lost_fields, lost_reasons
from ccm_pagerduty.views.incidents.merged_incidents import (
    MergeChain,
    is_merged,
    merge_chain,
    merged_into,
)
from ccm_pagerduty.views.incidents.response_times import (
    SLA_FIELDS,
    IncidentHistory,
    clock_field,
    response_fields,
    unknown_reasons,
)
from ccm_pagerduty.views.incidents.support_hours import SlaClock, sla_clock
from ccm_pagerduty.views.row_builder import (
    INCIDENT,
    INCIDENT_LOG_ENTRY,
    SERVICE,
    RecordIndex,
    RowBuilder,
)
from ccm_pagerduty.views.three_valued import known_fields

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from ccm_core.sdk.types import JsonObject, Record, Row, ViewRequest

_NO_CLOCK = (
    "its service was never in the evidence (it was deleted before, or is hidden), or the support "
    "hours cannot be read"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Service:
    """What rows read of a service; nothing, where it was never in the evidence."""

    fields: JsonObject = field(default_factory=dict)
    """Those of :data:`SERVICE_FIELDS` that it has."""
    clock: SlaClock | None = None


def rows(request: ViewRequest) -> Iterable[Row]:
    """Yield one row for each incident; one is final when it and what it became are resolved."""
    index = RecordIndex(request.records, request.vanished)
    services = cache(partial(_service, index))
    entries = _entries_by_incident(index)
    for record in index.records(INCIDENT):
        builder = RowBuilder(index)
        chain = merge_chain(record, builder)
        incident = builder.read(record)
        service = _service_of(incident, services, builder)
        clock = service.clock
        body = _incident_fields(incident, clock)
        body |= known_fields(is_primary=chain.is_primary)
        histories = _histories(chain, entries, builder)
        if chain.complete:
            body |= response_fields(histories, clock) | {UNANSWERED: None}
            body |= clock_field(histories, clock)
            unknown = unknown_reasons(histories)
        else:
            body |= lost_fields(histories, clock)
            unknown = lost_reasons(histories, chain)
        if clock is None:
            unknown = dict.fromkeys((*SLA_FIELDS, UNANSWERED), _NO_CLOCK) | unknown
        row = builder.build(
            record,
            body,
            title=_title(incident),
            owned=service.fields,
            unknown=unknown,
        )
        created = parse_instant(incident["created_at"])
        yield replace(row, occurred_at=created, final=chain.is_final)


def _entries_by_incident(index: RecordIndex) -> dict[str, list[Record]]:
    entries: dict[str, list[Record]] = {}
    for record in index.records(INCIDENT_LOG_ENTRY):
        entries.setdefault(incident_of(record), []).append(record)
    return entries


def _histories(
    chain: MergeChain, entries: Mapping[str, Sequence[Record]], builder: RowBuilder
) -> tuple[IncidentHistory, ...]:
    return tuple(
        IncidentHistory(
            incident=builder.read(record),
            timeline=timeline(builder.read_all(entries.get(record.key, ()))),
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
    return _Service(fields=fields, clock=sla_clock(fields))


def _title(incident: JsonObject) -> str:
    title = str(incident.get("title") or title_of(incident))
    number = incident.get("incident_number")
    return title if number is None else f"#{number} {title}"


def _incident_fields(incident: JsonObject, clock: SlaClock | None) -> JsonObject:
    created = parse_instant(incident["created_at"])
    priority, parent = incident.get("priority"), merged_into(incident)
    return {
        "occurred_at": format_instant(created),
        "priority": priority and title_of(priority),
        "merged": is_merged(incident),
        "merged_into": parent and id_and_title(parent),
    } | known_fields(
        urgency=incident.get("urgency"),
        status=incident.get("status"),
        service=incident.get("service") and id_and_title(incident["service"]),
        in_support_hours=None if clock is None else clock.is_running(created),
    )
