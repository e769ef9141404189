"""Rate limits: the source's own limit is respected, and no request waits twice."""

from __future__ import annotations

import asyncio

from ccm_core.sdk.rate_limit import Limiter, Limiters


def test_a_limiter_is_reset_after_a_pause():
    """A bucket that was empty does not add its own wait to that of the headers."""

    async def use() -> tuple[float, list[float]]:
        limiter, waits = Limiter(1), list[float]()
        await limiter.acquire(waits.append)
        limiter.pause(0.02)
        return await asyncio.wait_for(limiter.acquire(waits.append), timeout=30), waits

    waited, waits = asyncio.run(use())
    assert 0.02 <= waited < 30
    assert len(waits) == 1


def test_a_shorter_pause_does_not_end_a_longer_one():
    """A limiter stays paused until the last moment that the source named."""

    async def use() -> float:
        limiter = Limiter(960)
        limiter.pause(0.03)
        limiter.pause(0.001)
        return await limiter.acquire(lambda _seconds: None)

    assert asyncio.run(use()) >= 0.03


def test_connections_with_one_credential_share_a_limiter():
    """They are counted together, and an operation with a limit of its own is not."""
    limiters = Limiters()
    assert limiters.limiter_for("key", 960) is limiters.limiter_for("key", 960)
    assert limiters.limiter_for("key:oncalls", 240) is not limiters.limiter_for("key", 960)
