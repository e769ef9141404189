"""Keeps a connection's access token fresh: one refresher at a time, and durable before it is used.

A refresh kills the old refresh token at the server. Between that moment and the flush of the
answer lies a window that nobody can close. It is marked in the vault beforehand, so that a
connection that was lost in it is known for what it is.
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

Renew = Callable[[VaultEntry], Awaitable[TokenSet]]
"""Gets newer tokens with what an entry has."""

Done = TypeVar("Done")

EARLY = timedelta(minutes=5)
"""How long before its end a token is renewed, but never before nine tenths of its life."""
_POLL_SECONDS, _PATIENCE_SECONDS = 0.02, 90.0


class TokenRefresher:
    """Gives the access token of one connection, as fresh as it has to be."""

    def __init__(
        self, vault: Vault, name: str, *, renew: Renew, clock: Callable[[], datetime]
    ) -> None:
        """Look after the entry ``name`` of a vault."""
        self._vault, self._name = vault, name
        self._renew, self._clock = renew, clock
        self.scopes: tuple[str, ...] | None = None

    async def token(self) -> Secret:
        """Give a token that is good for a while yet.

        Raises:
            ReauthorizationRequired: Only a person can connect again.
            SourceError: It has to be renewed, and the identity server gave nothing.
            SecretError: The vault cannot be used.
        """
        return await self._fresh(self._old)

    async def after_refusal(self, refused: Secret) -> Secret:
        """Give another token than one that the source has refused with 401; ask this once.

        Where another process has renewed it in the meantime, nothing is sent.

        Raises:
            ReauthorizationRequired: Only a person can connect again.
            SourceError: The identity server gave nothing.
            SecretError: The vault cannot be used.
        """
        return await self._fresh(lambda entry: _access(self._name, entry) == refused)

    async def _fresh(self, stale: Callable[[VaultEntry], bool]) -> Secret:
        entry = self._vault.read(self._name)
        if stale(entry):
            entry = await _to_its_end(self._renewed(stale))
        self.scopes = entry.scopes
        return _access(self._name, entry)

    async def _renewed(self, stale: Callable[[VaultEntry], bool]) -> VaultEntry:
        async with AsyncExitStack() as stack:
            await self._alone(stack)
            entry = self._vault.read(self._name)
            if not stale(entry):
                return entry
            self._vault.write(self._name, replace(entry, renewing_since=self._clock()))
            renewed = entry.renewed(await self._asked(entry))
            # The single flush: from the answer to here the only copy is in memory.
            self._vault.write(self._name, renewed)
            return renewed

    async def _asked(self, entry: VaultEntry) -> TokenSet:
        try:
            return await self._renew(entry)
        except ReauthorizationRequired as cause:
            raise ReauthorizationRequired(self._lost(entry, cause)) from None
        except (AuthenticationFailed, RateLimited):
            # The server has answered and given nothing out: no answer is on its way any more.
            self._vault.write(self._name, entry)
            raise

    async def _alone(self, stack: AsyncExitStack) -> None:
        """Wait for the lock without holding up the event loop."""
        loop = asyncio.get_running_loop()
        until = loop.time() + _PATIENCE_SECONDS
        while True:
            try:
                stack.enter_context(self._vault.lock(self._name, patience=0))
            except VaultLocked:
                if loop.time() > until:
                    raise
                await asyncio.sleep(_POLL_SECONDS)
            else:
                return

    def _old(self, entry: VaultEntry) -> bool:
        return due(entry.received_at, entry.expires_at, self._clock())

    def _lost(self, entry: VaultEntry, cause: ReauthorizationRequired) -> str:
        if entry.renewing_since is None:
            why = "its grant was revoked or has expired"
        else:
            why = (
                f"a refresh of {entry.renewing_since:%Y-%m-%d %H:%M:%S} UTC was cut off before its "
                "answer was kept, and the tokens before it are used up"
            )
        return f"connection {self._name} must be connected again: {why} ({cause})"


def due(received_at: datetime | None, expires_at: datetime | None, now: datetime) -> bool:
    """Tell whether a token is to be renewed by now."""
    if expires_at is None:
        return False
    life = expires_at - (received_at or expires_at)
    return now >= expires_at - min(EARLY, life / 10)


def renewal(endpoint: TokenEndpoint, scopes: Iterable[str]) -> Renew:
    """Renew with the refresh token where there is one, else as the app itself.

    Args:
        endpoint: Where to ask.
        scopes: What the connection asks for.
    """
    wanted = tuple(scopes)

    async def renew(entry: VaultEntry) -> TokenSet:
        refresh = entry.secrets.get(REFRESH)
        if refresh is None:
            return await endpoint.request(wanted)
        return await endpoint.refresh(refresh, wanted)

    return renew


def _access(name: str, entry: VaultEntry) -> Secret:
    if ACCESS not in entry.secrets:
        raise SecretError(f"the vault has no access token of {name}; connect it first")
    return entry.secrets[ACCESS]


async def _to_its_end(work: Coroutine[Any, Any, Done]) -> Done:
    """Let a refresh end even where it is no longer waited for: its answer must be kept."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        task.cancelled() or task.exception()  # looked at, so that nobody complains
        raise
