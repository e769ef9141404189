"""Samples: anybody who holds the evaluations selects the same ones; nobody can choose them."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm_core.assurance.sampling import NO_EVALUATION, select_samples, selection_key
from ccm_core.bundle.verifier.pages.sample_sizes import SamplePlan, sample_plan
from ccm_core.model.evaluation.result import Evaluation, Population, Result, RuleResult, Status
from ccm_core.model.evaluation.rule import Severity
from ccm_core.model.evaluation.subject import Subject

NOW = datetime(2026, 5, 6, tzinfo=UTC)
PLAN = SamplePlan(
    sizes=(
        {"up_to": 10, "low": 1, "medium": 2, "high": 3},
        {"up_to": None, "low": 4, "medium": 5, "high": 6},
    ),
    severities={"r": "medium", "low": "low", "worst": "critical", "told": "informational"},
)


def evaluation(day, statuses, rule="r", kind="acme.service", connection="acme"):
    """Return an evaluation of services, by their number."""
    results = tuple(
        Result(
            id=f"{rule}-{name}",
            rule=rule,
            connection=connection,
            subject=Subject(kind=kind, key=str(name), title=str(name)),
            status=status,
            reason="",
            evidence_digests=(f"sha256:{day}",),
        )
        for name, status in statuses.items()
    )
    rule_result = RuleResult(
        rule=rule,
        pack="p",
        title=rule,
        severity=Severity.LOW,
        status=Status.PASS,
        population=Population(),
        results=results,
    )
    return f"sha256:{day:064x}", Evaluation(
        evaluated_at=NOW + timedelta(days=day),
        packs=(),
        connections=("acme",),
        sufficiency=(),
        rules=(rule_result,),
        controls=(),
    )


def selected(*evaluations, sample_size=25):
    """Select samples for the one test."""
    sampling = select_samples(evaluations, {"r"}, {"acme"}, PLAN, sample_size)
    return sampling, sampling.tests[0]


def test_a_sample_counts_evaluations_and_names_the_worst_and_the_last():
    """How many, the worst, the last, and the evidence of the last."""
    sampling, control = selected(
        evaluation(1, {1: Status.PASS}),
        evaluation(2, {1: Status.FAIL}),
        evaluation(3, {1: Status.PASS}),
    )
    (sample,) = control.samples
    assert (control.population, sample.evaluations) == (1, 3)
    assert (sample.worst_status, sample.last_status) == (Status.FAIL, Status.PASS)
    assert (sample.last_evaluated_at, sample.evidence_digests) == (
        NOW + timedelta(days=3),
        ("sha256:3",),
    )
    assert sampling.random_seed == f"sha256:{3:064x}"


def test_a_sample_names_its_subject_as_it_was_last():
    """Its name and its owners may change in a period; the current owners count."""
    digest, before = evaluation(1, {1: Status.PASS})
    (rule,) = before.rules
    (result,) = rule.results
    now = replace(result.subject, title="Checkout API", owners=("Platform",))
    after = replace(before, rules=(replace(rule, results=(replace(result, subject=now),)),))
    _, control = selected((digest, before), (digest, after))
    assert [sample.subject for sample in control.samples] == [now]


def test_the_population_leaves_out_what_the_rules_do_not_apply_to():
    """Other rules, other connections, wholes, and what a rule never applied to."""
    _, control = selected(
        evaluation(1, {1: Status.PASS}, rule="other"),
        evaluation(1, {2: Status.PASS}, connection="elsewhere"),
        evaluation(1, {3: Status.INSUFFICIENT}, kind="connection"),
        evaluation(1, {4: Status.NOT_APPLICABLE, 5: Status.PASS}),
    )
    assert [sample.subject.key for sample in control.samples] == ["5"]


def test_a_period_without_evaluations_has_no_samples():
    """Nor a seed."""
    sampling, control = selected()
    assert (sampling.random_seed, control.population, control.samples) == (NO_EVALUATION, 0, ())


def test_samples_are_selected_as_the_report_describes():
    """By the SHA-256 of the seed, a line feed and the id: an auditor can repeat it by hand."""
    last = evaluation(9, dict.fromkeys(range(200), Status.PASS))
    sampling, control = selected(last, sample_size=10)
    ids = sorted(
        (f"r-{n}" for n in range(200)), key=lambda name: selection_key(sampling.random_seed, name)
    )
    assert [sample.id for sample in control.samples] == ids[:10]
    assert control.population == 200
    by_hand = hashlib.sha256(f"{sampling.random_seed}\n{ids[0]}".encode()).hexdigest()
    assert selection_key(sampling.random_seed, ids[0]) == by_hand


@given(st.sets(st.integers(0, 500), min_size=1), st.integers(1, 40), st.integers(0, 20))
def test_a_larger_sample_begins_with_the_smaller_one(names, size, more):
    """Whoever needs more continues where the sample ended, and nothing is selected twice."""
    last = evaluation(1, dict.fromkeys(names, Status.PASS))
    few, many = (selected(last, sample_size=number)[1].samples for number in (size, size + more))
    assert many[: len(few)] == few
    assert len({sample.id for sample in many}) == len(many) == min(size + more, len(names))


def test_another_last_evaluation_selects_other_samples():
    """Nobody knows the samples before the period has ended."""
    names = dict.fromkeys(range(200), Status.PASS)
    first, second = (selected(evaluation(day, names), sample_size=10)[1].samples for day in (1, 2))
    assert [sample.id for sample in first] != [sample.id for sample in second]


@pytest.mark.parametrize(
    ("rule", "population", "number"),
    [
        pytest.param("low", 10, 1, id="low risk, small population"),
        pytest.param("low", 11, 4, id="low risk, large population"),
        pytest.param("told", 11, 4, id="informational is low risk"),
        pytest.param("r", 10, 2, id="medium risk, small population"),
        pytest.param("worst", 11, 6, id="critical is high risk"),
        pytest.param("gone", 11, 6, id="the last evaluation did not have the test: high risk"),
        pytest.param("worst", 2, 2, id="the population is smaller than the sample"),
    ],
)
def test_each_test_has_the_samples_of_its_population_and_risk(rule, population, number):
    """Of several tests of one control each has its own, however large the others are."""
    names = dict.fromkeys(range(population), Status.PASS)
    others = evaluation(1, dict.fromkeys(range(200), Status.PASS), rule="other")
    last = evaluation(2, names, rule=rule)
    sampling = select_samples([others, last], {rule, "other"}, {"acme"}, PLAN)
    (test,) = [one for one in sampling.tests if one.rule == rule]
    assert (test.population, len(test.samples)) == (population, number)
    assert {sample.rule for sample in test.samples} == {rule}
    assert [(line.up_to, line.high) for line in sampling.sizes] == [(10, 3), (None, 6)]


def test_without_a_stated_size_sixty_of_each_test_are_selected():
    """An evaluation that was stored without its inputs states none, and every test is high risk."""
    last = evaluation(1, dict.fromkeys(range(200), Status.PASS))
    sampling = select_samples([last], {"r"}, {"acme"}, sample_plan(None))
    assert [(test.risk, len(test.samples)) for test in sampling.tests] == [("high", 60)]
    assert sampling.sizes == ()
