"""The longest time of one whole response, however steadily its bytes trickle."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ccm_core.errors import TimedOut


@asynccontextmanager
async def time_limit(seconds: float, action: str) -> AsyncIterator[None]:
    """Stop what is done inside after some seconds.

    Raises:
        TimedOut: It took longer.
    """
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as cause:
        raise TimedOut(f"{action}: the answer did not end within {seconds:.0f} s") from cause
