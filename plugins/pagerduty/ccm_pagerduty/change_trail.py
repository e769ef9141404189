"""PagerDuty's audit trail as the host reads it, and the kinds that people change.

https://developer.pagerduty.com/docs/rest-api-v2/audit-records-api: the trail has users, teams,
schedules, escalation policies and services; it leaves out the levels of policies and the members of
schedules, which our own versions have.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.sdk.changes.trail import ChangedField, ChangeTrail, TrailEntry
from ccm_core.sdk.timestamps import parse_instant
from ccm_pagerduty.references import title_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ccm_core.sdk.types import JsonObject, Record

KINDS: Mapping[str, str] = {
    "user": "pagerduty.user",
    "team": "pagerduty.team",
    "schedule": "pagerduty.schedule",
    "escalation_policy": "pagerduty.escalation_policy",
    "service": "pagerduty.service",
}
"""The kind of each type of resource."""
_ACTIONS = {"create": "created", "update": "changed", "delete": "deleted"}


def change_trail() -> ChangeTrail:
    """Return how the trail is read."""
    return ChangeTrail(
        kind="pagerduty.audit_record",
        entries=entries,
        kinds=(
            "pagerduty.escalation_policy",
            "pagerduty.event_orchestration",
            "pagerduty.maintenance_window",
            "pagerduty.priority",
            "pagerduty.schedule",
            "pagerduty.service",
            "pagerduty.team",
            "pagerduty.team_member",
            "pagerduty.user",
        ),
        volatile={
            "pagerduty.service": ("last_incident_timestamp", "status"),
            "pagerduty.schedule": ("final_schedule", "overrides_subschedule"),
        },
        # Incidents turn a service from active to warning or critical; nothing else disables it.
        set_by_people={"pagerduty.service": {"status": ("disabled",)}},
    )


def entries(record: Record) -> Iterator[TrailEntry]:
    """Yield the change of one audit record; nothing where it does not say when and what."""
    body = record.body
    root, moment = body.get("root_resource") or {}, body.get("execution_time")
    if moment is None or not root.get("id"):
        return
    details = body.get("details") or {}
    resource = details.get("resource") or root
    kind = str(root.get("type", "")).removesuffix("_reference")
    of_part = resource.get("id") != root.get("id")
    action = str(body.get("action"))
    yield TrailEntry(
        at=parse_instant(moment),
        actors=tuple(title_of(actor) for actor in body.get("actors") or ()),
        method=(body.get("method") or {}).get("type"),
        # What is created or deleted below an object changes the object.
        action="changed" if of_part else _ACTIONS.get(action, action),
        kind=KINDS.get(kind),
        key=root["id"],
        title=title_of(root),
        fields=tuple(_fields(details, title_of(resource) if of_part else None)),
    )


def _value(field: JsonObject, name: str) -> str | None:
    """Return a value; one that is stored as a pseudonym is not shown."""
    value: str | None = field.get(name)
    return "(not shown)" if value is None and field.get(f"private_{name}") else value


def _fields(details: JsonObject, part: str | None) -> Iterable[ChangedField]:
    prefix = "" if part is None else f"{part}."
    for field in details.get("fields") or ():
        yield ChangedField(
            name=f"{prefix}{field.get('name')}",
            before=_value(field, "before_value"),
            after=_value(field, "value"),
        )
    for references in details.get("references") or ():
        name = f"{prefix}{references.get('name')}"
        for member in references.get("added") or ():
            yield ChangedField(name=name, after=title_of(member))
        for member in references.get("removed") or ():
            yield ChangedField(name=name, before=title_of(member))
