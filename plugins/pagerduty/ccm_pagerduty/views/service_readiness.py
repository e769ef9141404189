"""The view ``pagerduty.service_readiness``: whether a service would wake somebody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_pagerduty.references import id_and_title, title_of
from ccm_pagerduty.views.intervals import total_seconds
from ccm_pagerduty.views.on_call.policy_reach import PolicyReach, resolve_policy, gap_fields
from ccm_pagerduty.views.on_call.rendered_shifts import window_fields
from ccm_pagerduty.views.row_builder import ESCALATION_POLICY, SERVICE, RecordIndex, RowBuilder
from ccm_pagerduty.views.three_valued import kleene_and, known_fields, kleene_or

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ccm_core.sdk.types import JsonObject, Row, ViewRequest

ADMINISTRATIVE = {"disabled": "disabled", "maintenance": "maintenance"}
"""What a person set; ``active``, ``warning`` and ``critical`` follow open incidents."""

PAGING = {"high": True, "low": False, "severity_based": True}
"""Whether an urgency can be high; by severity, it can."""


def rows(request: ViewRequest) -> Iterable[Row]:
    """Give one row for each service."""
    library = RecordIndex(request.records)
    policies = policies_of(library, request)
    for record in library.records(SERVICE):
        trail = RowBuilder(library)
        service = trail.read(record)
        body = _service(service) | _policy(service, trail, policies)
        yield trail.build(record, body, unknown=_doubt(service, policies))


def policies_of(library: RecordIndex, request: ViewRequest) -> dict[str, tuple[PolicyReach, RowBuilder]]:
    """Work each policy out once, however many services use it."""
    found = {}
    for record in library.records(ESCALATION_POLICY):
        trail = RowBuilder(library)
        body = trail.read(record)
        found[record.key] = (
            resolve_policy(body, trail, now=request.now, horizon=request.horizon),
            trail,
        )
    return found


def status_of(service: JsonObject) -> str | None:
    """Tell whether a person disabled it or put it under maintenance; None: not known."""
    status = service.get("status")
    return None if status is None else ADMINISTRATIVE.get(status, "enabled")


def _service(service: JsonObject) -> JsonObject:
    return known_fields(
        status=status_of(service),
        pages_high_urgency=_pages(service.get("incident_urgency_rule")),
        pages_at_all_hours=_pages_always(service.get("incident_urgency_rule")),
        integrations=_integrations(service),
    )


def _pages_always(rule: JsonObject | None) -> bool | None:
    """Tell whether an incident can be of high urgency at every hour."""
    if rule is None or rule.get("type") != "use_support_hours":
        return _pages(rule)
    parts = (rule.get("during_support_hours"), rule.get("outside_support_hours"))
    return kleene_and(_pages(part) for part in parts)


def _pages(rule: JsonObject | None) -> bool | None:
    """Tell whether an incident of the service can be of high urgency."""
    if rule is None:
        return None
    if rule.get("type") == "use_support_hours":
        parts = (rule.get("during_support_hours"), rule.get("outside_support_hours"))
        return kleene_or(_pages(part) for part in parts)
    return PAGING.get(str(rule.get("urgency")))


def _integrations(service: JsonObject) -> int | None:
    listed = service.get("integrations")
    return None if listed is None else len(listed)


def _doubt(service: JsonObject, policies: dict[str, tuple[PolicyReach, RowBuilder]]) -> dict[str, str]:
    """Say why something about the service is not known."""
    ref = service.get("escalation_policy")
    if not ref:
        return {"*": "PagerDuty does not tell it of this service"}
    if ref["id"] not in policies:
        return {"*": f"its escalation policy {title_of(ref)} is not in the evidence"}
    return policies[ref["id"]][0].doubt


def _policy(
    service: JsonObject, trail: RowBuilder, policies: dict[str, tuple[PolicyReach, RowBuilder]]
) -> JsonObject:
    if "escalation_policy" not in service:
        return {}
    ref = service["escalation_policy"]
    if not ref:
        return {"has_policy": False, "policy": None}
    trail.find(ESCALATION_POLICY, ref["id"])
    body = {"has_policy": not ref.get("deleted_at"), "policy": id_and_title(ref)}
    if ref["id"] not in policies:
        # Deleted or hidden: the service's own page does not tell which.
        return body if ref.get("deleted_at") else {"policy": id_and_title(ref)}
    reached, read = policies[ref["id"]]
    trail.merge(read)
    return body | _levels(reached)


def _levels(reached: PolicyReach) -> JsonObject:
    past, ahead = reached.first_level_gaps(reached.past), reached.first_level_gaps(reached.ahead)
    nobody = reached.unreached(reached.ahead)
    return (
        {"level_count": len(reached.levels)}
        | gap_fields("first_level_gap", "past", past)
        | gap_fields("first_level_gap", "ahead", ahead)
        | known_fields(
            every_level_reaches_a_person=reached.every_level_reaches_a_person,
            first_level_covered_ahead=None if ahead is None else not ahead,
            uncovered_ahead=None if nobody is None else [window_fields(window) for window in nobody],
            uncovered_seconds_ahead=None if nobody is None else total_seconds(nobody),
            past_period=reached.past and window_fields(reached.past),
            ahead_period=reached.ahead and window_fields(reached.ahead),
        )
    )
