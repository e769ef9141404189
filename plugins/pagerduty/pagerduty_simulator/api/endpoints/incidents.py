"""Incidents and log entries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from ccm_core.sdk.types import JsonObject
from pagerduty_simulator.account.identifiers import incident_id, incident_number
from pagerduty_simulator.account.incident_log import LogEntry, Story
from pagerduty_simulator.api.context import World, page
from pagerduty_simulator.api.request import Asked, month_later
from pagerduty_simulator.api.responses import Answer, declined, json_answer
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
_SORTS: dict[str, Callable[[Story], int | str]] = {
    "incident_number": lambda story: story.number,
    "created_at": lambda story: story.created,
    "resolved_at": lambda story: story.changed if story.plot.status == "resolved" else _LAST,
    "urgency": lambda story: story.urgency,
}


def incidents(world: World, asked: Asked) -> Answer:
    """List incidents created in a window."""
    account, include, zone = world.account, asked.many("include"), asked.zone()
    numbers = _selected(world, asked)

    def write(number: int) -> JsonObject:
        return incident_object(account, account.incidents[number], include, zone)

    return page(world, asked, "incidents", numbers, write)


def incident(world: World, asked: Asked) -> Answer:
    """Give one incident, by its id or by its number."""
    story = _story(world, asked)
    written = incident_object(world.account, story, asked.many("include"), asked.zone())
    return json_answer({"incident": written})


def incident_log_entries(world: World, asked: Asked) -> Answer:
    """List what happened to one incident, newest first."""
    story = _story(world, asked)
    since, until = _log_window(world, asked)
    entries = [
        entry
        for position in reversed(range(len(story.plot.events)))
        if since <= (entry := LogEntry(story, position)).created < until
    ]
    return _log_page(world, asked, entries)


def log_entries(world: World, asked: Asked) -> Answer:
    """List what happened in a window, to incidents of any age, newest first."""
    return _log_page(
        world, asked, world.account.incidents.entries_between(*_log_window(world, asked))
    )


def _log_page(world: World, asked: Asked, entries: Sequence[LogEntry]) -> Answer:
    account, include = world.account, asked.many("include")
    zone, teams = asked.zone(account.time_zone), world.teams_asked(asked)
    if asked.flag("is_overview"):
        entries = [each for each in entries if each.event.type in OVERVIEW]
    if teams is not None or world.steering.only_teams is not None:
        entries = [each for each in entries if _within(world, each.story, teams)]
    return page(
        world,
        asked,
        "log_entries",
        entries,
        lambda each: log_entry_object(account, each, include, zone),
    )


def _log_window(world: World, asked: Asked) -> tuple[int, int]:
    since = asked.instant("since", world.account.time_zone)
    until = asked.instant("until", world.account.time_zone)
    since = _FIRST if since is None else max(_FIRST, since)
    until = _LAST if until is None else min(_LAST, until + world.steering.until_included)
    longest = world.steering.longest_log_window
    if until < since or (longest is not None and until - since > longest.total_seconds() + 1):
        raise declined(400, " is invalid.")
    return since, until


def _story(world: World, asked: Asked) -> Story:
    number = incident_number(asked.ids[0])
    if number is None and asked.ids[0].isdecimal():
        number = int(asked.ids[0])
    found = None if number is None else world.account.incidents.get(number)
    return world.found(found, _team_ids(found) if found else (), scoped=True)


def _selected(world: World, asked: Asked) -> Sequence[int]:
    """Give the numbers of what a listing holds; kept while its pages are read."""
    filters = tuple(each for each in asked.params if each[0] not in _NOT_A_FILTER)
    only = world.steering.only_teams
    seen = None if only is None else frozenset(only)
    key = ("incidents", filters, seen, world.steering.until_included)
    kept = world.account.incidents.remembered(key)
    if kept is None:
        kept = world.account.incidents.remember(key, _select(world, asked))
    found: Sequence[int] = kept
    return found


def _select(world: World, asked: Asked) -> Sequence[int]:
    log = world.account.incidents
    numbers = log.created_between(*_window(world, asked))
    tests = _tests(world, asked)
    sorts = _sorts(world, asked)
    if not tests and sorts in ([], [("created_at", False)]):
        return numbers
    stories = [log[each] for each in numbers]
    stories = [story for story in stories if all(test(story) for test in tests)]
    for name, backwards in reversed(sorts):
        stories.sort(key=_SORTS[name], reverse=backwards)
    return [story.number for story in stories]


def _window(world: World, asked: Asked) -> tuple[int, int]:
    """Read the window: a month where none is given, six months at most."""
    if asked.one("date_range") == "all":
        return _FIRST, _LAST
    since = asked.instant("since", world.account.time_zone)
    until = asked.instant("until", world.account.time_zone)
    if since is None:
        until = world.account.epoch + 1 if until is None else until
        since = month_later(until, -1)
    elif until is None:
        until = month_later(since, 1)
    if until < since or until > month_later(since, _MOST_MONTHS):
        raise declined(400, " is invalid.")
    return since, until + world.steering.until_included


Test = Callable[[Story], bool]


def _tests(world: World, asked: Asked) -> list[Test]:
    statuses = _checked(asked, "statuses", _STATUSES)
    urgencies = _checked(asked, "urgencies", _URGENCIES)
    services, users = frozenset(asked.many("service_ids")), frozenset(asked.many("user_ids"))
    teams, key = world.teams_asked(asked), asked.one("incident_key")
    if urgencies:
        world.needs("urgencies")
    tests: list[Test] = []
    if statuses:
        tests.append(lambda story: story.plot.status in statuses)
    if urgencies:
        tests.append(lambda story: story.urgency in urgencies)
    if services:
        tests.append(lambda story: story.place.service["id"] in services)
    if users:
        tests.append(lambda story: _assignee(story) in users)
    if key is not None:
        tests.append(lambda story: story.keyed and incident_id(story.number).lower() == key)
    if teams is not None or world.steering.only_teams is not None:
        tests.append(lambda story: _within(world, story, teams))
    return tests


def _sorts(world: World, asked: Asked) -> list[tuple[str, bool]]:
    text = asked.one("sort_by")
    if text is None:
        return []
    sorts = [tuple(each.partition(":")[::2]) for each in text.split(",")]
    if len(sorts) > _MOST_SORTS or any(
        name not in _SORTS or way not in {"", "asc", "desc"} for name, way in sorts
    ):
        raise declined(400, "Sort by is invalid.")
    if any(name == "urgency" for name, _ in sorts):
        world.needs("urgencies")
    return [(name, way == "desc") for name, way in sorts]


def _checked(asked: Asked, name: str, known: Iterable[str]) -> frozenset[str]:
    wanted = frozenset(asked.many(name))
    if wanted - set(known):
        raise declined(400, f"{name.capitalize()} is invalid.")
    return wanted


def _assignee(story: Story) -> str | None:
    assigned = story.plot.assigned
    return assigned.user["id"] if assigned and assigned.user else None


def _team_ids(story: Story) -> list[str]:
    return [each["id"] for each in story.place.teams]


def _within(world: World, story: Story, teams: frozenset[str] | None) -> bool:
    ids = _team_ids(story)
    return world.sees(ids) and (teams is None or not teams.isdisjoint(ids))
