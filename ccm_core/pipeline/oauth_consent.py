"""Getting a person's agreement: out to the browser, back with a code, and on to tokens.

What was granted is compared with what was asked, and the account is read out of a verified ID
token, before anything is kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccm_core.auth.oauth_messages import AuthorizationRequest, TokenSet, all_granted, authorization, code_from_redirect
from ccm_core.pipeline.authorization import endpoint
from ccm_core.sdk.oauth import Identified

if TYPE_CHECKING:
    from ccm_core.auth.token_endpoint import TokenEndpoint
    from ccm_core.pipeline.context import Connection, Host
    from ccm_core.sdk.secret import Secret

CALLBACK = "/callback"
"""The path of the redirect URL on this machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listen:
    """The browser comes back to this machine by itself."""

    port: int
    """The one that is registered with the app; 0: any that is free."""
    show: Callable[[Secret, str], None]
    """Shows a person the link, and opens a browser at an address that leads on to it."""
    patience: float = 300.0
    """Seconds to wait for the person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paste:
    """The person pastes the address that the browser was sent to, from wherever it runs."""

    redirect_uri: str
    """Registered with the app; nobody needs to listen there."""
    ask: Callable[[Secret], str]
    """Shows a person the link and asks for the address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """What a person agreed to."""

    tokens: TokenSet
    account: Identified | None
    """Whose it is; None where the identity server gave no ID token."""


def agree(host: Host, connection: Connection, way: Listen | Paste) -> Granted:
    """Walk a person through the authorization code flow. Nothing is kept.

    Raises:
        UsageError: The person did not agree, or the browser came back with something else.
        Refused: Less was granted than was asked, or the code was not taken.
        SourceError: The identity server failed.
    """
    return asyncio.run(_agree(host, connection, way))


async def _agree(host: Host, connection: Connection, way: Listen | Paste) -> Granted:
    grant = connection.method.oauth
    if grant is None:
        raise AssertionError("only a method with OAuth 2.0 asks a person to agree")
    asked = endpoint(host, connection, grant)
    scopes = grant.scopes(connection.settings, connection.auth)

    def attempt(redirect_uri: str) -> AuthorizationRequest:
        return authorization(asked.provider, asked.client, redirect_uri=redirect_uri, scopes=scopes)

    if isinstance(way, Paste):
        begun = attempt(way.redirect_uri)
        return await _redeemed(asked, begun, way.ask(begun.url))
    return await _listened(asked, attempt, way)


async def _listened(
    asked: TokenEndpoint, attempt: Callable[[str], AuthorizationRequest], way: Listen
) -> Granted:
    from ccm_core.auth.loopback_redirect import listening

    async with listening(port=way.port, path=CALLBACK) as redirect:
        begun = attempt(redirect.redirect_uri)
        redirect.begin_with(begun.url)
        way.show(begun.url, redirect.begin_uri)
        address = await redirect.address(patience=way.patience)
        # The code lives for seconds: nothing is done before it is exchanged.
        return await _redeemed(asked, begun, address)


async def _redeemed(asked: TokenEndpoint, begun: AuthorizationRequest, address: str) -> Granted:
    tokens = await asked.redeem(begun, code_from_redirect(address, begun))
    all_granted(tokens, begun.scopes)
    return Granted(tokens=tokens, account=await _account(asked, tokens))


async def _account(asked: TokenEndpoint, tokens: TokenSet) -> Identified | None:
    from ccm_core.auth.id_token import identified

    if tokens.id_token is None:
        return None
    return identified(
        tokens.id_token,
        keys=await asked.keys(),
        provider=asked.provider,
        client=asked.client,
        now=asked.clock(),
    )
