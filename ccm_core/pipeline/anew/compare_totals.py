"""Counts rows and verdicts again, and compares that with what an evaluation states of its rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields

from ccm_core.ledger.verification_result import VerificationProblem
from ccm_core.model.evaluation.connection_result import RuleTotals
from ccm_core.model.evaluation.result import Population, Result, RuleResult
from ccm_core.rules.evaluate.rollup import worst
from ccm_core.rules.evaluate.scoped_results import united

_COUNTS = [field.name for field in fields(Population) if field.name != "waived"]
"""Waivers are no part of what rules say of rows."""


def total_differences(
    rules: Sequence[RuleResult], totals: Sequence[RuleTotals]
) -> Iterator[VerificationProblem]:
    """Yield the rules whose status, counts, shares or results on connections are others.

    Args:
        rules: As the evaluation states them.
        totals: As they were counted again, of every connection.
    """
    by_rule: dict[str, list[RuleTotals]] = {}
    for total in totals:
        by_rule.setdefault(total.rule, []).append(total)
    for rule in rules:
        if rule.rule in by_rule:
            for name, text in _differences(rule, by_rule[rule.rule]):
                label = f"the rule {rule.rule} of {rule.pack} over {rule.over}"
                yield VerificationProblem(label=label, field=name, problem=text)


def _differences(rule: RuleResult, totals: Sequence[RuleTotals]) -> Iterator[tuple[str, str]]:
    status = worst([total.status for total in totals])
    if rule.status != status:
        yield "status", f"{rule.status} is kept, and its verdicts give {status}"
    for name in _COUNTS:
        kept, counted = (
            getattr(rule.population, name),
            sum(getattr(total.population, name) for total in totals),
        )
        if kept != counted:
            yield f"population.{name}", f"{kept:,} is kept, and its verdicts give {counted:,}"
    if rule.scoped != united(one for total in totals for one in total.scoped):
        yield "scoped", "what is in scope of frameworks is not what its verdicts give"
    kept_results = _by_name(rule.results)
    results = _by_name([result for total in totals for result in total.on_all])
    for name in sorted(kept_results.keys() | results.keys()):
        if kept_results.get(name) != results.get(name):
            yield name, "it is not what its verdicts give"


def _by_name(results: Sequence[Result]) -> Mapping[str, tuple[str, str]]:
    """Return what is stated of whole connections, shares and objects behind no row."""
    return {
        f"{result.connection} {result.subject.kind} {result.subject.key}".rstrip(): (
            result.status,
            result.reason,
        )
        for result in results
    }
