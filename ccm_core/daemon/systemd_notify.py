"""Notifies systemd, or another service manager, of the state of the process.

Follows sd_notify(3): datagrams to the socket that the variable ``NOTIFY_SOCKET`` names.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from contextlib import suppress


class SystemdNotifier:
    """Sends the state of the process to the service manager; without one, nothing."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        """Read the socket's address from the environment."""
        address = environment.get("NOTIFY_SOCKET", "")
        # An @ stands for the zero byte of Linux's abstract names.
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._status = ""

    def ready(self) -> None:
        """Notify that the settings are read and the daemon has started."""
        self._send("READY=1")

    def alive(self, status: str) -> None:
        """Notify the watchdog that the process is alive, and of the status where it changed."""
        self._send("WATCHDOG=1" if status == self._status else f"WATCHDOG=1\nSTATUS={status}")
        self._status = status

    def stopping(self) -> None:
        """Notify that the process is about to end."""
        self._send("STOPPING=1")

    def _send(self, message: str) -> None:
        if not self._address or not hasattr(socket, "AF_UNIX"):
            return
        # A service manager that no longer listens is no reason to stop.
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
            channel.sendto(message.encode(), self._address)
