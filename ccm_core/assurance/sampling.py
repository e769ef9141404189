"""Draws samples out of everything that a control's rules judged in a period. Pure.

The seed is the digest of the last evaluation of the period: whoever holds the same evaluations
draws the same samples, and nobody chooses them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from ccm_core.model.evaluation.result import Evaluation, Result, Status
from ccm_core.model.sampling import ControlSamples, Sample, Sampling

NOTHING = "no evaluation"
"""The seed of a period without any: there is nothing to draw from."""

_WORST_FIRST = (
    Status.ERROR,
    Status.FAIL,
    Status.INSUFFICIENT,
    Status.PASS,
    Status.NOT_APPLICABLE,
)
_WHOLE = ("connection", "population")
"""Kinds of subjects that are no single object: nobody samples them."""


def draw(
    evaluations: Iterable[tuple[str, Evaluation]],
    controls: Mapping[tuple[str, str], AbstractSet[str]],
    connections: AbstractSet[str],
    most: int,
) -> Sampling:
    """Draw samples for each control.

    Args:
        evaluations: Those of the period with their digests, in the order of their moments. They are
            read once, one at a time.
        controls: The rules that support each, by framework and id.
        connections: Whose subjects.
        most: How many to draw of each.
    """
    wanted = frozenset[str]().union(*controls.values())
    seen: dict[str, Sample] = {}
    seed = NOTHING
    for digest, evaluation in evaluations:
        seed = digest
        for result in _judged(evaluation, wanted, connections):
            seen[result.id] = _noted(seen.get(result.id), result, evaluation)
    # What a rule never applied to was never judged.
    judged = (one for one in seen.values() if one.worst is not Status.NOT_APPLICABLE)
    ordered = sorted(judged, key=lambda one: lot(seed, one.id))
    return Sampling(
        seed=seed,
        most=most,
        controls=tuple(_of(name, rules, ordered, most) for name, rules in controls.items()),
    )


def lot(seed: str, name: str) -> str:
    """Give the lot of one pair: the smallest are drawn."""
    return hashlib.sha256(f"{seed}\n{name}".encode()).hexdigest()


def _judged(
    evaluation: Evaluation, rules: AbstractSet[str], connections: AbstractSet[str]
) -> Iterable[Result]:
    for rule in evaluation.rules:
        if rule.rule in rules:
            yield from (
                one
                for one in rule.results
                if one.subject.kind not in _WHOLE and one.connection in connections
            )


def _noted(known: Sample | None, result: Result, evaluation: Evaluation) -> Sample:
    if known is None:
        return Sample(
            id=result.id,
            rule=result.rule,
            connection=result.connection,
            subject=result.subject,
            evaluations=1,
            worst=result.status,
            last=result.status,
            last_at=evaluation.evaluated_at,
            rests_on=result.rests_on,
        )
    return replace(
        known,
        subject=result.subject,
        evaluations=known.evaluations + 1,
        worst=min(known.worst, result.status, key=_WORST_FIRST.index),
        last=result.status,
        last_at=evaluation.evaluated_at,
        rests_on=result.rests_on,
    )


def _of(
    name: tuple[str, str], rules: AbstractSet[str], ordered: Sequence[Sample], most: int
) -> ControlSamples:
    population = [one for one in ordered if one.rule in rules]
    return ControlSamples(
        framework=name[0],
        id=name[1],
        population=len(population),
        samples=tuple(population[:most]),
    )
