"""Telling a supervisor such as systemd how it goes, where one listens.

Follows sd_notify(3): datagrams to the socket that the variable ``NOTIFY_SOCKET`` names.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from contextlib import suppress


class SystemdNotifier:
    """Whoever started the process and asked to be told; often nobody."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Find out who asked."""
        address = environment.get("NOTIFY_SOCKET", "")
        # An @ stands for the zero byte of Linux's abstract names.
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._status = ""

    def ready(self) -> None:
        """Say that the settings stand and the watch has begun."""
        self._tell("READY=1")

    def alive(self, status: str) -> None:
        """Say that it still goes round, and how things are where that has changed."""
        self._tell("WATCHDOG=1" if status == self._status else f"WATCHDOG=1\nSTATUS={status}")
        self._status = status

    def stopping(self) -> None:
        """Say that it is about to end."""
        self._tell("STOPPING=1")

    def _tell(self, message: str) -> None:
        if not self._address or not hasattr(socket, "AF_UNIX"):
            return
        # Whoever does not listen any more is no reason to stop watching.
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
            channel.sendto(message.encode(), self._address)
