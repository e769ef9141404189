"""What stands behind a verdict, joined by connection and kind."""

from __future__ import annotations

import pytest

from ccm_core.model.evidence.collection import Outcome
from ccm_core.report.content.evidence import evidence


def test_every_kind_that_is_known_of_is_told(given):
    """Kinds come from sufficiency, the newest run and the store; none is left out."""
    (one,) = evidence(given)
    told = [
        (kind.kind, kind.outcome, kind.items, kind.requests, kind.records) for kind in one.kinds
    ]
    assert told == [
        ("pagerduty.ability", None, None, None, None),
        ("pagerduty.incident", Outcome.PARTIAL, 12_000, 121, None),
        ("pagerduty.incident_log_entry", Outcome.UNAVAILABLE, 0, 1, None),
        ("pagerduty.schedule", Outcome.COMPLETE, 30, 2, None),
        ("pagerduty.service", Outcome.COMPLETE, 60, 1, 60),
        ("pagerduty.team", Outcome.COMPLETE, None, None, 12),
    ]


def test_sums_of_the_run(given):
    """Requests, retries, refusals and waits are added up over the run."""
    (one,) = evidence(given)
    assert (one.requests, one.retries, one.refused, one.waited) == (125, 3, 1, 12.5)


def test_a_shortfall_is_told_once(given):
    """What the standing and the collection both say appears once."""
    (one,) = evidence(given)
    assert [len(kind.shortfalls) for kind in one.kinds] == [0, 1, 1, 0, 0, 0]


def test_notes(given):
    """Dangling references, rejected records and new fields are told beside the outcome."""
    (one,) = evidence(given)
    assert [note for kind in one.kinds for note in kind.notes] == [
        "2 records kept apart: not of the schema's shape",
        "1 reference to a pagerduty.escalation_policy that is not listed",
        "1 field new at the source: services.alert_rules",
    ]


def test_windows_of_one_kind_are_one_row(make):
    """Several collections of one kind are added up, and the worst outcome stands."""
    kinds = [
        make.collection("k", counts=(10, 1)),
        make.collection("k", Outcome.FAILED, counts=(0, 2)),
        make.collection("k", Outcome.PARTIAL, counts=(5, 1)),
    ]
    (one,) = evidence(make.report_input(manifests=(make.manifest(collections=kinds),)))
    (row,) = one.kinds
    assert (row.outcome, row.items, row.requests) == (Outcome.FAILED, 15, 4)


def test_age(given):
    """Evidence says how much older than the evaluation it is."""
    (one,) = evidence(given)
    assert {kind.age for kind in one.kinds} == {None, "2 h"}


@pytest.mark.parametrize(
    ("connections", "told"),
    [
        pytest.param((), [], id="no connection"),
        pytest.param(("b", "a"), [("a", None), ("b", None)], id="never collected"),
    ],
)
def test_connections(make, connections, told):
    """A connection that was never collected is told, in sorted order."""
    rows = evidence(make.report_input(connections=connections))
    assert [(one.connection, one.manifest) for one in rows] == told
