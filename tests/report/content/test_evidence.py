"""The evidence behind results, joined by connection and kind."""

from __future__ import annotations

import pytest

from ccm_core.model.evidence.collection import Outcome
from ccm_core.report.content.evidence import connection_evidence


def test_every_known_kind_is_listed(inputs):
    """Kinds come from sufficiency, the newest run and the store; none is left out."""
    (connection,) = connection_evidence(inputs)
    kinds = [
        (kind.kind, kind.outcome, kind.items, kind.requests, kind.records)
        for kind in connection.kinds
    ]
    assert kinds == [
        ("pagerduty.ability", None, None, None, None),
        ("pagerduty.incident", Outcome.PARTIAL, 12_000, 121, None),
        ("pagerduty.incident_log_entry", Outcome.UNAVAILABLE, 0, 1, None),
        ("pagerduty.schedule", Outcome.COMPLETE, 30, 2, None),
        ("pagerduty.service", Outcome.COMPLETE, 60, 1, 60),
        ("pagerduty.team", Outcome.COMPLETE, None, None, 12),
    ]


def test_requests_and_waits_are_summed_over_the_run(inputs):
    """Retries and refusals as well."""
    (connection,) = connection_evidence(inputs)
    assert (connection.requests, connection.retries, connection.refused, connection.waited) == (
        125,
        3,
        1,
        12.5,
    )


def test_a_shortfall_is_listed_once(inputs):
    """Though the sufficiency and the collection both name it."""
    (connection,) = connection_evidence(inputs)
    assert [len(kind.shortfalls) for kind in connection.kinds] == [0, 1, 1, 0, 0, 0]


def test_notes_of_a_collection_are_listed(inputs):
    """Dangling references, rejected records and new fields are listed beside the outcome."""
    (connection,) = connection_evidence(inputs)
    assert [note for kind in connection.kinds for note in kind.notes] == [
        "2 records rejected: they do not fit their schema",
        "1 reference to a pagerduty.escalation_policy that is not listed",
        "schema drift: 1 new field at the source: services.alert_rules",
    ]


def test_windows_of_one_kind_are_one_row(make):
    """Several collections of one kind are added up, and the worst outcome stands."""
    kinds = [
        make.collection("k", counts=(10, 1)),
        make.collection("k", Outcome.FAILED, counts=(0, 2)),
        make.collection("k", Outcome.PARTIAL, counts=(5, 1)),
    ]
    (connection,) = connection_evidence(
        make.report_input(manifests=(make.manifest(collections=kinds),))
    )
    (row,) = connection.kinds
    assert (row.outcome, row.items, row.requests) == (Outcome.FAILED, 15, 4)


def test_the_age_of_evidence_is_relative_to_the_evaluation(inputs):
    """In two units at most."""
    (connection,) = connection_evidence(inputs)
    assert {kind.age for kind in connection.kinds} == {None, "2h"}


@pytest.mark.parametrize(
    ("connections", "expected"),
    [
        pytest.param((), [], id="no connection"),
        pytest.param(("b", "a"), [("a", None), ("b", None)], id="never collected"),
    ],
)
def test_connections_that_were_never_collected_are_listed(make, connections, expected):
    """In sorted order."""
    rows = connection_evidence(make.report_input(connections=connections))
    assert [(row.connection, row.manifest) for row in rows] == expected
