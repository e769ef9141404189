"""Orders from outside: stop, and read the settings anew. They come as signals."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_STOP = ("SIGTERM", "SIGINT")
_RELOAD = ("SIGHUP",)


class SignalFlags:
    """What was ordered and not yet done. For one event loop."""

    def __init__(self) -> None:
        """Begin without orders."""
        self.stopping = False
        self._reload = False
        self._given = asyncio.Event()

    def stop(self) -> None:
        """Order to stop."""
        self.stopping = True
        self._given.set()

    def reload(self) -> None:
        """Order to read the settings anew."""
        self._reload = True
        self._given.set()

    def take_reload(self) -> bool:
        """Say whether the settings are to be read anew; the order is then done with."""
        wanted, self._reload = self._reload, False
        return wanted

    async def given(self) -> None:
        """Wait until something is ordered."""
        await self._given.wait()
        self._given.clear()


@contextmanager
def by_signal(orders: SignalFlags) -> Iterator[None]:
    """Take orders from signals while the block lasts, where the system has them.

    The first signal to stop also gives the signals back: the second one ends the process at once.
    """
    loop = asyncio.get_running_loop()
    taken: set[int] = set()

    def give_back() -> None:
        while taken:
            loop.remove_signal_handler(taken.pop())

    def stop() -> None:
        give_back()
        orders.stop()

    for names, order in ((_STOP, stop), (_RELOAD, orders.reload)):
        for number in filter(None, (getattr(signal, name, None) for name in names)):
            # Neither Windows nor a thread other than the first has signals to give.
            with suppress(NotImplementedError, ValueError, RuntimeError):
                loop.add_signal_handler(number, order)
                taken.add(number)
    try:
        yield
    finally:
        give_back()
