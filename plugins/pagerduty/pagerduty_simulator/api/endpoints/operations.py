"""Maintenance windows, the audit trail, event orchestrations, and custom fields."""

from __future__ import annotations

from functools import partial

from ccm_core.sdk.types import JsonObject
from pagerduty_simulator.account.operations import (
    MaintenanceWindow,
    Orchestration,
    OrchestrationPath,
)
from pagerduty_simulator.api.context import EndpointContext
from pagerduty_simulator.api.paging import cursor_response, page_response
from pagerduty_simulator.api.request import SimulatedRequest
from pagerduty_simulator.api.responses import SimulatedResponse, json_response, rejection
from pagerduty_simulator.api.serializers.operations import (
    audit_record_object,
    custom_field_value,
    maintenance_window_object,
    orchestration_object,
    orchestration_path_object,
    orchestration_reference,
)
from pagerduty_simulator.api.serializers.references import API

_DAY = 86_400
_LONGEST_AUDIT = 31 * _DAY
_AUDIT_KEPT = 366 * _DAY
_ADMINS = frozenset({"owner", "admin"})
_STATES = frozenset({"past", "future", "ongoing", "open", "all"})
_EMPTY = OrchestrationPath(sets=(("start", ()),))


def maintenance_windows(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """List maintenance windows, by default those that are not over."""
    account, state = context.account, request.value("filter") or "open"
    if state not in _STATES:
        raise rejection(400, "Filter is invalid.")
    services = set(request.values("service_ids"))
    rows = [
        (window, number)
        for number, window in enumerate(account.maintenance_windows, start=1)
        if _is_visible(context, window)
        and (not services or services & set(window.service_ids))
        and (state == "all" or state in _states(window, account.epoch))
    ]
    return page_response(
        context,
        request,
        "maintenance_windows",
        rows,
        lambda row: maintenance_window_object(account, *row),
    )


def _is_visible(context: EndpointContext, window: MaintenanceWindow) -> bool:
    services = [context.account.services.get(key) for key in window.service_ids]
    return any(service is None or context.can_see(service.team_ids) for service in services)


def _states(window: MaintenanceWindow, now: int) -> set[str]:
    if window.end is not None and window.end <= now:
        return {"past"}
    return {"open", "future"} if window.start > now else {"open", "ongoing"}


def audit_records(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """List the audit trail, newest first, by default of the last day.

    402 where the plan has none, and 403 for the key of a user who is no admin.
    """
    context.require_ability("audit_trail_reporting")
    user_id = context.credential.user_id if context.credential else None
    user = context.account.users.get(user_id or "")
    if user is not None and user.role not in _ADMINS:
        raise rejection(403)
    since, until = _audit_window(context, request)
    rows = sorted(
        (record for record in context.account.audit_records if since <= record.at < until),
        key=lambda record: record.at,
        reverse=True,
    )
    return cursor_response(context, request, "records", rows, audit_record_object)


def _audit_window(context: EndpointContext, request: SimulatedRequest) -> tuple[int, int]:
    zone = context.account.time_zone
    until = request.instant("until", zone) or context.account.epoch + 1
    since = request.instant("since", zone) or until - _DAY
    if until < since:
        raise rejection(400, "Until must be after since.", code=2005)
    if until - since > _LONGEST_AUDIT:
        raise rejection(400, "The date range must be at most 31 days.", code=2005)
    return max(since, context.account.epoch - _AUDIT_KEPT), until


def event_orchestrations(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """List event orchestrations; 404 where the feature is off."""
    _require_orchestrations(context)
    account = context.account
    rows = sorted(
        (entry for entry in account.orchestrations.values() if _can_see(context, entry)),
        key=lambda entry: entry.name,
    )
    serialize = partial(orchestration_object, account)
    return page_response(context, request, "orchestrations", rows, serialize)


def router(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """Return which service each event goes to."""
    entry = _orchestration(context, request)
    return _path(context, entry.router, "router", orchestration_reference(entry.id))


def unrouted(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """Return what happens to events that no route matches."""
    entry = _orchestration(context, request)
    return _path(context, entry.unrouted, "unrouted", orchestration_reference(entry.id))


def global_path(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """Return what happens to all events before they are routed."""
    entry = _orchestration(context, request)
    return _path(context, entry.global_path, "global", orchestration_reference(entry.id))


def service_path(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """Return what happens to the events of one service."""
    _require_orchestrations(context)
    match = context.account.services.get(request.ids[0])
    service = context.require(match, match.team_ids if match else (), scoped=True)
    path = context.account.service_orchestrations.get(service.id, _EMPTY)
    parent = {
        "id": service.id,
        "self": f"{API}/services/{service.id}",
        "type": "service_reference",
    }
    return _path(context, path, "service", parent)


def service_custom_fields(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """List the values of a service's custom fields; it has no pages."""
    match = context.account.services.get(request.ids[0])
    service = context.require(match, match.team_ids if match else (), scoped=True)
    return json_response({"custom_fields": [*map(custom_field_value, service.custom_fields)]})


def service_path_active(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """Return whether the events of a service pass its orchestration, and not older rules."""
    _require_orchestrations(context)
    match = context.account.services.get(request.ids[0])
    service = context.require(match, match.team_ids if match else (), scoped=True)
    return json_response({"active": service.id in context.account.service_orchestrations})


def _require_orchestrations(context: EndpointContext) -> None:
    if "event_rules" not in context.account.abilities:
        raise rejection(404)


def _orchestration(context: EndpointContext, request: SimulatedRequest) -> Orchestration:
    _require_orchestrations(context)
    match = context.account.orchestrations.get(request.ids[0])
    teams = (match.team_id,) if match and match.team_id else ()
    return context.require(match, teams, scoped=True)


def _can_see(context: EndpointContext, entry: Orchestration) -> bool:
    return context.can_see((entry.team_id,) if entry.team_id else ())


def _path(
    context: EndpointContext, path: OrchestrationPath, kind: str, parent: JsonObject
) -> SimulatedResponse:
    body = orchestration_path_object(context.account, path, kind, parent)
    return json_response({"orchestration_path": body})
