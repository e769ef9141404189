"""Tokens of the client credentials grant: in memory only, as another can always be requested."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from ccm_core.auth.oauth_messages import TokenSet, require_scopes
from ccm_core.auth.token_refresh import needs_refresh

if TYPE_CHECKING:
    from ccm_core.auth.token_endpoint import TokenEndpoint
    from ccm_core.sdk.secret import Secret


class ClientCredentialsTokens:
    """Provides the access token of an OAuth client and refreshes it when needed."""

    def __init__(
        self, endpoint: TokenEndpoint, scopes: Iterable[str], *, clock: Callable[[], datetime]
    ) -> None:
        """Request tokens of these scopes at ``endpoint``, when the first one is needed."""
        self._endpoint, self._requested, self._clock = endpoint, tuple(scopes), clock
        self._tokens: TokenSet | None = None
        self._lock = asyncio.Lock()

    @property
    def scopes(self) -> tuple[str, ...] | None:
        """The granted scopes, once there is a token."""
        return None if self._tokens is None else self._tokens.scopes

    async def token(self) -> Secret:
        """Return a token that is valid for some time.

        Raises:
            SourceError: The identity server returned none, or one with fewer scopes.
        """
        async with self._lock:
            tokens = self._tokens
            if tokens is None or needs_refresh(
                tokens.received_at, tokens.expires_at, self._clock()
            ):
                tokens = await self._request()
            return tokens.access

    async def after_refusal(self, rejected: Secret) -> Secret:
        """Return another token than one that the source has rejected.

        Raises:
            SourceError: The identity server returned none, or one with fewer scopes.
        """
        async with self._lock:
            tokens = self._tokens
            if tokens is None or tokens.access == rejected:
                tokens = await self._request()
            return tokens.access

    async def _request(self) -> TokenSet:
        self._tokens = require_scopes(
            await self._endpoint.request(self._requested), self._requested
        )
        return self._tokens
