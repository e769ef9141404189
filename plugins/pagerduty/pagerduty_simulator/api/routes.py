"""Which paths there are. Everything is a GET; there is nothing here that changes anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from pagerduty_simulator.api.context import EndpointContext
from pagerduty_simulator.api.endpoints import catalogue
from pagerduty_simulator.api.endpoints import incidents as history
from pagerduty_simulator.api.endpoints import schedules as rotas
from pagerduty_simulator.api.request import SimulatedRequest
from pagerduty_simulator.api.responses import SimulatedResponse

Endpoint = Callable[[EndpointContext, SimulatedRequest], SimulatedResponse]

ROUTES: Mapping[str, Endpoint] = MappingProxyType(
    {
        "/services": catalogue.services,
        "/services/{id}": catalogue.service,
        "/escalation_policies": catalogue.escalation_policies,
        "/escalation_policies/{id}": catalogue.escalation_policy,
        "/schedules": rotas.schedules,
        "/schedules/{id}": rotas.schedule,
        "/schedules/{id}/users": rotas.schedule_users,
        "/v3/schedules": rotas.shift_schedules,
        "/v3/schedules/{id}": rotas.shift_based_schedule,
        "/oncalls": rotas.oncalls,
        "/incidents": history.incidents,
        "/incidents/{id}": history.incident,
        "/incidents/{id}/log_entries": history.incident_log_entries,
        "/log_entries": history.log_entries,
        "/users": catalogue.users,
        "/users/me": catalogue.users_me,
        "/users/{id}": catalogue.user,
        "/users/{id}/contact_methods": catalogue.contact_methods,
        "/teams": catalogue.teams,
        "/teams/{id}": catalogue.team,
        "/teams/{id}/members": catalogue.team_members,
        "/abilities": catalogue.abilities,
        "/abilities/{id}": catalogue.ability,
        "/priorities": catalogue.priorities,
    }
)


def template_of(path: str) -> tuple[str | None, tuple[str, ...]]:
    """Find the endpoint of a path, and the parts that stand for ``{…}``."""
    if path in ROUTES:
        return path, ()
    parts = path.split("/")
    for template in ROUTES:
        names = template.split("/")
        if len(names) == len(parts) and all(
            name in (part, "{id}") for name, part in zip(names, parts, strict=True)
        ):
            return template, tuple(
                part for name, part in zip(names, parts, strict=True) if name == "{id}"
            )
    return None, ()
