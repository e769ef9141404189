"""The evidence kinds with their schemas, keys and collection frequency."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import cache, partial
from importlib.resources import files

from ccm_core.sdk.json_codec import JsonObject, decode
from ccm_core.sdk.types import EvidenceKind, Shape
from ccm_pagerduty.references import owners_of

HOURLY = timedelta(hours=1)
SIX_HOURLY = timedelta(hours=6)
DAILY = timedelta(hours=24)

OwnersOf = Callable[[JsonObject], tuple[str, ...]]

OBJECT_KEY = ("id",)
ON_CALL_KEY = (
    "escalation_policy.id",
    "escalation_level",
    "user.id",
    "schedule.id",
    "start",
    "end",
)


@cache
def schema(name: str) -> JsonObject:
    """Read a schema that is shipped beside this module, such as ``service.v1``."""
    resource = files("ccm_pagerduty") / "schemas" / f"{name}.schema.json"
    document: JsonObject = decode(resource.read_bytes())
    return document


def kinds() -> tuple[EvidenceKind, ...]:
    """Return every evidence kind of this plugin."""
    return (
        _snapshot("service", "Services", DAILY, owners=owners_of),
        _snapshot("escalation_policy", "Escalation policies", DAILY, owners=owners_of),
        _snapshot("schedule", "Schedules", SIX_HOURLY, owners=owners_of),
        _part("schedule_rendering", "Final schedules", SIX_HOURLY, ("schedule.id",), "schedule"),
        _part("on_call", "On-calls", SIX_HOURLY, ON_CALL_KEY, "user"),
        _event("incident", "Incidents", "title"),
        _event("incident_log_entry", "Log entries", "summary"),
        # An account has an owner.
        replace(_snapshot("user", "Users", DAILY), never_empty=True),
        _snapshot("team", "Teams", DAILY),
        _part("team_member", "Team members", DAILY, ("team.id", "user.id"), "user"),
        _optional(_snapshot("priority", "Priorities", DAILY), filtered=False),
        _optional(
            replace(
                _snapshot("maintenance_window", "Maintenance windows", SIX_HOURLY),
                title_field="summary",
            )
        ),
        _optional(_snapshot("event_orchestration", "Event orchestrations", DAILY)),
        _optional(
            _part(
                "event_orchestration_path",
                "Rules of event orchestrations",
                DAILY,
                ("parent.id", "type"),
                "parent",
            )
        ),
        _optional(
            _part(
                "service_orchestration",
                "Rules of services' events",
                DAILY,
                ("parent.id",),
                "parent",
            )
        ),
        _optional(
            _part(
                "schedule_overrides", "Overrides of schedules", DAILY, ("schedule.id",), "schedule"
            )
        ),
        _optional(
            _part(
                "service_custom_fields",
                "Custom fields of services",
                DAILY,
                ("service.id",),
                "service",
            )
        ),
        _optional(_snapshot("business_service", "Business services", DAILY)),
        _optional(
            _part(
                "service_dependencies",
                "Dependencies of services",
                DAILY,
                ("service.type", "service.id"),
                "service",
            )
        ),
        _optional(
            _part("service_standards", "Standards of services", DAILY, ("service.id",), "service")
        ),
        _optional(_snapshot("extension", "Extensions", DAILY)),
        _optional(
            replace(
                _snapshot("webhook_subscription", "Webhook subscriptions", DAILY),
                title_field="description",
                url_field=None,
            )
        ),
        _optional(
            replace(
                _snapshot("session_configuration", "Session configurations", DAILY),
                key=("type",),
                title_field="type",
                url_field=None,
            )
        ),
        _optional(_snapshot("incident_workflow", "Incident workflows", DAILY)),
        _optional(
            replace(
                _snapshot("incident_workflow_trigger", "Triggers of incident workflows", DAILY),
                title_field="workflow.name",
                url_field="workflow.html_url",
            )
        ),
        _optional(
            replace(
                _event("incident_note", "Notes of incidents", "incident.id"),
                key=("incident.id", "id"),
                cadence=DAILY,
                url_field=None,
            )
        ),
        # Whoever may read the audit trail reads all of it.
        _optional(
            replace(
                _event("audit_record", "Audit records", "root_resource.summary"),
                occurred_at="execution_time",
                url_field=None,
            ),
            filtered=False,
        ),
    )


def _optional(kind: EvidenceKind, *, filtered: bool = True) -> EvidenceKind:
    """Return a kind that some plans lack, and that many credentials may not read."""
    return replace(kind, optional=True, filtered=filtered)


# -- the three shapes -------------------------------------------------------------------------


def _snapshot(
    noun: str, title: str, cadence: timedelta, *, owners: OwnersOf | None = None
) -> EvidenceKind:
    """Return the kind of an object with an id, a name and a page of its own."""
    return EvidenceKind(
        name=f"pagerduty.{noun}",
        version=1,
        title=title,
        shape=Shape.SNAPSHOT,
        key=OBJECT_KEY,
        cadence=cadence,
        schema=_loader(noun),
        title_field="name",
        url_field="html_url",
        owners=owners,
    )


def _part(
    noun: str, title: str, cadence: timedelta, key: tuple[str, ...], titled_by: str
) -> EvidenceKind:
    """Return the kind of an object without an id, titled by an object that it refers to."""
    return EvidenceKind(
        name=f"pagerduty.{noun}",
        version=1,
        title=title,
        shape=Shape.SNAPSHOT,
        key=key,
        cadence=cadence,
        schema=_loader(noun),
        title_field=f"{titled_by}.summary",
        url_field=f"{titled_by}.html_url",
    )


def _event(noun: str, title: str, title_field: str) -> EvidenceKind:
    """Return the kind of an event, which happened at an instant."""
    return EvidenceKind(
        name=f"pagerduty.{noun}",
        version=1,
        title=title,
        shape=Shape.EVENT,
        key=OBJECT_KEY,
        cadence=HOURLY,
        schema=_loader(noun),
        occurred_at="created_at",
        title_field=title_field,
        url_field="html_url",
    )


def _loader(noun: str) -> Callable[[], JsonObject]:
    return partial(schema, f"{noun}.v1")
