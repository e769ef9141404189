"""The view ``pagerduty.responder_reachability``: whether a page reaches those who are on call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_pagerduty.references import references
from ccm_pagerduty.views.on_call.escalation_targets import type_of
from ccm_pagerduty.views.row_builder import ESCALATION_POLICY, ON_CALL, USER, RecordIndex, RowBuilder
from ccm_pagerduty.views.three_valued import known_fields
from ccm_pagerduty.views.user_access import access

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccm_core.sdk.types import JsonObject, Record, Row, ViewRequest

SILENT = "PagerDuty does not tell of every contact method whether it is enabled"


def rows(request: ViewRequest) -> Iterable[Row]:
    """Give one row for each user who is on call, or whom an escalation policy names."""
    library = RecordIndex(request.records)
    named_by = _named_by(library)
    for record in library.records(USER):
        if record.key in named_by:
            trail = RowBuilder(library)
            user = trail.read(record)
            trail.read_all(named_by[record.key])
            body = access(user) | {"contact_method_types": _enabled(user)}
            body |= known_fields(contact_methods=_contact_methods(user))
            yield trail.build(record, body, unknown={"contact_methods": SILENT})


def _named_by(library: RecordIndex) -> dict[str, list[Record]]:
    """List, for each responder, the policies that name them and the on-calls they are in."""
    found: dict[str, list[Record]] = {}
    for policy in library.records(ESCALATION_POLICY):
        rules = policy.body.get("escalation_rules") or ()
        targets = [ref for rule in rules for ref in references(rule, "targets")]
        for key in {ref["id"] for ref in targets if type_of(ref) == "user"}:
            found.setdefault(key, []).append(policy)
    for on_call in library.records(ON_CALL):
        found.setdefault(str((on_call.body.get("user") or {}).get("id")), []).append(on_call)
    return found


def _enabled(user: JsonObject) -> list[str]:
    """Give the types of contact method that are known to work, once each."""
    methods = [method for method in user.get("contact_methods") or () if _usable(method)]
    return sorted({_type(method) for method in methods})


def _contact_methods(user: JsonObject) -> int | None:
    """Count the distinct types; None where a method that would add one does not say."""
    if user.get("contact_methods") is None:
        return None
    enabled = _enabled(user)
    silent = {_type(method) for method in user["contact_methods"] if _usable(method) is None}
    return len(enabled) if silent <= set(enabled) else None


def _usable(method: JsonObject) -> bool | None:
    if method.get("blacklisted"):
        return False
    enabled = method.get("enabled")
    return None if enabled is None else bool(enabled)


def _type(method: JsonObject) -> str:
    return str(method.get("type")).removesuffix("_reference").removesuffix("_contact_method")
