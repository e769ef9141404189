"""The connector: whose key it is, what is watched, and what `ccm check` says."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta

import httpx  # noqa: TID253 - the network of these tests is one of its transports
import pytest
import yaml
from ccm_pagerduty.connector import connector
from ccm_pagerduty.credential_owner import ME
from ccm_pagerduty.diagnosis.endpoints import ENDPOINTS

from ccm_core.sdk.errors import AuthenticationFailed, Unreachable, UsageError
from ccm_core.sdk.types import CredentialInfo, Horizon, Visibility

NOT_FOUND = httpx.Response(404, json={"error": {"message": "Not Found", "code": 2100}})
OWNER = {"user": {"id": "PU", "role": "owner", "email": "o@x.test", "http_cal_url": "https://s"}}
WRAPPERS = dict(ENDPOINTS)


async def credential(session):
    """Return the session's credential; why it sees how much is worded elsewhere."""
    assert session.credential.visibility_reason
    return replace(session.credential, visibility_reason="")


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        pytest.param(
            httpx.Response(400, json={"error": "Caller is not a user"}),
            CredentialInfo(kind="account_api_key", visibility=Visibility.WHOLE),
            id="an account's key",
        ),
        pytest.param(
            httpx.Response(200, json=OWNER),
            CredentialInfo(
                kind="user_api_key",
                role="owner",
                detail={"user": {"id": "PU"}},
                visibility=Visibility.WHOLE,
            ),
            id="a user's key",
        ),
        pytest.param(
            httpx.Response(200, json={"user": None}), CredentialInfo(kind="api_key"), id="nobody's"
        ),
        pytest.param(
            httpx.Response(400, json={"error": {"message": "Bad"}}),
            CredentialInfo(kind="api_key"),
            id="another complaint",
        ),
        pytest.param(httpx.Response(403), CredentialInfo(kind="api_key"), id="not allowed to ask"),
        pytest.param(NOT_FOUND, CredentialInfo(kind="api_key"), id="not there"),
    ],
)
def test_the_first_request_tells_whose_key_it_is(pagerduty, answer, expected):
    """A key that belongs to no user is answered with a sentence; nothing personal is kept."""
    assert pagerduty.talk(lambda _request: answer, credential) == expected


@pytest.mark.parametrize(
    ("method", "answer", "expected"),
    [
        pytest.param(
            "oauth",
            httpx.Response(200, json=OWNER),
            CredentialInfo(
                kind="oauth_user_token",
                scopes=("openid", "read"),
                role="owner",
                detail={"user": {"id": "PU"}},
                visibility=Visibility.WHOLE,
            ),
            id="a person's token",
        ),
        pytest.param(
            "oauth",
            httpx.Response(403),
            CredentialInfo(kind="oauth_user_token", scopes=("openid", "read")),
            id="a person's token that may not ask who that is",
        ),
        pytest.param(
            "oauth_app",
            httpx.Response(400, json={"error": "Caller is not a user"}),
            CredentialInfo(
                kind="oauth_app_token", scopes=("openid", "read"), visibility=Visibility.WHOLE
            ),
            id="an app's token",
        ),
    ],
)
def test_a_token_tells_its_scopes_and_whose_it_is(pagerduty, method, answer, expected):
    """Its header is the one of OAuth 2.0."""
    headers = []

    def handler(request):
        headers.append(request.headers["authorization"])
        return answer

    assert pagerduty.talk(handler, credential, method=method) == expected
    assert set(headers) == {f"Bearer {pagerduty.key}"}


@pytest.mark.parametrize(
    ("role", "teams", "expected"),
    [
        pytest.param("owner", 204, Visibility.WHOLE, id="the owner"),
        pytest.param("admin", 204, Visibility.WHOLE, id="an administrator"),
        pytest.param("user", 204, Visibility.PART, id="a manager: private teams are hidden"),
        pytest.param("observer", 204, Visibility.PART, id="an observer"),
        pytest.param("observer", 402, Visibility.WHOLE, id="a plan without teams"),
        pytest.param("observer", 403, Visibility.PART, id="whether there are teams is denied"),
        pytest.param("observer", 500, Visibility.PART, id="whether there are teams is not told"),
        pytest.param("restricted_access", 402, Visibility.PART, id="sees what it was granted"),
        pytest.param("a_new_role", 402, Visibility.PART, id="a role that nobody knows"),
        pytest.param(None, 402, Visibility.UNKNOWN, id="no role"),
        pytest.param(7, 402, Visibility.UNKNOWN, id="a number for a role"),
    ],
)
def test_the_role_or_the_plan_shows_that_nothing_is_hidden(pagerduty, role, teams, expected):
    """Anything else sees a part, for all that anybody knows."""

    def handler(request):
        if request.url.path == "/abilities/teams":
            return httpx.Response(teams)
        user = {"id": "PU", "role": role, "html_url": "https://acme.pagerduty.com/users/PU"}
        return httpx.Response(200, json={"user": user})

    assert pagerduty.talk(handler, credential).visibility is expected


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        pytest.param("https://api.eu.pagerduty.com", True, id="the other region's"),
        pytest.param("http://127.0.0.1:4711", True, id="a simulator"),
        pytest.param("https://api.pagerduty.com.evil.test", False, id="a stranger"),
        pytest.param("https://api.pagerduty.com/x", False, id="another path"),
    ],
)
def test_a_token_goes_to_a_known_host_or_stays_on_this_machine(pagerduty, url, sent):
    """Whatever base_url says."""
    urls = []

    def handler(request):
        urls.append(str(request.url))
        return httpx.Response(200, json=OWNER)

    refused = pytest.raises(UsageError, match="the region decides")
    with nullcontext() if sent else refused:
        pagerduty.talk(handler, credential, method="oauth", base_url=url)
    assert bool(urls) is sent


def test_a_limit_at_the_first_request_is_waited_for(pagerduty):
    """The source is there: patience is worth it."""
    answers = [httpx.Response(429)] * 4 + [httpx.Response(200, json=OWNER)]
    empty = httpx.Response(200, json={})
    identified = pagerduty.talk(lambda _request: answers.pop(0) if answers else empty, credential)
    assert identified.role == "owner"


def test_a_refused_key_is_told_with_the_next_step(pagerduty):
    """The key or the region is wrong, and the message says which region was asked."""
    with pytest.raises(
        AuthenticationFailed, match=r"api\.pagerduty\.com \(region us\).*set region: eu"
    ):
        pagerduty.talk(lambda _request: httpx.Response(401, html="<html>"), credential)


def test_a_host_out_of_reach_is_named(pagerduty):
    """A person sees where it was tried."""

    def handler(request):
        raise httpx.ConnectError("no", request=request)

    with pytest.raises(Unreachable, match=r"https://api\.eu\.pagerduty\.com"):
        pagerduty.talk(handler, credential, region="eu")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        pytest.param({}, (30, 14), id="defaults"),
        pytest.param({"lookback": "180d", "lookahead": "90d"}, (180, 90), id="the most"),
        pytest.param({"lookback": "P1W", "lookahead": "0s"}, (7, 0), id="ISO 8601, none ahead"),
    ],
)
def test_the_horizon_is_read_from_the_settings(settings, expected):
    """Durations as people write them."""
    back, ahead = (timedelta(days=days) for days in expected)
    assert connector().horizon(settings) == Horizon(lookback=back, lookahead=ahead)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        pytest.param(
            {"lookback": "181d"}, "lookback: got 181d, expected .* at most 180d", id="too far back"
        ),
        pytest.param(
            {"lookahead": "91d"}, "lookahead: got 91d, expected .* at most 90d", id="too far ahead"
        ),
        pytest.param({"lookback": "0d"}, "lookback: got 0d, expected more", id="no lookback"),
        pytest.param(
            {"lookback": "181d", "lookahead": "-1d"}, "(?s)181d.*lookahead: got -1d", id="both"
        ),
        pytest.param({"lookback": "a while"}, "lookback: 'a while'", id="no duration"),
        pytest.param({"lookback": "P1M"}, "lookback: 'P1M'", id="months have no length"),
    ],
)
def test_a_horizon_that_cannot_be_asked_for_is_a_mistake_of_the_settings(settings, words):
    """The message names the setting."""
    with pytest.raises(UsageError, match=words):
        connector().horizon(settings)


def test_the_example_is_a_connection_with_a_reference_for_a_secret():
    """What `ccm init` writes names the connector, the method and where the key is kept."""
    (connection,) = yaml.safe_load(connector().example)
    assert connection["connector"] == connector().name
    methods = {method.name: method for method in connector().auth_methods}
    method = methods[connection["auth"]["method"]]
    assert connection["auth"][method.secrets[0]] == "env:PAGERDUTY_API_KEY"
    assert set(connection["settings"]) <= set(connector().settings_schema()["properties"])


def test_without_the_simulator_s_libraries_the_demonstration_says_what_to_install(monkeypatch):
    """A missing extra is a person's to fix, not a traceback."""
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    with (
        pytest.raises(UsageError, match=r"pip install 'ccm-pagerduty\[simulator\]'"),
        connector().demonstration.open(),
    ):
        pass


# -- ccm check --------------------------------------------------------------------------------


@pytest.fixture
def checked(pagerduty):
    """Check an account whose endpoints answer well unless it is said otherwise."""

    def run(me=None, **answers):
        def handler(request):
            path = request.url.path
            if path == ME:
                return me or httpx.Response(400, json={"error": "Caller is not a user"})
            if path == "/abilities/teams":
                return httpx.Response(204)
            return answers.get(path) or httpx.Response(200, json={WRAPPERS[path]: []})

        return {line.subject: line for line in pagerduty.talk(handler, connector().check)}

    return run


def test_check_of_a_sound_connection_has_no_next_step(checked):
    """Every endpoint is looked at, and no line has a next step."""
    lines = checked()
    assert list(lines) == ["credential", *WRAPPERS, "visibility", "schedules"]
    assert all(line.ok and line.next_step is None for line in lines.values())


@pytest.mark.parametrize(
    ("path", "answer", "message", "step"),
    [
        pytest.param(
            "/teams",
            httpx.Response(402, json={"error": {"message": "Missing ability", "code": 2014}}),
            "plan does not include",
            "without teams",
            id="a plan without teams",
        ),
        pytest.param(
            "/incidents",
            httpx.Response(403, json={"error": {"required_scopes": "incidents.read"}}),
            "needs: incidents.read",
            "scopes",
            id="a scope",
        ),
        pytest.param("/users", httpx.Response(403), "not permitted", "administrator", id="a right"),
        pytest.param("/v3/schedules", NOT_FOUND, "404", "shift-based", id="no v3"),
        pytest.param("/oncalls", httpx.Response(429), "429", "share", id="limited"),
        pytest.param("/services", httpx.Response(500), "500", "request id", id="broken"),
        pytest.param("/services", httpx.Response(401), "401", "region", id="revoked meanwhile"),
    ],
)
def test_an_endpoint_that_is_closed_is_told_with_the_next_step(
    checked, path, answer, message, step
):
    """The others are looked at all the same."""
    lines = checked(**{path: answer})
    assert not lines[path].ok
    assert message in lines[path].message
    assert step in lines[path].next_step
    assert [name for name, line in lines.items() if not line.ok] == [path]


@pytest.mark.parametrize(
    ("role", "good"),
    [
        pytest.param("owner", True, id="owner"),
        pytest.param("admin", True, id="admin"),
        pytest.param("user", False, id="manager: private teams are hidden"),
        pytest.param("restricted_access", False, id="restricted"),
    ],
)
def test_a_user_s_key_sees_what_the_user_sees(checked, role, good):
    """Anyone but an owner or admin may be shown a part without being told."""
    lines = checked(me=httpx.Response(200, json={"user": {"id": "PU", "role": role}}))
    assert lines["credential"].ok is good
    assert role in lines["credential"].message
