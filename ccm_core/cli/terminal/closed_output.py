"""The reader of our output closed it, as in ``ccm evidence export | head``: no fault.

Click ends a process whose pipe broke with exit code 1, which means here that checks fail.
"""

from __future__ import annotations

import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class OutputClosed(Exception):
    """Nobody reads what is printed any more."""


@contextmanager
def stop_where_output_is_closed() -> Iterator[None]:
    """Turn a broken pipe into the end of the command, where it is the pipe of our output.

    Raises:
        OutputClosed: Nobody reads it any more; what is still unwritten is dropped.
        BrokenPipeError: It is another pipe.
    """
    try:
        yield
    except BrokenPipeError as cause:
        closed = [number for number in (1, 2) if _has_no_reader(number)]
        if not closed:
            # Click would take it for our output.
            raise ConnectionError(f"BrokenPipeError: {cause}") from cause
        for number in closed:
            _drop(number)
        raise OutputClosed from cause


@contextmanager
def silent_where_nobody_reads() -> Iterator[None]:
    """Drop a message where nobody reads messages: the command goes on, and its exit code holds."""
    try:
        yield
    except BrokenPipeError:
        _drop(2)


def _has_no_reader(number: int) -> bool:
    poll = select.poll()
    poll.register(number, select.POLLOUT)
    return any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))


def _drop(number: int) -> None:
    """Let what is unwritten go nowhere: Python writes it once more when it ends."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, number)
    os.close(nowhere)
    with suppress(OSError, ValueError):
        (sys.stdout if number == 1 else sys.stderr).flush()
