"""Which paths there are. Everything is a GET; there is nothing here that changes anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from ccm_pagerduty.simulator import endpoints_catalogue as catalogue
from ccm_pagerduty.simulator import endpoints_incidents as history
from ccm_pagerduty.simulator import endpoints_schedules as rotas
from ccm_pagerduty.simulator.answers import Answer
from ccm_pagerduty.simulator.asked import Asked
from ccm_pagerduty.simulator.world import World

Endpoint = Callable[[World, Asked], Answer]

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
