"""Evaluates one rule on one row whose evidence is sufficient."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from ccm_core.model.evaluation.result import Status
from ccm_core.model.evaluation.verdict_letters import NOT_DUE_YET
from ccm_core.rules.cel.expression import NotEvaluable, RowContext
from ccm_core.rules.pack.compiled import (
    FAILS,
    NOT_APPLICABLE,
    NOT_DUE,
    PASSES,
    CompiledRule,
    RowEvaluation,
    RuleConditions,
)
from ccm_core.rules.pack.message_template import format_value


def evaluate_rule(
    rule: CompiledRule,
    conditions: RuleConditions,
    context: RowContext,
    now: datetime,
    accepted: Mapping[str, str] = MappingProxyType({}),
) -> RowEvaluation:
    """Evaluate a row: outside ``match`` and while ``not_due`` is true it is not applicable.

    Args:
        rule: The rule.
        conditions: Its own.
        context: The row.
        now: The moment.
        accepted: Why it is accepted that nobody knows a field of the row, by its name.
    """
    outcome = _outcome(conditions, context)
    if isinstance(outcome, NotEvaluable):
        field = (outcome.missing_key or "").partition(".")[0]
        if field in accepted:
            return RowEvaluation(status=Status.NOT_APPLICABLE, reason=accepted[field])
        status = Status.INSUFFICIENT if outcome.insufficient else Status.ERROR
        return RowEvaluation(status=status, reason=outcome.reason)
    if outcome == NOT_APPLICABLE:
        return rule.not_applicable
    if outcome == NOT_DUE:
        due_at = conditions.falls_due.due_at(context, now) if conditions.falls_due else None
        return RowEvaluation(status=Status.NOT_APPLICABLE, reason=NOT_DUE_YET, due_at=due_at)
    if outcome == PASSES:
        return rule.passed
    reason = conditions.message.render(context) or rule.rule.title
    return RowEvaluation(status=Status.FAIL, reason=reason, cause=_cause(conditions, context))


def _outcome(conditions: RuleConditions, context: RowContext) -> int | NotEvaluable:
    match = conditions.match
    if match is not None and match.known(context) is False:
        return NOT_APPLICABLE
    outcome = conditions.combined.evaluate(context) if conditions.combined else None
    # Where one of the conditions has no value, they are evaluated one by one to see which, and why.
    return outcome if type(outcome) is int else _evaluate_stepwise(conditions, context)


def _cause(conditions: RuleConditions, context: RowContext) -> tuple[str, ...]:
    """Return the keys that name the cause of a failure; none where they cannot be evaluated.

    It fails all the same, and is then a cause of its own.
    """
    keys = conditions.cause.evaluate(context) if conditions.cause else ()
    if not isinstance(keys, list):
        return ()
    return tuple(key if isinstance(key, str) else format_value(key) for key in keys)


def _evaluate_stepwise(conditions: RuleConditions, context: RowContext) -> int | NotEvaluable:
    for condition, expected, otherwise in (
        (conditions.match, True, NOT_APPLICABLE),
        (conditions.not_due, False, NOT_DUE),
        (conditions.assertion, True, FAILS),
    ):
        value = condition.evaluate_condition(context) if condition else expected
        if isinstance(value, NotEvaluable):
            return value
        if value is not expected:
            return otherwise
    return PASSES
