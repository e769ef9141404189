"""An app that asks for itself: one token for a process, renewed in time, nothing kept."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from pagerduty_simulator import AppKind

from ccm_core.auth.client_credentials import ClientCredentialsTokens
from ccm_core.errors import AuthenticationFailed, SourceError

ACCOUNT = "as_account-us.northwind-freight"


@pytest.fixture
def tokens(endpoint, identity, oauth, clock):
    """Ask as an app that may read services; the scopes are a case's."""
    app = identity.register("services.read", kind=AppKind.SCOPED)

    def of(*scopes, client=None) -> ClientCredentialsTokens:
        asking = replace(endpoint, client=client or oauth.as_client(app))
        return ClientCredentialsTokens(asking, scopes or (ACCOUNT, "services.read"), clock=clock)

    return of


def test_client_credentials_token_is_reused_until_it_expires(tokens, servers, clock):
    """The first request asks; a day later another is asked for."""
    mine = tokens()
    assert mine.scopes is None

    async def together():
        return await asyncio.gather(*(mine.token() for _ in range(3)))

    first = set(asyncio.run(together()))
    assert len(first) == 1
    assert mine.scopes == (ACCOUNT, "services.read")
    clock.pass_by(hours=23)
    assert {asyncio.run(mine.token())} == first
    clock.pass_by(minutes=56)
    assert {asyncio.run(mine.token())} != first


def test_rejected_client_credentials_token_is_requested_again_once(tokens):
    """Two who were refused with the same token get the same new one."""
    mine = tokens()
    refused = asyncio.run(mine.token())
    first, second = (asyncio.run(mine.after_refusal(refused)) for _ in range(2))
    assert first == second != refused


def test_missing_client_scope_is_reported(tokens):
    """The server says so by itself here."""
    with pytest.raises(SourceError, match="invalid_scope: check the scopes of the OAuth client"):
        asyncio.run(tokens(ACCOUNT, "teams.read").token())


def test_wrong_client_secret_is_reported_without_it(tokens, oauth, identity):
    """The message says what to check."""
    app = identity.register("services.read", kind=AppKind.SCOPED)
    wrong = replace(oauth.as_client(app), client_secret=oauth.as_client(app).client_secret)
    identity.apps[app.client_id] = replace(app, client_secret="pdeas-other")
    with pytest.raises(
        AuthenticationFailed, match="check the client id and the client secret"
    ) as caught:
        asyncio.run(tokens(client=wrong).token())
    assert str(app.client_secret) not in str(caught.value)
