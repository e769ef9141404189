"""A source is connected with OAuth 2.0: agreed to, compared, tested, and only then saved."""

from __future__ import annotations

import re
import socket
from collections import deque
from datetime import UTC, datetime, timedelta

from pagerduty_simulator import AppKind
from pagerduty_simulator.api.responses import SimulatedResponse
from pagerduty_simulator.api.scopes import REQUIRED
from typing_in import browsed, saved, vault_of


def test_oauth_consent_is_completed_by_a_pasted_address(by_oauth, identity, ccm, folder):
    """The region comes from the ID token, the tokens are in the vault, and the connection works."""
    identity.identity.region, identity.identity.api_base_url = "eu", "https://api.eu.pagerduty.com"
    ran = by_oauth(identity.identity.register())
    assert ran.code == 0, ran.err
    assert "account: northwind-freight  region eu" in ran.err
    text = (folder / "ccm.yaml").read_text()
    assert "region: eu" in text
    assert "method: oauth, app: classic" in text
    entry = vault_of(folder).read("pagerduty")
    assert set(entry.secrets) == {"client_id", "client_secret", "access_token", "refresh_token"}
    assert entry.scopes == ("openid", "read")
    for secret in entry.secrets.values():
        assert all(secret.reveal().encode() not in held for held in saved(folder).values())
    assert ccm("check").code == 0


def test_a_scoped_app_requests_the_scopes_of_its_kinds(by_oauth, identity, simulator, ccm):
    """And for no others; every endpoint that is read lets it in."""
    app = identity.identity.register(*REQUIRED.values(), kind=AppKind.SCOPED)
    ran = by_oauth(app, "--set", "app=scoped")
    assert ran.code == 0, ran.err
    (credential,) = simulator.control.bearer_tokens.values()
    assert credential.scopes == {"openid", *REQUIRED.values()}
    manifest = ccm("collect", "--json").json[0]
    assert {one["outcome"] for one in manifest["collections"]} == {"complete"}
    assert manifest["credential"]["kind"] == "oauth_user_token"
    assert set(manifest["credential"]["scopes"]) == credential.scopes


def test_a_scoped_app_without_an_optional_scope_is_not_asked_for_it(by_oauth, identity, ccm):
    """PagerDuty would grant it nothing at all; its kind is not available, and the rest is read."""
    scopes = set(REQUIRED.values()) - {"audit_records.read"}
    app = identity.identity.register(*scopes, kind=AppKind.SCOPED)
    assert by_oauth(app, "--set", "app=scoped").code != 0

    without = ("--set", "without_scopes=audit_records.read")
    ran = by_oauth(app, "--set", "app=scoped", *without)
    assert ran.code == 0, ran.err
    outcomes = {
        one["kind"]: one["outcome"] for one in ccm("collect", "--json").json[0]["collections"]
    }
    assert outcomes.pop("pagerduty.audit_record") == "unavailable"
    assert set(outcomes.values()) == {"complete"}


def test_a_public_client_is_protected_by_pkce_only(by_oauth, identity, folder):
    """An empty answer says that it has none."""
    app = identity.identity.register(public=True)
    ran = by_oauth(app, secret=" ")
    assert ran.code == 0, ran.err
    assert "client_secret" not in (folder / "ccm.yaml").read_text()


def test_an_app_connects_with_client_credentials(connect, identity, ccm, folder):
    """With the account's name in its scope; its tokens are kept nowhere."""
    app = identity.identity.register(*REQUIRED.values(), kind=AppKind.SCOPED)
    ran = connect(
        "--oauth-app",
        f"--set=identity_url={identity.base_url}",
        "--set=subdomain=northwind-freight",
        answers=[app.client_id, app.client_secret],
    )
    assert ran.code == 0, ran.err
    assert set(vault_of(folder).read("pagerduty").secrets) == {"client_id", "client_secret"}
    assert ccm("collect", "--json").json[0]["credential"]["kind"] == "oauth_app_token"


def wrong_state(output: str) -> str:
    """Come back with the state of another attempt."""
    return re.sub("state=[^&]*", "state=another", browsed(output))


def test_a_failed_consent_is_reported_and_saves_nothing(by_oauth, identity, simulator, folder):
    """Whatever the identity server or the browser says: no secret in it, nothing written."""
    identity_state, control = identity.identity, simulator.control
    app = identity_state.register()

    def late(output: str) -> str:
        address = browsed(output)
        control.now = lambda: datetime.now(UTC) + timedelta(seconds=31)
        return address

    def fails(answer: SimulatedResponse):
        def address(output: str) -> str:
            identity_state.failures = deque([answer])
            return browsed(output)

        return address

    def ahead(output: str) -> str:
        control.now = lambda: datetime.now(UTC) + timedelta(minutes=10)
        return browsed(output)

    def refused(output: str) -> str:
        identity_state.consents = False
        return browsed(output)

    page = SimulatedResponse(body=b"<html>proxy</html>", content_type="text/html")
    cases = {
        "wrong secret": ({"secret": "pdeas-wrong"}, 4, "check the client id and the client secret"),
        "expired code": ({"address": late}, 4, "it is valid for seconds and works once"),
        "another state": ({"address": wrong_state}, 2, "belongs to another request"),
        "no agreement": ({"address": refused}, 2, "access was denied"),
        "another address": ({"address": "https://example.com"}, 2, "begins with http://127.0.0.1"),
        "html": ({"address": fails(page)}, 4, "not JSON"),
        "500": ({"address": fails(SimulatedResponse(status=500))}, 4, "the identity server failed"),
        "a clock behind": ({"address": ahead}, 2, "10 minutes behind the identity server's"),
    }
    for case, (granted, code, words) in cases.items():
        identity_state.consents, control.now = True, lambda: datetime.now(UTC)
        ran = by_oauth(app, **granted)
        assert (case, ran.code, words in ran.err) == (case, code, True), ran.err
        secrets = [
            app.client_secret,
            "pdeas-wrong",
            *control.bearer_tokens,
            *identity_state.refresh_grants,
        ]
        assert [one for one in secrets if one in ran.out + ran.err] == []
        assert saved(folder) == {}


def test_missing_oauth_scopes_are_reported_at_once(by_oauth, identity, folder):
    """A wrong scope is no error for the server: it grants openid, which opens nothing."""
    ran = by_oauth(identity.identity.register("write"))
    assert ran.code == 4
    assert "insufficient scope: got 'openid', missing 'read'" in ran.err
    assert saved(folder) == {}


def test_a_port_in_use_is_reported(connect, identity, folder):
    """With the ways out."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = str(listener.getsockname()[1])
        ran = connect("--oauth", "--port", port, answers=["id", "secret"])
    assert (ran.code, f"port {port} of 127.0.0.1 is in use" in ran.err) == (2, True)
    assert "paste the address instead" in ran.err
    assert saved(folder) == {}


def test_a_revoked_grant_ends_the_run_with_the_next_step(by_oauth, identity, simulator, ccm):
    """What was kept by then is kept and sealed; connecting anew mends it."""
    identity_state, control = identity.identity, simulator.control
    app = identity_state.register()
    by_oauth(app)
    begun = len(control.requests)

    def revoke(_asked) -> None:
        if len(control.requests) == begun + 6:
            identity_state.revoke_all()
            control.bearer_tokens.clear()

    control.before_response = revoke
    ran = ccm("collect", "--json")
    (manifest,) = ran.json
    assert (ran.code, manifest["shortfalls"][0]["reason"]) == (4, "denied")
    assert "must be connected again: its grant was revoked" in manifest["shortfalls"][0]["detail"]
    assert (
        "ccm connect pagerduty --name pagerduty --replace`" in manifest["shortfalls"][0]["detail"]
    )
    assert "complete" in {one["outcome"] for one in manifest["collections"]}
    control.before_response = None
    checked = ccm("check")
    assert (checked.code, "must be connected again" in checked.out) == (4, True)
    assert by_oauth(app, "--replace").code == 0
    assert ccm("collect", "--all").code == 0
