"""Incidents and log entries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from ccm_core.sdk.types import JsonObject
from pagerduty_simulator.account.identifiers import incident_id, incident_number
from pagerduty_simulator.account.incident_store import IncidentRecord, LogEntry
from pagerduty_simulator.api.context import EndpointContext
from pagerduty_simulator.api.paging import page_response
from pagerduty_simulator.api.request import SimulatedRequest, add_months
from pagerduty_simulator.api.responses import SimulatedResponse, json_response, rejection
from pagerduty_simulator.api.serializers.incidents import (
    OVERVIEW,
    incident_object,
    log_entry_object,
    note_object,
)

_FIRST, _LAST = 0, 1 << 31
_STATUSES = frozenset({"triggered", "acknowledged", "resolved"})
_URGENCIES = frozenset({"high", "low"})
_MAX_MONTHS = 6
_MAX_SORTS = 2
_NOT_A_FILTER = frozenset({"limit", "offset", "total", "include[]"})
_SORTS: dict[str, Callable[[IncidentRecord], int | str]] = {
    "incident_number": lambda incident: incident.number,
    "created_at": lambda incident: incident.created,
    "resolved_at": lambda incident: (
        incident.created + resolve.after
        if incident.state.status == "resolved" and (resolve := incident.state.last("resolve"))
        else _LAST
    ),
    "urgency": lambda incident: incident.urgency,
}
Filter = Callable[[IncidentRecord], bool]


def incidents(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """List incidents created in a window."""
    account, include, zone = context.account, request.values("include"), request.zone()
    numbers = _matching_numbers(context, request)

    def serialize(number: int) -> JsonObject:
        return incident_object(account, account.incidents[number], include, zone)

    return page_response(context, request, "incidents", numbers, serialize)


def incident(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """Return one incident, by its id or by its number."""
    record = _requested_incident(context, request)
    body = incident_object(context.account, record, request.values("include"), request.zone())
    return json_response({"incident": body})


def incident_log_entries(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """List the log entries of one incident, newest first."""
    record = _requested_incident(context, request)
    since, until = _log_window(context, request)
    entries = [
        entry
        for position in reversed(range(len(record.state.events)))
        if since <= (entry := LogEntry(record, position)).created < until
    ]
    return _log_page(context, request, _filtered(context, request, entries))


def incident_notes(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """List the notes of one incident, newest first; not paged."""
    record = _requested_incident(context, request)
    entries = (LogEntry(record, position) for position in reversed(range(len(record.state.events))))
    notes = [note_object(entry) for entry in entries if entry.event.type == "annotate"]
    return json_response({"notes": notes})


def log_entries(context: EndpointContext, request: SimulatedRequest) -> SimulatedResponse:
    """List the log entries of a window, for incidents of any age, newest first."""
    log, window = context.account.incidents, _log_window(context, request)
    # The pages of one listing filter the same entries: without this, each page costs all of them.
    key = ("entries", window, request.values("team_ids"), context.visibility, _overview(request))
    entries: Sequence[LogEntry] | None = log.cached(key)
    if entries is None:
        entries = _filtered(context, request, log.entries_between(*window))
        log.cache(key, entries)
    return _log_page(context, request, entries)


def _overview(request: SimulatedRequest) -> bool:
    return request.flag("is_overview")


def _filtered(
    context: EndpointContext, request: SimulatedRequest, entries: Sequence[LogEntry]
) -> Sequence[LogEntry]:
    teams = context.requested_teams(request)
    if _overview(request):
        entries = [entry for entry in entries if entry.event.type in OVERVIEW]
    if teams is not None or not context.sees_everything:
        entries = [entry for entry in entries if _is_in_teams(context, entry.incident, teams)]
    return entries


def _log_page(
    context: EndpointContext, request: SimulatedRequest, entries: Sequence[LogEntry]
) -> SimulatedResponse:
    account, include = context.account, request.values("include")
    zone = request.zone(account.time_zone)

    def serialize(entry: LogEntry) -> JsonObject:
        return log_entry_object(account, entry, include, zone)

    return page_response(context, request, "log_entries", entries, serialize)


def _log_window(context: EndpointContext, request: SimulatedRequest) -> tuple[int, int]:
    since = request.instant("since", context.account.time_zone)
    until = request.instant("until", context.account.time_zone)
    since = _FIRST if since is None else max(_FIRST, since)
    until = _LAST if until is None else min(_LAST, until + context.control.until_inclusive)
    longest = context.control.max_log_window
    if until < since or (longest is not None and until - since > longest.total_seconds() + 1):
        raise rejection(400, " is invalid.")
    return since, until


def _requested_incident(context: EndpointContext, request: SimulatedRequest) -> IncidentRecord:
    number = incident_number(request.ids[0])
    if number is None and request.ids[0].isdecimal():
        number = int(request.ids[0])
    record = None if number is None else context.account.incidents.get(number)
    return context.require(record, _team_ids(record) if record else (), scoped=True)


def _matching_numbers(context: EndpointContext, request: SimulatedRequest) -> Sequence[int]:
    """Return the numbers of a listing's incidents; cached while its pages are read."""
    filters = tuple(pair for pair in request.params.multi_items() if pair[0] not in _NOT_A_FILTER)
    key = ("incidents", filters, context.visibility, context.control.until_inclusive)
    numbers: Sequence[int] | None = context.account.incidents.cached(key)
    if numbers is None:
        numbers = _select(context, request)
        context.account.incidents.cache(key, numbers)
    return numbers


def _select(context: EndpointContext, request: SimulatedRequest) -> Sequence[int]:
    log = context.account.incidents
    numbers = log.created_between(*_window(context, request))
    filters = _filters(context, request)
    sorts = _sorts(context, request)
    if not filters and sorts in ([], [("created_at", False)]):
        return numbers
    records = [log[number] for number in numbers]
    records = [record for record in records if all(matches(record) for matches in filters)]
    for name, descending in reversed(sorts):
        records.sort(key=_SORTS[name], reverse=descending)
    return [record.number for record in records]


def _window(context: EndpointContext, request: SimulatedRequest) -> tuple[int, int]:
    """Read the window: a month by default, six months at most."""
    if request.value("date_range") == "all":
        return _FIRST, _LAST
    since = request.instant("since", context.account.time_zone)
    until = request.instant("until", context.account.time_zone)
    if since is None:
        until = context.account.epoch + 1 if until is None else until
        since = add_months(until, -1)
    elif until is None:
        until = add_months(since, 1)
    if until < since or until > add_months(since, _MAX_MONTHS):
        raise rejection(400, " is invalid.")
    return since, until + context.control.until_inclusive


def _filters(context: EndpointContext, request: SimulatedRequest) -> list[Filter]:
    statuses = _valid_values(request, "statuses", _STATUSES)
    urgencies = _valid_values(request, "urgencies", _URGENCIES)
    services = frozenset(request.values("service_ids"))
    users = frozenset(request.values("user_ids"))
    teams, key = context.requested_teams(request), request.value("incident_key")
    if urgencies:
        context.require_ability("urgencies")
    filters: list[Filter] = []
    if statuses:
        filters.append(lambda record: record.state.status in statuses)
    if urgencies:
        filters.append(lambda record: record.urgency in urgencies)
    if services:
        filters.append(lambda record: record.references.service["id"] in services)
    if users:
        filters.append(lambda record: _assignee(record) in users)
    if key is not None:
        filters.append(lambda record: record.has_key and incident_id(record.number).lower() == key)
    if teams is not None or not context.sees_everything:
        filters.append(lambda record: _is_in_teams(context, record, teams))
    return filters


def _sorts(context: EndpointContext, request: SimulatedRequest) -> list[tuple[str, bool]]:
    text = request.value("sort_by")
    if text is None:
        return []
    sorts = [tuple(field.partition(":")[::2]) for field in text.split(",")]
    if len(sorts) > _MAX_SORTS or any(
        name not in _SORTS or direction not in {"", "asc", "desc"} for name, direction in sorts
    ):
        raise rejection(400, "Sort by is invalid.")
    if any(name == "urgency" for name, _ in sorts):
        context.require_ability("urgencies")
    return [(name, direction == "desc") for name, direction in sorts]


def _valid_values(request: SimulatedRequest, name: str, valid: Iterable[str]) -> frozenset[str]:
    values = frozenset(request.values(name))
    if values - set(valid):
        raise rejection(400, f"{name.capitalize()} is invalid.")
    return values


def _assignee(record: IncidentRecord) -> str | None:
    assigned = record.state.assigned
    return assigned.user["id"] if assigned and assigned.user else None


def _team_ids(record: IncidentRecord) -> list[str]:
    return [team["id"] for team in record.references.teams]


def _is_in_teams(
    context: EndpointContext, record: IncidentRecord, teams: frozenset[str] | None
) -> bool:
    ids = _team_ids(record)
    return context.can_see(ids) and (teams is None or not teams.isdisjoint(ids))
