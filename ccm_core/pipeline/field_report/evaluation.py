"""The newest evaluation, without reasons in words: which rules were inconclusive, and for what."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any

from ccm_core.model.evaluation.result import RuleResult, Status
from ccm_core.model.evaluation.result_scope import ResultScope
from ccm_core.model.evidence.collection import Outcome, Reason
from ccm_core.pipeline.field_report.document import (
    InconclusiveCause,
    ReportedEvaluation,
    ReportedRule,
)
from ccm_core.pipeline.field_report.renames import Renames

if TYPE_CHECKING:
    from ccm_core.model.evaluation.result import Evaluation
    from ccm_core.pipeline.context import Host

INCONCLUSIVE = ResultScope(statuses=frozenset({Status.INSUFFICIENT, Status.ERROR}), evidence=False)
"""The results that a field report counts by cause."""
_TERM = re.compile(r"[a-z0-9_]+(?:\.[a-z0-9_]+)*")
_MOST_CAUSES = 20
_MAX_DEPTH = 12


def reported_evaluation(
    host: Host,
    evaluation: Evaluation,
    public_packs: AbstractSet[str],
    renames: Renames,
) -> ReportedEvaluation:
    """Return the rules of an evaluation, by status, with the causes of inconclusive results.

    Args:
        host: What is installed: only terms of its kinds and views are kept of a reason.
        evaluation: With its inconclusive results.
        public_packs: Where packs of plugins come from; rules of others are renamed.
        renames: What stands for their names, and for its moment.
    """
    public = {pack.name for pack in evaluation.packs if pack.source in public_packs}
    terms = known_terms(host)
    return ReportedEvaluation(
        evaluated_at=renames.moment(evaluation.evaluated_at),
        rules=tuple(
            _rule(rule, renames, terms, public=rule.pack in public) for rule in evaluation.rules
        ),
    )


def known_terms(host: Host) -> AbstractSet[str]:
    """Return the words that reasons are reduced to: kinds, views, their fields, reasons."""
    terms = {*host.kinds, *host.views, *Reason, *Outcome}
    for view in host.views.values():
        terms |= set(_fields(view.schema(), 0))
    return frozenset(map(str, terms))


def _rule(
    rule: RuleResult, renames: Renames, terms: AbstractSet[str], *, public: bool
) -> ReportedRule:
    return ReportedRule(
        pack=rule.pack if public else renames.text(rule.pack),
        rule=rule.rule if public else renames.text(rule.rule),
        over=rule.over if rule.over in terms else "",
        status=rule.status,
        population=rule.population,
        inconclusive=_causes(rule, terms),
    )


def _causes(rule: RuleResult, terms: AbstractSet[str]) -> tuple[InconclusiveCause, ...]:
    """Count the results of a rule by the terms of their reasons, the most frequent first."""
    counted = Counter(
        (result.status, _named(result.reason, terms))
        for result in rule.results
        if result.status in INCONCLUSIVE.statuses
    )
    frequent = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
    return tuple(
        InconclusiveCause(status=status, terms=names, results=number)
        for (status, names), number in frequent[:_MOST_CAUSES]
    )


def _named(reason: str, terms: AbstractSet[str]) -> tuple[str, ...]:
    return tuple(sorted({term for term in _TERM.findall(reason) if term in terms}))


def _fields(schema: Any, depth: int) -> Iterator[str]:
    """Yield the names of fields of a schema that are no words of everyday language."""
    if not isinstance(schema, dict) or depth > _MAX_DEPTH:
        return
    for name, child in schema.get("properties", {}).items():
        if "_" in name:
            yield name
        yield from _fields(child, depth + 1)
    for word in ("items", "$defs"):
        yield from _fields(schema.get(word), depth + 1)
