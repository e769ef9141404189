"""One limiter for each credential, corrected by what the source's headers say."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiolimiter import AsyncLimiter


class Limiter:
    """Lets at most so many requests through in a minute, and none while it is held.

    It is used from one event loop.
    """

    def __init__(self, per_minute: int) -> None:
        """Allow ``per_minute`` requests in any minute, as a leaky bucket."""
        from aiolimiter import AsyncLimiter

        self._per_minute = per_minute
        self._bucket: AsyncLimiter = AsyncLimiter(per_minute, 60)
        self._held_until = 0.0
        self._served = 0.0

    def hold(self, seconds: float) -> None:
        """Let nothing through for so long, because the source said so."""
        self._held_until = max(self._held_until, asyncio.get_running_loop().time() + seconds)

    async def acquire(self, waiting: Callable[[float], None]) -> float:
        """Wait for the turn of one request; give the seconds that it took.

        Args:
            waiting: Told before a wait how long it will be, as far as that is known.
        """
        loop = asyncio.get_running_loop()
        began = loop.time()
        while (pause := self._held_until - loop.time()) > 0:
            waiting(pause)
            await asyncio.sleep(pause)
        self._begin_anew()
        if not self._bucket.has_capacity():
            waiting(self._bucket.time_period / self._bucket.max_rate)
        await self._bucket.acquire()
        return loop.time() - began

    def _begin_anew(self) -> None:
        """After a wait that the source asked for its limit is fresh: nobody waits twice."""
        if self._held_until > self._served:
            from aiolimiter import AsyncLimiter

            self._bucket = AsyncLimiter(self._per_minute, 60)
            self._served = self._held_until


class Limiters:
    """The limiters of this process, by credential, so that two connections share one."""

    def __init__(self) -> None:
        """Begin with none."""
        self._by_name: dict[str, Limiter] = {}

    def limiter_for(self, name: str, per_minute: int) -> Limiter:
        """Give the limiter of that name; the first to ask sets its rate.

        Args:
            name: Such as a secret's fingerprint, and the operation where it has its own limit.
            per_minute: The requests to allow in a minute.
        """
        if name not in self._by_name:
            self._by_name[name] = Limiter(per_minute)
        return self._by_name[name]
