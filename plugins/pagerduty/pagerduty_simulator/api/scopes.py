"""The scope that an OAuth token needs, for each endpoint.

The scopes are those of ``x-pd-requires-scope`` in PagerDuty's description of its API.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from pagerduty_simulator.api.faults import scope_missing

if TYPE_CHECKING:
    from pagerduty_simulator.api.faults import Fault
    from pagerduty_simulator.api.request import SimulatedRequest

CLASSIC = frozenset({"read", "write"})
"""The scopes of a classic app: they open every endpoint."""
ALWAYS = "openid"
"""The scope of every user's token; alone it opens no endpoint."""

REQUIRED = MappingProxyType(
    {
        "/services": "services.read",
        "/services/{id}": "services.read",
        "/services/{id}/custom_fields/values": "services.read",
        "/escalation_policies": "escalation_policies.read",
        "/escalation_policies/{id}": "escalation_policies.read",
        "/schedules": "schedules.read",
        "/schedules/{id}": "schedules.read",
        "/schedules/{id}/users": "users.read",
        "/schedules/{id}/overrides": "schedules.read",
        "/oncalls": "oncalls.read",
        "/incidents": "incidents.read",
        "/incidents/{id}": "incidents.read",
        "/incidents/{id}/log_entries": "incidents.read",
        "/incidents/{id}/notes": "incidents.read",
        "/log_entries": "incidents.read",
        "/users": "users.read",
        "/users/{id}": "users.read",
        "/users/{id}/contact_methods": "users:contact_methods.read",
        "/users/{id}/notification_rules": "users:contact_methods.read",
        "/teams": "teams.read",
        "/teams/{id}": "teams.read",
        "/teams/{id}/members": "teams.read",
        "/abilities": "abilities.read",
        "/abilities/{id}": "abilities.read",
        "/priorities": "priorities.read",
        "/maintenance_windows": "services.read",
        "/audit/records": "audit_records.read",
        "/event_orchestrations": "event_orchestrations.read",
        "/event_orchestrations/{id}/router": "event_orchestrations.read",
        "/event_orchestrations/{id}/unrouted": "event_orchestrations.read",
        "/event_orchestrations/{id}/global": "event_orchestrations.read",
        "/event_orchestrations/services/{service_id}": "services.read",
        "/event_orchestrations/services/{service_id}/active": "services.read",
        "/business_services": "services.read",
        "/service_dependencies/business_services/{id}": "services.read",
        "/service_dependencies/technical_services/{id}": "services.read",
        "/standards": "standards.read",
        "/standards/scores/{resource_type}": "standards.read",
        "/extensions": "extensions.read",
        "/incident_workflows": "incident_workflows.read",
        "/incident_workflows/triggers": "incident_workflows.read",
        "/session_configurations": "session_configurations.read",
        "/webhook_subscriptions": "webhook_subscriptions.read",
    }
)
"""By endpoint. For the endpoints that are absent PagerDuty states none."""


def scope_fault(request: SimulatedRequest) -> Fault | None:
    """Return the refusal of a token without the scope, in PagerDuty's odd shape, or None."""
    scopes = None if request.credential is None else request.credential.scopes
    if scopes is None or scopes & CLASSIC or request.template is None:
        return None
    required = REQUIRED.get(request.template)
    if required in scopes or (required is None and any("." in scope for scope in scopes)):
        return None
    return scope_missing(required or "read", " ".join(sorted(scopes)))
