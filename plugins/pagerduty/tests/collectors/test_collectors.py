"""What each collector asks, and what it makes of the answers: small scripted accounts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import httpx  # noqa: TID253 - the network of these tests is one of its transports
import pytest
from ccm_pagerduty.collectors import collectors

from ccm_core.sdk.errors import BadAnswer, NotAvailable, Refused
from ccm_core.sdk.types import Reason, Window

COLLECT = {one.kind.removeprefix("pagerduty."): one.collect for one in collectors()}
LAYERED = {"id": "PL", "form": "layers", "name": "Layered", "html_url": "https://x/PL"}
SHIFTED = {"id": "PS", "form": "shifts", "summary": "Shifted"}
NO_RIGHT = httpx.Response(403, json={"error": {"message": "Access Denied", "code": 2010}})
GONE = httpx.Response(404, json={"error": {"message": "Not Found", "code": 2100}})
NO_PLAN = httpx.Response(402, json={"error": {"message": "Missing ability: teams", "code": 2014}})
NO_SCOPE = httpx.Response(
    403, json={"error": {"message": "Token missing required scopes", "required_scopes": "x.read"}}
)


def page(wrapper, *items, **said):
    """Give the one page of a listing."""
    body = {wrapper: list(items), "limit": 100, "offset": 0, "more": False, "total": len(items)}
    return httpx.Response(200, json={**body, **said})


@pytest.fixture
def account(pagerduty):
    """Collect a kind from an account written as paths and answers."""

    def run(noun, answers, *, known=None, ask=None, **settings):
        seen = []

        def handler(request):
            seen.append((request.url.path, tuple(request.url.params.multi_items())))
            answer = answers[request.url.path]
            return answer(request) if callable(answer) else answer

        asked = ask or pagerduty.ask_for(known=known or {})
        found = pagerduty.collected(handler, COLLECT[noun], asked, **settings)
        paging = {"limit", "offset", "total"}
        found.asked = [
            (path, [pair for pair in query if pair[0] not in paging]) for path, query in seen
        ]
        return found

    return run


# -- what is asked ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("noun", "answers", "asked"),
    [
        pytest.param(
            "service",
            {"/services": page("services")},
            [("/services", [("time_zone", "UTC")])],
            id="services",
        ),
        pytest.param(
            "escalation_policy",
            {"/escalation_policies": page("escalation_policies")},
            [("/escalation_policies", [])],
            id="policies",
        ),
        pytest.param(
            "user",
            {"/users": page("users")},
            [("/users", [("include[]", "contact_methods")])],
            id="users",
        ),
        pytest.param("team", {"/teams": page("teams")}, [("/teams", [])], id="teams"),
        pytest.param(
            "schedule",
            {"/schedules": page("schedules"), "/v3/schedules": page("schedules")},
            [
                ("/schedules", [("include[]", "schedule_layers"), ("time_zone", "UTC")]),
                ("/v3/schedules", []),
            ],
            id="schedules of both worlds",
        ),
        pytest.param(
            "on_call",
            {"/oncalls": page("oncalls")},
            [
                (
                    "/oncalls",
                    [
                        ("since", "2026-11-23T12:00:00Z"),
                        ("until", "2026-12-07T12:00:00Z"),
                        ("time_zone", "UTC"),
                    ],
                )
            ],
            id="on-calls from now on",
        ),
        pytest.param(
            "incident",
            {"/incidents": page("incidents")},
            [
                (
                    "/incidents",
                    [
                        ("since", "2026-11-23T11:00:00Z"),
                        ("until", "2026-11-23T12:00:00Z"),
                        ("time_zone", "UTC"),
                        ("sort_by", "created_at:asc"),
                    ],
                )
            ],
            id="incidents, oldest first",
        ),
        pytest.param(
            "incident_log_entry",
            {"/log_entries": page("log_entries")},
            [
                (
                    "/log_entries",
                    [
                        ("since", "2026-11-23T11:00:00Z"),
                        ("until", "2026-11-23T12:00:00Z"),
                        ("time_zone", "UTC"),
                    ],
                )
            ],
            id="log entries without their channels",
        ),
    ],
)
def test_a_listing_is_asked_with_offsets_and_in_utc(account, noun, answers, asked):
    """Both ends of a period are given, and nothing is left to an account's own zone."""
    assert account(noun, answers).asked == asked


def test_a_window_between_seconds_is_asked_outward(account, pagerduty):
    """What happened in a window is in the question, whatever the source makes of fractions."""
    window = Window(
        pagerduty.now - timedelta(microseconds=1_500_000), pagerduty.now - timedelta(microseconds=1)
    )
    found = account(
        "incident", {"/incidents": page("incidents")}, ask=pagerduty.ask_for(window=window)
    )
    assert found.asked[0][1][:2] == [
        ("since", "2026-11-23T11:59:58Z"),
        ("until", "2026-11-23T12:00:00Z"),
    ]


def test_on_calls_are_asked_for_ninety_days_at_most(account, pagerduty):
    """A longer lookahead does not make the API refuse."""
    horizon = Window(pagerduty.now, pagerduty.now + timedelta(days=200))
    found = account(
        "on_call", {"/oncalls": page("oncalls")}, ask=pagerduty.ask_for(horizon=horizon)
    )
    assert found.asked[0][1][1] == ("until", "2027-02-21T12:00:00Z")


# -- what comes of it -------------------------------------------------------------------------


def test_an_ability_is_a_record_by_its_name(account):
    """The list of words becomes a list of objects."""
    found = account("ability", {"/abilities": httpx.Response(200, json={"abilities": ["sso"]})})
    assert found.items == [{"name": "sso"}]
    assert found.pages[0].last


def test_null_where_an_object_was_assumed_is_passed_on(account):
    """A permanent on-call has no schedule, no start and no end."""
    forever = {
        "escalation_policy": {"id": "PE"},
        "escalation_level": 1,
        "user": {"id": "PU"},
        "schedule": None,
        "start": None,
        "end": None,
    }
    assert account("on_call", {"/oncalls": page("oncalls", forever)}).items == [forever]


def test_schedules_of_both_worlds_become_one_kind(account):
    """Layer-based ones come as listed, shift-based ones with their details, each with its form."""
    found = account(
        "schedule",
        {
            "/schedules": page("schedules", {"id": "PL", "schedule_layers": []}),
            "/v3/schedules": page("schedules", {"id": "PS", "summary": "Shifted"}, total=None),
            "/v3/schedules/PS": httpx.Response(
                200, json={"schedule": {"id": "PS", "name": "Shifted", "rotations": []}}
            ),
        },
    )
    assert found.items == [
        {"id": "PL", "schedule_layers": [], "form": "layers"},
        {"id": "PS", "summary": "Shifted", "name": "Shifted", "rotations": [], "form": "shifts"},
    ]
    assert found.shortfalls == []


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param(NO_RIGHT, Reason.DENIED, id="403"),
        pytest.param(GONE, Reason.NOT_AVAILABLE, id="404"),
        pytest.param(NO_PLAN, Reason.NOT_AVAILABLE, id="402"),
    ],
)
def test_a_closed_world_of_schedules_never_looks_empty(account, answer, reason):
    """Layer-based schedules are kept, and it is said that the others were not seen."""
    found = account(
        "schedule", {"/schedules": page("schedules", {"id": "PL"}), "/v3/schedules": answer}
    )
    assert [item["id"] for item in found.items] == ["PL"]
    assert [one.reason for one in found.shortfalls] == [reason]
    assert "shift-based schedules could not be listed" in found.shortfalls[0].detail


def final(path, **schedule):
    """Answer the final schedule of one schedule."""
    return {path: httpx.Response(200, json={"schedule": {"id": "P", **schedule}})}


ALICE = {"id": "PA", "type": "user_reference", "summary": "Alice"}


@pytest.mark.parametrize(
    ("schedule", "answers", "expected"),
    [
        pytest.param(
            LAYERED,
            final(
                "/schedules/PL",
                final_schedule={
                    "rendered_coverage_percentage": 50.0,
                    "rendered_schedule_entries": [
                        {"id": "Q", "start": "A", "end": "B", "user": ALICE},
                        {"start": "C", "end": None, "user": None},
                    ],
                },
            ),
            (
                50.0,
                [
                    {"start": "A", "end": "B", "user": ALICE},
                    {"start": "C", "end": "2026-12-07T12:00:00Z", "user": None},
                ],
            ),
            id="layers",
        ),
        pytest.param(
            LAYERED,
            final(
                "/schedules/PL",
                final_schedule={
                    "rendered_coverage_percentage": None,
                    "rendered_schedule_entries": [],
                },
            ),
            (None, []),
            id="not rendered",
        ),
        pytest.param(LAYERED, final("/schedules/PL"), (None, []), id="no final schedule"),
        pytest.param(
            SHIFTED,
            final(
                "/v3/schedules/PS",
                final_schedule={
                    "rendered_coverage_percentage": 90,
                    "computed_shift_assignments": [
                        {
                            "start_time": "A",
                            "end_time": "B",
                            "member": {"type": "user_member", "user_id": "PA"},
                        },
                        {"start_time": "B", "end_time": "C", "member": {"type": "empty_member"}},
                    ],
                },
            ),
            (
                90,
                [
                    {
                        "start": "A",
                        "end": "B",
                        "user": {
                            "id": "PA",
                            "type": "user_reference",
                            "summary": None,
                            "html_url": None,
                        },
                    },
                    {"start": "B", "end": "C", "user": None},
                ],
            ),
            id="shifts, an empty member is nobody",
        ),
    ],
)
def test_final_schedules_of_both_worlds_have_one_form(account, schedule, answers, expected):
    """Entries, the percentage and the period that was asked for."""
    found = account("schedule_rendering", answers, known={"pagerduty.schedule": [schedule]})
    (body,) = found.items
    assert (body["rendered_coverage_percentage"], body["entries"]) == expected
    assert body["form"] == schedule["form"]
    assert body["schedule"]["id"] == schedule["id"]
    assert (body["since"], body["until"]) == ("2026-10-24T12:00:00Z", "2026-12-07T12:00:00Z")
    assert dict(found.asked[0][1]) == {
        "since": body["since"],
        "until": body["until"],
        "time_zone": "UTC",
        "include[]": "final_schedule",
    }


def test_users_are_asked_of_layer_based_schedules_only(account):
    """Shift-based ones have no such list, and that is no shortfall."""
    found = account(
        "schedule_user",
        {"/schedules/PL/users": httpx.Response(200, json={"users": [ALICE]})},
        known={"pagerduty.schedule": [LAYERED, SHIFTED]},
    )
    assert [(item["schedule"]["id"], item["user"]) for item in found.items] == [("PL", ALICE)]
    assert [path for path, _ in found.asked] == ["/schedules/PL/users"]
    assert found.shortfalls == []


def test_members_carry_their_team(account):
    """A member as received, with a reference to the team it was listed under."""
    found = account(
        "team_member",
        {"/teams/PT/members": page("members", {"user": ALICE, "role": "manager"})},
        known={"pagerduty.team": [{"id": "PT", "name": "Core"}]},
    )
    (body,) = found.items
    assert body["team"]["summary"] == "Core"
    assert (body["user"], body["role"]) == (ALICE, "manager")


# -- one object must not hide the others ------------------------------------------------------

TEAMS = {"pagerduty.team": [{"id": name} for name in ("PA", "PB", "PC", "PD")]}


def members(**answers):
    """Answer the members of four teams, empty where nothing is said."""
    return {
        f"/teams/{name}/members": answers.get(name, page("members"))
        for name in ("PA", "PB", "PC", "PD")
    }


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param(NO_RIGHT, Reason.DENIED, id="403"),
        pytest.param(GONE, Reason.NOT_AVAILABLE, id="404"),
        pytest.param(httpx.Response(500), Reason.SOURCE_ERROR, id="500"),
        pytest.param(httpx.Response(400, json={}), Reason.SOURCE_ERROR, id="400"),
    ],
)
def test_one_object_that_fails_is_named_and_the_rest_is_read(account, answer, reason):
    """The shortfall concerns this object alone."""
    found = account("team_member", members(PB=answer), known=TEAMS)
    assert [(one.reason, one.subjects) for one in found.shortfalls] == [
        (reason, ("pagerduty.team:PB",))
    ]
    assert len(found.pages) == 3


@pytest.mark.parametrize(
    ("answers", "error", "requests"),
    [
        pytest.param({"PB": httpx.Response(401)}, Refused, 2, id="a refused key"),
        pytest.param({"PA": NO_SCOPE}, Exception, 1, id="a missing scope"),
        pytest.param({"PA": NO_PLAN}, NotAvailable, 1, id="a missing ability"),
        pytest.param(
            {name: httpx.Response(500) for name in ("PA", "PB", "PC", "PD")},
            BadAnswer,
            6,
            id="three broken answers in a row",
        ),
    ],
)
def test_what_no_other_object_would_answer_differently_ends_the_reading(
    pagerduty, answers, error, requests
):
    """No thousand requests are made to be told the same."""
    seen = []

    def handler(request):
        seen.append(request.url.path)
        return members(**answers)[request.url.path]

    with pytest.raises(error):
        pagerduty.collected(handler, COLLECT["team_member"], pagerduty.ask_for(known=TEAMS))
    assert len(seen) == requests


# -- too much ---------------------------------------------------------------------------------


def test_too_many_on_calls_are_read_in_halves(account):
    """A period with more than can be listed is halved until its parts can be."""

    def oncalls(request):
        since, until = request.url.params["since"], request.url.params["until"]
        whole = (since, until) == ("2026-11-23T12:00:00Z", "2026-12-07T12:00:00Z")
        item = {"since": since, "until": until}
        return page("oncalls", item, more=whole, total=10_001 if whole else 1)

    found = account("on_call", {"/oncalls": oncalls})
    assert found.overflows == []
    assert found.shortfalls == []
    assert found.items == [
        {"since": "2026-11-23T12:00:00Z", "until": "2026-11-30T12:00:00Z"},
        {"since": "2026-11-30T12:00:00Z", "until": "2026-12-07T12:00:00Z"},
    ]


SERVICES = [{"id": "PA"}, {"id": "PB"}, {"id": "PC"}]


@pytest.mark.parametrize(
    ("part", "services", "parts"),
    [
        pytest.param(
            {}, SERVICES, [{"services": "PA,PC"}, {"services": "PB"}], id="services, dealt out"
        ),
        pytest.param(
            {"services": "PA,PC"}, SERVICES, [{"services": "PA"}, {"services": "PC"}], id="fewer"
        ),
        pytest.param(
            {"services": "PA"},
            SERVICES,
            [{"services": "PA", "urgency": "high"}, {"services": "PA", "urgency": "low"}],
            id="urgency",
        ),
        pytest.param({}, [], [{"urgency": "high"}, {"urgency": "low"}], id="no service is known"),
        pytest.param(
            {"urgency": "low"},
            [],
            [
                {"urgency": "low", "status": one}
                for one in ("triggered", "acknowledged", "resolved")
            ],
            id="status",
        ),
    ],
)
def test_incidents_of_one_second_are_offered_in_parts(account, pagerduty, part, services, parts):
    """By service first, then by urgency, then by status."""
    at = {"created_at": "2026-11-23T11:00:00Z"}
    found = account(
        "incident",
        {"/incidents": lambda request: full(request, 10_001, at)},
        ask=pagerduty.ask_for(part=part, known={"pagerduty.service": services}),
    )
    (overflow,) = found.overflows
    assert (overflow.total, list(overflow.parts), found.pages) == (10_001, parts, [])


def test_what_cannot_be_cut_any_further_is_read_as_far_as_it_is_listed(account, pagerduty):
    """The exact number that is missing is told."""
    at = {"created_at": "2026-11-23T11:00:00Z"}
    found = account(
        "incident",
        {"/incidents": lambda request: full(request, 10_023, at)},
        ask=pagerduty.ask_for(part={"services": "PA", "urgency": "low", "status": "resolved"}),
    )
    assert len(found.items) == 10_000
    assert [(one.reason, one.missing) for one in found.shortfalls] == [(Reason.TRUNCATED, 23)]
    assert set(found.asked[0][1]) >= {
        ("service_ids[]", "PA"),
        ("urgencies[]", "low"),
        ("statuses[]", "resolved"),
    }


def test_a_window_with_too_many_is_read_as_far_as_it_is_listed_and_gone_on_from_there(
    account, pagerduty
):
    """Everything before the last second that was listed is there."""
    found = account(
        "incident",
        {"/incidents": lambda request: full(request, 10_400, {})},
        ask=pagerduty.ask_for(may_split=True),
    )
    assert len(found.items) == 10_000
    assert [one.at for one in found.reached] == [pagerduty.now - timedelta(seconds=1)]
    assert len(found.asked) == 101


def full(request, total, fields):
    """Answer a page of so many incidents of the hour, oldest first, or all with the same fields."""
    offset, limit = (int(request.url.params[name]) for name in ("offset", "limit"))
    second = timedelta(hours=1) / 10_000
    since = datetime(2026, 11, 23, 11, tzinfo=UTC)
    items = [
        {"id": f"P{n}", "created_at": (since + n * second).isoformat(), **fields}
        for n in range(offset, min(total, offset + limit))
    ]
    return page("incidents", *items, offset=offset, total=total, more=offset + limit < total)


# -- log entries, incident by incident --------------------------------------------------------


def incident(key, created, status="triggered", **more):
    """Make what the collector must know of an incident."""
    return {"id": key, "created_at": f"2026-11-{created}Z", "status": status, **more}


KNOWN = SimpleNamespace(
    open=incident("OPEN", "01T00:00:00"),
    within=incident("WITHIN", "23T11:30:00"),
    later=incident("LATER", "23T12:00:00"),
    done=incident("DONE", "01T00:00:00", "resolved", resolved_at="2026-11-02T00:00:00Z"),
    ended=incident("ENDED", "01T00:00:00", "resolved", resolved_at="2026-11-23T06:30:00-05:00"),
    untold=incident("UNTOLD", "01T00:00:00", "resolved", resolved_at=None),
)


def test_log_entries_by_incident_are_asked_where_something_may_have_happened(account):
    """Open, just resolved and untold ones; not those that ended before or began after."""
    known = {"pagerduty.incident": list(vars(KNOWN).values())}
    answers = {
        f"/incidents/{key}/log_entries": page("log_entries", {"id": f"R{key}"})
        for key in ("OPEN", "WITHIN", "ENDED", "UNTOLD")
    }
    found = account("incident_log_entry", answers, known=known, log_entries="incident")
    assert [item["id"] for item in found.items] == ["ROPEN", "RWITHIN", "RENDED", "RUNTOLD"]
    assert {query for _, pairs in found.asked for query, _ in pairs} == {"time_zone"}


def test_an_incident_whose_log_entries_are_denied_is_named(account):
    """The others are read."""
    known = {"pagerduty.incident": [KNOWN.open, KNOWN.within]}
    answers = {
        "/incidents/OPEN/log_entries": NO_RIGHT,
        "/incidents/WITHIN/log_entries": page("log_entries", {"id": "R"}),
    }
    found = account("incident_log_entry", answers, known=known, log_entries="incident")
    assert [one.subjects for one in found.shortfalls] == [("pagerduty.incident:OPEN",)]
    assert [item["id"] for item in found.items] == ["R"]
