"""Turns of the event loop, given away so that the source works while we do."""

from __future__ import annotations

import asyncio

_TURNS = 8
"""As many as a request needs to get on its way."""


async def others_first() -> None:
    """Let requests that were begun get on their way before what has come is looked at."""
    for _ in range(_TURNS):
        await asyncio.sleep(0)
