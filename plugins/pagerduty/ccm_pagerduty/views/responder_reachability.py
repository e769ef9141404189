"""The view ``pagerduty.responder_reachability``: how a page reaches each on-call user."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_pagerduty.references import references_in
from ccm_pagerduty.views.intervals import seconds_of
from ccm_pagerduty.views.on_call.escalation_targets import type_of
from ccm_pagerduty.views.on_call.notification import first_notification, is_in_use, method_type
from ccm_pagerduty.views.row_builder import (
    ESCALATION_POLICY,
    ON_CALL,
    USER,
    RecordIndex,
    RowBuilder,
)
from ccm_pagerduty.views.three_valued import known_fields
from ccm_pagerduty.views.user_access import access

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccm_core.sdk.types import JsonObject, Record, Row, ViewRequest

UNKNOWN = {
    "contact_methods": "PagerDuty does not report for every contact method whether it is enabled",
    "notified_after_seconds": "PagerDuty does not report when this person's notification rules "
    "apply, or whether their contact methods are enabled",
}


def rows(request: ViewRequest) -> Iterable[Row]:
    """Yield one row for each user who is on call or whom an escalation policy names."""
    index = RecordIndex(request.records, earliest=request.earliest)
    sources = _sources_by_user(index)
    for record in index.records(USER):
        if record.key in sources:
            builder = RowBuilder(index)
            user = builder.read(record)
            builder.read_all(sources[record.key])
            body = access(user, builder) | {"contact_method_types": _enabled_types(user)}
            body |= known_fields(contact_methods=_contact_methods(user)) | _notified_after(user)
            yield builder.build(record, body, unknown=UNKNOWN)


def _sources_by_user(index: RecordIndex) -> dict[str, list[Record]]:
    """List, for each responder, the policies that name them and their on-calls."""
    sources: dict[str, list[Record]] = {}
    for policy in index.records(ESCALATION_POLICY):
        rules = policy.body.get("escalation_rules") or ()
        targets = [ref for rule in rules for ref in references_in(rule, "targets")]
        for key in {ref["id"] for ref in targets if type_of(ref) == "user"}:
            sources.setdefault(key, []).append(policy)
    for on_call in index.records(ON_CALL):
        key = str((on_call.body.get("user") or {}).get("id"))
        sources.setdefault(key, []).append(on_call)
    return sources


def _notified_after(user: JsonObject) -> JsonObject:
    """Return how soon a page of high urgency is sent; null: never; missing where unknown."""
    first = first_notification(user)
    if first.after is None:
        return {"notified_after_seconds": None} if first.unknown_after is None else {}
    if first.unknown_after is not None and first.unknown_after < first.after:
        return {}
    return {"notified_after_seconds": seconds_of(first.after)}


def _enabled_types(user: JsonObject) -> list[str]:
    """Return the distinct types of contact method that are known to be enabled."""
    methods = [method for method in user.get("contact_methods") or () if is_in_use(method)]
    return sorted({method_type(method) for method in methods})


def _contact_methods(user: JsonObject) -> int | None:
    """Count the distinct types; None where a method that would add one has no known state."""
    if user.get("contact_methods") is None:
        return None
    enabled = _enabled_types(user)
    methods = user["contact_methods"]
    unclear = {method_type(method) for method in methods if is_in_use(method) is None}
    return len(enabled) if unclear <= set(enabled) else None
