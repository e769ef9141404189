"""The token endpoint: the one place from which the host sends something other than a GET.

A form is sent once and never retried: a refresh that is sent twice would invalidate the tokens that
the first one returned. Redirects are not followed, bodies are bounded, and no message contains a
secret.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

import httpx  # noqa: TID253 - this module is imported only where tokens are asked for

from ccm_core.auth.oauth_messages import (
    AuthorizationRequest,
    OAuthClient,
    TokenSet,
    basic_authorization,
    client_credentials_form,
    code_form,
    parse_error_code,
    parse_token_response,
    refresh_form,
)
from ccm_core.errors import (
    AuthenticationFailed,
    BadResponse,
    RateLimited,
    ReauthorizationRequired,
    SourceError,
    Unreachable,
)
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject, decode
from ccm_core.sdk.http.base_url import checked_base_url, is_loopback
from ccm_core.sdk.http.bounded_body import ACCEPT_ENCODING, bounded_body
from ccm_core.sdk.http.error_mapping import map_errors
from ccm_core.sdk.http.setup_faults import named_setup_faults
from ccm_core.sdk.http.time_limit import time_limit
from ccm_core.sdk.oauth import OAuthProvider
from ccm_core.sdk.secret import Secret

_CONNECT_SECONDS, _READ_SECONDS, _MAX_SECONDS, _MAX_BYTES = 10.0, 30.0, 60.0, 256 * 1024
_OK, _SERVER_ERROR = 200, 500
_FORM = "application/x-www-form-urlencoded"

_WRONG_CLIENT = (AuthenticationFailed, "check the client id and the client secret")
_OTHER_ERROR = (AuthenticationFailed, "check how the OAuth client is registered")
_ERRORS: Mapping[str, tuple[type[SourceError], str]] = {
    "invalid_grant": (
        ReauthorizationRequired,
        "the grant is used up, expired or revoked; connect again",
    ),
    "invalid_client": _WRONG_CLIENT,
    "invalid_scope": (
        AuthenticationFailed,
        "check the scopes of the OAuth client, the region and the subdomain",
    ),
}
_STATUSES: Mapping[int, tuple[type[SourceError], str]] = {
    401: _WRONG_CLIENT,
    429: (RateLimited, "try again in a minute"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenEndpoint:
    """Exchanges codes, refresh tokens and client secrets for access tokens."""

    provider: OAuthProvider
    client: OAuthClient
    user_agent: str
    clock: Callable[[], datetime]
    transport: httpx.AsyncBaseTransport | None = None
    """A replacement for the network, in tests."""

    async def redeem(self, request: AuthorizationRequest, code: Secret) -> TokenSet:
        """Exchange a code, which is valid for seconds and works once.

        Raises:
            AuthenticationFailed: The code was not accepted: expired, used, or of another request.
            SourceError: The endpoint refused or failed.
        """
        try:
            return await self._exchange(code_form(self.client, request, code), request.scopes)
        except ReauthorizationRequired:
            raise AuthenticationFailed(
                f"POST {self.provider.token_url}: the code was not accepted; it is valid for "
                "seconds and works once. Start again, and answer in the browser without a pause"
            ) from None

    async def refresh(self, refresh_token: Secret, scopes: Iterable[str]) -> TokenSet:
        """Exchange a refresh token, which is invalid from then on.

        Raises:
            ReauthorizationRequired: It was not accepted: used, expired or revoked.
            SourceError: The endpoint refused or failed.
        """
        return await self._exchange(refresh_form(self.client, refresh_token), scopes)

    async def request(self, scopes: Iterable[str]) -> TokenSet:
        """Request tokens by the client credentials grant.

        Raises:
            SourceError: The endpoint refused or failed.
        """
        requested = tuple(scopes)
        form = client_credentials_form(self.client, requested)
        return await self._exchange(form, requested)

    async def keys(self) -> JsonObject:
        """Read the JSON Web Key Set that verifies ID tokens.

        Raises:
            SourceError: It cannot be read.
        """
        url = self.provider.keys_url
        key_set = await read_document(url, "a key set", self.user_agent, self.transport)
        if not isinstance(key_set.get("keys"), list):
            raise BadResponse(f"GET {url} answered without a key set; try again later")
        return key_set

    async def _exchange(self, form: Secret, scopes: Iterable[str]) -> TokenSet:
        request = _Sending(
            url=self.provider.token_url,
            user_agent=self.user_agent,
            form=form,
            authorization=basic_authorization(self.client),
            transport=self.transport,
        )
        status, body = await request.send()
        if status != _OK:
            raise self._error(status, body)
        try:
            return parse_token_response(body, requested=scopes, received_at=self.clock())
        except BadResponse as cause:
            raise BadResponse(f"POST {self.provider.token_url}: {cause}; try again later") from None

    def _error(self, status: int, body: bytes) -> SourceError:
        error = parse_error_code(body)
        answer = f"POST {self.provider.token_url} answered {status}" + (
            f" {error}" if error else ""
        )
        if error is None and status not in _STATUSES and status < _SERVER_ERROR:
            return BadResponse(
                f"{answer}: expected a response of an identity server; check the network"
            )
        kind, advice = _ERRORS.get(error or "") or _STATUSES.get(status) or _OTHER_ERROR
        if status >= _SERVER_ERROR:
            kind, advice = Unreachable, "the identity server failed; try again later"
        return kind(f"{answer}: {advice}")


async def read_document(
    url: str, expected: str, user_agent: str, transport: httpx.AsyncBaseTransport | None = None
) -> JsonObject:
    """Read a JSON object that an identity server publishes: its keys, or what it offers.

    Args:
        url: https, or http on loopback.
        expected: What it is, for messages.
        user_agent: What the client calls itself.
        transport: A replacement for the network, in tests.

    Raises:
        SourceError: It cannot be read.
        UsageError: The address is of another kind.
    """
    status, body = await _Sending(url=url, user_agent=user_agent, transport=transport).send()
    try:
        document = decode(body) if status == _OK else None
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise BadResponse(f"GET {url} answered {status} without {expected}; try again later")
    return document


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sending:
    """One request to an identity server: bounded, sent once, never redirected."""

    url: str
    user_agent: str
    form: Secret | None = None
    """None: it only reads."""
    authorization: Secret | None = None
    transport: httpx.AsyncBaseTransport | None = None

    async def send(self) -> tuple[int, bytes]:
        """Send it, and return the status and the body of the answer."""
        checked_base_url(self.url)
        method = "GET" if self.form is None else "POST"
        action = f"{method} {self.url}"
        content = None if self.form is None else self.form.reveal().encode()
        headers = self._headers()
        with named_setup_faults(self.url):
            new_client = httpx.AsyncClient(**self._client_options())
        with map_errors(action, self.url, answered=False):
            async with (
                time_limit(_MAX_SECONDS, action),
                new_client as client,
                client.stream(method, self.url, content=content, headers=headers) as response,
            ):
                return response.status_code, await bounded_body(response, action, _MAX_BYTES)

    def _headers(self) -> dict[str, str]:
        headers = {
            "Accept": "application/json",
            "Accept-Encoding": ACCEPT_ENCODING,
            "User-Agent": self.user_agent,
        }
        if self.form is not None:
            headers["Content-Type"] = _FORM
        if self.authorization is not None:
            headers["Authorization"] = self.authorization.reveal()
        return headers

    def _client_options(self) -> dict[str, Any]:
        local = is_loopback(self.url)
        options: dict[str, Any] = {
            "timeout": httpx.Timeout(_READ_SECONDS, connect=_CONNECT_SECONDS),
            "follow_redirects": False,
            "trust_env": not local,
            "transport": self.transport,
        }
        # Creating a TLS context takes 20 ms; plain http on loopback needs none.
        is_plain = self.url.startswith("http:") and local
        return options | ({"verify": False} if is_plain else {})
