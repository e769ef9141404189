"""What a test can control in the simulator, and what it can observe."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
from pagerduty_simulator.api import faults
from pagerduty_simulator.api.credentials import USER_KEY, SimulatedCredential


def ids_of(objects):
    """Return the ids of some objects."""
    return {entry["id"] for entry in objects}


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
    response = get("/users", key=key)
    assert (response.status_code, response.json()["error"]["code"]) == (401, 2006)


def test_a_refused_key_may_be_answered_in_html(get, control):
    """As seen in the wild."""
    control.refuse_in_html = True
    response = get("/users", key="Token token=wrong")
    assert response.status_code == 401
    assert response.headers["content-type"] == "text/html"


def test_an_account_key_has_no_user(get):
    """``/users/me`` is 400, and ``error`` is a string."""
    response = get("/users/me")
    assert response.status_code == 400
    assert isinstance(response.json()["error"], str)


def test_a_user_key_has_its_user(get, control, account):
    """``/users/me`` is that user, with the calendar's secret address."""
    user_id = next(iter(account.users))
    control.api_keys[USER_KEY] = SimulatedCredential(secret=USER_KEY, user_id=user_id)
    user = get("/users/me", key=f"Token token={USER_KEY}").json()["user"]
    assert user["id"] == user_id
    assert "/private/" in user["http_cal_url"]


def test_an_oauth_token_can_be_accepted(get, control):
    """The identity server adds its tokens there."""
    control.bearer_tokens["pdus+_0abc"] = SimulatedCredential(secret="pdus+_0abc", user_id=None)
    assert get("/users", key="Bearer pdus+_0abc").status_code == 200


def test_a_credential_may_see_one_team_only(get, control, account):
    """Lists shrink silently, single objects are 404 or 403, users are still listed."""
    before = get("/services", {"limit": 100}).json()["services"]
    team = before[0]["teams"][0]["id"]
    control.visible_teams = {team}
    after = get("/services", {"limit": 100}).json()["services"]
    assert ids_of(after) < ids_of(before)
    assert all(team in ids_of(service["teams"]) for service in after)
    hidden = next(service["id"] for service in before if service not in after)
    assert get(f"/services/{hidden}").status_code == 404
    control.hidden_status = 403
    assert get(f"/services/{hidden}").status_code == 403
    users = get("/users", {"limit": 100}).json()["users"]
    assert len(users) == len(account.users)
    incidents = get("/incidents", {"limit": 100}).json()["incidents"]
    assert incidents
    assert all(team in ids_of(incident["teams"]) for incident in incidents)


@pytest.mark.parametrize("status", [402, 403, 404, 500])
def test_an_endpoint_can_be_denied(get, control, status):
    """That one only, until it is allowed again."""
    control.deny("/services", status)
    response = get("/services")
    assert response.status_code == status
    assert isinstance(response.json()["error"]["code"], int)
    assert get("/users").status_code == 200
    control.allow("/services")
    assert get("/services").status_code == 200


def test_a_denied_template_leaves_others_allowed(get, control, account):
    """The users of every schedule, and not the schedules."""
    control.deny("/schedules/{id}/users")
    schedule_id = next(
        schedule.id for schedule in account.schedules.values() if schedule.form == "layers"
    )
    assert get(f"/schedules/{schedule_id}/users").status_code == 403
    assert get(f"/schedules/{schedule_id}").status_code == 200


def test_a_denial_may_have_a_body_of_its_own(get, control):
    """Odd shapes, plain text, missing scopes."""
    control.deny("/services", 400, {"error": ["odd"]})
    assert get("/services").json() == {"error": ["odd"]}
    control.deny("/services", 500, "oops")
    assert get("/services").text == "oops"
    control.inject("/services", faults.scope_missing("services.read"))
    assert get("/services").json()["error"]["required_scopes"] == "services.read"


def test_a_script_injects_one_fault_into_each_response(get, control):
    """None injects none, and after the script responses are proper again."""
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
    with_reset, without_reset, html = (get("/users") for _ in range(3))
    assert with_reset.headers["ratelimit-reset"] == "7"
    assert with_reset.json()["error"] == {"message": "Rate Limit Exceeded", "code": 2020}
    assert "ratelimit-reset" not in without_reset.headers
    assert "ratelimit-reset" not in html.headers
    assert html.headers["content-type"] == "text/html"


def test_json_may_be_truncated(get, control):
    """As if it were complete."""
    control.inject("/users", faults.truncated)
    response = get("/users")
    assert response.status_code == 200
    with pytest.raises(json.JSONDecodeError):
        response.json()


def test_a_redirect_leads_to_another_host(get, control):
    """It must not be followed with a credential."""
    control.inject("/users", faults.redirect("https://elsewhere.example/users"))
    response = get("/users")
    assert (response.status_code, response.headers["location"]) == (
        302,
        "https://elsewhere.example/users",
    )


def test_pages_may_be_empty_and_claim_more(get, control):
    """``more: true`` and nothing in it."""
    control.inject("/users", faults.empty_pages)
    page = get("/users").json()
    assert (page["users"], page["more"]) == ([], True)


def test_the_first_page_may_repeat(get, control):
    """The same page for ever."""
    control.inject("/users", faults.stuck)
    first, second = (get("/users", {"limit": 10, "offset": offset}).json() for offset in (0, 10))
    assert first == second
    assert first["more"] is True
    assert first["offset"] == 0


def test_every_response_has_rate_limit_headers(get):
    """What remains goes down, and response answer has a name."""
    responses = [get("/users"), get("/nothing/here")]
    assert [response.headers["ratelimit-limit"] for response in responses] == ["960", "960"]
    assert [response.headers["ratelimit-remaining"] for response in responses] == ["959", "958"]
    assert len({response.headers["x-request-id"] for response in responses}) == 2


def test_requests_beyond_the_rate_limit_are_429_until_the_window_ends(get, control):
    """The window is counted from its first request; the header says how long to wait."""
    clock = [100.0]
    control.monotonic = lambda: clock[0]
    control.rate_limit = 3
    assert [get("/users").status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    clock[0] += 42.5
    assert get("/users").headers["ratelimit-reset"] == "18"
    clock[0] += 18
    assert get("/users").status_code == 200


def test_on_calls_have_their_own_rate_limit(get, control):
    """Its headers describe whichever limit is nearer."""
    control.on_call_limit = 2
    responses = [get("/oncalls") for _ in range(3)]
    assert [response.status_code for response in responses] == [200, 200, 429]
    assert responses[0].headers["ratelimit-limit"] == "2"
    assert get("/users").headers["ratelimit-limit"] == "960"


def test_keys_of_one_user_share_a_rate_limit(get, control, account):
    """An account key does not."""
    user_id = next(iter(account.users))
    for key in ("first", "second"):
        control.api_keys[key] = SimulatedCredential(secret=key, user_id=user_id)
    remaining = [
        get("/users", key=f"Token token={key}").headers["ratelimit-remaining"]
        for key in ("first", "second", "u+simulated-account-key")
    ]
    assert remaining == ["959", "958", "959"]


def test_the_date_header_may_be_skewed(get, control):
    """So that a client can detect a skewed clock."""
    control.clock_skew = timedelta(hours=2)
    date = parsedate_to_datetime(get("/users").headers["date"])
    assert timedelta(minutes=110) < date - datetime.now(UTC) < timedelta(minutes=130)


def test_the_account_may_change_between_pages(get, control, account):
    """A user who is deleted after page one makes page two skip somebody."""

    def delete_one(request):
        if request.value("offset") == "10":
            first = min(account.users.values(), key=lambda user: user.name.lower())
            del account.users[first.id]

    everyone = ids_of(get("/users", {"limit": 100}).json()["users"])
    control.before_response = delete_one
    listed = set()
    for offset in range(0, 40, 10):
        page = get("/users", {"limit": 10, "offset": offset}).json()
        listed |= ids_of(page["users"])
    assert len(everyone - listed) == 1


def test_a_renamed_object_is_renamed_everywhere(get, account):
    """References are made from what they refer to."""
    policy = next(iter(account.policies.values()))
    account.policies[policy.id] = replace(policy, name="Renamed")
    names = {
        service["escalation_policy"]["summary"]
        for service in get("/services", {"limit": 100}).json()["services"]
        if service["escalation_policy"]["id"] == policy.id
    }
    assert names == {"Renamed"}


def test_every_request_is_logged(get, control):
    """Method, path, parameters, status, template."""
    get("/users", {"limit": 1})
    get("/users/PNOBODY")
    assert control.requests == [
        ("GET", "/users", (("limit", "1"),), 200, "/users"),
        ("GET", "/users/PNOBODY", (), 404, "/users/{id}"),
    ]
    assert [request.path for request in control.requests_to("/users/{id}")] == ["/users/PNOBODY"]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(("path", "status"), [("/services", 405), ("/incidents/1/snooze", 404)])
def test_a_write_is_refused_and_logged(get, control, account, method, path, status):
    """So that a test can assert that a client only reads."""
    services = dict(account.services)
    assert get(path, method=method).status_code == status
    assert [request.method for request in control.writes] == [method]
    assert account.services == services
