"""Select samples of everything that a control's rules evaluated in a period. Pure.

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
from typing import NamedTuple

from ccm_core.model.evaluation.result import Evaluation, Result, Status
from ccm_core.model.evaluation.result_history import ResultHistory
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.sampling import ControlSamples, Sample, Sampling

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


def select_samples(
    evaluations: Iterable[tuple[str, Evaluation]],
    controls: Mapping[tuple[str, str], AbstractSet[str]],
    connections: AbstractSet[str],
    sample_size: int,
) -> Sampling:
    """Select samples for each control.

    Args:
        evaluations: Those of the period with their digests, in the order of their moments. They are
            read once, one at a time.
        controls: The rules that support each, by framework and id.
        connections: Whose subjects.
        sample_size: How many to select of each control.
    """
    rules = frozenset[str]().union(*controls.values())
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
        controls=tuple(
            _control_samples(name, supporting, ordered, sample_size)
            for name, supporting in controls.items()
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """The histories that are selected for one control."""

    framework: str
    id: str
    population: int
    selected: tuple[ResultHistory, ...]
    """In the order of selection."""


def select_histories(
    seed: str,
    histories: Iterable[ResultHistory],
    controls: Mapping[tuple[str, str], AbstractSet[str]],
    sample_size: int,
) -> Sequence[Selection]:
    """Select samples for each control; no more than those are in memory.

    Args:
        seed: The digest of the last evaluation.
        histories: Of every result, in any order.
        controls: The rules that support each, by framework and id.
        sample_size: How many to select of each control.
    """
    numbers = Counter[tuple[str, str]]()
    smallest: dict[tuple[str, str], list[_Candidate]] = {name: [] for name in controls}
    for history in histories:
        # What a rule never applied to is not in its population.
        if history.worst_status is Status.NOT_APPLICABLE:
            continue
        candidate = _Candidate(-int(selection_key(seed, history.id), 16), history.id, history)
        for name, supporting in controls.items():
            if history.rule in supporting:
                numbers[name] += 1
                add = heappush if len(smallest[name]) < sample_size else heappushpop
                add(smallest[name], candidate)
    return [
        Selection(
            framework=name[0],
            id=name[1],
            population=numbers[name],
            selected=tuple(entry.history for entry in sorted(smallest[name], reverse=True)),
        )
        for name in controls
    ]


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


def _control_samples(
    name: tuple[str, str], rules: AbstractSet[str], ordered: Sequence[Sample], sample_size: int
) -> ControlSamples:
    population = [sample for sample in ordered if sample.rule in rules]
    return ControlSamples(
        framework=name[0],
        id=name[1],
        population=len(population),
        samples=tuple(population[:sample_size]),
    )
