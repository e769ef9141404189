"""Complaints of every shape, and the key sent back: what is told is plain and keeps the secret."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pagerduty_simulator.api.credentials import API_KEY
from pagerduty_simulator.api.faults import html, redirect, refuse
from pagerduty_simulator.api.responses import SimulatedResponse

from ccm_core.model.evaluation.result import Status
from ccm_core.model.evidence.collection import Outcome, Reason

BODIES = {
    "errors is a string": {"error": {"message": "Nope", "code": 2001, "errors": "odd one"}},
    "errors is a map": {"error": {"message": "Nope", "errors": {"field": ["odd one"]}}},
    "errors is null": {"error": {"message": "odd one", "code": 2001, "errors": None}},
    "error is an array": {"error": ["odd one"]},
    "error is a string": {"error": "odd one"},
    "error is null": {"error": None},
    "a message on top": {"message": "odd one", "errors": ["more"]},
    "a code in words": {"error": {"message": "odd one", "code": "2001"}},
    "an array": ["odd one"],
    "a number": "7",
    "text": "odd one",
    "nothing": "",
    "cut JSON": '{"error": {"mess',
    "JSON without end": '{"error":' * 50_000,
    "no UTF-8": "\udcff",
}
TELLING = {name for name, body in BODIES.items() if "odd one" in json.dumps(body)}
MUTE = {"an array", "text"}
"""Bodies whose words are in no place that anything is known of."""

REFUSALS = {
    400: (Outcome.FAILED, Reason.SOURCE_ERROR),
    402: (Outcome.UNAVAILABLE, Reason.NOT_AVAILABLE),
    403: (Outcome.UNAVAILABLE, Reason.DENIED),
    500: (Outcome.FAILED, Reason.SOURCE_ERROR),
}


def saying(status, body):
    """Refuse with a body of any kind of bytes."""
    if isinstance(body, str):
        raw = body.encode(errors="surrogateescape")
        return lambda _asked, _honest: SimulatedResponse(status=status, body=raw)
    return refuse(status, body)


@pytest.mark.no_cover
@pytest.mark.parametrize("name", BODIES)
def test_the_status_decides_whatever_the_body_looks_like(lab, name):
    """Four lists are refused, each with another status; the words are quoted where they can be."""
    lists = dict(zip(("priority", "user", "service", "on_call"), REFUSALS, strict=True))
    for endpoint, kind in (
        ("/priorities", "priority"),
        ("/users", "user"),
        ("/services", "service"),
        ("/oncalls", "on_call"),
    ):
        lab.control.inject(endpoint, saying(lists[kind], BODIES[name]))
    ran = lab.read(*lists)

    for kind, status in lists.items():
        outcome, reason = REFUSALS[status]
        assert (ran.outcomes[kind], ran.reasons(kind)) == (outcome, {reason})
        assert f"answered {status}" in ran.details(kind)
        assert ("odd one" in ran.details(kind)) is (name in TELLING - MUTE)
        assert ran.details(kind).isprintable()
    for rule in lab.rules_over(*lists):
        assert {one.status for one in ran.rules[rule].results} == {Status.INSUFFICIENT}


def with_headers(fault, **headers):
    """Send headers along."""

    def fault_with_headers(request, honest):
        answer = fault(request, honest)
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        return replace(answer, headers=answer.headers | more)

    return fault_with_headers


ESCAPED = "".join(f"\\u{ord(char):04x}" for char in API_KEY)
ECHOES = {
    "in a message": refuse(400, {"error": {"message": f"bad key {API_KEY}"}}),
    "in a map": refuse(403, {"error": {"message": "no", "errors": {API_KEY: [API_KEY]}}}),
    "spelt in escapes": saying(400, f'{{"error": {{"message": "bad key {ESCAPED}"}}}}'),
    "at the end of what is quoted": refuse(
        400, {"error": {"message": "x" * 180 + f" {API_KEY} and on and on"}}
    ),
    "in a scope": refuse(403, {"error": {"message": "no", "required_scopes": API_KEY}}),
    "in HTML": html(401, API_KEY),
    "in text": refuse(500, f"Authorization: Token token={API_KEY}"),
    "as the user of a redirect": redirect(f"https://{API_KEY}@elsewhere.example/"),
    "in the path of a redirect": redirect(f"https://elsewhere.example/{API_KEY}"),
    "as the request's id": with_headers(refuse(400), x_request_id=API_KEY),
    "for JSON": refuse(200, API_KEY),
}


@pytest.mark.no_cover
@pytest.mark.parametrize("echo", [pytest.param(one, id=name) for name, one in ECHOES.items()])
@pytest.mark.parametrize("endpoint", ["/users/me", "/users"])
def test_a_key_echoed_by_the_source_is_never_printed(lab, endpoint, echo):
    """It is in no manifest, no finding, no log, and nowhere in the store's files."""
    lab.control.inject(endpoint, echo)
    ran = lab.read("user")
    assert lab.key.encode() not in ran.messages()
    pieces = lab.key[: len(lab.key) // 2].encode()
    assert pieces not in ran.messages()


@pytest.mark.parametrize(
    "date",
    [
        pytest.param("yesterday", id="no date"),
        pytest.param("%a, %d %b %Y %H:%M:%S -0000", id="no zone"),
        pytest.param("", id="empty"),
        pytest.param("Fri, 99 Foo 99999 99:99:99 GMT", id="no such day"),
    ],
)
def test_an_unreadable_date_header_stops_no_run(lab, date):
    """A header is no evidence."""

    def dated(request, honest):
        answer = honest(request)
        # Of now: the suite may have begun long ago.
        now = f"{datetime.now(UTC):{date}}" if "%" in date else date
        return replace(answer, headers=answer.headers | {"date": now})

    honest = lab.honest("service")
    lab.control.inject("/users/me", dated)
    lab.control.inject("/services", dated)
    ran = lab.read("service")
    assert ran.outcomes == {"service": Outcome.COMPLETE}
    assert ran.judgement == honest.judgement
