"""One rule on one row whose evidence is sufficient."""

from __future__ import annotations

from datetime import datetime

from ccm_core.model.evaluation.result import Status
from ccm_core.rules.cel.expression import NotEvaluable, RowContext
from ccm_core.rules.incremental.result_cache import NOT_DUE_YET
from ccm_core.rules.pack.compiled import FAILS, HOLDS, NOT_DUE, OUTSIDE, CompiledRule, Verdict


def judge(one: CompiledRule, context: RowContext, now: datetime) -> Verdict:
    """Judge a row: outside ``match`` and while ``not_due`` holds it is not applicable."""
    step = one.at_once.value(context) if one.at_once else None
    if type(step) is not int:
        # Something has no value: go step by step to see what, and why.
        step = _stepwise(one, context)
    if isinstance(step, NotEvaluable):
        status = Status.INSUFFICIENT if step.insufficient else Status.ERROR
        return Verdict(status=status, reason=step.reason)
    if step == OUTSIDE:
        return one.outside
    if step == NOT_DUE:
        due_at = one.due.due_at(context.row, context.variables, now) if one.due else None
        return Verdict(status=Status.NOT_APPLICABLE, reason=NOT_DUE_YET, due_at=due_at)
    if step == HOLDS:
        return one.holds
    return Verdict(status=Status.FAIL, reason=one.message.render(context) or one.rule.title)


def _stepwise(one: CompiledRule, context: RowContext) -> int | NotEvaluable:
    for condition, wanted, otherwise in (
        (one.match, True, OUTSIDE),
        (one.not_due, False, NOT_DUE),
        (one.assertion, True, FAILS),
    ):
        found = condition.evaluate_condition(context) if condition else wanted
        if isinstance(found, NotEvaluable):
            return found
        if found is not wanted:
            return otherwise
    return HOLDS
