"""Tokens stay fresh: before they expire, once after a 401, by one refresher at a time."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
from pagerduty_simulator import AppKind
from pagerduty_simulator.api.responses import SimulatedResponse, json_response

from ccm_core.auth.token_refresh import TokenRefresher, refresh_function
from ccm_core.auth.vault import Vault
from ccm_core.auth.vault_encryption import KeySources
from ccm_core.auth.vault_entry import VaultEntry
from ccm_core.errors import (
    AuthenticationFailed,
    BadResponse,
    RateLimited,
    ReauthorizationRequired,
    SecretError,
    Unreachable,
)
from ccm_core.sdk.secret import Secret

KEY = {"CCM_VAULT_KEY": "8FbGmH1iKkq2lN7zR0vYx3uJ5dQwTtE6aSsPpOoLlKk="}


@pytest.fixture
def vault(tmp_path, endpoint, oauth, clock) -> Vault:
    """A vault with one connection in it that somebody has just agreed to."""
    made = Vault(tmp_path / "ccm.vault", KeySources(environment=KEY, keyring=lambda: None))
    made.write("prod", VaultEntry.of(oauth.walk(endpoint), entered_at=clock()))
    return made


@pytest.fixture
def keep(vault, endpoint, clock):
    """Make keepers of that connection, each as another process would."""

    def make(renew=None) -> TokenRefresher:
        own = Vault(vault.path, KeySources(environment=KEY, keyring=lambda: None))
        return TokenRefresher(
            own, "prod", refresh=renew or refresh_function(endpoint, ["read"]), clock=clock
        )

    return make


@pytest.fixture
def connected(vault, identity, clock, endpoint, oauth):
    """Connect with tokens of another life; give the clock: ``connected(days=30)``."""

    def connect(**life):
        identity.access_lifetime = timedelta(**life)
        vault.write("prod", VaultEntry.of(oauth.walk(endpoint), entered_at=clock()))
        return clock

    return connect


def status_with(servers, token: Secret) -> int:
    """Ask the API for something."""
    headers = {"Authorization": f"Bearer {token.reveal()}"}
    with httpx.Client(trust_env=False) as http:
        return http.get(f"{servers.api.base_url}/services", headers=headers).status_code


def test_valid_token_is_not_refreshed(vault, keep, identity):
    """Nothing is sent."""
    assert asyncio.run(keep().token()) == vault.read("prod").secrets["access_token"]
    assert identity.rotations == 0


@pytest.mark.parametrize(
    ("life", "passed", "rotations"),
    [
        pytest.param({"days": 30}, {"days": 30, "minutes": -6}, 0, id="six minutes before"),
        pytest.param({"days": 30}, {"days": 30, "minutes": -5}, 1, id="five minutes before"),
        pytest.param({"days": 30}, {"days": 31}, 1, id="afterwards"),
        pytest.param({"seconds": 10}, {"seconds": 8}, 0, id="a short life, before its last tenth"),
        pytest.param({"seconds": 10}, {"seconds": 9}, 1, id="a short life, in its last tenth"),
    ],
)
def test_token_is_refreshed_before_it_expires(connected, keep, identity, life, passed, rotations):
    """Not sooner than need be."""
    connected(**life).pass_by(**passed)
    asyncio.run(keep().token())
    assert identity.rotations == rotations


def test_token_without_expiry_is_not_refreshed(connected, keep, servers):
    """At its last second, what is given still opens the API."""
    for seconds in (0, 9, 9):
        connected(seconds=10).pass_by(seconds=seconds)
        assert status_with(servers, asyncio.run(keep().token())) == 200


def test_refreshed_tokens_are_stored_before_use(vault, keep, clock):
    """What is given out stands in the vault, with the moment when a person agreed unchanged."""
    before = vault.read("prod")
    clock.pass_by(days=30)
    token = asyncio.run(keep().token())
    after = vault.read("prod")
    assert after.secrets["access_token"] == token
    assert after.secrets["refresh_token"] != before.secrets["refresh_token"]
    assert (after.entered_at, after.refresh_started_at) == (before.entered_at, None)
    assert after.expires_at == clock() + timedelta(days=30)


def test_rejected_token_is_refreshed_once(keep, servers, identity):
    """Two who were refused with the same token send one refresh; both get the new one."""
    refused = asyncio.run(keep().token())
    servers.api.control.bearer_tokens.pop(refused.reveal())
    assert status_with(servers, refused) == 401
    first, second = (asyncio.run(keep().after_refusal(refused)) for _ in range(2))
    assert first == second != refused
    assert identity.rotations == 1
    assert status_with(servers, first) == 200


def test_concurrent_refreshers_send_one_refresh(keep, clock, identity):
    """Each with its own locks and its own vault, as processes have."""
    clock.pass_by(days=30)

    async def together():
        return await asyncio.gather(*(keep().token() for _ in range(6)))

    assert len(set(asyncio.run(together()))) == 1
    assert (identity.rotations, identity.replays) == (1, 0)


def test_cancelled_refresh_is_completed_and_stored(vault, keep, endpoint, clock):
    """Where it is no longer waited for, its answer is kept all the same."""
    clock.pass_by(days=30)

    async def interrupted():
        sent = asyncio.Event()

        async def renew(entry):
            sent.set()
            return await refresh_function(endpoint, ["read"])(entry)

        task = asyncio.create_task(keep(renew).token())
        await sent.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(interrupted())
    assert vault.read("prod").refresh_started_at is None
    assert asyncio.run(keep().token()) == vault.read("prod").secrets["access_token"]


def test_revoked_grant_is_reported(keep, clock, identity):
    """As what it is, with the name of the connection and what to do."""
    identity.revoke_all()
    clock.pass_by(days=30)
    with pytest.raises(
        ReauthorizationRequired, match="connection prod must be connected again: its grant was"
    ):
        asyncio.run(keep().token())


def test_lost_refresh_response_is_reported(vault, keep, clock, identity):
    """The server has rotated and the answer never came: the next refresh says when that was."""
    clock.pass_by(days=30)
    old = vault.read("prod")

    async def torn(entry):
        identity.refresh_grants.pop(entry.secrets["refresh_token"].reveal())
        raise Unreachable("the connection broke")

    with pytest.raises(Unreachable):
        asyncio.run(keep(torn).token())
    assert vault.read("prod") == replace(old, refresh_started_at=clock())
    clock.pass_by(hours=1)
    with pytest.raises(
        ReauthorizationRequired, match="a refresh at 2026-12-20 12:00:00 UTC was cut off before"
    ):
        asyncio.run(keep().token())


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        pytest.param(SimulatedResponse(status=500), Unreachable, id="500"),
        pytest.param(
            SimulatedResponse(body=b"<html>", content_type="text/html"), BadResponse, id="html"
        ),
        pytest.param(SimulatedResponse(status=429), RateLimited, id="429"),
        pytest.param(
            json_response({"error": "invalid_client"}, 401), AuthenticationFailed, id="wrong secret"
        ),
    ],
)
def test_failed_refresh_keeps_the_tokens(vault, keep, clock, identity, answer, error):
    """The tokens stay, and the next try works."""
    before = vault.read("prod").secrets
    clock.pass_by(days=30)
    identity.failures = deque([answer])
    with pytest.raises(error):
        asyncio.run(keep().token())
    assert vault.read("prod").secrets == before
    asyncio.run(keep().token())
    assert vault.read("prod").refresh_started_at is None


def test_refused_refresh_is_not_a_lost_response(vault, keep, clock, identity):
    """A wrong client secret leaves no mark: nothing was on its way."""
    clock.pass_by(days=30)
    identity.failures = deque([json_response({"error": "invalid_client"}, 401)])
    with pytest.raises(AuthenticationFailed):
        asyncio.run(keep().token())
    assert vault.read("prod").refresh_started_at is None


def test_refresh_without_refresh_token_uses_client_credentials(
    vault, keep, clock, identity, endpoint, oauth, servers
):
    """Without a refresh token, the app's own secret is what renews."""
    app = identity.register("services.read", kind=AppKind.SCOPED)
    own = replace(endpoint, client=oauth.as_client(app))
    scopes = ("as_account-us.northwind-freight", "services.read")
    tokens = asyncio.run(own.request(scopes))
    vault.write("prod", VaultEntry.of(tokens, entered_at=clock()))
    clock.pass_by(days=2)
    token = asyncio.run(keep(refresh_function(own, scopes)).token())
    assert token != tokens.access
    assert status_with(servers, token) == 200


def test_connection_without_a_token_is_reported(vault, keep):
    """It was kept for another method."""
    vault.write(
        "prod", VaultEntry(secrets={"key": Secret("u+x")}, entered_at=vault.read("prod").entered_at)
    )
    with pytest.raises(SecretError, match="no access token of prod; connect it first"):
        asyncio.run(keep().token())


def test_unusable_vault_prevents_the_refresh(vault, keep, clock, identity):
    """The answer would have nowhere to go."""
    clock.pass_by(days=30)
    keeper = keep()
    vault.path.write_bytes(b"damaged")
    with pytest.raises(SecretError, match="restore it from a copy"):
        asyncio.run(keeper.token())
    assert identity.rotations == 0
