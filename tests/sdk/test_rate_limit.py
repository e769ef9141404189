"""The limiter: what the source says about its own limit is believed, and nobody waits twice."""

from __future__ import annotations

import asyncio

from ccm_core.sdk.rate_limit import Limiter, Limiters


def test_after_a_wait_the_source_asked_for_the_limit_is_fresh():
    """A bucket that was empty does not add its own wait to that of the headers."""

    async def use() -> tuple[float, list[float]]:
        limiter, told = Limiter(1), []
        await limiter.acquire(told.append)
        limiter.pause(0.02)
        return await asyncio.wait_for(limiter.acquire(told.append), timeout=5), told

    waited, told = asyncio.run(use())
    assert 0.02 <= waited < 1
    assert len(told) == 1


def test_a_shorter_wait_does_not_end_a_longer_one():
    """What is held stays held until the last moment that was asked for."""

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
