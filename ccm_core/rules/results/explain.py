"""Why a rule says of one row what it says: every condition in it with its value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ccm_core.model.evaluation.explanation import ConditionTrace, ExpressionValue, RuleTrace
from ccm_core.rules.cel.ast import ELEMENT, FieldPath, dotted, read_paths
from ccm_core.rules.cel.clauses import Clause, clauses
from ccm_core.rules.cel.expression import (
    Expression,
    ExpressionError,
    NotEvaluable,
    RowContext,
    shared_variables,
)
from ccm_core.rules.cel.runtime import CelEnvironment
from ccm_core.rules.pack.compiled import CompiledPack, CompiledRule, RuleGroup
from ccm_core.rules.pack.message_template import format_value
from ccm_core.sdk.types import Row


def explain_row(
    pack: CompiledPack, group: RuleGroup, one: CompiledRule, row: Row, now: datetime
) -> RuleTrace:
    """Work a rule out for one row, step by step.

    ``lookup`` answers from what was served last.
    """
    picked = {name: varying.pick(row.body) for name, varying in pack.varying.items()}
    context = group.environment.row_context(
        row.body, shared_variables(pack.values, now), group.conditions, picked, row.unknown
    )
    desk = _Desk(environment=group.environment, lets=one.lets, context=context)
    written_down = {
        part: Clause(text="") if text is None else clauses(text)
        for part, text in (("match", one.rule.match), ("not_due", one.rule.not_due))
    }
    return RuleTrace(
        parameters=tuple(desk.parameters(one)),
        lets=tuple(desk.value(name, let) for name, let in one.lets.items()),
        match=desk.part(written_down["match"]) if one.match else None,
        not_due=desk.part(written_down["not_due"]) if one.not_due else None,
        assertion=desk.part(clauses(one.rule.assertion)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Desk:
    """Where the expressions of one rule are worked out for one row."""

    environment: CelEnvironment
    lets: Mapping[str, Expression]
    context: RowContext

    def part(self, clause: Clause) -> ConditionTrace:
        """Work out a condition and those it joins."""
        try:
            expression = self.environment.compile(clause.text, self.lets)
        except (
            ExpressionError
        ) as cause:  # a part that does not stand alone, such as a loop's own names
            return ConditionTrace(text=clause.text, operator="", value=None, reason=str(cause))
        found = expression.evaluate_condition(self.context)
        unclear = isinstance(found, NotEvaluable)
        return ConditionTrace(
            text=clause.text,
            operator=clause.operator,
            value=None if isinstance(found, NotEvaluable) else found,
            reason=found.reason if isinstance(found, NotEvaluable) else None,
            read=() if clause.operands and not unclear else tuple(self.read(expression)),
            operands=tuple(self.part(part) for part in clause.operands),
        )

    def read(self, expression: Expression) -> Iterator[ExpressionValue]:
        """Give what an expression read, each once, in the order of its text."""
        paths = dict.fromkeys(_to_list(read.path) for read in read_paths(expression.tree))
        for path in paths:
            if path[0] in self.lets and len(path) == 1:
                yield self.value(path[0], self.lets[path[0]])
            elif path[0] in {"row", "params", "now"} and path != ("row",):
                yield self.value(dotted(path), self._expression(path))

    def parameters(self, one: CompiledRule) -> Iterator[ExpressionValue]:
        """Give the parameters that a rule reads, as they are for the row."""
        for name in sorted(one.parameters):
            yield self.value(f"params.{name}", self._expression(("params", name)))

    def value(self, name: str, expression: Expression | None) -> ExpressionValue:
        """Work out an expression and call it by a name."""
        if expression is None:
            return ExpressionValue(name=name, reason="it stands for something else inside a loop")
        found = expression.evaluate(self.context)
        if isinstance(found, NotEvaluable):
            return ExpressionValue(name=name, reason=found.reason)
        return ExpressionValue(name=name, value=_plain(found))

    def _expression(self, path: FieldPath) -> Expression | None:
        steps = (f"[{step!r}]" if not step.isidentifier() else f".{step}" for step in path[1:])
        try:
            return self.environment.compile(path[0] + "".join(steps), self.lets)
        except ExpressionError:
            return None


def _to_list(path: FieldPath) -> FieldPath:
    """Cut a path at the list whose elements it goes on into."""
    return path[: path.index(ELEMENT)] if ELEMENT in path else path


def _plain(value: Any) -> Any:
    """Make a JSON value of what CEL gave."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {str(key): _plain(one) for key, one in value.items()}
    return format_value(value)
