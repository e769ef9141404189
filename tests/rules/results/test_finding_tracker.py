"""A finding is a failing result followed from one evaluation to the next."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ccm_core.model.evaluation.finding import FindingState
from ccm_core.model.evaluation.result_id import result_id
from ccm_core.rules.results.finding_tracker import (
    with_latest_results,
)

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
            incomplete_objects = world.standing_of("acme.door", problem="acme.door was cut off")
            facts = world.facts(rows, sufficiency=[incomplete_objects] if hour == "cut off" else [])
            if hour == "elsewhere":
                facts = replace(facts, connection="annex")
            found = world.evaluate(packs, facts)
            yield replace(found, evaluated_at=now + timedelta(hours=number))

    return judge


def followed(evaluations):
    """Follow evaluations one by one; give every change and how the findings stand."""
    told, standing, before = [], {}, None
    for evaluation in evaluations:
        new = changes(standing, evaluation, before)
        told += new
        before = evaluation.evaluated_at
        standing = findings(new, before, standing)
    return told, standing


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
            id="connection-not-judged",
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
def test_what_became_of_a_failure(evaluations, now, hours, expected):
    """Each change is told once, by the evaluation that shows it."""
    told, _ = followed(evaluations(hours))
    assert [((one.at - now) // timedelta(hours=1), one.kind) for one in told] == expected


def test_first_and_last_seen(evaluations, now):
    """Last seen is when it failed last, also for what was not looked at for a while."""
    told, standing = followed(evaluations([LOCKED, OPEN, OPEN, UNKNOWN, "cut off", LOCKED]))
    one = standing[NAME]

    assert one.state is FindingState.RESOLVED
    assert one.first_seen == now + timedelta(hours=1)
    assert one.last_seen == now + timedelta(hours=2)
    assert one.closed_at == now + timedelta(hours=5)
    assert [each.reason for each in told] == [
        "Door D1 is open",
        "row has no `locked`",
        "Doors are locked",
    ]


def test_what_is_open_was_seen_just_now(evaluations, now):
    """Where nothing changed, the last evaluation has seen it all the same."""
    _, standing = followed(evaluations([OPEN, OPEN, OPEN]))
    assert standing[NAME].last_seen == now + timedelta(hours=2)


HOURS = st.lists(
    st.sampled_from([LOCKED, OPEN, UNKNOWN, ABSENT, "cut off", "elsewhere"]), max_size=12
)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)
@given(hours=HOURS)
def test_the_changes_alone_tell_how_a_finding_stands(evaluations, now, hours):
    """Put together again, the changes give what a reader of every evaluation would say."""
    told, standing = followed(evaluations(hours))
    last = now + timedelta(hours=len(hours) - 1)

    assert findings(told, last) == standing
    seen = [now + timedelta(hours=n) for n, hour in enumerate(hours) if hour is OPEN]
    if not seen:
        assert standing == {}
        return
    one = standing[NAME]
    assert (one.first_seen, one.last_seen) == (seen[0], seen[-1])
    after = hours[hours.index(OPEN) :]
    judged = [hour for hour in after if hour in (LOCKED, OPEN, ABSENT)]
    is_open = judged[-1] is OPEN
    assert (one.closed_at is None) == is_open
    assert (one.state is FindingState.OPEN) == (after[-1] is OPEN)


def test_following_costs_what_changed(evaluations, now):
    """A year of hourly evaluations in which little happens leaves a handful of changes."""
    hours = [OPEN] + [LOCKED] * 3
    few = list(evaluations(hours))
    year = [replace(few[n % 2], evaluated_at=now + timedelta(hours=n)) for n in (0, 1)]
    year += [replace(few[1], evaluated_at=now + timedelta(hours=n)) for n in range(2, 24 * 365)]
    told, _ = followed(year)
    assert len(told) == 2


def test_what_is_open_has_the_owner_that_was_told_last(evaluations):
    """A change of owner is no change of a finding, and is shown all the same."""
    first, last = evaluations([OPEN, OPEN])
    (rule,) = last.rules
    given = tuple(
        replace(one, subject=replace(one.subject, owners=("Night desk",))) for one in rule.results
    )
    last = replace(last, rules=(replace(rule, results=given),))
    told, standing = followed([first, last])

    assert [one.kind for one in told] == ["opened"]
    (shown,) = with_latest_results(standing.values(), last)
    assert shown.subject.owners == ("Night desk",)
