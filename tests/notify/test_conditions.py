"""What holds after an evaluation: findings nobody accepted, what is late, inconclusive and due."""

from __future__ import annotations

from datetime import timedelta

import pytest

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
from ccm_core.model.finding.act import ActKind
from ccm_core.model.finding.policy import Person
from ccm_core.model.finding.work_item import WorkState
from ccm_core.notify.conditions import conditions
from ccm_core.notify.types import NotifyEvent
from tests.notify.made_items import DAY, NOW, asked_item, made_item

SERVICE = Subject(kind="acme.service", key="P1", title="Checkout")
PEOPLE = {"bo": Person(id="bo", teams=("Risk",))}


def evaluation(*results, sufficiency=()):
    """Make one rule and its results."""
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


def result(status, name="f1"):
    """Make a result on the service."""
    return Result(
        id=name,
        rule="r",
        connection="acme",
        subject=SERVICE,
        status=status,
        reason="evidence: secret-looking-value",
    )


def manifest(rotate_by):
    """Make a run whose credential should be replaced by a moment."""
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


def holding(*items, results=(), sufficiency=(), manifests=(), approvers=None):
    """Return the conditions of findings, results and runs."""
    evaluated = evaluation(*results, sufficiency=sufficiency)
    return conditions(evaluated, items, manifests, PEOPLE, approvers or {})


def events(*items, **more):
    """Return the events of the conditions, in order."""
    return [condition.event.value for condition in holding(*items, **more)]


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        pytest.param(made_item(), ["opened"], id="open"),
        pytest.param(made_item(opened=2, state=WorkState.REOPENED), ["reopened"], id="back again"),
        pytest.param(made_item(due=2), ["opened"], id="due soon"),
        pytest.param(made_item(due=-1), ["opened", "finding_overdue"], id="overdue"),
        pytest.param(
            made_item(state=WorkState.INCONCLUSIVE),
            ["opened"],
            id="inconclusive: neither resolved nor new",
        ),
        pytest.param(
            made_item(state=WorkState.ACCEPTED, accepted_until=NOW + 60 * DAY),
            [],
            id="accepted for long",
        ),
        pytest.param(
            made_item(state=WorkState.ACCEPTED, accepted_until=NOW + 13 * DAY),
            ["acceptance_ending"],
            id="accepted, but not for long",
        ),
        pytest.param(asked_item("f1", "W1"), ["opened", "acceptance_asked"], id="to be approved"),
        pytest.param(asked_item("f1", "W1", ActKind.ACCEPTANCE_REFUSED), ["opened"], id="refused"),
        pytest.param(
            made_item(acts=asked_item("f1", "W1", ActKind.ACCEPTANCE_APPROVED).acts),
            ["reopened"],
            id="approved, and the acceptance has ended",
        ),
    ],
)
def test_events_of_a_finding(item, expected):
    """A finding is a condition until it is resolved or accepted; what is late is one more."""
    assert events(item) == expected


def test_conditions_of_a_finding_say_whose_it_is():
    """By what channels are chosen: owner with the teams of people, checks, frameworks."""
    (condition,) = holding(made_item(owners=("bo", "Payments"), controls=("soc2:CC7.3", "pci:1")))
    assert condition.owners == ("bo", "Payments", "Risk")
    assert (condition.rules, condition.frameworks) == (("r",), ("soc2", "pci"))
    assert condition.text == "Checkout: Services are owned"


def test_a_due_date_that_moves_and_passes_again_is_news():
    """The key of an overdue finding names the date that has passed."""
    keys = {holding(made_item(due=due))[1].key for due in (-1, -2)}
    assert len(keys) == 2


def test_an_acceptance_to_approve_is_one_condition_and_goes_to_its_approver():
    """However many findings it covers; where the approver is not known, it has no owner."""
    items = [asked_item("f1", "W1"), asked_item("f2", "W1", severity="critical")]
    *_, condition = holding(*items, approvers={"W1": "bo"})
    assert condition.text == "risk acceptance W1 needs approval by bo, for 2 findings"
    assert (condition.owners, condition.severity) == (("bo", "Risk"), Severity.CRITICAL)
    assert holding(*items)[-1].owners == ()


def test_an_acceptance_that_ends_is_one_condition_for_each_owner():
    """Each learns what will be theirs again."""
    items = [
        made_item(name, owners=owners, state=WorkState.ACCEPTED, accepted_until=NOW + DAY)
        for name, owners in (("f1", ("A",)), ("f2", ("A",)), ("f3", ("B",)))
    ]
    assert [condition.owners for condition in holding(*items)] == [("A",), ("B",)]


def test_inconclusive_rule_is_one_condition():
    """One line for each rule and connection, however many resources it concerns."""
    lost = [result(Status.INSUFFICIENT, f"f{n}") for n in range(2_000)]
    assert [(one.event, one.text) for one in holding(results=lost)] == [
        (
            NotifyEvent.INCONCLUSIVE,
            "Services are owned: inconclusive for acme, 2,000 results",
        )
    ]


@pytest.mark.parametrize(
    ("days", "expected"),
    [
        pytest.param(-1, ["key_due"], id="past"),
        pytest.param(1, [], id="ahead"),
        pytest.param(None, [], id="none"),
    ],
)
def test_credential_rotation_due_is_a_condition(days, expected):
    """Once the day has come by which it should have been replaced."""
    by = None if days is None else NOW + days * DAY
    assert events(manifests=[manifest(by)]) == expected


@pytest.mark.parametrize(
    ("ago", "expected"),
    [
        pytest.param(3_599, [], id="in time"),
        pytest.param(3_600, [], id="just in time"),
        pytest.param(7_200, ["acme.service of acme was last collected 2h ago"], id="late"),
        pytest.param(None, ["acme.service of acme was never collected"], id="never"),
    ],
)
def test_evidence_overdue_is_a_condition(ago, expected):
    """By the age that the evidence may have."""
    sufficiency = KindSufficiency(
        kind="acme.service",
        connection="acme",
        outcome=None if ago is None else Outcome.COMPLETE,
        collected_at=None if ago is None else NOW - timedelta(seconds=ago),
        max_age=3_600,
    )
    holding_now = holding(sufficiency=(sufficiency,))
    assert [condition.text for condition in holding_now] == expected
    assert {condition.event for condition in holding_now} <= {NotifyEvent.EVIDENCE_OVERDUE}


def test_condition_texts_have_no_evidence_and_keys_are_unique():
    """Reasons quote values of the evidence: they stay in the report."""
    never = KindSufficiency(kind="acme.service", connection="acme", outcome=None)
    everything = holding(
        made_item(due=-1),
        asked_item("f2", "W1"),
        made_item("f3", state=WorkState.ACCEPTED, accepted_until=NOW + DAY),
        results=[result(Status.ERROR)],
        sufficiency=(never,),
        manifests=[manifest(NOW)],
    )
    assert {condition.event for condition in everything} == set(NotifyEvent) - {
        NotifyEvent.REOPENED,
        NotifyEvent.RESOLVED,
    }
    assert not any("secret" in one.text + one.resolved_text for one in everything)
    assert len({condition.key for condition in everything}) == len(everything)
