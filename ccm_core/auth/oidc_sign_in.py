"""Signing a person in by OpenID Connect: code flow with PKCE, from the link to verified claims."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import field
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from ccm_core.auth.id_token import verify_sign_in_token
from ccm_core.auth.oauth_messages import (
    AuthorizationRequest,
    OAuthClient,
    authorization_request,
    code_from_redirect,
)
from ccm_core.auth.oidc_discovery import OpenIdProvider, discovery_url, read_discovery
from ccm_core.errors import BadResponse, UsageError
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.sdk.secret import Secret

if TYPE_CHECKING:
    from ccm_core.auth.token_endpoint import TokenEndpoint
    from ccm_core.model.json_codec import JsonObject

OPENID = "openid"
"""The scope that asks for an ID token."""
_NONCE_BYTES = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcRequest:
    """A sign-in under way; used once."""

    provider: OpenIdProvider
    authorization: AuthorizationRequest = field(repr=False)
    nonce: Secret


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcClient:
    """The console as a client of one issuer."""

    issuer: str
    client_id: str
    client_secret: Secret | None
    scopes: tuple[str, ...]
    """Beside ``openid``."""
    redirect_uri: str
    user_agent: str
    clock: Callable[[], datetime]

    async def begin(self) -> OidcRequest:
        """Read what the issuer offers, and make a link to it with secrets of its own.

        Raises:
            SourceError: The issuer cannot be read, or lacks what sign-in needs.
        """
        from ccm_core.auth.token_endpoint import read_document

        url = discovery_url(self.issuer)
        document = await read_document(url, "a discovery document", self.user_agent)
        provider = read_discovery(document, self.issuer)
        nonce = Secret(secrets.token_urlsafe(_NONCE_BYTES))
        authorization = authorization_request(
            provider.servers,
            self._client(provider),
            redirect_uri=self.redirect_uri,
            scopes=dict.fromkeys((OPENID, *self.scopes)),
            nonce=nonce,
        )
        return OidcRequest(provider=provider, authorization=authorization, nonce=nonce)

    async def finish(self, redirected: Secret, request: OidcRequest) -> JsonObject:
        """Exchange the code of a redirect, and return the verified claims of the ID token.

        Args:
            redirected: The address that the browser was sent back to.
            request: What it answers.

        Raises:
            UsageError: The redirect carries an error, or a clock is wrong.
            SourceError: The code or the ID token is refused, or the issuer cannot be reached.
        """
        self._require_issuer(redirected, request.provider)
        code = code_from_redirect(redirected.reveal(), request.authorization)
        endpoint = self._endpoint(request.provider)
        tokens = await endpoint.redeem(request.authorization, code)
        if tokens.id_token is None:
            raise BadResponse(f"{self.issuer} returned no ID token; ask it for an OpenID client")
        return verify_sign_in_token(
            tokens.id_token,
            keys=await endpoint.keys(),
            issuer=self.issuer,
            client_id=self.client_id,
            nonce=request.nonce,
            now=self.clock(),
        )

    def _require_issuer(self, redirected: Secret, provider: OpenIdProvider) -> None:
        """Refuse an answer of another issuer (RFC 9207)."""
        issuers = parse_qs(urlsplit(redirected.reveal()).query).get("iss", [])
        if issuers != [self.issuer] and (issuers or provider.names_itself):
            raise UsageError("the answer names another issuer than web.sign_in.issuer; start again")

    def _client(self, provider: OpenIdProvider) -> OAuthClient:
        return OAuthClient(
            client_id=self.client_id,
            client_secret=self.client_secret,
            in_header=self.client_secret is not None and provider.takes_basic,
        )

    def _endpoint(self, provider: OpenIdProvider) -> TokenEndpoint:
        from ccm_core.auth.token_endpoint import TokenEndpoint

        return TokenEndpoint(
            provider=provider.servers,
            client=self._client(provider),
            user_agent=self.user_agent,
            clock=self.clock,
        )
