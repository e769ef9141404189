"""The tokens of an app that asks for itself: in memory only, as another can always be had."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from ccm_core.auth.oauth_messages import TokenSet, all_granted
from ccm_core.auth.token_refresh import due

if TYPE_CHECKING:
    from ccm_core.auth.token_endpoint import TokenEndpoint
    from ccm_core.sdk.secret import Secret


class ClientCredentialsTokens:
    """Gives the access token of an app, as fresh as it has to be."""

    def __init__(
        self, endpoint: TokenEndpoint, scopes: Iterable[str], *, clock: Callable[[], datetime]
    ) -> None:
        """Ask at ``endpoint`` for tokens of these scopes, when the first one is wanted."""
        self._endpoint, self._wanted, self._clock = endpoint, tuple(scopes), clock
        self._tokens: TokenSet | None = None
        self._alone = asyncio.Lock()

    @property
    def scopes(self) -> tuple[str, ...] | None:
        """What was granted, once something was."""
        return None if self._tokens is None else self._tokens.scopes

    async def token(self) -> Secret:
        """Give a token that is good for a while yet.

        Raises:
            SourceError: The identity server gave none, or one that may do less than was asked.
        """
        async with self._alone:
            held = self._tokens
            if held is None or due(held.received_at, held.expires_at, self._clock()):
                held = await self._asked()
            return held.access

    async def after_refusal(self, refused: Secret) -> Secret:
        """Give another token than one that the source has refused.

        Raises:
            SourceError: The identity server gave none, or one that may do less than was asked.
        """
        async with self._alone:
            held = self._tokens
            if held is None or held.access == refused:
                held = await self._asked()
            return held.access

    async def _asked(self) -> TokenSet:
        self._tokens = all_granted(await self._endpoint.request(self._wanted), self._wanted)
        return self._tokens
