"""The view ``pagerduty.incident_response``: the response to each incident, and its times.

A deleted service counts as it was when it was last listed.

The response is read from log entries only. The incident's own fields serve to notice missing
log entries, never to replace them.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache, partial
from typing import TYPE_CHECKING

from ccm_core.sdk.timestamps import format_instant, parse_instant
from ccm_pagerduty.references import id_and_title, title_of
from ccm_pagerduty.views.incidents.incident_partition import incident_of
from ccm_pagerduty.views.incidents.incident_timeline import timeline
from ccm_pagerduty.views.incidents.merged_incidents import (
    MergeChain,
    is_merged,
    merge_chain,
    merged_into,
)
from ccm_pagerduty.views.incidents.response_times import (
    SLA_FIELDS,
    IncidentHistory,
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


def rows(request: ViewRequest) -> Iterable[Row]:
    """Yield one row for each incident; what is resolved is final."""
    index = RecordIndex(request.records, request.vanished)
    clocks = cache(partial(_service_clock, index))
    entries = _entries_by_incident(index)
    for record in index.records(INCIDENT):
        builder, chain = RowBuilder(index), merge_chain(record, index)
        incident = builder.read(record)
        clock = _incident_clock(incident, clocks, builder)
        body = _incident_fields(incident, clock)
        body |= known_fields(is_primary=chain.is_primary)
        unknown = {} if clock is not None else dict.fromkeys(SLA_FIELDS, _NO_CLOCK)
        if (reason := _unresolved_merge(chain)) is not None:
            unknown["*"] = reason
        else:
            histories = _histories(chain, entries, builder)
            body |= response_fields(histories, clock)
            unknown |= unknown_reasons(histories)
        row = builder.build(
            record,
            body,
            title=_title(incident),
            owned=_service(incident, index),
            unknown=unknown,
        )
        is_final = incident.get("status") == "resolved"
        yield replace(row, occurred_at=parse_instant(incident["created_at"]), final=is_final)


def _entries_by_incident(index: RecordIndex) -> dict[str, list[Record]]:
    entries: dict[str, list[Record]] = {}
    for record in index.records(INCIDENT_LOG_ENTRY):
        entries.setdefault(incident_of(record), []).append(record)
    return entries


def _unresolved_merge(chain: MergeChain) -> str | None:
    """Return why the response is unknown, where the merge chain leads out of the evidence."""
    last = chain.records[-1].body
    if not chain.complete:
        parent = merged_into(last)
        name = "another incident" if parent is None else title_of(parent)
        return f"it was merged into {name}, which is not in the evidence"
    return None


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


def _incident_clock(
    incident: JsonObject, clocks: Callable[[str], SlaClock | None], builder: RowBuilder
) -> SlaClock | None:
    ref = incident.get("service")
    if not ref:
        return None
    builder.find_last(SERVICE, ref["id"])
    return clocks(ref["id"])


def _service_clock(index: RecordIndex, service: str) -> SlaClock | None:
    record = index.find_last(SERVICE, service)
    return sla_clock(record.body) if record else None


def _service(incident: JsonObject, index: RecordIndex) -> JsonObject:
    """Return the service, whose teams own the incident; the clock has already recorded its use."""
    ref = incident.get("service")
    record = index.find_last(SERVICE, ref["id"]) if ref else None
    return record.body if record else {}


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
        clock=None if clock is None else clock.since(created),
        in_support_hours=None if clock is None else clock.is_running(created),
    )
