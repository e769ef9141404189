"""A source that cannot be used at all, or that answers what no API would."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pagerduty_simulator.api.faults import (
    cut_connection,
    html,
    redirect,
    refuse,
    too_many_requests,
)
from pagerduty_simulator.api.responses import SimulatedResponse

from ccm_core.cli.terminal.exit_codes import Exit
from ccm_core.model.evidence.collection import Outcome, Reason
from ccm_core.sdk.http import Bounds
from tests.pipeline.faults.lists import KINDS, LISTS, OF_ONE_INCIDENT, assert_nothing_passes

pytestmark = pytest.mark.no_cover  # its lines are covered by others


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        pytest.param(refuse(401), Reason.DENIED, id="401"),
        pytest.param(html(401), Reason.DENIED, id="401 in HTML"),
        pytest.param(too_many_requests(None), Reason.RATE_LIMITED, id="429"),
        pytest.param(refuse(500), Reason.SOURCE_ERROR, id="500"),
        pytest.param(html(200), Reason.SOURCE_ERROR, id="200 in HTML"),
        pytest.param(refuse(200, '{"user": '), Reason.SOURCE_ERROR, id="half the JSON"),
        pytest.param(refuse(200, "[" * 100_000), Reason.SOURCE_ERROR, id="JSON without end"),
        pytest.param(cut_connection, Reason.SOURCE_ERROR, id="cut"),
        pytest.param(redirect("https://elsewhere.example/"), Reason.SOURCE_ERROR, id="redirect"),
    ],
)
def test_an_unusable_source_fails_the_whole_run(lab, fault, reason):
    """Nothing is read, everything that was due has failed, and nothing passes."""
    lab.control.inject("/users/me", fault)
    ran = lab.read()

    assert ran.outcomes == dict.fromkeys(KINDS, Outcome.FAILED)
    assert [one.reason for one in ran.manifest.shortfalls] == [reason]
    assert all(ran.reasons(kind) == {reason} for kind in KINDS)
    assert {one.template for one in ran.requests} == {"/users/me"}
    assert ran.exit is Exit.SOURCE
    assert_nothing_passes(lab, ran, *KINDS)


def test_an_unreachable_source_fails_the_whole_run(lab):
    """A port on which nobody listens."""
    ran = lab.read(base_url="http://127.0.0.1:1")
    assert ran.outcomes == dict.fromkeys(KINDS, Outcome.FAILED)
    assert [one.reason for one in ran.manifest.shortfalls] == [Reason.SOURCE_ERROR]
    assert ran.exit is Exit.SOURCE
    assert_nothing_passes(lab, ran, *KINDS)


@pytest.mark.parametrize("status", [400, 402, 403, 404])
def test_a_key_that_may_not_read_its_own_user_collects_everything_else(lab, status):
    """The manifest says that it is not known whose key it is."""
    honest = lab.honest("priority")
    lab.control.deny("/users/me", status)
    ran = lab.read("priority")
    assert ran.manifest.credential.kind == "api_key"
    assert ran.bodies == honest.bodies
    assert ran.judgement == honest.judgement


@pytest.mark.parametrize("status", [302, 308])
def test_the_credential_never_follows_a_redirect(lab, elsewhere, status):
    """No other host is ever connected to, and the kind says where it would have gone."""
    for endpoint in (*LISTS, OF_ONE_INCIDENT):
        lab.control.inject(endpoint, redirect(elsewhere.url, status))
    ran = lab.read()

    assert not elsewhere.was_reached()
    assert ran.outcomes == dict.fromkeys(KINDS, Outcome.FAILED)
    assert all("redirects to 127.0.0.1" in ran.details(kind) for kind in KINDS)
    assert_nothing_passes(lab, ran, *KINDS)


def test_an_endless_response_body_is_cut_off(lab):
    """Over the bound it is left at once, and not asked for again."""

    def huge(request, honest):
        return replace(honest(request), body=b'{"x": "' + b"x" * 2_000_000 + b'"}')

    for endpoint in (*LISTS, OF_ONE_INCIDENT):
        lab.control.inject(endpoint, huge)
    bounds = Bounds(attempts=4, backoff=0.0, max_backoff=0.0, max_body=1_000_000)
    ran = lab.read(bounds=bounds)

    assert ran.outcomes == dict.fromkeys(KINDS, Outcome.FAILED)
    assert all("larger than 1000000 bytes" in ran.details(kind) for kind in KINDS)
    pages = [one for one in ran.requests if one.template == "/services"]
    assert len([one for one in pages if "offset" in dict(one.params)]) == 1
    assert_nothing_passes(lab, ran, *KINDS)


def test_a_response_of_another_host_is_refused(lab):
    """JSON that holds nothing of what was asked for is no empty list."""
    for endpoint in (*LISTS, OF_ONE_INCIDENT):
        lab.control.inject(
            endpoint, lambda _asked, _honest: SimulatedResponse(body=b'{"status": "ok"}')
        )
    ran = lab.read()
    assert ran.outcomes == dict.fromkeys(KINDS, Outcome.FAILED)
    assert_nothing_passes(lab, ran, *KINDS)
