"""Incidents and log entries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from ccm_core.sdk.types import JsonObject
from pagerduty_simulator.account.identifiers import incident_id, incident_number
from pagerduty_simulator.account.incident_log import IncidentRecord, LogEntry
from pagerduty_simulator.api.context import EndpointContext, page_response
from pagerduty_simulator.api.request import SimulatedRequest, add_months
from pagerduty_simulator.api.responses import SimulatedResponse, json_response, rejection
from pagerduty_simulator.api.serializers.incidents import (
    OVERVIEW,
    incident_object,
    log_entry_object,
)

_FIRST, _LAST = 0, 1 << 31
_STATUSES = frozenset({"triggered", "acknowledged", "resolved"})
_URGENCIES = frozenset({"high", "low"})
_MOST_MONTHS = 6
_MOST_SORTS = 2
_NOT_A_FILTER = frozenset({"limit", "offset", "total", "include[]"})
_SORTS: dict[str, Callable[[IncidentRecord], int | str]] = {
    "incident_number": lambda incident: incident.number,
    "created_at": lambda incident: incident.created,
    "resolved_at": lambda incident: (
        incident.changed if incident.state.status == "resolved" else _LAST
    ),
    "urgency": lambda incident: incident.urgency,
}


def incidents(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """List incidents created in a window."""
    account, include, zone = context.account, request.values("include"), request.zone()
    numbers = _selected(context, request)

    def write(number: int) -> JsonObject:
        return incident_object(account, account.incidents[number], include, zone)

    return page_response(context, request, "incidents", numbers, write)


def incident(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """Give one incident, by its id or by its number."""
    incident = _story(context, request)
    written = incident_object(context.account, incident, request.values("include"), request.zone())
    return json_response({"incident": written})


def incident_log_entries(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """List what happened to one incident, newest first."""
    incident = _story(context, request)
    since, until = _log_window(context, request)
    entries = [
        entry
        for position in reversed(range(len(incident.state.events)))
        if since <= (entry := LogEntry(incident, position)).created < until
    ]
    return _log_page(context, request, entries)


def log_entries(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """List what happened in a window, to incidents of any age, newest first."""
    return _log_page(
        context, request, context.account.incidents.entries_between(*_log_window(context, request))
    )


def _log_page(
    context: EndpointContext, request: SimulatedRequest, entries: Sequence[LogEntry]
) -> SimulatedResponse:
    account, include = context.account, request.values("include")
    zone, teams = request.zone(account.time_zone), context.requested_teams(request)
    if request.flag("is_overview"):
        entries = [each for each in entries if each.event.type in OVERVIEW]
    if teams is not None or context.control.visible_teams is not None:
        entries = [each for each in entries if _within(context, each.incident, teams)]
    return page_response(
        context,
        request,
        "log_entries",
        entries,
        lambda each: log_entry_object(account, each, include, zone),
    )


def _log_window(context: EndpointContext, request: SimulatedRequest) -> tuple[int, int]:
    since = request.instant("since", context.account.time_zone)
    until = request.instant("until", context.account.time_zone)
    since = _FIRST if since is None else max(_FIRST, since)
    until = _LAST if until is None else min(_LAST, until + context.control.until_inclusive)
    longest = context.control.max_log_window
    if until < since or (longest is not None and until - since > longest.total_seconds() + 1):
        raise rejection(400, " is invalid.")
    return since, until


def _story(context: EndpointContext, request: SimulatedRequest) -> IncidentRecord:
    number = incident_number(request.ids[0])
    if number is None and request.ids[0].isdecimal():
        number = int(request.ids[0])
    found = None if number is None else context.account.incidents.get(number)
    return context.require(found, _team_ids(found) if found else (), scoped=True)


def _selected(context: EndpointContext, request: SimulatedRequest) -> Sequence[int]:
    """Give the numbers of what a listing holds; kept while its pages are read."""
    filters = tuple(pair for pair in request.params.multi_items() if pair[0] not in _NOT_A_FILTER)
    only = context.control.visible_teams
    seen = None if only is None else frozenset(only)
    key = ("incidents", filters, seen, context.control.until_inclusive)
    kept = context.account.incidents.cached(key)
    if kept is None:
        kept = context.account.incidents.cache(key, _select(context, request))
    found: Sequence[int] = kept
    return found


def _select(context: EndpointContext, request: SimulatedRequest) -> Sequence[int]:
    log = context.account.incidents
    numbers = log.created_between(*_window(context, request))
    tests = _tests(context, request)
    sorts = _sorts(context, request)
    if not tests and sorts in ([], [("created_at", False)]):
        return numbers
    incidents = [log[each] for each in numbers]
    incidents = [incident for incident in incidents if all(test(incident) for test in tests)]
    for name, backwards in reversed(sorts):
        incidents.sort(key=_SORTS[name], reverse=backwards)
    return [incident.number for incident in incidents]


def _window(context: EndpointContext, request: SimulatedRequest) -> tuple[int, int]:
    """Read the window: a month where none is given, six months at max_limit."""
    if request.value("date_range") == "all":
        return _FIRST, _LAST
    since = request.instant("since", context.account.time_zone)
    until = request.instant("until", context.account.time_zone)
    if since is None:
        until = context.account.epoch + 1 if until is None else until
        since = add_months(until, -1)
    elif until is None:
        until = add_months(since, 1)
    if until < since or until > add_months(since, _MOST_MONTHS):
        raise rejection(400, " is invalid.")
    return since, until + context.control.until_inclusive


Test = Callable[[IncidentRecord], bool]


def _tests(context: EndpointContext, request: SimulatedRequest) -> list[Test]:
    statuses = _checked(request, "statuses", _STATUSES)
    urgencies = _checked(request, "urgencies", _URGENCIES)
    services, users = (
        frozenset(request.values("service_ids")),
        frozenset(request.values("user_ids")),
    )
    teams, key = context.requested_teams(request), request.value("incident_key")
    if urgencies:
        context.require_ability("urgencies")
    tests: list[Test] = []
    if statuses:
        tests.append(lambda incident: incident.state.status in statuses)
    if urgencies:
        tests.append(lambda incident: incident.urgency in urgencies)
    if services:
        tests.append(lambda incident: incident.references.service["id"] in services)
    if users:
        tests.append(lambda incident: _assignee(incident) in users)
    if key is not None:
        tests.append(
            lambda incident: incident.keyed and incident_id(incident.number).lower() == key
        )
    if teams is not None or context.control.visible_teams is not None:
        tests.append(lambda incident: _within(context, incident, teams))
    return tests


def _sorts(context: EndpointContext, request: SimulatedRequest) -> list[tuple[str, bool]]:
    text = request.value("sort_by")
    if text is None:
        return []
    sorts = [tuple(each.partition(":")[::2]) for each in text.split(",")]
    if len(sorts) > _MOST_SORTS or any(
        name not in _SORTS or way not in {"", "asc", "desc"} for name, way in sorts
    ):
        raise rejection(400, "Sort by is invalid.")
    if any(name == "urgency" for name, _ in sorts):
        context.require_ability("urgencies")
    return [(name, way == "desc") for name, way in sorts]


def _checked(request: SimulatedRequest, name: str, known: Iterable[str]) -> frozenset[str]:
    wanted = frozenset(request.values(name))
    if wanted - set(known):
        raise rejection(400, f"{name.capitalize()} is invalid.")
    return wanted


def _assignee(incident: IncidentRecord) -> str | None:
    assigned = incident.state.assigned
    return assigned.user["id"] if assigned and assigned.user else None


def _team_ids(incident: IncidentRecord) -> list[str]:
    return [each["id"] for each in incident.references.teams]


def _within(
    context: EndpointContext, incident: IncidentRecord, teams: frozenset[str] | None
) -> bool:
    ids = _team_ids(incident)
    return context.can_see(ids) and (teams is None or not teams.isdisjoint(ids))
