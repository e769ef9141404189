"""What a daemon writes: lines with their time, and on a terminal its status below them."""

from __future__ import annotations

import asyncio
import shutil

from ccm_core.app.installation import clock
from ccm_core.cli.terminal.output import erase_line, print_message
from ccm_core.daemon.log_lines import stamped


class WallClock:
    """The machine's clock."""

    now = staticmethod(clock)
    sleep = staticmethod(asyncio.sleep)


class LogLines:
    """A line on the error stream for each event, with its time."""

    def log(self, line: str) -> None:
        """Write a line with its time."""
        print_message(stamped(clock(), " ".join(line.split())))

    def set_status(self, status: str) -> None:
        """Write nothing: a log is no place for what changes every second."""


class TerminalStatus(LogLines):
    """The same on a terminal, and below it one line with the current status."""

    def __init__(self) -> None:
        """Start without a status."""
        self._status = ""

    def log(self, line: str) -> None:
        """Write a line above the status."""
        erase_line()
        super().log(line)
        self._draw()

    def set_status(self, status: str) -> None:
        """Draw the status in the place of the one before."""
        if status != self._status:
            self._status = status
            self._draw()

    def _draw(self) -> None:
        width = shutil.get_terminal_size().columns - 1
        erase_line()
        print_message(" ".join(self._status.split())[:width], nl=False)
