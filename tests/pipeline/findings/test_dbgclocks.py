"""Failures become findings whatever the clock of the machine does between two evaluations."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ccm_core.findings.evaluated_checks import failing_results
from ccm_core.model.finding.finding import FindingState, finding_of
from ccm_core.pipeline.findings.track import all_findings, track_findings
from ccm_core.store.sqlite.verify import verify_store


def failing(evaluation):
    """Return the ids of the findings that the failures in an evaluation belong to."""
    return {finding_of(result) for result in failing_results(evaluation)}


def open_findings(firm):
    """Return the ids of the findings that are open."""
    return {
        finding.id for finding in all_findings(firm.store) if finding.state is FindingState.OPEN
    }


def problems(folder):
    """Return what verifying the store finds."""
    return list(verify_store(folder / "ccm.db", on_progress=lambda *_: None).problems)


def lose_contact_methods(firm):
    """Take away by which users can be notified, and read that."""
    users = firm.simulator.account.users
    users.update({name: replace(user, contact_methods=()) for name, user in users.items()})
    firm.collect()


@pytest.mark.attack(
    "Clocks",
    "The machine's clock goes back 20 or 45 min after an evaluation, and checks begin to fail",
    "The failures are findings at once: a later evaluation never has an earlier moment",
)
@pytest.mark.parametrize("back", [20, 45])
def test_failures_after_the_clock_went_back_are_findings(firm, back):
    """The moment of an evaluation is not before the evaluation that was tracked last."""
    firm.now += timedelta(minutes=30)
    before = failing(firm.evaluate())
    firm.now += timedelta(hours=24)
    firm.evaluate()
    firm.now -= timedelta(minutes=back)
    lose_contact_methods(firm)
    after = failing(firm.evaluate())

    assert after - before
    assert open_findings(firm) == after


def test_each_evaluation_while_the_clock_is_behind_has_a_moment_of_its_own(firm):
    """So findings are tracked through all of them, in the order in which they were made."""
    firm.now += timedelta(minutes=30)
    first = firm.evaluate()
    firm.now -= timedelta(minutes=20)
    moments = [first.evaluated_at, *(firm.evaluate().evaluated_at for _ in range(3))]

    assert moments == sorted(set(moments))
    assert moments[-1] - moments[0] < timedelta(milliseconds=1)
    assert firm.store.findings.tracked_until() == moments[-1]


def test_a_repeated_evaluation_of_one_moment_is_the_same(firm):
    """A clock that stands still is not behind: the same inputs give the same bytes."""
    assert firm.evaluate() == firm.evaluate()


@pytest.mark.attack(
    "Clocks",
    "An evaluation on a machine that is a day ahead, and checks that fail once the clock is right",
    "The failures are findings at once, although an evaluation of a later moment is stored",
)
def test_failures_after_an_evaluation_of_the_future_are_findings(firm):
    """What is dated more than an hour ahead counts for nothing elsewhere."""
    firm.now += timedelta(days=1)
    firm.evaluate()
    firm.now -= timedelta(days=1) - timedelta(minutes=30)
    lose_contact_methods(firm)

    assert failing(firm.evaluate()) == open_findings(firm)


@pytest.fixture
def ahead(firm):
    """Return a firm that was evaluated today, then by a clock a day ahead, and now again."""
    firm.now += timedelta(minutes=30)
    firm.evaluate()
    firm.now += timedelta(days=1)
    firm.evaluate()
    firm.now -= timedelta(days=1) - timedelta(minutes=30)
    lose_contact_methods(firm)
    firm.evaluate()
    return firm


def test_what_a_clock_that_was_ahead_found_counts_no_more(ahead, tmp_path):
    """Nothing was first seen, or closed, at a moment that has not come."""
    findings = all_findings(ahead.store)
    last = ahead.store.findings.tracked_until()
    assert last <= ahead.now
    moments = [
        moment
        for finding in findings
        for moment in (finding.first_seen, finding.last_seen, finding.closed_at)
        if moment is not None
    ]
    assert max(moments) <= last
    assert problems(tmp_path) == []


def test_findings_go_on_after_a_clock_was_ahead(ahead, tmp_path):
    """Once its moment has passed, what was made by the wrong clock still does not count."""
    for hours in (1, 12, 40):
        ahead.now += timedelta(hours=hours)
        ahead.collect()
        after = failing(ahead.evaluate())
        assert open_findings(ahead) == after
        assert ahead.store.findings.tracked_until() <= ahead.now + timedelta(minutes=1)
    ps = problems(tmp_path)
    for p in ps:
        name = p.label.split()[1]
        print(p)
        for c in ahead.store.findings.changes():
            if c.finding == name: print(c.kind, c.at, c.last_seen, c.since, c.opened_at, c.reason)
        print(ahead.store.findings.by_id([name]))
        with ahead.store._database.reading() as t:
            for r in t.rows('select seq, evaluated_at, changes from finding_changes order by seq'): print(r)
    assert ps == []
    assert list(ahead.store.findings.untracked_evaluations()) == []


def test_findings_as_of_a_moment_before_the_wrong_clock_are_what_they_were(firm):
    """What was tracked anew changes nothing about what was found until then."""
    firm.now += timedelta(minutes=30)
    firm.evaluate()
    moment = firm.store.findings.tracked_until()
    before = all_findings(firm.store)
    firm.now += timedelta(days=1)
    firm.evaluate()
    firm.now -= timedelta(days=1) - timedelta(minutes=30)
    lose_contact_methods(firm)
    firm.evaluate()

    assert {(finding.id, finding.state) for finding in all_findings(firm.store, as_of=moment)} == {
        (finding.id, finding.state) for finding in before
    }


def test_an_evaluation_as_of_a_past_moment_changes_no_finding(firm):
    """It is no statement of now, however much later it was made."""
    firm.now += timedelta(minutes=30)
    firm.evaluate()
    past = firm.now
    firm.now += timedelta(days=1)
    firm.collect()
    firm.evaluate()
    before = all_findings(firm.store)
    firm.evaluate_as_of(past)
    track_findings(firm.store)

    assert all_findings(firm.store) == before
