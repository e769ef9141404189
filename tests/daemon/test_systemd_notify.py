"""What a supervisor is told, over a real socket."""

from __future__ import annotations

import socket

import pytest

from ccm_core.daemon.systemd_notify import SystemdNotifier

pytestmark = pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="there are no such sockets")


@pytest.mark.parametrize("abstract", [False, True])
def test_systemd_socket_receives_state_changes(tmp_path, abstract):
    """Ready, alive with the status where it changed, and stopping."""
    name = f"@ccm-{tmp_path.name}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind("\0" + name[1:] if abstract else name)
        listening.settimeout(5)
        supervisor = SystemdNotifier({"NOTIFY_SOCKET": name})
        supervisor.ready()
        supervisor.alive("next: prod at 14:00:00 UTC")
        supervisor.alive("next: prod at 14:00:00 UTC")
        supervisor.stopping()
        told = [listening.recv(1000).decode() for _ in range(4)]
    assert told == [
        "READY=1",
        "WATCHDOG=1\nSTATUS=next: prod at 14:00:00 UTC",
        "WATCHDOG=1",
        "STOPPING=1",
    ]


@pytest.mark.parametrize("address", ["", "/nowhere/notify"])
def test_missing_systemd_socket_is_ignored(address):
    """A supervisor that went away is no reason to stop."""
    SystemdNotifier({"NOTIFY_SOCKET": address}).ready()
