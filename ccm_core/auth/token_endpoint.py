"""The token endpoint: the one place from which the host sends something that is no GET.

A form is sent once and never again by itself: a refresh that was sent twice would kill the tokens
that the first one gave. Redirects are not followed, bodies are bounded, and no message holds a
secret.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx  # noqa: TID253 - this module is imported only where tokens are asked for

from ccm_core.auth.oauth_messages import (
    AuthorizationRequest,
    Client,
    TokenSet,
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
from ccm_core.model.json_codec import JsonObject, decode
from ccm_core.sdk.http.base_url import checked_base_url, is_loopback
from ccm_core.sdk.http.error_mapping import map_errors
from ccm_core.sdk.oauth import OAuthProvider
from ccm_core.sdk.secret import Secret

_CONNECT_SECONDS, _SILENCE_SECONDS, _MOST_BYTES = 10.0, 30.0, 256 * 1024
_GOOD, _SERVER = 200, 500
_FORM = "application/x-www-form-urlencoded"

_WRONG_CLIENT = (AuthenticationFailed, "check the client id and the client secret of the app")
_OTHER = (AuthenticationFailed, "check how the app is registered")
_ERRORS: Mapping[str, tuple[type[SourceError], str]] = {
    "invalid_grant": (ReauthorizationRequired, "the grant is used up, expired or revoked; connect again"),
    "invalid_client": _WRONG_CLIENT,
    "invalid_scope": (AuthenticationFailed, "check the scopes of the app, the region and the subdomain"),
}
_TELLING: Mapping[int, tuple[type[SourceError], str]] = {
    401: _WRONG_CLIENT,
    429: (RateLimited, "try again in a minute"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenEndpoint:
    """Exchanges codes, refresh tokens and an app's own secret for access tokens."""

    provider: OAuthProvider
    client: Client
    user_agent: str
    clock: Callable[[], datetime]
    transport: httpx.AsyncBaseTransport | None = None
    """A stand-in for the network, for tests."""

    async def redeem(self, attempt: AuthorizationRequest, code: Secret) -> TokenSet:
        """Exchange a code. It lives for seconds and works once.

        Raises:
            AuthenticationFailed: The code is not taken: too late, used, or of another attempt.
            SourceError: The endpoint refused or failed.
        """
        try:
            return await self._asked(code_form(self.client, attempt, code), attempt.scopes)
        except ReauthorizationRequired:
            raise AuthenticationFailed(
                f"POST {self.provider.token_url}: the code was not taken; it lives for seconds and "
                "works once. Start again, and answer in the browser without a pause"
            ) from None

    async def refresh(self, refresh: Secret, scopes: Iterable[str]) -> TokenSet:
        """Exchange a refresh token, which is dead from then on.

        Raises:
            ReauthorizationRequired: It is not taken: used, expired or revoked.
            SourceError: The endpoint refused or failed.
        """
        return await self._asked(refresh_form(self.client, refresh), scopes)

    async def request(self, scopes: Iterable[str]) -> TokenSet:
        """Ask as the app itself.

        Raises:
            SourceError: The endpoint refused or failed.
        """
        wanted = tuple(scopes)
        return await self._asked(client_credentials_form(self.client, wanted), wanted)

    async def keys(self) -> JsonObject:
        """Read the keys that check ID tokens.

        Raises:
            SourceError: There are none to be had.
        """
        url = self.provider.keys_url
        status, body = await self._sent("GET", url, None)
        try:
            found = decode(body) if status == _GOOD else None
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict) or not isinstance(found.get("keys"), list):
            raise BadResponse(f"GET {url} answered {status} without a key set; try again later")
        return found

    async def _asked(self, form: Secret, scopes: Iterable[str]) -> TokenSet:
        status, body = await self._sent("POST", self.provider.token_url, form)
        if status != _GOOD:
            raise self._fault(status, body)
        try:
            return parse_token_response(body, asked=scopes, received_at=self.clock())
        except BadResponse as cause:
            raise BadResponse(f"POST {self.provider.token_url}: {cause}; try again later") from None

    async def _sent(self, method: str, url: str, form: Secret | None) -> tuple[int, bytes]:
        checked_base_url(url)
        headers = {"Accept": "application/json", "User-Agent": self.user_agent}
        if form is not None:
            headers["Content-Type"] = _FORM
        content = None if form is None else form.reveal().encode()
        with map_errors(f"{method} {url}"):
            async with (
                httpx.AsyncClient(**self._manner(url)) as client,
                client.stream(method, url, content=content, headers=headers) as response,
            ):
                return response.status_code, await _bounded(response, f"{method} {url}")

    def _manner(self, url: str) -> dict[str, Any]:
        local = is_loopback(url)
        manner: dict[str, Any] = {
            "timeout": httpx.Timeout(_SILENCE_SECONDS, connect=_CONNECT_SECONDS),
            "follow_redirects": False,
            "trust_env": not local,
            "transport": self.transport,
        }
        # Making a TLS context takes 20 ms; plain http on loopback has no use for one.
        return manner | ({"verify": False} if url.startswith("http:") and local else {})

    def _fault(self, status: int, body: bytes) -> SourceError:
        error = parse_error_code(body)
        what = f"POST {self.provider.token_url} answered {status}" + (f" {error}" if error else "")
        if error is None and status not in _TELLING and status < _SERVER:
            return BadResponse(f"{what}: that is no answer of an identity server; check the network")
        kind, words = _ERRORS.get(error or "") or _TELLING.get(status) or _OTHER
        if status >= _SERVER:
            kind, words = Unreachable, "the identity server failed; try again later"
        return kind(f"{what}: {words}")


async def _bounded(response: httpx.Response, what: str) -> bytes:
    parts, size = [], 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > _MOST_BYTES:
            raise BadResponse(f"{what}: the body passes {_MOST_BYTES} bytes and was not read on")
        parts.append(part)
    return b"".join(parts)
