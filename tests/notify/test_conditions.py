"""What is so after an evaluation: failures that nobody waived, what is open, due and overdue."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ccm_core.model.finding.finding import Finding, FindingCheck, FindingState
from ccm_core.model.evaluation.result import (
    Evaluation,
    KindSufficiency,
    Population,
    Result,
    RuleResult,
    Status,
)
from ccm_core.model.evaluation.rule import Severity
from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.evidence.collection import Outcome
from ccm_core.model.evidence.manifest import Manifest
from ccm_core.notify.conditions import conditions

NOW = datetime(2026, 5, 6, 9, tzinfo=UTC)
SERVICE = Subject(kind="acme.service", key="P1", title="Checkout")


def evaluation(*results, sufficiency=()):
    """One rule and what it said."""
    rule = RuleResult(
        rule="r",
        pack="p",
        title="Services are owned",
        severity=Severity.HIGH,
        status=Status.FAIL,
        population=Population(),
        results=results,
    )
    return Evaluation(
        evaluated_at=NOW,
        packs=(),
        connections=("acme",),
        sufficiency=sufficiency,
        rules=(rule,),
        controls=(),
    )


def result(status=Status.FAIL, **more):
    """What the rule said of the service."""
    return Result(
        **{
            "id": "f1",
            "rule": "r",
            "connection": "acme",
            "subject": SERVICE,
            "status": status,
            "reason": "evidence: secret-looking-value",
        }
        | more
    )


def finding(state=FindingState.OPEN):
    """The service's failure through time."""
    return Finding(
        id="f1",
        connection="acme",
        subject=SERVICE,
        checks=(
            FindingCheck(result="f1", rule="r", severity="high", status=Status.FAIL, reason=""),
        ),
        state=state,
        reason="evidence: secret-looking-value",
        first_seen=NOW,
        opened_at=NOW,
        last_seen=NOW,
    )


def manifest(rotate_by):
    """A run whose credential should be replaced by a moment."""
    return Manifest(
        run="1",
        connection="acme",
        connector="acme",
        started_at=NOW,
        ended_at=NOW,
        host_version="0",
        settings_digest="sha256:0",
        rotate_by=rotate_by,
        outcome=Outcome.COMPLETE,
    )


def texts(*given):
    """Say what is so."""
    return [one.text for one in conditions(*given)]


@pytest.mark.parametrize(
    ("state", "told"),
    [
        pytest.param(FindingState.OPEN, True, id="open"),
        pytest.param(FindingState.INCONCLUSIVE, True, id="not seen: neither over nor new"),
        pytest.param(FindingState.RESOLVED, False, id="resolved"),
        pytest.param(FindingState.REMOVED, False, id="removed"),
    ],
)
def test_open_finding_is_a_condition(state, told):
    """A finding is so until it is resolved or gone."""
    found = texts(evaluation(result()), [finding(state)], [])
    assert found == (["Services are owned: Checkout [f1]"] if told else [])


def test_waived_finding_is_no_condition():
    """Somebody knows of it and let it be."""
    assert texts(evaluation(result(waiver="W-1")), [finding()], []) == []


def test_inconclusive_rule_is_one_condition():
    """One line for each rule and connection, however many subjects it concerns."""
    lost = [result(Status.INSUFFICIENT, id=f"f{n}") for n in range(2_000)]
    assert texts(evaluation(*lost), [], []) == [
        "Services are owned: inconclusive for acme, 2,000 results"
    ]


@pytest.mark.parametrize(
    ("days", "told"),
    [
        pytest.param(-1, 1, id="past"),
        pytest.param(1, 0, id="ahead"),
        pytest.param(None, 0, id="none"),
    ],
)
def test_credential_rotation_due_is_a_condition(days, told):
    """Once the day has come by which it should have been replaced."""
    by = None if days is None else NOW + timedelta(days=days)
    assert len(texts(evaluation(), [], [manifest(by)])) == told


@pytest.mark.parametrize(
    ("ago", "told"),
    [
        pytest.param(3_599, [], id="in time"),
        pytest.param(3_600, [], id="just in time"),
        pytest.param(7_200, ["acme.service of acme was last collected 2h ago"], id="late"),
        pytest.param(None, ["acme.service of acme was never collected"], id="never"),
    ],
)
def test_overdue_collection_is_a_condition(ago, told):
    """By the age that the evidence may have."""
    standing = KindSufficiency(
        kind="acme.service",
        connection="acme",
        outcome=None if ago is None else Outcome.COMPLETE,
        collected_at=None if ago is None else NOW - timedelta(seconds=ago),
        max_age=3_600,
    )
    assert texts(evaluation(sufficiency=(standing,)), [], []) == told


def test_condition_texts_have_no_evidence():
    """Reasons quote values of the evidence: they stay in the report."""
    told = conditions(evaluation(result(), result(Status.ERROR, id="f2")), [finding()], [])
    assert told
    assert not any("secret-looking" in one.text + one.resolved_text for one in told)


def test_condition_keys_are_unique():
    """No two conditions of one evaluation share a key."""
    standing = KindSufficiency(kind="acme.service", connection="acme", outcome=None)
    given = evaluation(result(), result(Status.ERROR), sufficiency=(standing,))
    keys = [one.key for one in conditions(given, [finding()], [manifest(NOW)])]
    assert len(keys) == len(set(keys)) == 4
