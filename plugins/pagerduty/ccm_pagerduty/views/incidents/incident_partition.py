"""Partitions of incident evidence: an incident, its log entries and notes, its parent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.types import Partitioning
from ccm_pagerduty.views.incidents.merged_incidents import merged_into
from ccm_pagerduty.views.row_builder import (
    INCIDENT,
    INCIDENT_LOG_ENTRY,
    INCIDENT_NOTE,
    SERVICE,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccm_core.sdk.types import Record, Row

SERVICE_FIELDS = ("incident_urgency_rule", "support_hours", "teams")
"""What rows of incidents read of services, whose status changes by the minute.

The name of a service in a row is that of the reference of the incident.
"""


def by_incident() -> Partitioning:
    """Return the partitioning of a view with one row for each incident."""
    return Partitioning(
        names={
            INCIDENT: _own_and_parent,
            INCIDENT_LOG_ENTRY: _incident_of,
            INCIDENT_NOTE: _incident_of,
        },
        name=_key,
        uses={(INCIDENT, SERVICE): _service_of},
        reads={SERVICE: SERVICE_FIELDS},
    )


def incident_of(entry: Record) -> str:
    """Return the id of the incident of a log entry or a note."""
    return str((entry.body.get("incident") or {}).get("id"))


def _own_and_parent(incident: Record) -> Iterator[str]:
    yield incident.key
    parent = merged_into(incident.body)
    if parent is not None:
        yield str(parent.get("id"))


def _incident_of(entry: Record) -> Iterator[str]:
    yield incident_of(entry)


def _key(row: Row) -> str:
    return row.subject.key


def _service_of(incident: Record) -> Iterator[str]:
    ref = incident.body.get("service")
    if ref:
        yield ref["id"]
