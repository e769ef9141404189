"""What is read object by object: one of them must not hide the others."""

from __future__ import annotations

from types import SimpleNamespace

import httpx  # noqa: TID253 - answers of a scripted account
import pytest

from ccm_core.sdk.errors import AuthenticationFailed, BadResponse, NotAvailable
from ccm_core.sdk.types import Reason

TEAMS = {"pagerduty.team": [{"id": name} for name in ("PA", "PB", "PC", "PD")]}


def members(**answers):
    """Answer the members of four teams, empty where nothing is said."""
    return {
        f"/teams/{name}/members": answers.get(name, {"members": []})
        for name in ("PA", "PB", "PC", "PD")
    }


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param("no right", Reason.DENIED, id="403"),
        pytest.param("gone", Reason.NOT_AVAILABLE, id="404"),
        pytest.param(httpx.Response(500), Reason.SOURCE_ERROR, id="500"),
        pytest.param(httpx.Response(400, json={}), Reason.SOURCE_ERROR, id="400"),
    ],
)
def test_one_object_that_fails_is_named_and_the_rest_is_read(account, answer, reason):
    """The shortfall concerns this object alone."""
    events = account("team_member", members(PB=answer), current_records=TEAMS)
    assert [(shortfall.reason, shortfall.subjects) for shortfall in events.shortfalls] == [
        (reason, ("pagerduty.team:PB",))
    ]
    assert len(events.pages) == 3


@pytest.mark.parametrize(
    ("answers", "error", "requests"),
    [
        pytest.param(
            {"PB": httpx.Response(401)}, AuthenticationFailed, 3, id="a refused key, twice"
        ),
        pytest.param({"PA": "no scope"}, Exception, 1, id="a missing scope"),
        pytest.param({"PA": "no plan"}, NotAvailable, 1, id="a missing ability"),
        pytest.param(
            {name: httpx.Response(500) for name in ("PA", "PB", "PC", "PD")},
            BadResponse,
            6,
            id="three broken answers in a row",
        ),
    ],
)
def test_error_common_to_all_objects_ends_the_collection(account, answers, error, requests):
    """No thousand requests are made to be told the same."""
    sent = []
    with pytest.raises(error):
        account("team_member", members(**answers), current_records=TEAMS, sent=sent)
    assert len(sent) == requests


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
    current_records = {"pagerduty.incident": list(vars(KNOWN).values())}
    answers = {
        f"/incidents/{key}/log_entries": {"log_entries": [{"id": f"R{key}"}]}
        for key in ("OPEN", "WITHIN", "ENDED", "UNTOLD")
    }
    events = account(
        "incident_log_entry", answers, current_records=current_records, log_entries="incident"
    )
    assert [item["id"] for item in events.items] == ["ROPEN", "RWITHIN", "RENDED", "RUNTOLD"]
    assert {query for _, pairs in events.asked for query, _ in pairs} == {"time_zone"}


def test_an_incident_whose_log_entries_are_denied_is_named(account):
    """The others are read."""
    current_records = {"pagerduty.incident": [KNOWN.open, KNOWN.within]}
    answers = {
        "/incidents/OPEN/log_entries": "no right",
        "/incidents/WITHIN/log_entries": {"log_entries": [{"id": "R"}]},
    }
    events = account(
        "incident_log_entry", answers, current_records=current_records, log_entries="incident"
    )
    assert [shortfall.subjects for shortfall in events.shortfalls] == [("pagerduty.incident:OPEN",)]
    assert [item["id"] for item in events.items] == ["R"]
