"""The simulator on a socket: it starts, answers, hangs up when told to, and stops clean."""

from __future__ import annotations

import socket
import threading

import httpx  # noqa: TID253 - every test here asks over HTTP
import pytest
from pagerduty_simulator import PagerDutySimulator
from pagerduty_simulator.api import faults


def ask(simulator, path):
    """Ask over the socket."""
    headers = {"Authorization": f"Token token={simulator.api_key}"}
    with httpx.Client(base_url=simulator.base_url, headers=headers, trust_env=False) as client:
        return client.get(path)


def test_it_answers_over_a_socket(simulator):
    """On loopback, with the key it tells."""
    assert simulator.base_url.startswith("http://127.0.0.1:")
    assert ask(simulator, "/abilities").status_code == 200
    assert simulator.control.requests_to("/abilities")


def test_it_stops_clean(account):
    """Nothing listens any more, and no thread is left."""
    before = set(threading.enumerate())
    with PagerDutySimulator(account) as running:
        base_url = running.base_url
        assert set(threading.enumerate()) - before
        assert ask(running, "/abilities").status_code == 200
    with pytest.raises(httpx.ConnectError):
        ask(running, "/abilities")
    assert base_url.startswith("http://127.0.0.1:")
    assert not set(threading.enumerate()) - before


def test_a_taken_port_is_an_error(account):
    """The operating system's own, at once."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(OSError, match="in use"), PagerDutySimulator(account, port=port):
            pass


def test_a_connection_may_be_cut(simulator):
    """In the middle of a body; the next request is answered again."""
    simulator.control.script("/users", [faults.cut_connection])
    with pytest.raises(httpx.RemoteProtocolError):
        ask(simulator, "/users")
    assert ask(simulator, "/users").status_code == 200


def test_an_answer_may_be_late(simulator):
    """By so much that a client gives up."""
    simulator.control.inject("/users", faults.slow(5.0))
    url = f"{simulator.base_url}/users"
    headers = {"Authorization": f"Token token={simulator.api_key}"}
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(url, headers=headers, timeout=0.05, trust_env=False)


def test_a_mistake_in_the_simulator_does_not_stay_hidden(account):
    """What a hook or the simulator itself raises is raised again when it stops."""

    def spoil(request):
        msg = f"cannot answer {request.path}"
        raise LookupError(msg)

    with pytest.raises(LookupError, match="cannot answer /users"):  # noqa: PT012, SIM117 - the inner block raises as it ends
        with PagerDutySimulator(account) as running:
            running.control.before_response = spoil
            assert ask(running, "/users").status_code == 500


def test_a_204_has_no_body(simulator):
    """And the connection stays usable."""
    assert ask(simulator, "/abilities/sso").content == b""
