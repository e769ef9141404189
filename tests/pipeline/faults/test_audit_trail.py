"""The audit trail by cursor: it is whole, or the manifest names what is missing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pagerduty_simulator.account.operations import AuditedObject, AuditRecord
from pagerduty_simulator.api.faults import (
    cut_connection,
    html,
    redirect,
    refuse,
    scope_missing,
    too_many_requests,
    truncated,
)

from ccm_core.model.evidence.collection import Outcome, Reason
from ccm_core.model.evidence.window import Window
from ccm_core.rules.evaluate.sufficiency import assess_sufficiency
from ccm_core.sdk.types import Shape

pytestmark = pytest.mark.no_cover  # its lines are covered by others

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
PATH, KIND = "/audit/records", "pagerduty.audit_record"
PASSING = {
    "500 thrice": [refuse(500)] * 3,
    "HTML 502": [html(502)],
    "429 in HTML": [too_many_requests(in_html=True)],
    "half of the JSON": [truncated],
    "a cut connection": [cut_connection],
}
LASTING = {
    "500": ([refuse(500)] * 4, Reason.SOURCE_ERROR),
    "429 without an end": ([too_many_requests(None)] * 4, Reason.RATE_LIMITED),
    "a redirect": ([redirect("https://elsewhere.example/")], Reason.SOURCE_ERROR),
    "402": ([refuse(402)], Reason.NOT_AVAILABLE),
    "403": ([refuse(403)], Reason.DENIED),
    "a missing scope": ([scope_missing("audit_records.read")], Reason.DENIED),
    "400": ([refuse(400)], Reason.SOURCE_ERROR),
}


@pytest.fixture
def trail(simulated):
    """Fill the audit trail with 40 changes of as many days, two of them in one second."""
    simulated.account.audit_records[:] = [
        AuditRecord(
            id=f"R{number:02d}",
            at=int((NOW - max(number, 1) * DAY / 2).timestamp()),
            action="update",
            root=AuditedObject(id="P1", type="team_reference", summary="Core"),
        )
        for number in range(40)
    ]
    return simulated


def problem(simulated, now=NOW):
    """Say what any rule over the trail would be told."""
    return assess_sufficiency(
        simulated.store.runs.collections("simulated"),
        kind=KIND,
        shape=Shape.EVENT,
        cadence=HOUR,
        period=Window(now - 30 * DAY, now),
        now=now,
        connection="simulated",
    ).problem


def collect(simulated, **settings):
    """Collect the trail in pages of a few records."""
    return simulated.collect(nouns=("audit_record",), **{"page_size": 7, **settings})


@pytest.mark.parametrize("script", [pytest.param(one, id=name) for name, one in PASSING.items()])
@pytest.mark.parametrize("page", [0, 3])
def test_faults_of_the_audit_trail_that_pass_cost_requests_and_nothing_else(trail, script, page):
    """Each page is asked for again by its cursor."""
    trail.control.script(PATH, [*[None] * page, *script])
    assert collect(trail).outcome is Outcome.COMPLETE
    assert len(trail.kept(KIND)) == 40
    assert problem(trail) is None


@pytest.mark.parametrize(
    ("script", "reason"), [pytest.param(*one, id=name) for name, one in LASTING.items()]
)
@pytest.mark.parametrize("page", [0, 3])
def test_faults_of_the_audit_trail_that_last_are_named(trail, script, reason, page):
    """What was read before counts for nothing alone: nobody knows what is missing."""
    trail.control.script(PATH, [*[None] * page, *script])
    manifest = collect(trail)
    assert manifest.outcome is not Outcome.COMPLETE
    falls = [fall for collection in manifest.collections for fall in collection.shortfalls]
    assert reason in {fall.reason for fall in falls}
    assert problem(trail) is not None

    trail.control.allow(PATH)
    later = NOW + timedelta(minutes=5)
    assert collect(trail, now=later).outcome is Outcome.COMPLETE
    assert len(trail.kept(KIND)) == 40
    assert problem(trail, later) is None


@pytest.mark.parametrize("days", [30, 90, 180])
def test_no_request_for_the_audit_trail_spans_more_than_31_days(trail, days):
    """A longer lookback is read in several windows."""
    manifest = collect(trail, lookback=f"{days}d")
    assert manifest.outcome is Outcome.COMPLETE
    assert len(trail.kept(KIND)) == 40
    for request in trail.control.requests_to(PATH):
        query = dict(request.params)
        since, until = (datetime.fromisoformat(query[name]) for name in ("since", "until"))
        assert until - since <= 31 * DAY
        assert request.status == 200
