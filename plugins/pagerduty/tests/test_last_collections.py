"""What `ccm check` says of the collections that were stored last."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from ccm_pagerduty.diagnosis.causes import Cause
from ccm_pagerduty.diagnosis.last_collections import incomplete_kinds

from ccm_core.sdk.types import Collection, Outcome, Reason, Shortfall

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def collection(kind: str, *shortfalls: Shortfall, outcome=Outcome.PARTIAL) -> Collection:
    """Make a collection that lacks something."""
    return Collection(
        id=f"r/{kind}/1",
        run="r",
        connection="pagerduty-test",
        kind=f"pagerduty.{kind}",
        version=1,
        started_at=NOW,
        ended_at=NOW,
        outcome=outcome,
        shortfalls=shortfalls,
    )


@pytest.mark.parametrize(
    ("kind", "reason", "cause", "step"),
    [
        pytest.param(
            "incident_log_entry",
            Reason.RATE_LIMITED,
            Cause.ACKNOWLEDGEMENTS_MISSING,
            "log_entries: auto",
            id="log entries throttled",
        ),
        pytest.param(
            "incident_log_entry",
            Reason.DENIED,
            Cause.ACKNOWLEDGEMENTS_MISSING,
            "incidents.read",
            id="log entries denied",
        ),
        pytest.param("service", Reason.HIDDEN_REFERENCES, Cause.TEAM_SCOPE, "account", id="teams"),
        pytest.param("on_call", Reason.DENIED, Cause.DENIED, "allow the credential", id="denied"),
        pytest.param("team", Reason.NOT_AVAILABLE, Cause.NOT_IN_PLAN, "if the plan", id="the plan"),
        pytest.param("user", Reason.RATE_LIMITED, Cause.RATE_LIMITED, "share", id="throttled"),
        pytest.param("user", Reason.DRIFTED, Cause.INCOMPLETE, "ccm collect", id="drifted"),
        pytest.param("user", Reason.SOURCE_ERROR, Cause.SOURCE_ERROR, "support", id="broken"),
    ],
)
def test_incomplete_collection_is_one_line_with_cause_and_step(kind, reason, cause, step):
    """One line for the kind, with when, why, and what to do."""
    shortfall = Shortfall(reason=reason, detail="it was so", subjects=("pagerduty.team:T1",))
    (line,) = incomplete_kinds(
        [collection(kind, shortfall), collection("ability", outcome=Outcome.COMPLETE)]
    )
    assert (line.subject, line.ok, line.cause) == (f"pagerduty.{kind}", False, cause)
    assert "the last collection, at 2026-11-23 12:00 UTC, was partial: it was so" in line.message
    assert "1 missing: pagerduty.team:T1" in line.message
    assert step in line.next_step


def test_many_shortfalls_of_a_kind_are_one_line():
    """The first is quoted and the others are counted; no more than a few objects are named."""
    shortfalls = [
        Shortfall(
            reason=Reason.HIDDEN_REFERENCES, detail=f"{n}", subjects=(f"pagerduty.service:S{n}",)
        )
        for n in range(9)
    ]
    (line,) = incomplete_kinds([collection("service", *shortfalls)])
    assert "0 (and 8 more); 9 missing: pagerduty.service:S0," in line.message
    assert line.message.endswith("and 4 more")


def test_failed_collection_without_a_shortfall_is_reported():
    """Unknown is told as such."""
    (line,) = incomplete_kinds([collection("user", outcome=Outcome.FAILED)])
    assert (line.cause, line.message[-6:]) == (Cause.INCOMPLETE, "failed")
