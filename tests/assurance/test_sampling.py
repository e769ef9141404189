"""Samples: anybody who holds the evaluations draws the same ones, and nobody chooses them."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ccm_core.assurance.sampling import NOTHING, draw, lot
from ccm_core.model.evaluation.result import Evaluation, Population, Result, RuleResult, Status
from ccm_core.model.evaluation.rule import Severity
from ccm_core.model.evaluation.subject import Subject

NOW = datetime(2026, 5, 6, tzinfo=UTC)
CONTROL = {("soc2", "CC7.4"): frozenset({"r"})}


def evaluation(day, statuses, rule="r", kind="acme.service", connection="acme"):
    """What one rule said of services, by their number."""
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
    judged = RuleResult(
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
        rules=(judged,),
        controls=(),
    )


def drawn(*evaluations, most=25):
    """Draw for the one control."""
    sampling = draw(evaluations, CONTROL, {"acme"}, most)
    return sampling, sampling.controls[0]


def test_a_sample_says_how_it_was_seen():
    """How often, the worst, the last, and what the last rests on."""
    sampling, control = drawn(
        evaluation(1, {1: Status.PASS}),
        evaluation(2, {1: Status.FAIL}),
        evaluation(3, {1: Status.PASS}),
    )
    (one,) = control.samples
    assert (control.population, one.evaluations, one.worst, one.last) == (
        1,
        3,
        Status.FAIL,
        Status.PASS,
    )
    assert (one.last_at, one.evidence_digests) == (NOW + timedelta(days=3), ("sha256:3",))
    assert sampling.seed == f"sha256:{3:064x}"


def test_a_subject_is_shown_as_it_was_last():
    """Its name and its owners may change in a period; what it is told of is who has it now."""
    digest, before = evaluation(1, {1: Status.PASS})
    (rule,) = before.rules
    (one,) = rule.results
    now = replace(one.subject, title="Checkout API", owners=("Platform",))
    after = replace(before, rules=(replace(rule, results=(replace(one, subject=now),)),))
    _, control = drawn((digest, before), (digest, after))
    assert [each.subject for each in control.samples] == [now]


def test_what_is_no_part_of_the_population():
    """Other rules, other connections, wholes, and what a rule never applied to."""
    _, control = drawn(
        evaluation(1, {1: Status.PASS}, rule="other"),
        evaluation(1, {2: Status.PASS}, connection="elsewhere"),
        evaluation(1, {3: Status.INSUFFICIENT}, kind="connection"),
        evaluation(1, {4: Status.NOT_APPLICABLE, 5: Status.PASS}),
    )
    assert [one.subject.key for one in control.samples] == ["5"]


def test_nothing_to_draw_from():
    """A period without evaluations has no seed and no samples."""
    sampling, control = drawn()
    assert (sampling.seed, control.population, control.samples) == (NOTHING, 0, ())


def test_the_draw_is_as_the_report_says_it_is():
    """By the SHA-256 of the seed, a line feed and the id: an auditor can do it by hand."""
    last = evaluation(9, dict.fromkeys(range(200), Status.PASS))
    sampling, control = drawn(last, most=10)
    ids = sorted((f"r-{n}" for n in range(200)), key=lambda name: lot(sampling.seed, name))
    assert [one.id for one in control.samples] == ids[:10]
    assert control.population == 200
    by_hand = hashlib.sha256(f"{sampling.seed}\n{ids[0]}".encode()).hexdigest()
    assert lot(sampling.seed, ids[0]) == by_hand


@given(st.sets(st.integers(0, 500), min_size=1), st.integers(1, 40), st.integers(0, 20))
def test_more_samples_begin_with_the_same(names, most, more):
    """Whoever needs more goes on where the draw ended, and no sample is drawn twice."""
    last = evaluation(1, dict.fromkeys(names, Status.PASS))
    few, many = (drawn(last, most=number)[1].samples for number in (most, most + more))
    assert many[: len(few)] == few
    assert len({one.id for one in many}) == len(many) == min(most + more, len(names))


def test_another_last_evaluation_is_another_draw():
    """Nobody knows the samples before the period has ended."""
    names = dict.fromkeys(range(200), Status.PASS)
    first, second = (drawn(evaluation(day, names), most=10)[1].samples for day in (1, 2))
    assert [one.id for one in first] != [one.id for one in second]
