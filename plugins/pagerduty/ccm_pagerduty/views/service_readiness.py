"""The view ``pagerduty.service_readiness``: whether an incident on a service pages somebody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_pagerduty.references import id_and_title, title_of
from ccm_pagerduty.views.maintenance import maintenance_fields, windows_by_service
from ccm_pagerduty.views.on_call.policy_reach import NOT_OBSERVED, PolicyReach, resolve_policy
from ccm_pagerduty.views.on_call.rendered_shifts import window_fields
from ccm_pagerduty.views.policy_coverage import level_coverage
from ccm_pagerduty.views.row_builder import (
    ESCALATION_POLICY,
    EVENT_ORCHESTRATION_PATH,
    SERVICE,
    SERVICE_CUSTOM_FIELDS,
    SERVICE_STANDARDS,
    RecordIndex,
    RowBuilder,
)
from ccm_pagerduty.views.services.business_services import SupportedBusinessServices
from ccm_pagerduty.views.services.discarded_events import discard_fields
from ccm_pagerduty.views.services.standards import standards_fields
from ccm_pagerduty.views.three_valued import kleene_and, kleene_or, known_fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from ccm_core.sdk.types import JsonObject, Record, Row, ViewRequest

    Policies = dict[str, tuple[PolicyReach | None, RowBuilder]]

ADMINISTRATIVE = {"disabled": "disabled", "maintenance": "maintenance"}
"""States that a person sets; ``active``, ``warning`` and ``critical`` follow open incidents."""

PAGING = {"high": True, "low": False, "severity_based": True}
"""Whether an urgency can be high; one that follows the alert's severity can."""

ANY_SERVICE = ""
"""Stands for the target of a route that each event names itself."""


def rows(request: ViewRequest) -> Iterable[Row]:
    """Yield one row for each service."""
    index = RecordIndex(request.records, request.vanished, request.earliest)
    policies, routers = resolve_policies(index), _routers_by_service(index)
    windows, supported = windows_by_service(index), SupportedBusinessServices(index)
    for record in index.records(SERVICE):
        builder = RowBuilder(index)
        service = builder.read(record)
        feeding = [*routers.get(record.key, ()), *routers.get(ANY_SERVICE, ())]
        orchestrations = {path["parent"]["id"] for path in builder.read_all(feeding)}
        body = _service(service) | {"orchestrations": len(orchestrations)}
        body |= discard_fields(service, orchestrations, builder)
        body["business_services"] = supported.names(record.key, builder)
        body |= standards_fields(builder.find(SERVICE_STANDARDS, record.key))
        body["maintenance"] = maintenance_fields(builder.read_all(windows.get(record.key, ())))
        body |= _custom_fields(builder.find(SERVICE_CUSTOM_FIELDS, record.key))
        body |= _policy(service, builder, policies)
        yield builder.build(record, body, unknown=_unknown_reasons(service, policies))


def resolve_policies(index: RecordIndex) -> Policies:
    """Resolve each policy once, however many services use it."""
    policies: Policies = {}
    for record in index.records(ESCALATION_POLICY):
        builder = RowBuilder(index)
        body = builder.read(record)
        policies[record.key] = (resolve_policy(body, builder), builder)
    return policies


def status_of(service: JsonObject) -> str | None:
    """Return ``enabled``, ``disabled`` or ``maintenance``; None where it is unknown."""
    status = service.get("status")
    return None if status is None else ADMINISTRATIVE.get(status, "enabled")


def _service(service: JsonObject) -> JsonObject:
    return known_fields(
        status=status_of(service),
        pages_high_urgency=_pages(service.get("incident_urgency_rule")),
        pages_at_all_hours=_pages_always(service.get("incident_urgency_rule")),
        integrations=_integrations(service),
    )


def _custom_fields(record: Record | None) -> JsonObject:
    """Return the values of each field by its name; one whose values are private is left out."""
    if record is None:
        return {}
    fields = (field for field in record.body["fields"] if field.get("values") is not None)
    return {"custom_fields": {field["name"]: field["values"] for field in fields}}


def _routers_by_service(index: RecordIndex) -> Mapping[str, list[Record]]:
    """List, by the id of a service, the routers of event orchestrations that send events to it."""
    routers: dict[str, list[Record]] = {}
    for path in index.records(EVENT_ORCHESTRATION_PATH):
        if path.body.get("type") == "router":
            for target in set(_targets(path.body)):
                routers.setdefault(target, []).append(path)
    return routers


def _targets(router: JsonObject) -> Iterable[str]:
    rules = [rule for part in router.get("sets") or () if part for rule in part.get("rules") or ()]
    for rule in [*(rule for rule in rules if rule), router.get("catch_all") or {}]:
        actions = rule.get("actions") or {}
        if rule.get("disabled"):
            continue
        if actions.get("route_to"):
            yield actions["route_to"]
        if actions.get("dynamic_route_to"):
            yield ANY_SERVICE


def _pages_always(rule: JsonObject | None) -> bool | None:
    """Return whether an incident can be of high urgency at every hour."""
    if rule is None or rule.get("type") != "use_support_hours":
        return _pages(rule)
    return kleene_and(_pages(part) for part in _by_support_hours(rule))


def _pages(rule: JsonObject | None) -> bool | None:
    """Return whether an incident of the service can be of high urgency at any hour."""
    if rule is None:
        return None
    if rule.get("type") == "use_support_hours":
        return kleene_or(_pages(part) for part in _by_support_hours(rule))
    return PAGING.get(str(rule.get("urgency")))


def _by_support_hours(rule: JsonObject) -> tuple[JsonObject | None, JsonObject | None]:
    return rule.get("during_support_hours"), rule.get("outside_support_hours")


def _integrations(service: JsonObject) -> int | None:
    integrations = service.get("integrations")
    return None if integrations is None else len(integrations)


def _unknown_reasons(service: JsonObject, policies: Policies) -> dict[str, str]:
    """Return why fields of the service are unknown."""
    ref = service.get("escalation_policy")
    if not ref:
        return {"*": "PagerDuty does not report it for this service"}
    if ref["id"] not in policies:
        return {"*": f"its escalation policy {title_of(ref)} is not in the evidence"}
    return {"*": NOT_OBSERVED} if policies[ref["id"]][0] is None else {}


def _policy(service: JsonObject, builder: RowBuilder, policies: Policies) -> JsonObject:
    if "escalation_policy" not in service:
        return {}
    ref = service["escalation_policy"]
    if not ref:
        return {"has_policy": False, "policy": None}
    exists = has_policy(ref, builder)
    body = {"has_policy": exists, "policy": id_and_title(ref)}
    if ref["id"] not in policies:
        # Deleted or hidden: a service whose policy was never listed cannot distinguish them.
        return {"policy": id_and_title(ref)} if exists else body
    reach, policy_builder = policies[ref["id"]]
    builder.merge(policy_builder)
    return body if reach is None else body | _levels(reach)


def has_policy(ref: JsonObject | None, builder: RowBuilder) -> bool:
    """Return whether a service refers to an escalation policy that is not known to be deleted."""
    if not ref:
        return False
    builder.find(ESCALATION_POLICY, ref["id"])
    return not ref.get("deleted_at") and not builder.is_deleted(ESCALATION_POLICY, ref["id"])


def _levels(reach: PolicyReach) -> JsonObject:
    return {
        "observed": window_fields(reach.observed),
        "level_count": len(reach.levels),
        "levels": [{"level": level.number} | level_coverage(level) for level in reach.levels],
        "uncovered": reach.current.gap_fields(None),
    }
