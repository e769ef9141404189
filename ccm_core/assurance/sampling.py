"""Select samples of everything that a rule evaluated in a period, for each rule apart. Pure.

The random seed is the digest of the last evaluation of the period: whoever holds the same
evaluations selects the same samples, and nobody can choose them.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime
from heapq import heappush, heappushpop
from typing import Any, NamedTuple, Protocol

from ccm_core.model.evaluation.result import Evaluation, Result, Status
from ccm_core.model.evaluation.result_history import ResultHistory
from ccm_core.model.evaluation.sample_sizes import SampleSizes
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.sampling import Sample, Sampling, TestSamples

NO_EVALUATION = "no evaluation"
"""The seed of a period without any: there is nothing to select from."""

_WORST_FIRST = (
    Status.ERROR,
    Status.FAIL,
    Status.INSUFFICIENT,
    Status.PASS,
    Status.NOT_APPLICABLE,
)
_WHOLE = ("connection", "population")
"""Kinds of subjects that are not a single object: they are not sampled."""


class SamplingPlan(Protocol):
    """How many items of each test are selected, as the verifier of packages plans it too."""

    @property
    def sizes(self) -> Sequence[Mapping[str, Any]]:
        """The sizes that an evaluation states; none: it states none."""

    def risk(self, rule: str) -> str:
        """Return the risk of a test."""

    def size(self, rule: str, population: int) -> int:
        """Return how many items of a test are selected; it may have fewer."""

    def largest(self, rule: str) -> int:
        """Return how many may be selected of a test, whatever its population is."""


def select_samples(
    evaluations: Iterable[tuple[str, Evaluation]],
    rules: AbstractSet[str],
    connections: AbstractSet[str],
    plan: SamplingPlan,
    sample_size: int | None = None,
) -> Sampling:
    """Select samples for each rule.

    Args:
        evaluations: Those of the period with their digests, in the order of their moments. They are
            read once, one at a time.
        rules: The rules.
        connections: Whose subjects.
        plan: How many to select of each, by its population and risk.
        sample_size: How many to select of each all the same; None: as planned.
    """
    samples: dict[str, Sample] = {}
    seed = NO_EVALUATION
    for digest, evaluation in evaluations:
        seed = digest
        for result in _results(evaluation, rules, connections):
            samples[result.id] = _updated(samples.get(result.id), result, evaluation)
    # What a rule never applied to is not in its population.
    applicable = (
        sample for sample in samples.values() if sample.worst_status is not Status.NOT_APPLICABLE
    )
    ordered = sorted(applicable, key=lambda sample: selection_key(seed, sample.id))
    return Sampling(
        random_seed=seed,
        sample_size=sample_size,
        sizes=planned_sizes(plan),
        tests=tuple(_test_samples(rule, ordered, plan, sample_size) for rule in sorted(rules)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The histories that are selected for one rule."""

    rule: str
    population: int
    size: int
    """How many were to be selected."""
    selected: tuple[ResultHistory, ...]
    """In the order of selection."""


def select_histories(
    seed: str,
    histories: Iterable[ResultHistory],
    rules: AbstractSet[str],
    plan: SamplingPlan,
    sample_size: int | None = None,
) -> Sequence[Selection]:
    """Select samples for each rule; no more than the largest samples are in memory.

    Args:
        seed: The digest of the last evaluation.
        histories: Of every result, in any order.
        rules: The rules.
        plan: How many to select of each, by its population and risk.
        sample_size: How many to select of each all the same; None: as planned.
    """
    numbers = Counter[str]()
    smallest: dict[str, list[_Candidate]] = {rule: [] for rule in rules}
    for history in histories:
        # What a rule never applied to is not in its population.
        if history.worst_status is Status.NOT_APPLICABLE or history.rule not in rules:
            continue
        numbers[history.rule] += 1
        candidate = _Candidate(-int(selection_key(seed, history.id), 16), history.id, history)
        candidates = smallest[history.rule]
        most = sample_size or plan.largest(history.rule)
        add = heappush if len(candidates) < most else heappushpop
        add(candidates, candidate)
    return [
        _selection(
            rule, numbers[rule], smallest[rule], sample_size or plan.size(rule, numbers[rule])
        )
        for rule in sorted(rules)
    ]


def planned_sizes(plan: SamplingPlan) -> tuple[SampleSizes, ...]:
    """Return the sample sizes of a plan."""
    return tuple(SampleSizes(**line) for line in plan.sizes)


def _selection(
    rule: str, population: int, candidates: Iterable[_Candidate], size: int
) -> Selection:
    first = sorted(candidates, reverse=True)[:size]
    return Selection(
        rule=rule,
        population=population,
        size=size,
        selected=tuple(entry.history for entry in first),
    )


class _Candidate(NamedTuple):
    rank: int
    """The larger, the sooner it is selected."""
    id: str
    history: ResultHistory


def sample_of(history: ResultHistory, result: Result, evaluated_at: datetime) -> Sample:
    """Return a sample as its last evaluation, of some moment, names it."""
    return Sample(
        id=history.id,
        rule=history.rule,
        connection=history.connection,
        subject=result.subject,
        evaluations=history.evaluations,
        worst_status=history.worst_status,
        last_status=result.status,
        last_evaluated_at=evaluated_at,
        evidence_digests=result.evidence_digests,
    )


def selection_key(seed: str, name: str) -> str:
    """Return the key of one pair: those with the smallest keys are selected."""
    return hashlib.sha256(f"{seed}\n{name}".encode()).hexdigest()


def _results(
    evaluation: Evaluation, rules: AbstractSet[str], connections: AbstractSet[str]
) -> Iterable[Result]:
    for rule in evaluation.rules:
        if rule.rule in rules:
            yield from (
                result
                for result in rule.results
                if result.subject.kind not in _WHOLE and result.connection in connections
            )


def _updated(sample: Sample | None, result: Result, evaluation: Evaluation) -> Sample:
    if sample is None:
        return Sample(
            id=result.id,
            rule=result.rule,
            connection=result.connection,
            subject=result.subject,
            evaluations=1,
            worst_status=result.status,
            last_status=result.status,
            last_evaluated_at=evaluation.evaluated_at,
            evidence_digests=result.evidence_digests,
        )
    return replace(
        sample,
        subject=result.subject,
        evaluations=sample.evaluations + 1,
        worst_status=min(sample.worst_status, result.status, key=_WORST_FIRST.index),
        last_status=result.status,
        last_evaluated_at=evaluation.evaluated_at,
        evidence_digests=result.evidence_digests,
    )


def _test_samples(
    rule: str, ordered: Sequence[Sample], plan: SamplingPlan, sample_size: int | None
) -> TestSamples:
    population = [sample for sample in ordered if sample.rule == rule]
    size = sample_size or plan.size(rule, len(population))
    return TestSamples(
        rule=rule,
        population=len(population),
        risk=plan.risk(rule),
        sample_size=size,
        samples=tuple(population[:size]),
    )
