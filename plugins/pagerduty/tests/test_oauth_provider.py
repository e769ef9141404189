"""What the plugin tells of OAuth 2.0 fits the kinds it reads and the server it speaks of."""

from __future__ import annotations

import json
import re

import httpx  # noqa: TID253 - the simulated API is asked over HTTP
import pytest
from ccm_pagerduty.auth_methods import methods
from ccm_pagerduty.client import base_url_of
from ccm_pagerduty.kinds import kinds
from ccm_pagerduty.oauth_provider import (
    CLASSIC_SCOPES,
    OPTIONAL_SCOPES,
    REGIONS,
    SCOPES,
    VISIBILITY_SCOPES,
    account_scope,
    provider,
    scopes_for,
)
from pagerduty_simulator import (
    AppKind,
    IdentityState,
    PagerDutySimulator,
    SimulatorControl,
    build_account,
)
from pagerduty_simulator.account.account import AccountSizes
from pagerduty_simulator.api.credentials import SimulatedCredential
from pagerduty_simulator.api.scopes import REQUIRED
from pagerduty_simulator.identity.oauth import AUTHORIZE, KEYS, TOKEN, OAuthEndpoints

PROVIDER = provider({})
SIZES = AccountSizes(services=2, policies=2, schedules=2, users=8, teams=2, incidents=4)
READS = {
    "pagerduty.service": ["/services"],
    "pagerduty.escalation_policy": ["/escalation_policies"],
    "pagerduty.schedule": ["/schedules", "/schedules/{schedule}"],
    "pagerduty.schedule_rendering": ["/schedules/{schedule}"],
    "pagerduty.on_call": ["/oncalls"],
    "pagerduty.incident": ["/incidents"],
    "pagerduty.incident_log_entry": ["/log_entries"],
    "pagerduty.user": ["/users", "/users/{user}/contact_methods"],
    "pagerduty.team": ["/teams"],
    "pagerduty.team_member": ["/teams", "/teams/{team}/members"],
    "pagerduty.priority": ["/priorities"],
    "pagerduty.maintenance_window": ["/maintenance_windows"],
    "pagerduty.event_orchestration": ["/event_orchestrations"],
    "pagerduty.event_orchestration_path": [
        f"/event_orchestrations/{{orchestration}}/{path}"
        for path in ("router", "unrouted", "global")
    ],
    "pagerduty.service_orchestration": ["/event_orchestrations/services/{service}"],
    "pagerduty.schedule_overrides": ["/schedules/{schedule}/overrides"],
    "pagerduty.service_custom_fields": ["/services/{service}/custom_fields/values"],
    "pagerduty.business_service": ["/business_services"],
    "pagerduty.service_dependencies": [
        "/service_dependencies/business_services/{business}",
        "/service_dependencies/technical_services/{service}",
    ],
    "pagerduty.service_standards": ["/standards/scores/technical_services"],
    "pagerduty.extension": ["/extensions"],
    "pagerduty.webhook_subscription": ["/webhook_subscriptions"],
    "pagerduty.session_configuration": ["/session_configurations"],
    "pagerduty.incident_workflow": ["/incident_workflows"],
    "pagerduty.incident_workflow_trigger": ["/incident_workflows/triggers"],
    "pagerduty.incident_note": ["/incidents/1/notes"],
    "pagerduty.audit_record": ["/audit/records"],
}


def test_every_kind_has_its_scopes():
    """And no others are asked for."""
    assert set(SCOPES) == set(READS) == {kind.name for kind in kinds()}
    everything = {scope for scopes in SCOPES.values() for scope in scopes}
    assert scopes_for(SCOPES) == tuple(sorted(everything))
    assert all(scope.endswith(".read") for scope in everything)


def test_a_scope_is_optional_where_only_optional_kinds_need_it():
    """An app may be registered without it, and everything else is read."""
    required = {scope for kind in kinds() if not kind.optional for scope in SCOPES[kind.name]}
    everything = {scope for scopes in SCOPES.values() for scope in scopes}
    assert set(OPTIONAL_SCOPES) == everything - required


@pytest.mark.parametrize(
    ("without", "asked"),
    [
        ("", set(scopes_for(SCOPES))),
        ("audit_records.read", set(scopes_for(SCOPES)) - {"audit_records.read"}),
        (" ".join(OPTIONAL_SCOPES), set(scopes_for(SCOPES)) - set(OPTIONAL_SCOPES)),
    ],
    ids=["all", "without one", "without any"],
)
def test_an_app_without_optional_scopes_is_not_asked_for_them(without, asked):
    """PagerDuty grants nothing but `openid` to an app that is asked for one that it lacks."""
    for method in methods(SCOPES):
        if "without_scopes" not in method.fields:
            continue
        pattern = method.fields["without_scopes"]["pattern"]
        assert re.match(pattern, without)
        auth = {"app": "scoped", "subdomain": "acme", "without_scopes": without}
        scopes = method.oauth.scopes({}, auth)
        seen = set(VISIBILITY_SCOPES) if method.name == "oauth" else set()
        assert {scope for scope in scopes if not scope.startswith("as_account")} == asked | seen
        assert not re.match(pattern, "incidents.read")


def test_the_hosts_are_the_ones_that_are_read():
    """An ID token chooses among the addresses that the client uses."""
    assert {region: base_url_of({"region": region}) for region in REGIONS} == dict(
        PROVIDER.base_urls
    )


def test_the_settings_can_name_an_identity_server_on_loopback():
    """The issuer and the addresses of the API stay PagerDuty's."""
    local = provider({"identity_url": "http://127.0.0.1:4711/"})
    assert local.token_url == "http://127.0.0.1:4711/oauth/token"
    assert (local.issuer, local.base_urls) == (PROVIDER.issuer, PROVIDER.base_urls)


def test_the_simulator_stands_at_the_same_paths():
    """So what works against the one is sent to the same place at the other."""
    urls = (PROVIDER.authorize_url, PROVIDER.token_url, PROVIDER.keys_url)
    assert urls == tuple(
        f"https://identity.pagerduty.com{path}" for path in (AUTHORIZE, TOKEN, KEYS)
    )
    assert IdentityState().issuer == PROVIDER.issuer


@pytest.fixture(scope="module")
def api(pagerduty):
    """A small simulated account on a socket."""
    with PagerDutySimulator(build_account(pagerduty.now, sizes=SIZES)) as running:
        yield running


def statuses(api, kind: str, scopes) -> set[int]:
    """Read what a kind is made of with a token of these scopes."""
    api.control.bearer_tokens["t"] = SimulatedCredential(
        secret="t", scopes=frozenset({"openid", *scopes})
    )
    account = api.account
    ids = {
        "schedule": next(iter(account.schedules)),
        "user": next(iter(account.users)),
        "team": next(iter(account.teams)),
        "service": next(iter(account.services)),
        "business": next(iter(account.business_services)),
        "orchestration": next(iter(account.orchestrations)),
    }
    headers = {"Authorization": "Bearer t"}
    window = {"since": "2026-11-20T00:00:00Z", "until": "2026-11-21T00:00:00Z"}
    window["ids[]"] = ids["service"]
    with httpx.Client(base_url=api.base_url, headers=headers, trust_env=False) as http:
        return {http.get(path.format(**ids), params=window).status_code for path in READS[kind]}


@pytest.mark.parametrize("kind", sorted(READS))
def test_the_scopes_of_a_kind_open_what_it_reads(api, kind):
    """All of it; and with any one of them missing, something is refused."""
    assert statuses(api, kind, SCOPES[kind]) == {200}
    for left_out in SCOPES[kind]:
        fewer = {*scopes_for(SCOPES)} - {left_out}
        assert 403 in statuses(api, kind, fewer)


def test_a_classic_scope_opens_everything(api):
    """Within the user's rights."""
    assert {status for kind in READS for status in statuses(api, kind, CLASSIC_SCOPES)} == {200}


def test_an_app_names_the_account_with_a_scope(api):
    """In the form that the identity server takes."""
    endpoints = OAuthEndpoints(api.account, SimulatorControl())
    app = endpoints.identity.register("teams.read", kind=AppKind.SCOPED)
    scope = f"{account_scope('us', endpoints.identity.subdomain)} teams.read"
    form = {
        "grant_type": "client_credentials",
        "client_id": app.client_id,
        "client_secret": app.client_secret or "",
        "scope": scope,
    }
    assert endpoints.respond("POST", TOKEN, form).status == 200
    assert endpoints.respond("POST", TOKEN, form | {"scope": f"x{scope}"}).status == 400


def test_the_simulators_scopes_are_the_vendors(reference_description):
    """Each endpoint asks for the scope that PagerDuty's description states."""
    stated = {
        template: scope for template, scope in reference_description.items() if template in REQUIRED
    }
    assert stated
    assert {template: REQUIRED[template] for template in stated} == stated


@pytest.fixture(scope="module")
def reference_description(request) -> dict[str, str]:
    """The scopes of the vendor's description, kept beside the repository."""
    folder = request.config.rootpath.parent / "shared" / "pagerduty"
    file = folder / "openapi-subset.json"
    if not file.is_file():
        pytest.skip(f"no reference data at {folder}")
    paths = json.loads(file.read_text("utf-8"))["paths"]
    return {
        path: operations["get"]["x-pd-requires-scope"]
        for path, operations in paths.items()
        if "x-pd-requires-scope" in operations.get("get", {})
    }
