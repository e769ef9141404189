"""Read connections side by side: bounded, each for itself, all stopped together.

It is the one place that knows how many connections are read at a time, for a command and for the
daemon.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from ccm_core.errors import CcmError, IntegrityError
from ccm_core.model.frozen_dataclass import dataclass

T = TypeVar("T")

MAX_CONCURRENT = 4
"""Connections that are read at a time: more would only wait for one store."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion(Generic[T]):
    """What became of one connection: a value, or why there is none."""

    value: T | None = None
    error: CcmError | None = None


async def side_by_side(
    work: Sequence[Callable[[], Awaitable[T]]], limit: int = MAX_CONCURRENT
) -> list[Completion[T]]:
    """Do work side by side; return its outcomes in the order of the work.

    What one cannot do keeps no other from being done.

    Args:
        work: Starts each; called when its turn has come.
        limit: How many are under way at a time.

    Raises:
        IntegrityError: Stored evidence is damaged: all others were cancelled, and have ended.
        CancelledError: It was stopped: all were cancelled, and have ended.
    """
    turns = asyncio.Semaphore(limit)

    async def do(start: Callable[[], Awaitable[T]]) -> Completion[T]:
        async with turns:
            try:
                return Completion(value=await start())
            except IntegrityError:
                raise
            except CcmError as error:
                return Completion(error=error)

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(do(start)) for start in work]
    except BaseExceptionGroup as faults:
        raise _first(faults) from None
    return [task.result() for task in tasks]


def _first(fault: BaseException) -> BaseException:
    """Return the fault that ended a group; damaged evidence before any other."""
    if not isinstance(fault, BaseExceptionGroup):
        return fault
    faults = [_first(one) for one in fault.exceptions]
    return next((one for one in faults if isinstance(one, IntegrityError)), faults[0])
