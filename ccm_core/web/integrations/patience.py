"""Asking a source while somebody waits for the page."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from ccm_core.errors import TimedOut
from ccm_core.web.server_state.event_loop import run_in_thread

T = TypeVar("T")
PATIENCE = 120.0
"""Seconds that a source may take altogether."""


def within_patience(asking: Coroutine[Any, Any, T]) -> T:
    """Return what a source answers.

    Raises:
        TimedOut: It takes too long.
        CcmError: Whatever asking it raises.
    """
    try:
        return run_in_thread(asyncio.wait_for(asking, PATIENCE))
    except TimeoutError as cause:
        raise TimedOut(
            f"the source did not answer everything within {PATIENCE:.0f} seconds; try again, or "
            "look whether it is reachable from this server"
        ) from cause
