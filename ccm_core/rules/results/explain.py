"""Explains the result of a rule on one row: every condition in it with its value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from ccm_core.model.evaluation.explanation import ConditionTrace, ExpressionValue, RuleTrace
from ccm_core.model.evidence.window import Window
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.rules.cel.checked_ast import ELEMENT, FieldPath, dotted, read_paths
from ccm_core.rules.cel.clauses import Clause, clauses
from ccm_core.rules.cel.compiler import CelEnvironment
from ccm_core.rules.cel.expression import (
    Expression,
    ExpressionError,
    NotEvaluable,
    RowContext,
    shared_variables,
)
from ccm_core.rules.cel.lookup_function import LookupTable
from ccm_core.rules.pack.compiled import CompiledPack, CompiledRule, RuleConditions, RuleGroup
from ccm_core.rules.pack.message_template import format_value
from ccm_core.sdk.view import Row


def explain_row(
    pack: CompiledPack,
    group: RuleGroup,
    rule: CompiledRule,
    row: Row,
    now: datetime,
    lookups: LookupTable | None = None,
    period: Window | None = None,
) -> RuleTrace:
    """Evaluate a rule on one row, step by step.

    Args:
        pack: The pack, with the values of its parameters.
        group: The group of the rule.
        rule: The rule.
        row: The row.
        now: The moment of the evaluation.
        lookups: What ``lookup`` reads; None: nothing.
        period: The evaluated period; None: it is not known.
    """
    shared = shared_variables(pack.values, now, period)
    chosen = {name: overrides.value_for(row.body) for name, overrides in pack.overrides.items()}
    context = group.environment.row_context(
        row.body, shared, group.conditions, chosen, row.unknown, lookups
    )
    conditions = rule.conditions
    explainer = _Explainer(environment=group.environment, lets=conditions.lets, context=context)
    return RuleTrace(
        parameters=tuple(explainer.parameters(conditions)),
        lets=tuple(explainer.value(name, let) for name, let in conditions.lets.items()),
        match=explainer.condition(conditions.match),
        not_due=explainer.condition(conditions.not_due),
        assertion=explainer.clause(clauses(conditions.assertion.text)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Explainer:
    """Evaluates the expressions of one rule on one row."""

    environment: CelEnvironment
    lets: Mapping[str, Expression]
    context: RowContext

    def condition(self, condition: Expression | None) -> ConditionTrace | None:
        """Evaluate a condition and those that it joins; None where there is none."""
        return self.clause(clauses(condition.text)) if condition else None

    def clause(self, clause: Clause) -> ConditionTrace:
        """Evaluate a clause and those that it joins."""
        try:
            expression = self.environment.compile(clause.text, self.lets)
        except ExpressionError as cause:  # it does not compile alone, such as a loop's own names
            return ConditionTrace(text=clause.text, operator="", value=None, reason=str(cause))
        value = expression.evaluate_condition(self.context)
        not_evaluable = isinstance(value, NotEvaluable)
        return ConditionTrace(
            text=clause.text,
            operator=clause.operator,
            value=None if isinstance(value, NotEvaluable) else value,
            reason=value.reason if isinstance(value, NotEvaluable) else None,
            read=() if clause.operands and not not_evaluable else tuple(self.reads(expression)),
            operands=tuple(self.clause(operand) for operand in clause.operands),
        )

    def reads(self, expression: Expression) -> Iterator[ExpressionValue]:
        """Yield what an expression reads, each once, in the order of its text."""
        paths = dict.fromkeys(_to_list(read.path) for read in read_paths(expression.tree))
        for path in paths:
            if path[0] in self.lets and len(path) == 1:
                yield self.value(path[0], self.lets[path[0]])
            elif path[0] in {"row", "params", "now", "period"} and path != ("row",):
                yield self.value(dotted(path), self._expression(path))

    def parameters(self, rule: RuleConditions) -> Iterator[ExpressionValue]:
        """Yield the parameters that a rule reads, with their values for the row."""
        for name in sorted(rule.parameters):
            yield self.value(f"params.{name}", self._expression(("params", name)))

    def value(self, name: str, expression: Expression | None) -> ExpressionValue:
        """Evaluate an expression and name its value."""
        if expression is None:
            return ExpressionValue(name=name, reason="it has another meaning inside a loop")
        value = expression.evaluate(self.context)
        if isinstance(value, NotEvaluable):
            return ExpressionValue(name=name, reason=value.reason)
        return ExpressionValue(name=name, value=_json_value(value))

    def _expression(self, path: FieldPath) -> Expression | None:
        steps = (f"[{step!r}]" if not step.isidentifier() else f".{step}" for step in path[1:])
        try:
            return self.environment.compile(path[0] + "".join(steps), self.lets)
        except ExpressionError:
            return None


def _to_list(path: FieldPath) -> FieldPath:
    """Cut a path at the list whose elements it continues into."""
    return path[: path.index(ELEMENT)] if ELEMENT in path else path


def _json_value(value: Any) -> Any:
    """Return a value of CEL as a JSON value."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list):
        return [_json_value(entry) for entry in value]
    if isinstance(value, dict):
        return {str(key): _json_value(entry) for key, entry in value.items()}
    return format_value(value)
