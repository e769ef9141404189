"""Finds the moments at which what a rule states about an unchanged row may change.

Where ``now`` is one side of a comparison (``<``, ``<=``, ``>``, ``>=``) and the other side reads
neither ``now`` nor ``period``, the comparison changes at the moment that the other side has, and
never again. A rule that uses ``now`` or ``period`` in any other way is looked at in each
evaluation.

Where something that does not depend on time decides, no moment matters: a row outside ``match``
stays outside, and ``row.open && now < row.due`` stays false of what is closed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from ccm_core.model.clock import NEVER
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.rules.cel.checked_ast import read_paths
from ccm_core.rules.cel.clauses import Clause, clauses, comparison
from ccm_core.rules.cel.expression import Expression, ExpressionError, RowContext

TIME = {"now", "period"}
"""The names whose values differ from one evaluation to the next."""
_NOW = "now"
_AT_ONCE = {("<", True), (">=", True), (">", False), ("<=", False)}
"""Operators, and whether ``now`` is on their left, of comparisons that change at the moment
itself; all others change right after it."""
_NEXT = timedelta(microseconds=1)
Compile = Callable[[str], Expression]
"""Compiles an expression over the names of a rule. Raises ExpressionError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DueMoment:
    """A moment at which a comparison changes."""

    moment: Expression
    inclusive: bool
    """Whether it changes at the moment itself; otherwise right after it."""
    needs_match: bool = False
    """Whether it matters on rows alone that the rule applies to."""
    guard: Expression | None = None
    """It does not matter where this is false, whenever that is; None: it always does."""

    def matters(self, context: RowContext, *, outside_match: bool) -> bool:
        """Return whether what a rule yields for a row may depend on it."""
        if self.needs_match and outside_match:
            return False
        return self.guard is None or self.guard.evaluate_condition(context) is not False

    def at(self, context: RowContext) -> datetime | None:
        """Return the moment for a row; None where it has none, so that nothing ever changes."""
        value = self.moment.evaluate(context)
        return value if isinstance(value, datetime) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class DueMoments:
    """All moments at which what some conditions and messages yield may change."""

    moments: tuple[DueMoment, ...] = ()

    def next_change(
        self, context: RowContext, now: datetime, *, outside_match: bool = False
    ) -> datetime | None:
        """Return the first moment after ``now`` from which on a row has to be looked at again.

        Args:
            context: The row.
            now: The moment.
            outside_match: Whether the rule's ``match`` is known to be false of it.
        """
        moments = (
            (due.at(context), due.inclusive)
            for due in self.moments
            if due.matters(context, outside_match=outside_match)
        )
        changes = (
            moment if inclusive or moment >= NEVER else moment + _NEXT
            for moment, inclusive in moments
            if moment
        )
        return min((change for change in changes if change > now), default=None)

    def due_at(self, context: RowContext, now: datetime) -> datetime | None:
        """Return the first moment that is not past, as conditions compare it with ``now``."""
        moments = (due.at(context) for due in self.moments)
        return min((moment for moment in moments if moment and moment >= now), default=None)


def due_moments(
    expressions: Iterable[Expression | None],
    names: Mapping[str, Expression],
    compile_text: Compile,
    match: Expression | None = None,
) -> DueMoments | None:
    """Return when what some expressions yield may change; None: in each evaluation.

    Args:
        expressions: Conditions and the expressions of messages.
        names: What the names under ``let`` stand for, and condition parameters as ``params.NAME``.
        compile_text: Compiles a part of them.
        match: What decides whether any of them is read of a row; None: nothing does.
    """
    needs_match = match is not None and not reads_time(match, names)
    moments: list[DueMoment] = []
    for expression in filter(None, expressions):
        reads = read_paths(expression.tree, expression.scope)
        uses = sum(read.path[0] in TIME for read in reads)
        if not uses:
            continue
        own = [
            due
            for clause in _atoms(clauses(expression.text))
            if (due := _moment(clause, names, compile_text))
        ]
        if len(own) != uses:
            return None
        guard = _guard(expression, names, compile_text) if own else None
        moments.extend(replace(due, needs_match=needs_match, guard=guard) for due in own)
    return DueMoments(moments=tuple(moments))


def reads_time(expression: Expression, names: Mapping[str, Expression]) -> bool:
    """Return whether an expression reads ``now`` or ``period``, be it by a name."""
    for read in read_paths(expression.tree, expression.scope):
        stands_for = names.get(read.path[0]) or names.get(".".join(read.path[:2]))
        if read.path[0] in TIME or (stands_for and reads_time(stands_for, names)):
            return True
    return False


def _atoms(clause: Clause) -> Iterable[Clause]:
    if not clause.operands:
        yield clause
    for operand in clause.operands:
        yield from _atoms(operand)


def _guard(
    expression: Expression, names: Mapping[str, Expression], compile_text: Compile
) -> Expression | None:
    """Return what of a conjunction does not depend on time: where it is false, so is all of it."""
    whole = clauses(expression.text)
    if whole.operator != "&&":
        return None
    parts = (_timeless(operand, names, compile_text) for operand in whole.operands)
    guard = " && ".join(f"({source}\n)" for source in filter(None, parts))
    return compile_text(guard) if guard else None


def _timeless(clause: Clause, names: Mapping[str, Expression], compile_text: Compile) -> str | None:
    """Return a clause that reads neither time nor other records; None where it does."""
    try:
        part = compile_text(clause.source)
    except ExpressionError:
        return None
    if part.lookup_program is not None or reads_time(part, names):
        return None
    return clause.source


def _moment(
    clause: Clause, names: Mapping[str, Expression], compile_text: Compile
) -> DueMoment | None:
    """Return the moment that a comparison compares ``now`` with; None for any other clause."""
    sides = comparison(clause)
    if sides is None or (sides.left.text == _NOW) is (sides.right.text == _NOW):
        return None
    on_left = sides.left.text == _NOW
    try:
        moment = compile_text((sides.right if on_left else sides.left).source)
    except ExpressionError:
        return None
    # What is looked up would be counted as evidence of another rule.
    if moment.lookup_program is not None or reads_time(moment, names):
        return None
    return DueMoment(moment=moment, inclusive=(sides.operator, on_left) in _AT_ONCE)
