"""The simulator on a socket: it starts, responds, closes connections on request, and stops."""

from __future__ import annotations

import socket
import threading

import httpx  # noqa: TID253 - every test here reads over HTTP
import pytest
from pagerduty_simulator import PagerDutySimulator
from pagerduty_simulator.api import faults


def fetch(simulator, path):
    """Read a path over the socket."""
    headers = {"Authorization": f"Token token={simulator.api_key}"}
    with httpx.Client(base_url=simulator.base_url, headers=headers, trust_env=False) as client:
        return client.get(path)


def test_the_simulator_responds_over_a_socket(simulator):
    """On loopback, with its API key."""
    assert simulator.base_url.startswith("http://127.0.0.1:")
    assert fetch(simulator, "/abilities").status_code == 200
    assert simulator.control.requests_to("/abilities")


def test_the_simulator_stops_without_a_trace(account):
    """Nothing listens any more, and no thread remains."""
    before = set(threading.enumerate())
    with PagerDutySimulator(account) as running:
        base_url = running.base_url
        assert set(threading.enumerate()) - before
        assert fetch(running, "/abilities").status_code == 200
    with pytest.raises(httpx.ConnectError):
        fetch(running, "/abilities")
    assert base_url.startswith("http://127.0.0.1:")
    assert not set(threading.enumerate()) - before


def test_a_port_in_use_is_an_error(account):
    """The operating system's own, immediately."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        with pytest.raises(OSError, match="in use"), PagerDutySimulator(account, port=port):
            pass


def test_a_connection_may_be_cut(simulator):
    """In the middle of a body; the next request is answered again."""
    simulator.control.script("/users", [faults.cut_connection])
    with pytest.raises(httpx.RemoteProtocolError):
        fetch(simulator, "/users")
    assert fetch(simulator, "/users").status_code == 200


def test_a_response_may_be_late(simulator):
    """So late that a client times out."""
    simulator.control.inject("/users", faults.slow(5.0))
    url = f"{simulator.base_url}/users"
    headers = {"Authorization": f"Token token={simulator.api_key}"}
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(url, headers=headers, timeout=0.05, trust_env=False)


def test_an_error_in_the_simulator_is_raised_when_it_stops(account):
    """Whatever a hook or the simulator itself raises."""

    def fail(request):
        msg = f"cannot answer {request.path}"
        raise LookupError(msg)

    with pytest.raises(LookupError, match="cannot answer /users"):  # noqa: PT012, SIM117 - the inner block raises as it ends
        with PagerDutySimulator(account) as running:
            running.control.before_response = fail
            assert fetch(running, "/users").status_code == 500


def test_a_204_has_no_body(simulator):
    """And the connection stays usable."""
    assert fetch(simulator, "/abilities/sso").content == b""
