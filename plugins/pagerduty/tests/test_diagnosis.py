"""What `ccm check` tells apart, over a socket: each trouble has its own cause and next step."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import httpx  # noqa: TID253 - the network of some of these tests is one of its transports
import pytest
from ccm_pagerduty.auth_methods import OAUTH
from ccm_pagerduty.client import open_session
from ccm_pagerduty.connector import connector
from ccm_pagerduty.diagnosis.causes import Cause
from ccm_pagerduty.diagnosis.connect_failure import diagnose
from pagerduty_simulator import AccountSizes, PagerDutySimulator, build_account
from pagerduty_simulator.api.credentials import SimulatedCredential
from pagerduty_simulator.api.faults import too_many_requests

from ccm_core.errors import NetworkSetupError, ReauthorizationRequired
from ccm_core.sdk.authorization import BEARER, Authorization, StaticToken
from ccm_core.sdk.errors import AuthenticationFailed, BadResponse, RateLimited, Unreachable
from ccm_core.sdk.secret import Secret

SETUP = NetworkSetupError("x")
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SIZES = AccountSizes(users=8, teams=3, schedules=4, policies=3, services=5, incidents=6)
TOKEN = "pdus+_0simulated"
LISTS = {
    "/users": "users",
    "/teams": "teams",
    "/services": "services",
    "/escalation_policies": "escalation_policies",
    "/schedules": "schedules",
    "/v3/schedules": "schedules",
}


@pytest.fixture
def simulator():
    """Serve a small account over a socket."""
    with PagerDutySimulator(build_account(datetime.now(UTC), sizes=SIZES)) as running:
        yield running


@pytest.fixture
def check(simulator, pagerduty):
    """Check the account; give the lines by what was looked at."""

    def run(*, key=None, scopes=None, kind=OAUTH):
        request = pagerduty.request_for(base_url=simulator.base_url)
        authorization = Authorization.from_key(
            Secret(key or simulator.api_key), prefix="Token token="
        )
        if scopes is not None:
            simulator.control.bearer_tokens[TOKEN] = SimulatedCredential(
                secret=TOKEN, user_id=owner(simulator), scopes=frozenset(scopes)
            )
            tokens = StaticToken(Secret(TOKEN), scopes=scopes)
            authorization = Authorization(tokens, prefix=BEARER, name="test")
            request = replace(request, auth_method=kind)
        request = replace(request, authorization=authorization)

        async def look():
            async with open_session(request, bounds=pagerduty.hasty) as session:
                return await connector().check(session)

        return {line.subject: line for line in asyncio.run(look())}

    return run


def owner(simulator) -> str:
    """Return a user who sees everything."""
    return next(user.id for user in simulator.account.users.values() if user.role == "owner")


def bad(lines) -> dict[str, str]:
    """Return the cause of each line that is not OK."""
    return {subject: line.cause for subject, line in lines.items() if not line.ok}


def test_check_of_a_sound_account_has_no_next_step(check):
    """No cause, no next step, and what is named is listed."""
    lines = check()
    assert bad(lines) == {}
    assert {line.cause for line in lines.values()} == {None}
    assert lines["visibility"].message == "every referenced object is listed"


def test_every_cause_has_a_section_in_the_docs():
    """Whoever sees the word finds what to do; no section is about a cause that does not exist."""
    page = Path(__file__).parents[3] / "docs/how-to/when-something-is-missing.md"
    sections = re.findall(r"^### `(\w+)`$", page.read_text("utf-8"), re.MULTILINE)
    assert sorted(sections) == sorted(Cause)


@pytest.mark.attack(
    "Visibility",
    "ccm check reads an account in which every list is empty",
    "The check says that nothing is listed, and is not OK",
)
def test_check_of_an_account_without_users_is_not_ok(check, simulator):
    """An account has an owner, so that nothing is shown of what the credential sees."""
    for path, wrapper in LISTS.items():
        simulator.control.deny(path, 200, {wrapper: [], "limit": 100, "offset": 0, "more": False})
    lines = check()

    assert bad(lines) == {"visibility": Cause.NOTHING_LISTED}
    assert "0 users, expected at least 1" in lines["visibility"].message
    assert "whole account" not in lines["credential"].message


@pytest.mark.attack(
    "Visibility",
    "A list leaves out an object that the same key reads by its id",
    "The check blames the list, and neither the credential nor whoever deleted something",
)
def test_check_blames_a_short_list_for_what_it_leaves_out(check, simulator):
    """What can be read is neither hidden nor deleted."""
    body = {"teams": [], "limit": 100, "offset": 0, "more": False}
    simulator.control.deny("/teams", 200, body)
    line = check()["visibility"]

    assert line.cause == Cause.SHORT_LIST
    assert "left out" in line.message
    assert not re.search("hidden|deleted", f"{line.message} {line.next_step}")


# -- the product's own list of troubles --------------------------------------------------------


@pytest.mark.parametrize("status", [403, 404])
def test_check_counts_services_hidden_by_team_scope(check, simulator, status):
    """What is named and not listed is counted and named; the user's role is told as well."""
    user = next(
        candidate
        for candidate in simulator.account.users.values()
        if candidate.role == "limited_user"
    )
    simulator.control.api_keys["mine"] = SimulatedCredential(secret="mine", user_id=user.id)
    simulator.control.visible_teams = {min(simulator.account.teams)}
    simulator.control.hidden_status = status
    lines = check(key="mine")

    assert bad(lines) == {
        "credential": Cause.TIED_TO_USER,
        "visibility": Cause.TEAM_SCOPE,
        "/audit/records": Cause.DENIED,
    }
    hidden = set(simulator.account.teams) - simulator.control.visible_teams
    assert f"{len(hidden)} teams ({', '.join(sorted(hidden))})" in lines["visibility"].message
    assert "base role limited_user" in lines["credential"].message
    assert "account" in lines["visibility"].next_step


def test_check_names_schedules_without_layers(check, simulator):
    """The schedule is named."""
    chosen = next(
        schedule for schedule in simulator.account.schedules.values() if schedule.form == "layers"
    )
    simulator.account.schedules[chosen.id] = replace(chosen, layers=())
    lines = check()

    assert bad(lines) == {"schedules": Cause.SCHEDULE_WITHOUT_LAYERS}
    assert f"1 of 3 have no layer with users: {chosen.name} ({chosen.id})" in (
        lines["schedules"].message
    )


@pytest.mark.parametrize(
    ("spoil", "message", "step"),
    [
        pytest.param(
            lambda control: control.inject("/log_entries", too_many_requests(1)),
            "429",
            "leave log entries more of the limit",
            id="throttled",
        ),
        pytest.param(
            lambda control: [
                control.deny(path) for path in ("/log_entries", "/incidents/{id}/log_entries")
            ],
            "403",
            "read-only API key of the account",
            id="denied",
        ),
    ],
)
def test_check_reports_missing_acknowledgement_times(check, simulator, spoil, message, step):
    """Log entries alone tell of them: the line says so, and what to change."""
    spoil(simulator.control)
    lines = check()
    assert bad(lines) == {"/log_entries": Cause.ACKNOWLEDGEMENTS_MISSING}
    assert message in lines["/log_entries"].message
    assert "they will be missing" in lines["/log_entries"].message
    assert step in lines["/log_entries"].next_step


def test_check_accepts_log_entries_read_by_incident(check, simulator):
    """The account's list is refused, and there is another way."""
    simulator.control.deny("/log_entries")
    lines = check()
    assert bad(lines) == {}
    assert "the log entries of each incident can be read" in lines["/log_entries"].message


def test_check_reports_insufficient_scope_of_a_classic_app(check):
    """It asked for `read` and was granted `openid`: everything is refused for one reason."""
    lines = check(scopes=("openid",))
    assert lines["scopes"].cause == Cause.INSUFFICIENT_SCOPE
    assert "granted: openid; missing: read" in lines["scopes"].message
    assert set(bad(lines).values()) == {
        Cause.INSUFFICIENT_SCOPE,
        Cause.ACKNOWLEDGEMENTS_MISSING,
        Cause.TIED_TO_USER,  # whose role cannot be read either
    }


def test_check_reports_insufficient_scope_of_a_scoped_app(check):
    """The scope that is missing is named, with the kinds that need it, and by the 403 as well."""
    granted = (
        "services.read escalation_policies.read schedules.read incidents.read users.read "
        "users:contact_methods.read teams.read abilities.read"
    )
    lines = check(scopes=tuple(granted.split()))
    optional = {
        "/priorities",
        "/event_orchestrations",
        "/audit/records",
        "/standards/scores/technical_services",
        "/extensions",
        "/webhook_subscriptions",
        "/session_configurations",
        "/incident_workflows",
        "/incident_workflows/triggers",
    }
    refused = {"scopes", "/oncalls", *optional}
    assert bad(lines) == dict.fromkeys(refused, Cause.INSUFFICIENT_SCOPE)
    assert not any(lines[path].refused_kinds for path in refused - optional)
    assert all(lines[path].refused_kinds for path in optional)
    assert "missing: oncalls.read" in lines["scopes"].message
    assert "pagerduty.on_call" in lines["scopes"].message
    assert "The credential needs: oncalls.read" in lines["/oncalls"].message


def test_check_of_a_token_with_every_scope_has_no_next_step(check):
    """Of a classic app that is `read` alone."""
    assert bad(check(scopes=("openid", "read"))) == {}


def test_check_reports_a_plan_without_teams(check, simulator):
    """It is not available, which is not the same as none."""
    simulator.account.abilities.remove("teams")
    lines = check()
    assert bad(lines) == {"/teams": Cause.NOT_IN_PLAN}
    assert "as far as the lists could be read" in lines["visibility"].message


@pytest.mark.parametrize(
    ("role", "causes"),
    [
        pytest.param(None, {}, id="a key of the account"),
        pytest.param(
            "limited_user",
            {
                "credential": Cause.TIED_TO_USER,
                "visibility": Cause.TEAM_SCOPE,
                "/audit/records": Cause.DENIED,
            },
            id="a key of a user",
        ),
    ],
)
def test_check_distinguishes_deleted_from_hidden_objects(check, simulator, role, causes):
    """A 404 means deleted where nothing is hidden; a user's key may not see the schedule."""
    target = next(
        target.id
        for policy in simulator.account.policies.values()
        for level in policy.levels
        for target in level.targets
        if target.type == "schedule"
    )
    del simulator.account.schedules[target]
    users = simulator.account.users.values()
    user = next((user.id for user in users if user.role == role), None)
    simulator.control.api_keys["mine"] = SimulatedCredential(secret="mine", user_id=user)
    lines = check(key="mine")
    assert bad(lines) == causes
    assert (f"1 schedule ({target})" in lines["visibility"].message) is bool(causes)


# -- a connection that cannot be opened --------------------------------------------------------


def answering(regions: dict[str, int]):
    """Answer for each region's host with a status."""

    def handler(request: httpx.Request) -> httpx.Response:
        region = "eu" if request.url.host == "api.eu.pagerduty.com" else "us"
        hosts.append(request.url.host)
        return httpx.Response(regions[region], json={"user": {"id": "PU", "role": "owner"}})

    hosts: list[str] = []
    return handler, hosts


@pytest.mark.parametrize(
    ("eu", "cause", "message", "step"),
    [
        pytest.param(
            200, Cause.WRONG_REGION, "the key is valid", "set region: eu in", id="wrong region"
        ),
        pytest.param(
            401,
            Cause.KEY_REFUSED,
            "both regions refuse",
            "create a read-only API key",
            id="revoked",
        ),
        pytest.param(
            500, Cause.KEY_REFUSED, "401", "that region could not be checked", id="cannot be told"
        ),
    ],
)
def test_a_refused_key_is_tried_in_the_other_region(pagerduty, eu, cause, message, step):
    """It goes to the other of PagerDuty's two hosts, and nowhere else."""
    handler, hosts = answering({"us": 401, "eu": eu})
    opening = partial(open_session, bounds=pagerduty.hasty, transport=httpx.MockTransport(handler))
    diagnoses = diagnose(
        pagerduty.request_for(), AuthenticationFailed("GET /users/me: 401"), opening=opening
    )
    (line,) = asyncio.run(diagnoses)
    assert line.cause == cause
    assert message in line.message
    assert step in line.next_step
    assert set(hosts) == {"api.eu.pagerduty.com"}


def test_a_key_for_another_address_goes_to_no_region(pagerduty):
    """Whoever names an address of their own does not want the key at PagerDuty."""
    handler, hosts = answering({"us": 200, "eu": 200})
    request = pagerduty.request_for(base_url="http://127.0.0.1:9")
    opening = partial(open_session, transport=httpx.MockTransport(handler))
    (line,) = asyncio.run(diagnose(request, AuthenticationFailed("401"), opening=opening))
    assert (line.cause, hosts) == (Cause.KEY_REFUSED, [])


@pytest.mark.parametrize(
    ("method", "error", "cause", "step"),
    [
        pytest.param(
            OAUTH,
            AuthenticationFailed("401"),
            Cause.TOKEN_REFUSED,
            "ccm connect pagerduty",
            id="a token",
        ),
        pytest.param(
            OAUTH,
            ReauthorizationRequired("expired or revoked"),
            Cause.TOKEN_REFUSED,
            "--name pagerduty-test --replace",
            id="a grant",
        ),
        pytest.param("api_key", Unreachable("x"), Cause.UNREACHABLE, "network", id="no answer"),
        pytest.param("api_key", SETUP, Cause.NETWORK_SETUP, "SSL_CERT_FILE", id="a certificate"),
        pytest.param("api_key", RateLimited("429"), Cause.RATE_LIMITED, "requests", id="limited"),
        pytest.param(
            "api_key", BadResponse("HTML"), Cause.SOURCE_ERROR, "try again", id="nonsense"
        ),
    ],
)
def test_connect_failure_has_a_cause_and_a_next_step(pagerduty, method, error, cause, step):
    """Each has its own cause and next step."""
    request = replace(pagerduty.request_for(), auth_method=method)
    (line,) = asyncio.run(connector().diagnose_failure(request, error))
    assert (line.ok, line.cause) == (False, cause)
    assert step in line.next_step
