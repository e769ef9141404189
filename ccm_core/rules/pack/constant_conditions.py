"""Finds conditions that are the same for every row, whatever the evidence.

Such a condition narrows its rule to nothing, or passes every row, without a word. It is looked for
in two ways. Evaluated without a row, a condition such as ``true || row.locked`` has a value all the
same. And one that reads neither the row nor a record, such as ``now > DATE``, tells no rows apart.
Equations that only a proof would settle, such as ``row.a == row.a``, are not found.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.rules.cel.checked_ast import read_paths
from ccm_core.rules.cel.compiler import CelEnvironment
from ccm_core.rules.cel.expression import Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionRole:
    """What a condition is for."""

    hides: bool
    """The value that hides failures where all rows have it."""
    next_step: str
    """What to write instead of a constant."""


MATCH = ConditionRole(hides=False, next_step="leave `match` out to evaluate every row")
ASSERTION = ConditionRole(hides=True, next_step="write what must hold for a row")
DUE_LATER = ConditionRole(hides=True, next_step="leave `not_due` out if every row is due")
PARAMETER = ConditionRole(hides=False, next_step="write `true` to select every row")


@dataclass(frozen=True, slots=True, kw_only=True)
class ConditionScope:
    """What conditions over one kind or view may read."""

    environment: CelEnvironment
    lets: Mapping[str, Expression]
    varying: Collection[str]
    """The parameters whose value may differ from row to row."""


def constant_mistake(
    condition: Expression,
    role: ConditionRole,
    scope: ConditionScope,
    parameters: Mapping[str, Expression],
) -> str | None:
    """Return what is wrong with a condition that is the same for every row; None: it is not.

    Args:
        condition: The condition.
        role: What it is for.
        scope: What it may read.
        parameters: The condition parameters with the values that are set, by name. One may select
            every row, unless that hides failures of the rule.
    """
    value = scope.environment.value_without_row(condition, {})
    if role is PARAMETER and value is True:
        return None
    if value is None and _reads_evidence(condition, scope):
        value = scope.environment.value_without_row(condition, _constants(parameters, scope))
        if value is not role.hides:
            return None
    why = "reads neither `row` nor a record" if value is None else f"is always {str(value).lower()}"
    return f"this {why}; expected a condition that reads `row`: {role.next_step}"


def _constants(parameters: Mapping[str, Expression], scope: ConditionScope) -> dict[str, bool]:
    values = {
        name: scope.environment.value_without_row(condition, {})
        for name, condition in parameters.items()
    }
    return {name: value for name, value in values.items() if value is not None}


def _reads_evidence(expression: Expression, scope: ConditionScope) -> bool:
    """Return whether an expression, or a let that it uses, reads the row or looks a record up."""
    calls = (node.name for node in expression.tree.nodes() if node.form == "call")
    if "lookup" in calls:
        return True
    for read in read_paths(expression.tree, expression.scope):
        root = read.path[0]
        if root == "row" or (root == "params" and read.path[1] in scope.varying):
            return True
        if root in scope.lets and _reads_evidence(scope.lets[root], scope):
            return True
    return False
