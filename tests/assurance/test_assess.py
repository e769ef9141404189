"""What a period proves: promises, collections, holes, results; and never more than that."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm_core.model.assurance import Conclusion
from ccm_core.model.evaluation.result import Status
from ccm_core.model.evidence.collection import Outcome
from ccm_core.model.evidence.window import Window, union

DOOR, LOCK = "acme.door", "acme.lock"


def control(found):
    """Give the one control."""
    (one,) = found.controls
    return one


def hourly(make, hours=24, **changes):
    """Give whole collections, one an hour, some of them changed by their hour."""
    return [make.collection(n, **changes.get(f"at{n}", {})) for n in range(hours)]


def judged(make, hours=24, **changes):
    """Give an evaluation for each hour that passes, some of them changed by their hour."""
    return [make.evaluation(n, **changes.get(f"at{n}", {})) for n in range(hours)]


def spans(make, holes):
    """Give holes as pairs of hours."""
    return [
        ((one.since - make.start) / make.hour, (one.until - make.start) / make.hour)
        for one in holes
    ]


def test_a_day_without_a_hole_and_without_a_failure_is_effective(make):
    """As many collections as were promised, all whole; every evaluation passed."""
    found = make.assess(hourly(make), judged(make))
    (kind,) = found.kinds
    assert (kind.promised, kind.made, kind.outcomes) == (24, 24, {"complete": 24})
    assert (kind.share, kind.holes, kind.cadence) == (1.0, (), 3600.0)
    one = control(found)
    assert (one.conclusion, one.share, one.evaluations) == (Conclusion.EFFECTIVE, 1.0, 24)
    assert [(each.status, each.evaluations) for each in one.course] == [(Status.PASS, 24)]
    assert found.over


def test_a_missed_collection_or_two_are_within_twice_the_cadence(make):
    """Three in a row are a hole: from when the last was too old until the next."""
    late = [one for one in hourly(make) if one.ended_at not in Window(make.at(5), make.at(8))]
    (kind,) = make.assess(late).kinds
    assert spans(make, kind.holes) == [(6, 8)]
    assert (kind.promised, kind.made) == (24, 21)
    assert kind.share == pytest.approx(22 / 24)
    assert "longer than 2h" in kind.holes[0].why


@pytest.mark.parametrize(
    ("outcome", "why"),
    [
        pytest.param(Outcome.UNAVAILABLE, "it was unavailable (denied: 403)", id="unavailable"),
        pytest.param(Outcome.PARTIAL, "it was partial (denied: 403)", id="partial"),
        pytest.param(Outcome.FAILED, "it was failed (denied: 403)", id="failed"),
    ],
)
def test_a_collection_that_is_not_whole_is_a_hole_until_the_next(make, outcome, why):
    """And is counted by its outcome."""
    changed = {"outcome": outcome, "falls": (make.denied,)}
    (kind,) = make.assess(hourly(make, at7=changed)).kinds
    assert spans(make, kind.holes) == [(7, 8)]
    assert kind.holes[0].why == why
    assert (kind.made, kind.outcomes[outcome.value]) == (23, 1)


def test_a_control_with_a_hole_is_not_proven_whatever_the_results_say(make):
    """Every evaluation passed, and that is not enough."""
    changed = {"outcome": Outcome.UNAVAILABLE, "falls": (make.denied,)}
    one = control(make.assess(hourly(make, at7=changed), judged(make)))
    assert one.conclusion is Conclusion.NOT_PROVEN
    assert one.share == pytest.approx(23 / 24)
    assert spans(make, one.holes) == [(7, 8)]


def test_a_failure_without_a_hole_is_an_exception(make):
    """The subject, when it was first and last seen, and the course of the control."""
    failed = {"status": Status.FAIL}
    one = control(make.assess(hourly(make), judged(make, at5=failed, at6=failed)))
    assert one.conclusion is Conclusion.EXCEPTIONS
    (seen,) = one.deviations
    assert (seen.first, seen.last, seen.evaluations) == (make.at(5), make.at(6), 2)
    assert (seen.subject.key, seen.waived) == ("D1", False)
    assert [each.status for each in one.course] == [Status.PASS, Status.FAIL, Status.PASS]
    assert one.course[1].until == make.at(7)


def test_a_waiver_is_a_flag_and_hides_no_failure(make):
    """It counts as waived only where it covered the subject every time."""
    failed = {"status": Status.FAIL, "waiver": "W-1"}
    one = control(make.assess(hourly(make), judged(make, at5=failed)))
    assert (one.conclusion, one.deviations[0].waived) == (Conclusion.EXCEPTIONS, True)
    some = judged(make, at5=failed, at6={"status": Status.FAIL})
    assert not control(make.assess(hourly(make), some)).deviations[0].waived


def test_what_a_rule_tolerates_is_no_exception(make):
    """A share of the subjects decided, and the rule holds."""
    said = [
        replace(one, rules=(replace(one.rules[0], status=Status.PASS),))
        for one in judged(make, **{f"at{n}": {"status": Status.FAIL} for n in range(24)})
    ]
    assert control(make.assess(hourly(make), said)).deviations == ()


def test_what_nobody_judged_is_a_hole(make):
    """What was said speaks for as long as the evidence behind it may be old."""
    said = [one for one in judged(make) if one.evaluated_at not in Window(make.at(5), make.at(9))]
    one = control(make.assess(hourly(make), said))
    assert spans(make, one.holes) == [(6, 9)]
    assert {hole.why for hole in one.holes} == {"it was not judged"}
    never = control(make.assess(hourly(make)))
    assert (never.conclusion, never.share) == (Conclusion.NOT_PROVEN, 0.0)


@pytest.mark.parametrize("status", [Status.INSUFFICIENT, Status.ERROR])
def test_a_verdict_that_decides_nothing_is_a_hole(make, status):
    """Until the next evaluation, where no missing evidence explains it already."""
    one = control(make.assess(hourly(make), judged(make, at5={"status": status})))
    assert spans(make, one.holes) == [(5, 6)]
    assert one.holes[0].why == f"it was judged {status}"


def test_a_rule_that_nothing_is_collected_for_is_a_hole_of_the_whole_period(make):
    """No connection gives what it rests on."""
    one = control(make.assess(hourly(make), judged(make), kinds=(LOCK,)))
    assert spans(make, one.holes) == [(0, 24)]
    assert "no connection gives" in one.holes[0].why


def test_a_rule_may_want_younger_evidence_than_its_cadence_gives(make):
    """Its own limit decides for its control, and not for the kind."""
    found = make.assess(hourly(make), judged(make), max_age=make.hour / 2)
    assert found.kinds[0].holes == ()
    assert control(found).share == pytest.approx(0.5)


def test_a_cadence_that_changed_counts_from_when_it_changed(make):
    """Twelve hours at one an hour, then twelve hours at one every four."""
    manifests = [make.manifest(0), make.manifest(6), make.manifest(12, cadence=4)]
    ended = [*range(12), 12, 18]
    (kind,) = make.assess([make.collection(n) for n in ended], manifests=manifests).kinds
    assert (kind.promised, kind.cadence, kind.holes) == (12 + 3, 4 * 3600.0, ())


def test_a_period_that_is_under_way_ends_now(make):
    """Nothing is promised of the future."""
    found = make.assess(hourly(make, 10), judged(make, 10), now=10)
    assert (found.until, found.over) == (make.at(10), False)
    assert (found.kinds[0].promised, found.kinds[0].share) == (10, 1.0)


def test_objects_that_a_collection_lacks_are_a_hole_of_their_own(make):
    """The share is of all objects; the control is not proven for these."""
    some = (replace(make.denied, subjects=("acme.door:D1",)),)
    changed = {"outcome": Outcome.PARTIAL, "falls": some}
    found = make.assess(hourly(make, at7=changed), judged(make))
    (hole,) = found.kinds[0].holes
    assert (hole.subjects, found.kinds[0].share) == (("acme.door:D1",), 1.0)
    assert control(found).conclusion is Conclusion.NOT_PROVEN


STATUSES = st.lists(st.sampled_from([*Status, Status.PASS, Status.PASS]), min_size=20, max_size=24)
OUTCOMES = st.lists(
    st.sampled_from([*Outcome, None, *[Outcome.COMPLETE] * 12]), min_size=24, max_size=24
)


@given(OUTCOMES, STATUSES)
def test_nothing_is_called_effective_that_has_a_hole_or_a_failure(make, outcomes, statuses):
    """For any history: effective means whole, judged and without failure; shares add up."""
    falls = {one: () if one is Outcome.COMPLETE else (make.denied,) for one in Outcome}
    collections = [
        make.collection(n, outcome=one, falls=falls[one]) for n, one in enumerate(outcomes) if one
    ]
    said = [make.evaluation(n, status) for n, status in enumerate(statuses)]
    found = make.assess(collections, said)
    one = control(found)
    effective = one.conclusion is Conclusion.EFFECTIVE
    assert effective == (not one.holes and not one.deviations)
    if effective:
        assert set(statuses) <= {Status.PASS, Status.NOT_APPLICABLE}
        assert one.share == found.kinds[0].share == 1.0
    lost = union(Window(hole.since, hole.until) for hole in one.holes if not hole.subjects)
    assert one.share == pytest.approx(1 - sum(w.length / make.hour for w in lost) / 24)
    assert all(make.start <= hole.since < hole.until <= make.at(24) for hole in one.holes)
