"""The paths of the API. Every one is a GET: nothing here changes anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from starlette.routing import compile_path

from pagerduty_simulator.api.context import EndpointContext
from pagerduty_simulator.api.endpoints import business, catalogue, incidents, operations, schedules
from pagerduty_simulator.api.request import SimulatedRequest
from pagerduty_simulator.api.responses import SimulatedResponse

Endpoint = Callable[[EndpointContext, SimulatedRequest], SimulatedResponse]

ROUTES: Mapping[str, Endpoint] = MappingProxyType(
    {
        "/services": catalogue.services,
        "/services/{id}": catalogue.service,
        "/services/{id}/custom_fields/values": operations.service_custom_fields,
        "/escalation_policies": catalogue.escalation_policies,
        "/escalation_policies/{id}": catalogue.escalation_policy,
        "/schedules": schedules.schedules,
        "/schedules/{id}": schedules.schedule,
        "/schedules/{id}/users": schedules.schedule_users,
        "/schedules/{id}/overrides": schedules.schedule_overrides,
        "/v3/schedules": schedules.shift_schedules,
        "/v3/schedules/{id}": schedules.shift_based_schedule,
        "/v3/schedules/{id}/overrides": schedules.shift_overrides,
        "/oncalls": schedules.oncalls,
        "/incidents": incidents.incidents,
        "/incidents/{id}": incidents.incident,
        "/incidents/{id}/log_entries": incidents.incident_log_entries,
        "/incidents/{id}/notes": incidents.incident_notes,
        "/log_entries": incidents.log_entries,
        "/users": catalogue.users,
        "/users/me": catalogue.users_me,
        "/users/{id}": catalogue.user,
        "/users/{id}/contact_methods": catalogue.contact_methods,
        "/users/{id}/notification_rules": catalogue.notification_rules,
        "/teams": catalogue.teams,
        "/teams/{id}": catalogue.team,
        "/teams/{id}/members": catalogue.team_members,
        "/abilities": catalogue.abilities,
        "/abilities/{id}": catalogue.ability,
        "/priorities": catalogue.priorities,
        "/maintenance_windows": operations.maintenance_windows,
        "/audit/records": operations.audit_records,
        "/event_orchestrations": operations.event_orchestrations,
        "/event_orchestrations/{id}/router": operations.router,
        "/event_orchestrations/{id}/unrouted": operations.unrouted,
        "/event_orchestrations/{id}/global": operations.global_path,
        "/event_orchestrations/services/{service_id}": operations.service_path,
        "/event_orchestrations/services/{service_id}/active": operations.service_path_active,
        "/business_services": business.business_services,
        "/service_dependencies/business_services/{id}": business.business_dependencies,
        "/service_dependencies/technical_services/{id}": business.technical_dependencies,
        "/standards": business.standards,
        "/standards/scores/{resource_type}": business.standards_scores,
        "/extensions": business.extensions,
        "/session_configurations": business.session_configurations,
        "/incident_workflows": business.incident_workflows,
        "/incident_workflows/triggers": business.incident_workflow_triggers,
        "/webhook_subscriptions": business.webhook_subscriptions,
    }
)
"""The endpoint of each template; the first that matches a path answers it."""
_PATTERNS = tuple((template, compile_path(template)[0]) for template in ROUTES)


def match_route(path: str) -> tuple[str | None, tuple[str, ...]]:
    """Return the template of a path, and the parts that stand for ``{…}``."""
    for template, pattern in _PATTERNS:
        if match := pattern.match(path):
            return template, match.groups()
    return None, ()
