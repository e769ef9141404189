"""A person's consent in two steps: an authorization URL to open, and tokens for what comes back.

Between the steps nothing is stored but the request itself, so that they may be one command or two
requests of a web console. What was granted is compared with what was asked, and the account is
read from a verified ID token, before anything is saved.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.auth.oauth_messages import (
    AuthorizationRequest,
    TokenSet,
    authorization_request,
    code_from_redirect,
    require_scopes,
)
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.pipeline.credentials.authorization import token_endpoint
from ccm_core.sdk.oauth import AccountIdentity, OAuthGrant

if TYPE_CHECKING:
    from ccm_core.auth.token_endpoint import TokenEndpoint
    from ccm_core.pipeline.context import Connection, Host


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentGrant:
    """What a person agreed to."""

    tokens: TokenSet
    account: AccountIdentity | None
    """Whose it is; None where the identity server gave no ID token."""


def begin_consent(host: Host, connection: Connection, redirect_uri: str) -> AuthorizationRequest:
    """Return the authorization request: its URL is to be opened, its state and verifier kept.

    Args:
        host: What is installed, and the clock.
        connection: Whose tokens are requested.
        redirect_uri: Where the browser is sent afterwards; registered with the OAuth client.
    """
    grant = _grant(connection)
    endpoint = token_endpoint(host, connection, grant)
    return authorization_request(
        endpoint.provider,
        endpoint.client,
        redirect_uri=redirect_uri,
        scopes=grant.scopes(connection.settings, connection.auth),
    )


async def finish_consent(
    host: Host, connection: Connection, request: AuthorizationRequest, redirected: str
) -> ConsentGrant:
    """Exchange the code of the address that the browser was sent to. Nothing is saved.

    Args:
        host: What is installed, and the clock.
        connection: Whose tokens are requested.
        request: The request that this consent began with.
        redirected: The whole address that the browser was sent to. Its code expires in seconds.

    Raises:
        UsageError: The person did not agree, or the address belongs to something else.
        AuthenticationFailed: Less was granted than was asked, or the code was refused.
        SourceError: The identity server failed.
    """
    endpoint = token_endpoint(host, connection, _grant(connection))
    tokens = await endpoint.redeem(request, code_from_redirect(redirected, request))
    require_scopes(tokens, request.scopes)
    return ConsentGrant(tokens=tokens, account=await _account(endpoint, tokens))


def _grant(connection: Connection) -> OAuthGrant:
    grant = connection.method.oauth
    if grant is None:
        raise AssertionError("only a method with OAuth 2.0 asks for a person's consent")
    return grant


async def _account(endpoint: TokenEndpoint, tokens: TokenSet) -> AccountIdentity | None:
    from ccm_core.auth.id_token import verify_id_token

    if tokens.id_token is None:
        return None
    return verify_id_token(
        tokens.id_token,
        keys=await endpoint.keys(),
        provider=endpoint.provider,
        client=endpoint.client,
        now=endpoint.clock(),
    )
