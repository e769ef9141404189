"""Reads a second with more log entries than the API lists: team by team, then by incident.

Follows the parameter ``team_ids[]`` of https://developer.pagerduty.com/api-reference "List log
entries". Teams cost one request for 100 entries. Entries that no list of a team can hold, because
their incident has no team or a single team has too many, are read by incident: each incident once a
run, and none more once as many entries are there as the API counted. What was read is stored on the
way: a run that is stopped costs the next one a hundred incidents at most.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING

from ccm_core.sdk.errors import BadRequest, NotAvailable, PermissionDenied
from ccm_core.sdk.timestamps import parse_instant
from ccm_core.sdk.types import (
    CollectionNote,
    DependsOn,
    Estimate,
    Flush,
    NothingToRead,
    Page,
    Reason,
    Shortfall,
    Window,
)
from ccm_core.sdk.url_path import url_path
from ccm_pagerduty.collectors.incident import INCIDENT
from ccm_pagerduty.collectors.per_object import one_by_one
from ccm_pagerduty.collectors.time_parameters import UTC, period
from ccm_pagerduty.paging import CAP, listed
from ccm_pagerduty.rate_limits import per_minute

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence

    from ccm_core.sdk.types import CollectorEvent, JsonObject
    from ccm_pagerduty.client import PagerDutySession

MAX_TEAMS = 100
"""Teams in one query, so that the URL stays short."""
FLUSH_AFTER = 100
"""Incidents that are read one by one before what was read is stored."""
_SECOND = timedelta(seconds=1)


@dataclass(slots=True, kw_only=True)
class _Entries:
    """The entries of a window that have arrived, against the number that the API counted."""

    window: Window
    """Its end is a second later where the API includes that second."""
    total: int | None
    ids: set[str] = field(default_factory=set)
    stored: dict[str, set[str]] = field(default_factory=dict)
    """Those of them that earlier runs stored, by incident."""

    def add_stored(self, entries: Iterable[JsonObject]) -> None:
        """Count what runs have stored that were stopped within the window."""
        for entry in entries:
            if self._within(entry):
                self.ids.add(str(entry.get("id")))
                incident = entry.get("incident") or {}
                self.stored.setdefault(str(incident.get("id")), set()).add(str(entry.get("id")))

    def add(self, page: Page) -> None:
        self.ids.update(str(entry.get("id")) for entry in page.items if self._within(entry))

    def stored_of(self, teams: Mapping[str, Sequence[JsonObject]], group: Iterable[str]) -> int:
        """Count what earlier runs stored of the incidents of some teams."""
        incidents = {incident["id"] for team in group for incident in teams[team]}
        return sum(len(self.stored.get(incident, ())) for incident in incidents)

    @property
    def missing(self) -> int | None:
        """Return how many have not arrived; None where they were not counted."""
        return None if self.total is None else max(0, self.total - len(self.ids))

    def _within(self, entry: JsonObject) -> bool:
        at = entry.get("created_at")
        return isinstance(at, str) and parse_instant(at) in self.window


async def read_burst(
    session: PagerDutySession,
    window: Window,
    first: Page,
    incidents: Sequence[JsonObject],
    stored: Iterable[JsonObject],
) -> AsyncIterator[CollectorEvent]:
    """Read a window that time cannot split any more, and report what is still missing.

    Args:
        session: The session.
        window: What to read.
        first: The first page of the account's list, newest first, with its total.
        incidents: Those that may have entries in the window.
        stored: The entries of the window that were stored by runs that were stopped.
    """
    entries = _Entries(window=_listed_window(window, first), total=first.total)
    entries.add_stored(stored)
    if entries.stored and entries.window != window:
        await _count_alone(session, window, entries)
    yield CollectionNote(
        text=f"the API counts {first.total} log entries from {window.since} to {window.until} and "
        f"lists at most {CAP}: read team by team, and by incident where that does not suffice"
    )
    if entries.stored and entries.missing == 0:
        yield NothingToRead(reason=f"all {first.total} were stored by runs that were stopped")
        return
    unlisted: list[JsonObject] = []
    async for event in _by_team(session, window, entries, incidents, unlisted):
        yield event
    hopeful = _in_order_of_hope(incidents, unlisted, entries)
    async for event in read_incidents(session, hopeful, entries):
        yield event
    if entries.missing != 0:
        yield DependsOn(kind=INCIDENT)
        yield Shortfall(
            reason=Reason.TRUNCATED,
            detail=f"GET /log_entries: the API counts {first.total} entries from {window.since} to "
            f"{window.until}, and lists at most {CAP}; {len(entries.ids)} could be read team by "
            "team and by incident",
            missing=entries.missing,
        )


async def read_incidents(
    session: PagerDutySession, incidents: Sequence[JsonObject], entries: _Entries | None = None
) -> AsyncIterator[CollectorEvent]:
    """Read the entries of incidents one after the other: at least one request each.

    Args:
        session: The session, which keeps what was read of an incident until the run ends.
        incidents: In order of hope: reading ends as soon as nothing is missing.
        entries: What has arrived so far; None: every incident is read.
    """
    cache = session.incident_entries
    known = cache if entries is None else {*cache, *entries.stored}
    new = sum(incident["id"] not in known for incident in incidents)
    if new and (entries is None or entries.missing != 0):
        rate = per_minute(session.settings.get("share", 0.9))
        yield Estimate(requests=new, per_minute=rate)

    number = count(1)

    def pending() -> Iterator[JsonObject]:
        for incident in incidents:
            if entries is not None and entries.missing == 0:
                return
            yield incident

    async def read(incident: JsonObject) -> AsyncIterator[CollectorEvent]:
        path = url_path("/incidents/{}/log_entries", incident["id"])
        listing = session.listing(path, "log_entries", (UTC,), counted=False)
        async for event in cache.read(incident["id"], listing):
            if isinstance(event, Page) and entries is not None:
                entries.add(event)
            yield event
        if next(number) % FLUSH_AFTER == 0:
            yield Flush()

    async for event in one_by_one(INCIDENT, pending(), read):
        yield event


async def _by_team(
    session: PagerDutySession,
    window: Window,
    entries: _Entries,
    incidents: Sequence[JsonObject],
    unlisted: list[JsonObject],
) -> AsyncIterator[CollectorEvent]:
    """Read the lists of teams; add the incidents that they cannot hold to ``unlisted``."""
    teams = _incidents_by_team(incidents)
    unlisted += [incident for incident in incidents if not _team_ids(incident)]
    pending = _groups(teams, len(incidents), entries.total or 0)
    whole = len(pending) > 1
    while pending:
        group = pending.pop(0)
        filters = tuple(("team_ids[]", team) for team in group)
        pager = session.pager("/log_entries", "log_entries", (*period(window), *filters, UTC))
        try:
            total = (await pager.first()).total
        except (PermissionDenied, NotAvailable, BadRequest) as error:
            yield CollectionNote(text=f"the lists of teams were refused: {error}")
            return
        if total is not None and total <= CAP:
            if total == entries.stored_of(teams, group):
                continue
            async for event in listed(pager, may_split=False):
                if isinstance(event, Page):
                    entries.add(event)
                yield event
            yield Flush()
        elif whole and total == entries.total:
            return  # the API ignores the filter: no list of a team is shorter
        elif len(group) > 1:
            pending[:0] = [group[::2], group[1::2]]
        else:
            unlisted += teams[group[0]]


async def _count_alone(session: PagerDutySession, window: Window, entries: _Entries) -> None:
    """Count the entries of a second without the next one, of which nothing is stored.

    Where the API includes the end, a query from an instant to itself has that second alone. It
    counts only where both seconds add up to what the query for both has.
    """
    try:
        alone, following = [
            (await session.pager("/log_entries", "log_entries", (*query, UTC)).first()).total
            for query in (period(Window(at, at)) for at in (window.since, window.until))
        ]
    except (PermissionDenied, NotAvailable, BadRequest):
        return
    if alone and following is not None and alone + following == entries.total:
        entries.window, entries.total = window, alone


def _listed_window(window: Window, first: Page) -> Window:
    """Return the window as the API takes it: no document says whether its end is included."""
    instants = (entry.get("created_at") for entry in first.items)
    ends = [parse_instant(at) for at in instants if isinstance(at, str)]
    included = any(window.until <= at < window.until + _SECOND for at in ends)
    return Window(window.since, window.until + _SECOND) if included else window


def _team_ids(incident: JsonObject) -> list[str]:
    teams = incident.get("teams")
    ids = (team.get("id") for team in teams if isinstance(team, dict)) if teams else ()
    return [str(team_id) for team_id in ids if team_id]


def _incidents_by_team(incidents: Sequence[JsonObject]) -> dict[str, list[JsonObject]]:
    teams: dict[str, list[JsonObject]] = {}
    for incident in incidents:
        for team in _team_ids(incident):
            teams.setdefault(team, []).append(incident)
    return teams


def _groups(teams: dict[str, list[JsonObject]], incidents: int, total: int) -> list[Sequence[str]]:
    """Deal the teams out so that each group should stay well under the cap."""
    if not teams:
        return []
    largest_first = sorted(teams, key=lambda team: (-len(teams[team]), team))
    listed_entries = total * sum(map(len, teams.values())) // max(1, incidents)
    count = max(1, -(-listed_entries * 5 // (CAP * 4)), -(-len(teams) // MAX_TEAMS))
    count = min(count, len(teams))
    return [largest_first[first::count] for first in range(count)]


def _in_order_of_hope(
    incidents: Sequence[JsonObject], unlisted: Sequence[JsonObject], entries: _Entries
) -> Sequence[JsonObject]:
    """Sort incidents: first those without stored entries, of them those that no list held."""
    ids = {incident["id"] for incident in unlisted}
    return sorted(
        incidents,
        key=lambda incident: (incident["id"] in entries.stored, incident["id"] not in ids),
    )
