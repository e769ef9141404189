"""What a test can do to the simulator, and what it sees of it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
from pagerduty_simulator.api import faults
from pagerduty_simulator.api.credentials import USER_KEY, SimulatedCredential


@pytest.mark.parametrize(
    "key",
    [
        pytest.param("Token token=wrong", id="unknown key"),
        pytest.param("u+simulated-account-key", id="no scheme"),
        pytest.param("Token u+simulated-account-key", id="no token="),
        pytest.param("Bearer u+simulated-account-key", id="a key is no OAuth token"),
    ],
)
def test_the_authorization_header_has_one_form(get, key):
    """Anything else is 401."""
    answer = get("/users", key=key)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, 2006)


def test_a_refused_key_may_be_answered_in_html(get, control):
    """As seen in the wild."""
    control.refuse_in_html = True
    answer = get("/users", key="Token token=wrong")
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "text/html"


def test_an_account_key_is_nobody(get):
    """``/users/me`` is 400, and ``error`` is a string."""
    answer = get("/users/me")
    assert answer.status_code == 400
    assert isinstance(answer.json()["error"], str)


def test_a_user_key_is_somebody(get, control, account):
    """``/users/me`` is that user, with the calendar's secret address."""
    who = next(iter(account.users))
    control.api_keys[USER_KEY] = SimulatedCredential(secret=USER_KEY, user_id=who)
    found = get("/users/me", key=f"Token token={USER_KEY}").json()["user"]
    assert found["id"] == who
    assert "/private/" in found["http_cal_url"]


def test_an_oauth_token_can_be_let_in(get, control):
    """The references where an identity server puts its tokens."""
    control.bearer_tokens["pdus+_0abc"] = SimulatedCredential(secret="pdus+_0abc", user_id=None)
    assert get("/users", key="Bearer pdus+_0abc").status_code == 200


def test_a_credential_may_see_one_team_only(get, control, account):
    """Lists shrink in silence, single objects are 404 or 403, people still show."""
    before = get("/services", {"limit": 100}).json()["services"]
    team = before[0]["teams"][0]["id"]
    control.visible_teams = {team}
    after = get("/services", {"limit": 100}).json()["services"]
    assert {each["id"] for each in after} < {each["id"] for each in before}
    assert all(team in {each["id"] for each in service["teams"]} for service in after)
    hidden = next(each["id"] for each in before if each not in after)
    assert get(f"/services/{hidden}").status_code == 404
    control.hidden_status = 403
    assert get(f"/services/{hidden}").status_code == 403
    users = get("/users", {"limit": 100}).json()["users"]
    assert len(users) == len(account.users)
    incidents = get("/incidents", {"limit": 100}).json()["incidents"]
    assert incidents
    assert all(team in {each["id"] for each in found["teams"]} for found in incidents)


@pytest.mark.parametrize("status", [402, 403, 404, 500])
def test_an_endpoint_can_be_denied(get, control, status):
    """That one only, until it is allowed again."""
    control.deny("/services", status)
    answer = get("/services")
    assert answer.status_code == status
    assert isinstance(answer.json()["error"]["code"], int)
    assert get("/users").status_code == 200
    control.allow("/services")
    assert get("/services").status_code == 200


def test_a_denial_is_for_the_template(get, control, account):
    """All logs of single incidents, and not the incidents."""
    control.deny("/schedules/{id}/users")
    schedule = next(each.id for each in account.schedules.values() if each.form == "layers")
    assert get(f"/schedules/{schedule}/users").status_code == 403
    assert get(f"/schedules/{schedule}").status_code == 200


def test_a_denial_may_have_a_body_of_its_own(get, control):
    """Odd shapes, plain text, missing scopes."""
    control.deny("/services", 400, {"error": ["odd"]})
    assert get("/services").json() == {"error": ["odd"]}
    control.deny("/services", 500, "oops")
    assert get("/services").text == "oops"
    control.inject("/services", faults.scope_missing("services.read"))
    assert get("/services").json()["error"]["required_scopes"] == "services.read"


def test_a_script_spoils_the_next_answers_in_turn(get, control):
    """One fault each, None lets one through, and then all is well."""
    control.script(
        "/users", [faults.refuse(500), None, faults.too_many_requests(7), faults.html(502)]
    )
    assert [get("/users").status_code for _ in range(5)] == [500, 200, 429, 502, 200]


def test_a_429_may_come_without_its_headers(get, control):
    """And in HTML."""
    control.script(
        "/users",
        [
            faults.too_many_requests(7),
            faults.too_many_requests(None),
            faults.too_many_requests(in_html=True),
        ],
    )
    told, untold, html = (get("/users") for _ in range(3))
    assert told.headers["ratelimit-reset"] == "7"
    assert told.json()["error"] == {"message": "Rate Limit Exceeded", "code": 2020}
    assert "ratelimit-reset" not in untold.headers
    assert "ratelimit-reset" not in html.headers
    assert html.headers["content-type"] == "text/html"


def test_json_may_be_half(get, control):
    """As if it were all."""
    control.inject("/users", faults.truncated)
    answer = get("/users")
    assert answer.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        answer.json()


def test_a_redirect_leads_to_another_host(get, control):
    """It must not be followed with a credential."""
    control.inject("/users", faults.redirect("https://elsewhere.example/users"))
    answer = get("/users")
    assert (answer.status_code, answer.headers["location"]) == (
        302,
        "https://elsewhere.example/users",
    )


def test_pages_may_be_empty_without_end(get, control):
    """``more: true`` and nothing in it."""
    control.inject("/users", faults.empty_pages)
    page = get("/users").json()
    assert (page["users"], page["more"]) == ([], True)


def test_the_offset_may_be_stuck(get, control):
    """The same page for ever."""
    control.inject("/users", faults.stuck)
    first, second = (get("/users", {"limit": 10, "offset": offset}).json() for offset in (0, 10))
    assert first == second
    assert first["more"] is True
    assert first["offset"] == 0


def test_every_answer_tells_the_limit(get):
    """What remains goes down, and each answer has a name."""
    answers = [get("/users"), get("/nothing/here")]
    assert [each.headers["ratelimit-limit"] for each in answers] == ["960", "960"]
    assert [each.headers["ratelimit-remaining"] for each in answers] == ["959", "958"]
    assert len({each.headers["x-request-id"] for each in answers}) == 2


def test_beyond_the_limit_is_429_until_the_window_ends(get, control):
    """The window is counted from its first request; the header says how long to wait."""
    clock = [100.0]
    control.monotonic = lambda: clock[0]
    control.rate_limit = 3
    assert [get("/users").status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    clock[0] += 42.5
    assert get("/users").headers["ratelimit-reset"] == "18"
    clock[0] += 18
    assert get("/users").status_code == 200


def test_on_calls_have_a_limit_of_their_own(get, control):
    """Its headers describe whichever limit is nearer."""
    control.on_call_limit = 2
    answers = [get("/oncalls") for _ in range(3)]
    assert [each.status_code for each in answers] == [200, 200, 429]
    assert answers[0].headers["ratelimit-limit"] == "2"
    assert get("/users").headers["ratelimit-limit"] == "960"


def test_keys_of_one_user_share_a_limit(get, control, account):
    """An account key does not."""
    who = next(iter(account.users))
    for key in ("first", "second"):
        control.api_keys[key] = SimulatedCredential(secret=key, user_id=who)
    remaining = [
        get("/users", key=f"Token token={key}").headers["ratelimit-remaining"]
        for key in ("first", "second", "u+simulated-account-key")
    ]
    assert remaining == ["959", "958", "959"]


def test_the_date_may_be_off(get, control):
    """So that a skewed clock can be noticed."""
    control.clock_skew = timedelta(hours=2)
    told = parsedate_to_datetime(get("/users").headers["date"])
    assert timedelta(minutes=110) < told - datetime.now(UTC) < timedelta(minutes=130)


def test_the_account_may_change_between_pages(get, control, account):
    """A user who is deleted after page one makes page two skip somebody."""

    def delete_one(request):
        if request.value("offset") == "10":
            first = min(account.users.values(), key=lambda each: each.name.lower())
            del account.users[first.id]

    everyone = {each["id"] for each in get("/users", {"limit": 100}).json()["users"]}
    control.before_response = delete_one
    seen = set()
    for offset in range(0, 40, 10):
        page = get("/users", {"limit": 10, "offset": offset}).json()
        seen |= {each["id"] for each in page["users"]}
    assert len(everyone - seen) == 1


def test_a_renamed_object_is_renamed_everywhere(get, account):
    """References are made from what they refer to."""
    policy = next(iter(account.policies.values()))
    account.policies[policy.id] = replace(policy, name="Renamed")
    names = {
        each["escalation_policy"]["summary"]
        for each in get("/services", {"limit": 100}).json()["services"]
        if each["escalation_policy"]["id"] == policy.id
    }
    assert names == {"Renamed"}


def test_every_request_is_written_down(get, control):
    """Method, path, parameters, status, template."""
    get("/users", {"limit": 1})
    get("/users/PNOBODY")
    assert control.requests == [
        ("GET", "/users", (("limit", "1"),), 200, "/users"),
        ("GET", "/users/PNOBODY", (), 404, "/users/{id}"),
    ]
    assert [each.path for each in control.requests_to("/users/{id}")] == ["/users/PNOBODY"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(("path", "status"), [("/services", 405), ("/incidents/1/snooze", 404)])
def test_writing_is_refused_and_remembered(get, control, account, method, path, status):
    """So that the promise to read only can be tested."""
    services = dict(account.services)
    assert get(path, method=method).status_code == status
    assert [each.method for each in control.writes] == [method]
    assert account.services == services
