"""What a rule says of the subjects that each framework with a scope concerns. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields

from ccm_core.model.evaluation.framework_scope import FrameworkScope
from ccm_core.model.evaluation.result import (
    CONNECTION,
    POPULATION,
    Population,
    Result,
    ScopedResult,
    deciding,
)
from ccm_core.model.evaluation.rule import Rule
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.rules.choices.scope_matching import INSIDE, OUTSIDE
from ccm_core.rules.evaluate.evidence_gate import EvidenceGate, UnevaluatedObjects
from ccm_core.rules.evaluate.rollup import worst
from ccm_core.rules.evaluate.rule_counts import RuleCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeSplit:
    """The rows of a rule over one connection, split by one scope."""

    counts: RuleCounts
    """Of the rows in scope."""
    letters: Mapping[str, int]
    """How many rows have each letter of the scope."""


def scopes_of(rule: Rule, scopes: Iterable[FrameworkScope]) -> Iterator[tuple[int, FrameworkScope]]:
    """Yield the scopes of the frameworks that a rule supports, each with its index."""
    supported = {control.framework for control in rule.controls}
    for index, scope in enumerate(scopes):
        if scope.framework in supported:
            yield index, scope


def scoped_result(
    framework: str,
    split: ScopeSplit,
    on_all: Callable[[RuleCounts, int], Iterable[Result]],
    gate: EvidenceGate,
    incomplete: UnevaluatedObjects,
    *,
    is_judged: bool,
    unevaluated: int,
) -> ScopedResult:
    """Return what a rule says of what is in scope of one connection.

    Args:
        framework: Whose scope.
        split: The rows.
        on_all: Returns what the rule says of a whole connection, from counts and a number of rows.
        gate: What it may rely on.
        incomplete: Objects behind no row whose evidence is incomplete: nobody knows whether they
            are in scope, so they are.
        is_judged: Whether rows were judged.
        unevaluated: Rows that were not, as the evidence does not suffice.
    """
    rows = sum(number for letter, number in split.letters.items() if letter != OUTSIDE)
    outside = split.letters.get(OUTSIDE, 0)
    results = tuple(on_all(split.counts, rows))
    decisive = deciding(results)
    row = split.counts.worst() if decisive is results else None
    doubts = incomplete.members or incomplete.others or gate.unlisted
    is_nothing = is_judged and outside > 0 and not rows and not doubts
    others = [r.status for r in results if r.subject.kind not in (CONNECTION, POPULATION)]
    status = worst([*(result.status for result in decisive), *filter(None, [row])])
    return ScopedResult(
        framework=framework,
        status=None if is_nothing else status,
        population=split.counts.population(others=others, unevaluated=unevaluated),
        matched=split.letters.get(INSIDE, 0),
        outside=outside,
        results=() if is_nothing else results,
    )


def united(parts: Iterable[ScopedResult]) -> tuple[ScopedResult, ...]:
    """Return what a rule says of what is in scope of all connections, by framework."""
    by_framework: dict[str, list[ScopedResult]] = {}
    for part in parts:
        by_framework.setdefault(part.framework, []).append(part)
    return tuple(_united(by_framework[name]) for name in sorted(by_framework))


def _united(parts: Sequence[ScopedResult]) -> ScopedResult:
    statuses = [part.status for part in parts if part.status is not None]
    names = [one.name for one in fields(Population)]
    return ScopedResult(
        framework=parts[0].framework,
        status=worst(statuses) if statuses else None,
        population=Population(
            **{name: sum(getattr(part.population, name) for part in parts) for name in names}
        ),
        matched=sum(part.matched for part in parts),
        outside=sum(part.outside for part in parts),
        results=tuple(sorted((r for part in parts for r in part.results), key=_order)),
    )


def _order(result: Result) -> tuple[str, str, str, str, str]:
    subject = result.subject
    return (result.connection, subject.kind, subject.key, result.status, result.reason)
