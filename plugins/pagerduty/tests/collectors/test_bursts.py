"""A second with more log entries than the API lists is read to its end, in bounded requests."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import httpx  # noqa: TID253 - the network of these tests is one of its transports
import pytest
from ccm_pagerduty.collectors import collectors

from ccm_core.sdk.timestamps import parse_instant
from ccm_core.sdk.types import Estimate, Flush, Overflow, Page, Reason, Shortfall, Window

(LOG_ENTRIES,) = (one for one in collectors() if one.kind == "pagerduty.incident_log_entry")
SECOND = timedelta(seconds=1)


class Burst:
    """Incidents of one second, a number of log entries each, as the API lists them."""

    def __init__(self, at, incidents, *, deaf=False, inclusive=False, lost=0, exact=False) -> None:
        self.at, self.incidents, self.deaf, self.inclusive = at, incidents, deaf, inclusive
        self.lost, self.exact = lost, exact
        self.paths: list[str] = []

    @property
    def records(self):
        """Return the incidents as they are stored."""
        return [
            {
                "id": incident,
                "created_at": self.at.isoformat(),
                "status": "triggered",
                "teams": [{"id": team} for team in teams],
            }
            for incident, (teams, _) in self.incidents.items()
        ]

    def __call__(self, request):
        """Answer a request for log entries."""
        self.paths.append(request.url.path)
        parameters = request.url.params
        if request.url.path == "/log_entries":
            chosen = set(parameters.get_list("team_ids[]"))
            names = [
                name
                for name, (teams, _) in self.incidents.items()
                if self.deaf or not chosen or chosen & set(teams)
            ]
            after = self._seconds(parameters["since"], parameters["until"])
            rows = [row for second in after for name in names for row in self._rows(name, second)]
            lost = 0 if chosen else self.lost
        else:
            name = request.url.path.split("/")[2]
            rows, lost = [*self._rows(name, 1), *self._rows(name, 0)], 0
        offset, limit = int(parameters["offset"]), int(parameters["limit"])
        assert offset + limit <= 10_000
        page = [self.entry(*row) for row in rows[offset : offset + limit]]
        return httpx.Response(
            200,
            json={
                "log_entries": page,
                "offset": offset,
                "more": offset + limit < len(rows),
                "total": len(rows) + lost if parameters.get("total") else None,
            },
        )

    def _seconds(self, since, until):
        """Return which seconds a query covers, newest first."""
        if not self.inclusive:
            return (0,)
        if since != until:
            return (1, 0)
        if self.exact:
            return ()
        return (0,) if parse_instant(since) == self.at else (1,)

    def _rows(self, name, after):
        """Return the entries of an incident in the second, or two of the second after it."""
        return [(name, n, after) for n in range(2 if after else self.incidents[name][1])]

    def entry(self, name, number, after=0):
        """Return an entry of an incident, as many seconds after it began."""
        at = self.at + timedelta(seconds=after)
        return {
            "id": f"{name}-{after}-{number}",
            "created_at": at.isoformat(),
            "incident": {"id": name},
        }


@pytest.fixture
def read(pagerduty):
    """Read the second of a burst as often as is asked; return what was yielded and requested."""

    def run(burst, *, times=1, stored=(), **settings):
        request = pagerduty.ask_for(
            flushed=[burst.entry(name, n) for name in stored for n in range(98)],
            window=Window(burst.at, burst.at + SECOND),
            current_records={"pagerduty.incident": burst.records},
        )

        async def use(session):
            return [
                [event async for event in LOG_ENTRIES.collect(session, request)]
                for _ in range(times)
            ]

        (*_, events) = pagerduty.talk(pagerduty.me(burst), use, **settings)
        return SimpleNamespace(
            ids={
                item["id"]
                for event in events
                if isinstance(event, Page)
                for item in event.items
                if item["created_at"] == burst.at.isoformat()
            },
            shortfalls=[event for event in events if isinstance(event, Shortfall)],
            estimates=[event.requests for event in events if isinstance(event, Estimate)],
            by_incident=sum(path != "/log_entries" for path in burst.paths),
            requests=len(burst.paths),
        )

    return run


def of_teams(pagerduty, teamless=0, **options):
    """Return 110 incidents of 98 entries on eleven teams, and some of no team."""
    incidents = {f"P{n}": ((f"T{n % 11}",), 98) for n in range(110)}
    incidents |= {f"X{n}": ((), 98) for n in range(teamless)}
    return Burst(pagerduty.now - timedelta(minutes=30), incidents, **options)


@pytest.mark.attack(
    "Answers of the source",
    "One second holds more log entries than the source lists for one query",
    "Read team by team, and by incident only where that does not suffice: complete, and it ends",
)
@pytest.mark.parametrize("inclusive", [False, True])
def test_a_burst_is_read_team_by_team(read, pagerduty, inclusive):
    """A request for a hundred entries, and none for an incident; also where ends are included."""
    burst = read(of_teams(pagerduty, inclusive=inclusive))
    assert len(burst.ids) == 10_780
    assert (burst.shortfalls, burst.by_incident, burst.estimates) == ([], 0, [])
    assert burst.requests < 120


def test_incidents_without_a_team_are_read_one_by_one_and_no_others(read, pagerduty):
    """Reading ends as soon as as many entries are there as were counted."""
    burst = read(of_teams(pagerduty, teamless=30))
    assert len(burst.ids) == 13_720
    assert (burst.shortfalls, burst.by_incident) == ([], 30)
    assert burst.estimates == [140]


@pytest.mark.parametrize(
    "incidents",
    [
        pytest.param({f"P{n}": (("T",), 98) for n in range(110)}, id="one team"),
        pytest.param({f"P{n}": ((), 98) for n in range(110)}, id="no team"),
        pytest.param({f"P{n}": (("T", "U"), 98) for n in range(110)}, id="two teams, both"),
    ],
)
def test_a_burst_that_teams_do_not_split_is_read_by_incident(read, pagerduty, incidents):
    """Each incident is read once, and how many that are is estimated."""
    burst = read(Burst(pagerduty.now - timedelta(minutes=30), incidents))
    assert len(burst.ids) == 10_780
    assert (burst.shortfalls, burst.by_incident, burst.estimates) == ([], 110, [110])


def test_a_filter_that_the_source_ignores_is_noticed(read, pagerduty):
    """The list of a few teams is as long as that of all."""
    burst = read(of_teams(pagerduty, deaf=True))
    assert len(burst.ids) == 10_780
    assert (burst.shortfalls, burst.requests - burst.by_incident) == ([], 2)


def test_what_was_read_of_an_incident_is_not_requested_again_in_the_run(read, pagerduty):
    """The seconds of a burst share its incidents."""
    incidents = {f"P{n}": ((), 98) for n in range(110)}
    burst = read(Burst(pagerduty.now - timedelta(minutes=30), incidents), times=3)
    assert (len(burst.ids), burst.by_incident, burst.estimates) == (10_780, 110, [])


ONE_TEAM = {f"P{n}": (("T",), 98) for n in range(110)}


@pytest.mark.parametrize("strategy", ["account", "incident"])
@pytest.mark.parametrize(
    ("stored", "by_incident"),
    [
        pytest.param(range(0), 110, id="nothing"),
        pytest.param(range(100), 10, id="most"),
        pytest.param(range(110), 0, id="everything"),
    ],
)
def test_what_stopped_runs_stored_is_not_requested_again(
    read, pagerduty, strategy, stored, by_incident
):
    """Incidents without stored entries are read, and no others once all entries are there."""
    burst = Burst(pagerduty.now - timedelta(minutes=30), ONE_TEAM)
    events = read(burst, stored=[f"P{n}" for n in stored], log_entries=strategy)
    assert (events.by_incident, events.shortfalls) == (by_incident, [])
    assert len(events.ids) == 98 * by_incident


@pytest.mark.parametrize(
    ("exact", "by_incident"),
    [
        pytest.param(False, 10, id="the second is counted alone"),
        pytest.param(True, 110, id="a query of an instant has nothing: all are read"),
    ],
)
def test_entries_of_the_next_second_keep_no_stopped_run_from_going_on(
    read, pagerduty, exact, by_incident
):
    """Where the source includes the end, stored entries are held against the second alone."""
    burst = Burst(pagerduty.now - timedelta(minutes=30), ONE_TEAM, inclusive=True, exact=exact)
    events = read(burst, stored=[f"P{n}" for n in range(100)])
    assert (events.by_incident, events.shortfalls) == (by_incident, [])


def test_teams_whose_entries_stopped_runs_stored_are_not_read_again(read, pagerduty):
    """One request counts the list of a group of teams; it is read where entries are missing."""
    burst = of_teams(pagerduty, teamless=30)
    events = read(burst, stored=[f"P{n}" for n in range(110)])
    assert (events.by_incident, events.shortfalls) == (30, [])
    assert events.requests - events.by_incident < 10


def test_parts_are_stored_on_the_way(pagerduty):
    """After each hundred incidents, so that a run that is stopped costs the next one no more."""
    burst = Burst(pagerduty.now - timedelta(minutes=30), {f"P{n}": ((), 48) for n in range(210)})
    request = pagerduty.ask_for(
        window=Window(burst.at, burst.at + SECOND),
        current_records={"pagerduty.incident": burst.records},
    )

    async def use(session):
        return [event async for event in LOG_ENTRIES.collect(session, request)]

    events = [type(event) for event in pagerduty.talk(pagerduty.me(burst), use)]
    first, second = (n for n, event in enumerate(events) if event is Flush)
    assert [events[:first].count(Page), events[first:second].count(Page)] == [100, 100]


def test_entries_that_no_way_shows_are_counted_as_missing(read, pagerduty):
    """The source counts more than it lists anywhere: never complete."""
    burst = read(of_teams(pagerduty, lost=7))
    assert [(one.reason, one.missing) for one in burst.shortfalls] == [(Reason.TRUNCATED, 7)]


def test_a_window_of_many_incidents_is_split_where_their_list_is_refused(pagerduty):
    """Each part is stored as soon as it was read: a run that is stopped goes on where it was."""
    begun = pagerduty.now - timedelta(days=10)
    incidents = [
        {"id": f"P{n}", "created_at": (begun + n * SECOND).isoformat(), "status": "resolved"}
        for n in range(1_500)
    ]
    request = pagerduty.ask_for(
        window=Window(begun, begun + timedelta(days=5)),
        may_split=True,
        current_records={"pagerduty.incident": incidents},
    )

    async def use(session):
        return [event async for event in LOG_ENTRIES.collect(session, request)]

    denied = pagerduty.me(lambda _request: httpx.Response(403, json={"error": {"code": 2010}}))
    events = pagerduty.talk(denied, use)
    assert events[-1] == Overflow(total=1_500, limit=1_000)
    assert not [event for event in events if isinstance(event, Page)]
