"""Refreshes a connection's access token: one process at a time, stored before it is used.

A refresh invalidates the old refresh token at the server. A crash between that moment and the flush
of the response loses the connection. The start of the refresh is stored beforehand, so that the
error message can name the cause.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from ccm_core.auth.oauth_messages import TokenSet
from ccm_core.auth.vault import Vault, VaultLocked
from ccm_core.auth.vault_entry import ACCESS, REFRESH, VaultEntry
from ccm_core.errors import AuthenticationFailed, RateLimited, ReauthorizationRequired, SecretError
from ccm_core.sdk.secret import Secret

if TYPE_CHECKING:
    from ccm_core.auth.token_endpoint import TokenEndpoint

RefreshTokens = Callable[[VaultEntry], Awaitable[TokenSet]]
"""Requests new tokens with the secrets of an entry."""

Result = TypeVar("Result")

REFRESH_MARGIN = timedelta(minutes=5)
"""How long before it expires a token is refreshed, but never before 90 % of its lifetime."""
_POLL_SECONDS, _LOCK_TIMEOUT_SECONDS = 0.02, 90.0


class TokenRefresher:
    """Provides the access token of one connection and refreshes it when needed."""

    def __init__(
        self, vault: Vault, name: str, *, refresh: RefreshTokens, clock: Callable[[], datetime]
    ) -> None:
        """Use the entry ``name`` of a vault."""
        self._vault, self._name = vault, name
        self._refresh_tokens, self._clock = refresh, clock
        self.scopes: tuple[str, ...] | None = None

    async def token(self) -> Secret:
        """Return a token that is valid for some time.

        Raises:
            ReauthorizationRequired: Only a person can connect again.
            SourceError: It has to be refreshed, and the identity server returned no token.
            SecretError: The vault cannot be used.
        """
        return await self._fresh_token(self._is_stale)

    async def after_refusal(self, rejected: Secret) -> Secret:
        """Return another token than one that the source has rejected with 401; call this once.

        Where another process has refreshed it in the meantime, nothing is sent.

        Raises:
            ReauthorizationRequired: Only a person can connect again.
            SourceError: The identity server returned no token.
            SecretError: The vault cannot be used.
        """
        return await self._fresh_token(lambda entry: _access(self._name, entry) == rejected)

    async def _fresh_token(self, stale: Callable[[VaultEntry], bool]) -> Secret:
        entry = self._vault.read(self._name)
        if stale(entry):
            entry = await _uncancelled(self._refreshed_entry(stale))
        self.scopes = entry.scopes
        return _access(self._name, entry)

    async def _refreshed_entry(self, stale: Callable[[VaultEntry], bool]) -> VaultEntry:
        async with AsyncExitStack() as stack:
            await self._lock(stack)
            entry = self._vault.read(self._name)
            if not stale(entry):
                return entry
            self._vault.write(self._name, replace(entry, refresh_started_at=self._clock()))
            refreshed = entry.with_tokens(await self._request(entry))
            # The single flush: from the response to here the only copy is in memory.
            self._vault.write(self._name, refreshed)
            return refreshed

    async def _request(self, entry: VaultEntry) -> TokenSet:
        try:
            return await self._refresh_tokens(entry)
        except ReauthorizationRequired as cause:
            raise ReauthorizationRequired(self._lost_grant(entry, cause)) from None
        except (AuthenticationFailed, RateLimited):
            # The server has answered without tokens: no response can be lost any more.
            self._vault.write(self._name, entry)
            raise

    async def _lock(self, stack: AsyncExitStack) -> None:
        """Wait for the lock without blocking the event loop."""
        loop = asyncio.get_running_loop()
        until = loop.time() + _LOCK_TIMEOUT_SECONDS
        while True:
            try:
                stack.enter_context(self._vault.lock(self._name, timeout=0))
            except VaultLocked:
                if loop.time() > until:
                    raise
                await asyncio.sleep(_POLL_SECONDS)
            else:
                return

    def _is_stale(self, entry: VaultEntry) -> bool:
        return needs_refresh(entry.received_at, entry.expires_at, self._clock())

    def _lost_grant(self, entry: VaultEntry, cause: ReauthorizationRequired) -> str:
        if entry.refresh_started_at is None:
            why = "its grant was revoked or has expired"
        else:
            why = (
                f"a refresh at {entry.refresh_started_at:%Y-%m-%d %H:%M:%S} UTC was cut off before "
                "its response was stored, and the tokens before it are no longer valid"
            )
        return f"connection {self._name} must be connected again: {why} ({cause})"


def needs_refresh(received_at: datetime | None, expires_at: datetime | None, now: datetime) -> bool:
    """Return whether a token is to be refreshed by now."""
    if expires_at is None:
        return False
    lifetime = expires_at - (received_at or expires_at)
    return now >= expires_at - min(REFRESH_MARGIN, lifetime / 10)


def refresh_function(endpoint: TokenEndpoint, scopes: Iterable[str]) -> RefreshTokens:
    """Return a function that uses the refresh token, or else the client credentials grant.

    Args:
        endpoint: Where tokens are requested.
        scopes: The scopes that the connection needs.
    """
    requested = tuple(scopes)

    async def refresh(entry: VaultEntry) -> TokenSet:
        refresh_token = entry.secrets.get(REFRESH)
        if refresh_token is None:
            return await endpoint.request(requested)
        return await endpoint.refresh(refresh_token, requested)

    return refresh


def _access(name: str, entry: VaultEntry) -> Secret:
    if ACCESS not in entry.secrets:
        raise SecretError(f"the vault has no access token of {name}; connect it first")
    return entry.secrets[ACCESS]


async def _uncancelled(work: Coroutine[Any, Any, Result]) -> Result:
    """Let a refresh end even where its caller is cancelled: its response must be stored."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        task.cancelled() or task.exception()  # retrieved, so that asyncio logs no warning
        raise
