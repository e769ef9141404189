"""Rate limits: one limiter for each credential, corrected by what the source's headers say."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiolimiter import AsyncLimiter

_LOOP_TURNS = 8
"""As many turns of the event loop as a request needs to be sent."""


async def yield_to_requests() -> None:
    """Yield to the event loop until requests that were begun are sent.

    Called before a response is processed, so that the source works in the meantime.
    """
    for _ in range(_LOOP_TURNS):
        await asyncio.sleep(0)


class Limiter:
    """A leaky bucket: at most so many requests in a minute, and none while it is paused.

    It is used from one event loop.
    """

    def __init__(self, per_minute: int) -> None:
        """Allow ``per_minute`` requests in any minute."""
        from aiolimiter import AsyncLimiter

        self._per_minute = per_minute
        self._bucket: AsyncLimiter = AsyncLimiter(per_minute, 60)
        self._paused_until = 0.0
        self._reset_for = 0.0
        """The end of the pause after which the bucket was replaced last."""

    def pause(self, seconds: float) -> None:
        """Let no request through for so long, because the source said so."""
        self._paused_until = max(self._paused_until, asyncio.get_running_loop().time() + seconds)

    async def acquire(self, on_wait: Callable[[float], None]) -> float:
        """Wait until one request may be sent; return the seconds that it took.

        Args:
            on_wait: Called before a wait with its seconds, as far as they are known.
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        while (pause := self._paused_until - loop.time()) > 0:
            on_wait(pause)
            await asyncio.sleep(pause)
        self._reset_after_pause()
        if not self._bucket.has_capacity():
            on_wait(self._bucket.time_period / self._bucket.max_rate)
        await self._bucket.acquire()
        return loop.time() - began

    def _reset_after_pause(self) -> None:
        """Replace the bucket once after a pause: the source's own limit begins anew as well."""
        if self._paused_until > self._reset_for:
            from aiolimiter import AsyncLimiter

            self._bucket = AsyncLimiter(self._per_minute, 60)
            self._reset_for = self._paused_until


class Limiters:
    """The limiters of this process, by credential, so that two connections share one."""

    def __init__(self) -> None:
        """Begin with none."""
        self._by_name: dict[str, Limiter] = {}

    def limiter_for(self, name: str, per_minute: int) -> Limiter:
        """Return the limiter of that name; the first call sets its rate.

        Args:
            name: Such as a secret's fingerprint, and the operation where it has its own limit.
            per_minute: The requests to allow in a minute.
        """
        if name not in self._by_name:
            self._by_name[name] = Limiter(per_minute)
        return self._by_name[name]
