"""A finding is a failing result followed from one evaluation to the next."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccm_core.findings.apply_changes import apply_changes, with_latest_results
from ccm_core.findings.tracker import finding_changes
from ccm_core.model.evaluation.result_id import result_id
from ccm_core.model.finding.finding import FindingState

LOCKED, OPEN, UNKNOWN, ABSENT = {"locked": True}, {"locked": False}, {}, None
NAME = result_id("door_locked", "hq", "acme.door", "D1")


@pytest.fixture
def evaluations(world, row, now):
    """Judge one door hour by hour; each hour says how it was, or which evidence was lacking."""
    packs = world.compiled(world.rule_text())

    def judge(hours):
        for number, hour in enumerate(hours):
            rows = [row("D0", locked=True)]
            rows += [row("D1", **hour)] if isinstance(hour, dict) else []
            sufficiency = world.standing_of("acme.door", problem="acme.door was cut off")
            facts = world.facts(rows, sufficiency=[sufficiency] if hour == "cut off" else [])
            if hour == "elsewhere":
                facts = replace(facts, connection="annex")
            evaluation = world.evaluate(packs, facts)
            yield replace(evaluation, evaluated_at=now + timedelta(hours=number))

    return judge


def followed(evaluations):
    """Track evaluations one by one; return every change and the findings."""
    changes, findings, before = [], {}, None
    for evaluation in evaluations:
        new = finding_changes(findings, evaluation, before)
        changes += new
        before = evaluation.evaluated_at
        findings = apply_changes(new, before, findings)
    return changes, findings


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        pytest.param([LOCKED, LOCKED], [], id="never-failed"),
        pytest.param([LOCKED, OPEN, OPEN], [(1, "opened")], id="still-there"),
        pytest.param([OPEN, LOCKED], [(0, "opened"), (1, "resolved")], id="resolved"),
        pytest.param(
            [OPEN, LOCKED, LOCKED, OPEN],
            [(0, "opened"), (1, "resolved"), (3, "reopened")],
            id="reopened",
        ),
        pytest.param(
            [OPEN, UNKNOWN, UNKNOWN, OPEN],
            [(0, "opened"), (1, "inconclusive"), (3, "confirmed")],
            id="inconclusive-and-confirmed",
        ),
        pytest.param(
            [OPEN, "cut off", LOCKED],
            [(0, "opened"), (1, "inconclusive"), (2, "resolved")],
            id="evidence-lacking",
        ),
        pytest.param([OPEN, LOCKED, UNKNOWN], [(0, "opened"), (1, "resolved")], id="not-reopened"),
        pytest.param(
            [OPEN, "elsewhere", OPEN],
            [(0, "opened"), (1, "inconclusive"), (2, "confirmed")],
            id="connection-not-evaluated",
        ),
        pytest.param([OPEN, ABSENT], [(0, "opened"), (1, "removed")], id="removed"),
        pytest.param(
            [OPEN, ABSENT, OPEN], [(0, "opened"), (1, "removed"), (2, "reopened")], id="back-again"
        ),
        pytest.param(
            [OPEN, "cut off", ABSENT],
            [(0, "opened"), (1, "inconclusive"), (2, "removed")],
            id="removed-while-inconclusive",
        ),
        pytest.param([UNKNOWN, "cut off", LOCKED], [], id="never-seen-failing"),
    ],
)
def test_each_change_of_a_finding_is_reported_once(evaluations, now, hours, expected):
    """Each change is reported once, by the evaluation that shows it."""
    changes, _ = followed(evaluations(hours))
    hourly = [((change.at - now) // timedelta(hours=1), change.kind) for change in changes]
    assert hourly == expected


def test_a_finding_keeps_when_it_was_first_and_last_seen(evaluations, now):
    """Last seen is when it failed last, also for what was not evaluated for a while."""
    changes, findings = followed(evaluations([LOCKED, OPEN, OPEN, UNKNOWN, "cut off", LOCKED]))
    finding = findings[NAME]

    assert finding.state is FindingState.RESOLVED
    assert finding.first_seen == now + timedelta(hours=1)
    assert finding.last_seen == now + timedelta(hours=2)
    assert finding.closed_at == now + timedelta(hours=5)
    assert [change.reason for change in changes] == [
        "Door D1 is open",
        "row has no `locked`",
        "Doors are locked",
    ]


def test_an_open_finding_was_last_seen_by_the_last_evaluation(evaluations, now):
    """Where nothing changed, the last evaluation has seen it all the same."""
    _, findings = followed(evaluations([OPEN, OPEN, OPEN]))
    assert findings[NAME].last_seen == now + timedelta(hours=2)


HOURS = st.lists(
    st.sampled_from([LOCKED, OPEN, UNKNOWN, ABSENT, "cut off", "elsewhere"]), max_size=12
)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)
@given(hours=HOURS)
def test_a_finding_equals_its_changes_applied(evaluations, now, hours):
    """Applied in order, the changes give what a reader of every evaluation would conclude."""
    changes, findings = followed(evaluations(hours))
    last = now + timedelta(hours=len(hours) - 1)

    assert apply_changes(changes, last) == findings
    failed_at = [now + timedelta(hours=n) for n, hour in enumerate(hours) if hour is OPEN]
    if not failed_at:
        assert findings == {}
        return
    finding = findings[NAME]
    assert (finding.first_seen, finding.last_seen) == (failed_at[0], failed_at[-1])
    later = hours[hours.index(OPEN) :]
    conclusive = [hour for hour in later if hour in (LOCKED, OPEN, ABSENT)]
    is_open = conclusive[-1] is OPEN
    assert (finding.closed_at is None) == is_open
    assert (finding.state is FindingState.OPEN) == (later[-1] is OPEN)


def test_tracking_findings_keeps_only_what_changed(evaluations, now):
    """A year of hourly evaluations in which little happens leaves a handful of changes."""
    hours = [OPEN] + [LOCKED] * 3
    few = list(evaluations(hours))
    year = [replace(few[n % 2], evaluated_at=now + timedelta(hours=n)) for n in (0, 1)]
    year += [replace(few[1], evaluated_at=now + timedelta(hours=n)) for n in range(2, 24 * 365)]
    changes, _ = followed(year)
    assert len(changes) == 2


def test_an_open_finding_has_the_owner_of_its_last_result(evaluations):
    """A change of owner is no change of a finding, and is returned all the same."""
    first, last = evaluations([OPEN, OPEN])
    (rule,) = last.rules
    owned = tuple(
        replace(result, subject=replace(result.subject, owners=("Night desk",)))
        for result in rule.results
    )
    last = replace(last, rules=(replace(rule, results=owned),))
    changes, findings = followed([first, last])

    assert [change.kind for change in changes] == ["opened"]
    (finding,) = with_latest_results(findings.values(), last)
    assert finding.subject.owners == ("Night desk",)
