"""The event loops of the console's threads: the server's own one is never kept waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run_in_thread(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in a loop of this thread's, and return what it returns."""
    return asyncio.run(work)
