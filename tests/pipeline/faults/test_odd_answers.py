"""Odd answers of a source, the whole way: asked for once more, then believed or named."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from pagerduty_simulator.api.faults import empty_pages, html, refuse, slow

from ccm_core.cli.terminal.exit_codes import Exit
from ccm_core.model.evaluation.result import Status
from ccm_core.model.evidence.collection import Outcome, Reason
from ccm_core.sdk.http import Bounds

QUICK = Bounds(attempts=4, backoff=0.0, max_backoff=0.0, max_wait=3.0)
LIMITED_IN_403 = {"error": {"message": "Rate Limit Exceeded", "code": 2020}}


def after(requests, fault):
    """Answer some requests properly, and then one with a fault."""
    return [*[None] * requests, fault]


@pytest.mark.attack(
    "Answers of the source",
    "A gateway answers one request in the midst of a run with 401",
    "Asked once more: the run goes on, and every kind is complete",
)
@pytest.mark.parametrize("endpoint", ["/services", "/teams/{id}/members", "/log_entries"])
def test_one_401_in_the_midst_of_a_run_changes_nothing(lab, endpoint):
    """The same key was accepted a moment ago."""
    honest = lab.honest()
    lab.control.script(endpoint, after(1 if endpoint == "/teams/{id}/members" else 0, refuse(401)))
    ran = lab.read()
    assert set(ran.outcomes.values()) == {Outcome.COMPLETE}
    assert ran.evaluation.rules == honest.evaluation.rules
    assert ran.exit == honest.exit


def test_a_401_that_stays_ends_the_run(lab):
    """A revoked key is named, and exits with 4."""
    lab.control.inject("/services", refuse(401))
    ran = lab.read("service")
    assert (ran.outcomes["service"], ran.exit) == (Outcome.FAILED, Exit.SOURCE)
    assert ran.reasons("service") == {Reason.DENIED}


@pytest.mark.attack(
    "Answers of the source",
    "An empty page says that there is more",
    "The page is asked for once more; where it stays empty, the list is never complete",
)
def test_an_empty_page_that_promises_more_is_asked_once_more(lab):
    """Once costs a request; twice is a named shortfall."""
    lab.control.script("/users", after(0, empty_pages))
    once = lab.read("user", page_size=3)
    assert once.outcomes["user"] is Outcome.COMPLETE
    assert once.bodies["user"] == lab.honest("user").bodies["user"]

    lab.calm()
    lab.control.inject("/users", empty_pages)
    twice = lab.read("user")
    assert twice.outcomes["user"] is Outcome.FAILED
    assert "says that there is more, twice" in twice.details("user")
    for rule in lab.rules_over("user"):
        assert {result.status for result in twice.rules[rule].results} == {Status.INSUFFICIENT}


@pytest.mark.attack(
    "Answers of the source",
    "A list takes longer than the time-out at a hundred objects a page",
    "Its pages are asked for in halves, down to a size that comes in time: complete",
)
def test_a_page_that_takes_too_long_is_read_in_halves(lab):
    """The source answers pages of twelve in time."""

    def slow_in_size(request, honest):
        small = int(request.params["limit"]) <= 12
        return honest(request) if small else slow(1.5)(request, honest)

    lab.control.inject("/users", slow_in_size)
    ran = lab.read("user", bounds=replace(QUICK, read_timeout=0.5))
    assert ran.outcomes["user"] is Outcome.COMPLETE
    assert ran.bodies["user"] == lab.honest("user").bodies["user"]
    pages = [dict(logged.params) for logged in ran.requests if logged.path == "/users"]
    sizes = [page["limit"] for page in pages if "offset" in page]
    assert sizes[:4] == ["100", "50", "25", "12"]


@pytest.mark.attack(
    "Answers of the source",
    "A rate limit is answered with 403, by its code or by its words",
    "It is waited out; a denial is not repeated",
)
@pytest.mark.parametrize(
    ("body", "limited"),
    [
        pytest.param(LIMITED_IN_403, True, id="code 2020"),
        pytest.param({"error": {"message": "Too Many Requests"}}, True, id="words"),
        pytest.param({"error": {"message": "Access Denied", "code": 2010}}, False, id="denied"),
    ],
)
def test_a_403_that_means_a_rate_limit_is_waited_out(lab, body, limited):
    """It is no denial; what is a denial is not repeated."""
    lab.control.script("/services", [refuse(403, body)] * 2)
    ran = lab.read("service", bounds=QUICK)
    assert ran.outcomes["service"] is (Outcome.COMPLETE if limited else Outcome.UNAVAILABLE)


@pytest.mark.attack(
    "Account",
    "Every path is answered with 404 and a web page, as for a key that the gateway does not know",
    "The key or the address is named as invalid, exit 4; nothing counts as not available",
)
def test_a_404_in_html_everywhere_is_an_invalid_key(lab):
    """It is said at once, not kind by kind."""
    lab.control.inject("*", html(404, "404 Not Found"))
    ran = lab.read()
    assert (set(ran.outcomes.values()), ran.exit) == ({Outcome.FAILED}, Exit.SOURCE)
    assert "the key is invalid" in ran.manifest.shortfalls[0].detail
    assert len(ran.requests) < 10


@pytest.mark.attack(
    "Answers of the source",
    "A deleted user is looked up, and a gateway answers 404 with a web page",
    "It does not show that the user was deleted",
)
def test_a_web_page_never_shows_that_an_object_was_deleted(lab):
    """Only the source's own words do."""
    user = next(iter(lab.account.users))
    del lab.account.users[user]
    lab.control.inject("/users/{id}", html(404, "404 Not Found"))
    ran = lab.read()
    outcomes = {
        dangling.lookup_outcome
        for collection in ran.manifest.collections
        for dangling in collection.dangling
        if dangling.key == user
    }
    assert outcomes == {"failed"}


@pytest.mark.attack(
    "Answers of the source",
    "The source names a user's role twice in one object",
    "The list is refused with the name of the key, and no rule over it passes",
)
def test_a_repeated_key_of_the_source_is_no_evidence(lab):
    """Neither of the two roles is believed."""

    def doubled(request, honest):
        answer = honest(request)
        role = b'"role":"observer","role":"admin"'
        body = answer.body.replace(b'"role":"', role + b',"was":"', 1)
        assert body != answer.body
        return replace(answer, body=body)

    lab.control.inject("/users", doubled)
    ran = lab.read("user")
    assert ran.outcomes["user"] is Outcome.FAILED
    assert "the key 'role' stands twice" in ran.details("user")
    for rule in lab.rules_over("user"):
        assert {result.status for result in ran.rules[rule].results} == {Status.INSUFFICIENT}


@pytest.mark.attack(
    "Answers of the source",
    "A list names an object whose id leads to another path",
    "The object is a named shortfall or an escaped request; no other endpoint is asked",
)
@pytest.mark.parametrize("key", ["../users/me", "..", "a/../../users", "P1?team_ids[]=x", "P#1"])
def test_an_id_that_is_a_path_asks_no_other_endpoint(lab, key):
    """Members are read team by team, by the ids that the list names."""

    def renamed(request, honest):
        answer = honest(request)
        document = json.loads(answer.body)
        if document["teams"]:
            document["teams"][0]["id"] = key
        return replace(answer, body=json.dumps(document).encode())

    honest = lab.honest("team", "team_member")
    lab.control.inject("/teams", renamed)
    ran = lab.read("team", "team_member")
    assert ran.outcomes["team_member"] is Outcome.PARTIAL
    assert ran.subjects("team_member") == {f"pagerduty.team:{key}"}
    usual = {(logged.path, logged.template) for logged in honest.requests}
    unusual = [logged for logged in ran.requests if (logged.path, logged.template) not in usual]
    assert all(logged.template is None or "/teams/" in logged.path for logged in unusual)
