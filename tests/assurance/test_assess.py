"""What a period proves: collections, evidence gaps, results; and never more than that."""

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


def the_control(assurance):
    """Return the one control."""
    (control,) = assurance.controls
    return control


def hourly(make, hours=24, **changes):
    """Return complete collections, one an hour, some of them changed by their hour."""
    return [make.collection(n, **changes.get(f"at{n}", {})) for n in range(hours)]


def evaluated(make, hours=24, **changes):
    """Return an evaluation of each hour that passes, some of them changed by their hour.

    The last one is made when the hours are over: it has seen what happened in the last of them.
    """
    return [make.evaluation(n, **changes.get(f"at{n}", {})) for n in range(hours + 1)]


def spans(make, gaps):
    """Return gaps as pairs of hours."""
    return [
        ((gap.since - make.start) / make.hour, (gap.until - make.start) / make.hour) for gap in gaps
    ]


def test_a_day_without_gaps_and_failures_has_no_exceptions(make):
    """As many collections as were scheduled, all complete; every evaluation passed."""
    assurance = make.assess(hourly(make), evaluated(make))
    (kind,) = assurance.kinds
    assert (kind.scheduled, kind.completed, kind.outcomes) == (24, 24, {"complete": 24})
    assert (kind.evidence_coverage, kind.evidence_gaps, kind.required_frequency) == (
        1.0,
        (),
        3600.0,
    )
    control = the_control(assurance)
    assert control.conclusion is Conclusion.NO_EXCEPTIONS
    assert (control.evidence_coverage, control.evaluations) == (1.0, 24)
    assert [(past.status, past.evaluations) for past in control.history] == [(Status.PASS, 24)]
    assert assurance.ended


def test_one_or_two_missed_collections_are_within_twice_the_required_frequency(make):
    """Three in a row are a gap: from when the last was too old until the next."""
    late = [
        collection
        for collection in hourly(make)
        if collection.ended_at not in Window(make.at(5), make.at(8))
    ]
    (kind,) = make.assess(late).kinds
    assert spans(make, kind.evidence_gaps) == [(6, 8)]
    assert (kind.scheduled, kind.completed) == (24, 21)
    assert kind.evidence_coverage == pytest.approx(22 / 24)
    assert "longer than 2h" in kind.evidence_gaps[0].reason


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        pytest.param(
            Outcome.UNAVAILABLE, "the collection was unavailable (denied: 403)", id="unavailable"
        ),
        pytest.param(Outcome.PARTIAL, "the collection was partial (denied: 403)", id="partial"),
    ],
)
def test_an_incomplete_collection_is_a_gap_until_the_next(make, outcome, reason):
    """And is counted by its outcome."""
    changed = {"outcome": outcome, "falls": (make.denied,)}
    (kind,) = make.assess(hourly(make, at7=changed)).kinds
    assert spans(make, kind.evidence_gaps) == [(7, 8)]
    assert kind.evidence_gaps[0].reason == reason
    assert (kind.completed, kind.outcomes[outcome.value]) == (23, 1)


def test_failed_collection_is_a_gap_once_the_evidence_before_it_is_too_old(make):
    """One failure leaves no gap, because what was read an hour before decides; two do."""
    failed = {"outcome": Outcome.FAILED, "falls": (make.denied,)}
    (once,) = make.assess(hourly(make, at7=failed)).kinds
    (twice,) = make.assess(hourly(make, at7=failed, at8=failed)).kinds
    assert spans(make, once.evidence_gaps) == []
    assert spans(make, twice.evidence_gaps) == [(8, 9)]
    assert twice.evidence_gaps[0].reason == "the collection was failed (denied: 403)"
    assert (twice.completed, twice.outcomes["failed"]) == (22, 2)


def test_the_evidence_of_a_control_with_a_gap_is_incomplete_whatever_the_results_are(make):
    """Every evaluation passed, and that is not enough."""
    changed = {"outcome": Outcome.UNAVAILABLE, "falls": (make.denied,)}
    control = the_control(make.assess(hourly(make, at7=changed), evaluated(make)))
    assert control.conclusion is Conclusion.EVIDENCE_INCOMPLETE
    assert control.evidence_coverage == pytest.approx(23 / 24)
    assert spans(make, control.evidence_gaps) == [(7, 8)]


def test_a_failure_without_a_gap_is_an_exception(make):
    """The subject, when it was first and last seen, and the history of the control."""
    failed = {"status": Status.FAIL}
    control = the_control(make.assess(hourly(make), evaluated(make, at5=failed, at6=failed)))
    assert control.conclusion is Conclusion.EXCEPTIONS
    (exception,) = control.exceptions
    assert (exception.first_seen, exception.last_seen, exception.evaluations) == (
        make.at(5),
        make.at(6),
        2,
    )
    assert (exception.subject.key, exception.waived) == ("D1", False)
    assert [past.status for past in control.history] == [Status.PASS, Status.FAIL, Status.PASS]
    assert control.history[1].until == make.at(7)


def test_a_waiver_is_a_flag_and_hides_no_failure(make):
    """It counts as waived only where it covered the subject every time."""
    failed = {"status": Status.FAIL, "waiver": "W-1"}
    control = the_control(make.assess(hourly(make), evaluated(make, at5=failed)))
    assert (control.conclusion, control.exceptions[0].waived) == (Conclusion.EXCEPTIONS, True)
    some = evaluated(make, at5=failed, at6={"status": Status.FAIL})
    assert not the_control(make.assess(hourly(make), some)).exceptions[0].waived


def test_a_failure_that_a_pass_rate_tolerates_is_no_exception(make):
    """The pass rate decided, and the rule passed."""
    evaluations = [
        replace(evaluation, rules=(replace(evaluation.rules[0], status=Status.PASS),))
        for evaluation in evaluated(make, **{f"at{n}": {"status": Status.FAIL} for n in range(24)})
    ]
    assert the_control(make.assess(hourly(make), evaluations)).exceptions == ()


def test_a_time_without_an_evaluation_is_a_gap(make):
    """A result is valid for as long as the evidence behind it may be old."""
    evaluations = [
        evaluation
        for evaluation in evaluated(make)
        if evaluation.evaluated_at not in Window(make.at(5), make.at(9))
    ]
    control = the_control(make.assess(hourly(make), evaluations))
    assert spans(make, control.evidence_gaps) == [(6, 9)]
    assert {gap.reason for gap in control.evidence_gaps} == {"it was not evaluated"}
    never = the_control(make.assess(hourly(make)))
    assert (never.conclusion, never.evidence_coverage) == (Conclusion.EVIDENCE_INCOMPLETE, 0.0)


@pytest.mark.parametrize("status", [Status.INSUFFICIENT, Status.ERROR])
def test_an_inconclusive_result_is_a_gap(make, status):
    """Until the next evaluation, where no missing evidence explains it already."""
    control = the_control(make.assess(hourly(make), evaluated(make, at5={"status": status})))
    assert spans(make, control.evidence_gaps) == [(5, 6)]
    assert control.evidence_gaps[0].reason == f"its result was {status}"


def test_a_rule_without_evidence_is_a_gap_of_the_whole_period(make):
    """No connection collects what it needs."""
    control = the_control(make.assess(hourly(make), evaluated(make), kinds=(LOCK,)))
    assert spans(make, control.evidence_gaps) == [(0, 24)]
    assert "no connection collects" in control.evidence_gaps[0].reason


def test_a_rule_may_require_newer_evidence_than_its_frequency_gives(make):
    """Its own limit decides for its control, and not for the kind."""
    assurance = make.assess(hourly(make), evaluated(make), max_age=make.hour / 2)
    assert assurance.kinds[0].evidence_gaps == ()
    assert the_control(assurance).evidence_coverage == pytest.approx(0.5)


def test_a_changed_frequency_counts_from_when_it_changed(make):
    """Twelve hours at one an hour, then twelve hours at one every four."""
    manifests = [make.manifest(0), make.manifest(6), make.manifest(12, cadence=4)]
    ended = [*range(12), 12, 18]
    (kind,) = make.assess([make.collection(n) for n in ended], manifests=manifests).kinds
    assert (kind.scheduled, kind.required_frequency, kind.evidence_gaps) == (12 + 3, 4 * 3600.0, ())


def test_a_period_that_is_under_way_ends_now(make):
    """No collection is due in the future."""
    assurance = make.assess(hourly(make, 10), evaluated(make, 10), now=10)
    assert (assurance.until, assurance.ended) == (make.at(10), False)
    assert (assurance.kinds[0].scheduled, assurance.kinds[0].evidence_coverage) == (10, 1.0)


def test_objects_that_a_collection_lacks_are_a_gap_of_their_own(make):
    """The coverage is of all objects; the evidence of the control is incomplete for these."""
    some = (replace(make.denied, subjects=("acme.door:D1",)),)
    changed = {"outcome": Outcome.PARTIAL, "falls": some}
    assurance = make.assess(hourly(make, at7=changed), evaluated(make))
    (gap,) = assurance.kinds[0].evidence_gaps
    assert (gap.subjects, assurance.kinds[0].evidence_coverage) == (("acme.door:D1",), 1.0)
    assert the_control(assurance).conclusion is Conclusion.EVIDENCE_INCOMPLETE


STATUSES = st.lists(st.sampled_from([*Status, Status.PASS, Status.PASS]), min_size=20, max_size=24)
OUTCOMES = st.lists(
    st.sampled_from([*Outcome, None, *[Outcome.COMPLETE] * 12]), min_size=24, max_size=24
)


@given(OUTCOMES, STATUSES)
def test_no_conclusion_without_exceptions_has_a_gap_or_a_failure(make, outcomes, statuses):
    """For any history: complete, evaluated and without failure; coverages add up."""
    falls = {outcome: () if outcome is Outcome.COMPLETE else (make.denied,) for outcome in Outcome}
    collections = [
        make.collection(n, outcome=outcome, falls=falls[outcome])
        for n, outcome in enumerate(outcomes)
        if outcome
    ]
    evaluations = [make.evaluation(n, status) for n, status in enumerate(statuses)]
    assurance = make.assess(collections, evaluations)
    control = the_control(assurance)
    clean = control.conclusion is Conclusion.NO_EXCEPTIONS
    assert clean == (not control.evidence_gaps and not control.exceptions)
    if clean:
        assert set(statuses) <= {Status.PASS, Status.NOT_APPLICABLE}
        assert control.evidence_coverage == assurance.kinds[0].evidence_coverage == 1.0
    lost = union(Window(gap.since, gap.until) for gap in control.evidence_gaps if not gap.subjects)
    assert control.evidence_coverage == pytest.approx(
        1 - sum(w.length / make.hour for w in lost) / 24
    )
    assert all(make.start <= gap.since < gap.until <= make.at(24) for gap in control.evidence_gaps)
