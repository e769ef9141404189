"""Collects the audit trail: who changed users, teams, schedules, policies and services.

Follows https://developer.pagerduty.com/api-reference "List audit records": newest first, by cursor,
at most 31 days at a time, kept for twelve months. Only keys of the account, its owner and admins
may read it, and only some plans have it. Values of fields that may be personal or secret are put
where the schema keeps pseudonyms: a change is seen, and not what it says.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ccm_core.sdk.json_codec import encode
from ccm_core.sdk.types import Collector
from ccm_pagerduty.collectors.time_parameters import period

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from ccm_core.sdk.types import CollectorEvent, CollectRequest, JsonObject
    from ccm_pagerduty.client import PagerDutySession

LONGEST_WINDOW = timedelta(days=30)
"""A day less than the API permits: windows are rounded outward."""
OVERLAP = timedelta(hours=1)
"""How late a record may appear; PagerDuty does not document it, and it costs no request."""

READABLE_OF_PEOPLE = frozenset(
    {
        "role",
        "team_role",
        "enabled",
        "blacklisted",
        "start_delay_in_minutes",
        "urgency",
        "time_zone",
    }
)
"""Fields of people, their contact methods and their rules whose values are stored as they are."""
_SECRET_WORDS = ("key", "token", "secret", "password", "email", "address", "phone", "url", "number")
"""Words in the names of other fields whose values are not."""
_IMPERSONAL = ("service", "escalation_policy", "schedule", "team")


def collector() -> Collector:
    """Return the collector."""
    return Collector(
        kind="pagerduty.audit_record",
        collect=collect,
        longest_window=LONGEST_WINDOW,
        overlap=OVERLAP,
    )


async def collect(
    session: PagerDutySession, request: CollectRequest
) -> AsyncIterator[CollectorEvent]:
    """List the records of the window."""
    if request.window is None:
        return
    parameters = period(request.window)
    async for event in session.listing_by_cursor(
        "/audit/records", "records", parameters, compose=without_private_values
    ):
        yield event


def without_private_values(record: JsonObject) -> JsonObject:
    """Return a record whose values that may be personal or secret are marked as such."""
    details = record.get("details")
    if not isinstance(details, dict):
        return {**record, "actors": _without_labels(record.get("actors"))}
    resource = details.get("resource") or record.get("root_resource")
    kind = str(resource.get("type")) if isinstance(resource, dict) else ""
    fields, references = details.get("fields"), details.get("references")
    return {
        **record,
        "actors": _without_labels(record.get("actors")),
        "details": {
            **details,
            "resource": _without_label(details.get("resource")),
            "fields": [_field(kind, field) for field in fields]
            if isinstance(fields, list)
            else fields,
            "references": [_reference_change(change) for change in references]
            if isinstance(references, list)
            else references,
        },
    }


def is_readable(resource_type: str, name: str) -> bool:
    """Return whether values of a field are stored as they are.

    Args:
        resource_type: The type of the changed object, such as ``team_reference``.
        name: The name of the field.
    """
    words = name.lower()
    if resource_type.removesuffix("_reference") in _IMPERSONAL:
        return not any(word in words for word in _SECRET_WORDS)
    return words in READABLE_OF_PEOPLE


def _field(kind: str, field: Any) -> Any:
    if not isinstance(field, dict):
        return field
    private = {"value": "private_value", "before_value": "private_before_value"}
    names = {} if is_readable(kind, str(field.get("name"))) else private
    return {
        names.get(name, name): _text(value) if name in private else value
        for name, value in field.items()
    }


def _text(value: Any) -> str | None:
    """Return a value as the text that it should be; a list or a number as JSON."""
    return value if value is None or isinstance(value, str) else encode(value).decode()


def _reference_change(change: Any) -> Any:
    if not isinstance(change, dict):
        return change
    return {
        name: _without_labels(value) if name in {"added", "removed"} else value
        for name, value in change.items()
    }


def _without_labels(references: Any) -> Any:
    if not isinstance(references, list):
        return references
    return [_without_label(reference) for reference in references]


def _without_label(reference: Any) -> Any:
    """Return a reference without its title where that is what a person called an address."""
    if not isinstance(reference, dict):
        return reference
    personal = any(word in str(reference.get("type")) for word in ("contact_method", "_rule"))
    return {**reference, "summary": None} if personal else reference
