"""`ccm serve` on a network: only where a team signs in, and behind TLS."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from contextlib import contextmanager

import httpx
import pytest

ORIGIN = ("--origin", "https://ccm.example.com")


@contextmanager
def serving(console, *arguments: str):
    """Serve a console in a process of its own, until the test is over."""
    command = [sys.executable, "-m", "ccm_core", "--config", str(console.settings), "serve"]
    process = subprocess.Popen(  # noqa: S603 - a command of this test
        [*command, "--no-watch", *arguments],
        cwd=console.settings.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


@pytest.mark.slow
@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "ccm.example.com", "]"])  # noqa: S104 - refused
@pytest.mark.parametrize(
    ("signs_in", "origin"),
    [(True, ()), (True, ("--origin", "http://ccm.example.com")), (False, ORIGIN)],
    ids=["no origin", "in the clear", "nobody signs in"],
)
def test_a_network_is_not_served_in_the_clear_or_to_nobody(console, host, signs_in, origin):
    """Whoever holds the link would be an administrator, and anybody between could read it."""
    if not signs_in:
        console.settings.write_text("version: 1\nconnections: []\n")
    with serving(console, "--host", host, *origin) as process:
        out, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "web.sign_in" in err
    assert "sign-in?link" not in out + err
    assert "Traceback" not in err


@pytest.mark.slow
def test_a_network_is_served_where_a_team_signs_in_behind_tls(console, provider):
    """Under the name of the proxy alone, with cookies that browsers hold to this host and TLS."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}/sign-in"
    everywhere = ("--host", "0.0.0.0", "--port", str(port))  # noqa: S104 - what is tested
    with serving(console, *everywhere, *ORIGIN) as process:
        for line in process.stderr:
            if "sign in once" in line:
                break
        transport = httpx.HTTPTransport(retries=8)
        with httpx.Client(transport=transport, headers={"Host": "ccm.example.com"}) as client:
            assert "/sign-in/team" in client.get(address).text
            assert client.get(address, headers={"Host": f"127.0.0.1:{port}"}).status_code == 421
            going = client.get(f"{address}/team")
    assert going.headers["location"].startswith(f"{provider.url}/authorize")
    assert "ccm.example.com%2Fsign-in%2Fcallback" in going.headers["location"]
    cookie = going.headers["set-cookie"]
    assert cookie.startswith("__Host-ccm-sign-in=")
    assert "Secure" in cookie
