"""Signals from outside: stop, and reload the settings."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_STOP = ("SIGTERM", "SIGINT")
_RELOAD = ("SIGHUP",)


class SignalFlags:
    """The signals that were received and not yet handled. For one event loop."""

    def __init__(self) -> None:
        """Start without signals."""
        self.stopping = False
        self._reload = False
        self._received = asyncio.Event()

    def stop(self) -> None:
        """Request to stop."""
        self.stopping = True
        self._received.set()

    def reload(self) -> None:
        """Request to read the settings again."""
        self._reload = True
        self._received.set()

    def clear_reload(self) -> bool:
        """Clear the request to reload; return whether there was one."""
        requested, self._reload = self._reload, False
        return requested

    async def wait(self) -> None:
        """Wait until a signal is received."""
        await self._received.wait()
        self._received.clear()


@contextmanager
def by_signal(flags: SignalFlags) -> Iterator[None]:
    """Set flags from signals inside the block, where the system has them.

    The first signal to stop also removes the handlers: a second one ends the process at once.
    """
    loop = asyncio.get_running_loop()
    handled: set[int] = set()

    def remove_handlers() -> None:
        while handled:
            loop.remove_signal_handler(handled.pop())

    def stop() -> None:
        remove_handlers()
        flags.stop()

    for names, handler in ((_STOP, stop), (_RELOAD, flags.reload)):
        for number in filter(None, (getattr(signal, name, None) for name in names)):
            # Neither Windows nor a thread other than the main one has signal handlers.
            with suppress(NotImplementedError, ValueError, RuntimeError):
                loop.add_signal_handler(number, handler)
                handled.add(number)
    try:
        yield
    finally:
        remove_handlers()
