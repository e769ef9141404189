"""A run is started in the console: in the background, one of a connection, followed to its end."""

from __future__ import annotations

import threading

import pytest
from web.integrations.connecting import ended, words_of

PAGE = "/integrations/acme"


@pytest.fixture
def connected(browser, simulator):
    """A browser of somebody who has just connected with a key."""
    browser.connected_by_key(simulator)
    return browser


def test_a_run_collects_and_evaluates(server, connected):
    """Its page says what was read, and the connection's page when it is due again."""
    answer = connected.send(f"{PAGE}/run")
    assert answer.headers["location"].startswith(f"{PAGE}/run")
    assert "Run of acme" in connected.follow(answer).text
    run = ended(server)
    assert (run.stage, run.problem) == ("ended", "")
    page = words_of(connected.get(f"{PAGE}/run").text)
    assert "Ended" in page
    assert "pagerduty.service complete" in page
    page = words_of(connected.get(PAGE).text)
    assert "Last run" in page
    assert "the whole account" in page
    assert "acme" in connected.get("/").text
    assert "run of connection acme" in connected.get("/activity").text


def test_one_run_of_a_connection_is_under_way_at_a_time(server, connected, simulator):
    """Whoever starts another one is led to the first; its progress is shown meanwhile."""
    held, released = threading.Event(), threading.Event()

    def hold(request) -> None:
        if request.path == "/teams":
            held.set()
            released.wait(30)

    simulator.control.before_response = hold
    connected.send(f"{PAGE}/run")
    assert held.wait(30)
    try:
        started_at = server.runs.progress("acme").started_at
        connected.send(f"{PAGE}/run", all="yes")
        assert server.runs.progress("acme").started_at == started_at
        fragment = connected.get(f"{PAGE}/run/progress").text
        assert "data-goes-on" in fragment
        assert "Reading pagerduty.team" in words_of(fragment)
        assert "<html" not in fragment
        assert 'http-equiv="refresh"' in connected.get(f"{PAGE}/run").text
        assert "running now" in connected.get("/integrations").text
    finally:
        released.set()
    assert ended(server).stage == "ended"
    assert "data-goes-on" not in connected.get(f"{PAGE}/run/progress").text


def test_what_keeps_a_run_from_starting_is_told(server, connected, monkeypatch):
    """A vault that cannot be opened, here."""
    monkeypatch.setenv("CCM_VAULT_KEY", "8FbGmH1iKkq2lN7zR0vYx3uJ5dQwTtE6aSsPpOoLlKA=")
    settings = server.settings
    settings.write_text(f"{settings.read_text()}# changed\n")
    connected.send(f"{PAGE}/run")
    assert ended(server).stage == "failed"
    assert "encrypted with another key" in connected.get(f"{PAGE}/run").text


def test_a_source_that_refuses_is_the_outcome_of_a_run(server, connected, simulator):
    """With what it said, at the connection."""
    simulator.control.api_keys.clear()
    connected.send(f"{PAGE}/run")
    assert ended(server).outcome == "failed"
    assert "401" in connected.get(PAGE).text


def test_runs_are_stopped_and_sealed_with_the_server(server, connected, simulator):
    """What was stored by then is kept, and the run says that it was interrupted."""
    held, released = threading.Event(), threading.Event()

    def hold(request) -> None:
        if request.path == "/teams":
            held.set()
            released.wait(3)

    simulator.control.before_response = hold
    connected.send(f"{PAGE}/run")
    assert held.wait(30)
    server.runs.stop(30)
    released.set()
    assert server.runs.progress("acme").stage == "failed"
    assert "interrupted" in connected.get(PAGE).text


def test_a_connection_is_tested_without_being_run(connected, simulator):
    """Every endpoint with a tick, or its cause and next step first."""
    simulator.control.deny("/oncalls")
    page = words_of(connected.send(f"{PAGE}/test").text)
    assert "problem: /oncalls GET /oncalls answered 403" in page
    assert "fine: /services can be read" in page
    assert "test of connection acme" in connected.get("/activity").text


def test_no_run_is_shown_where_none_was_started(connected):
    """The page says so, and leads to the last one."""
    assert "No run of acme was started here" in connected.get(f"{PAGE}/run").text
