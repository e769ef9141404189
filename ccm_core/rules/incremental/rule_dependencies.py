"""Derives what a rule's result on a row can depend on: its fields, and the evaluation's moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet

from ccm_core.rules.cel.checked_ast import ELEMENT, FieldPath, read_paths
from ccm_core.rules.cel.expression import Expression
from ccm_core.rules.incremental.due_time import DueCondition
from ccm_core.rules.incremental.result_cache import RuleDependencies, TimeDependence


def rule_dependencies(
    *,
    match: Expression | None,
    evaluated: Iterable[Expression | None],
    lets: Iterable[Expression],
    not_due: Expression | None,
    due: DueCondition | None,
    conditions: Iterable[Expression],
    override_paths: Iterable[Sequence[str]],
) -> RuleDependencies:
    """Return what a rule depends on.

    Args:
        match: The condition that decides which rows it applies to.
        evaluated: Its assertion, and the expressions of its message.
        lets: The expressions that its conditions have names for.
        not_due: The condition until when a row is not due.
        due: When that ends, where its shape tells.
        conditions: The condition parameters that the rule may read.
        override_paths: The paths below ``row`` that decide the values of parameters.
    """
    match_paths = _all_paths((match, *lets, *conditions))
    paths = match_paths + _all_paths(evaluated)
    not_due_paths = _all_paths([not_due])
    growing = _growing_fields(not_due_paths, due)
    row_paths = [path for path in (*paths, *not_due_paths) if path[0] == "row"]
    override_fields = {path[0] for path in override_paths}
    fields = {path[1] for path in row_paths if len(path) > 1} | override_fields
    compared = {path[1] for path in paths if path[0] == "row" and len(path) > 1} | override_fields
    return RuleDependencies(
        time_dependence=_time_dependence(paths, not_due_paths, due),
        fields=None if any(map(_is_any, row_paths)) else frozenset(fields - (growing - compared)),
        growing_fields=growing - compared,
        match_fields=_match_fields(match_paths, override_fields),
    )


def _match_fields(
    paths: Sequence[FieldPath], override_fields: AbstractSet[str]
) -> frozenset[str] | None:
    """Return the fields that decide whether a rule applies to a row; None: any, or the moment."""
    row_paths = [path for path in paths if path[0] == "row"]
    if ("now",) in paths or any(map(_is_any, row_paths)):
        return None
    return frozenset({path[1] for path in row_paths} | override_fields)


def _is_any(path: FieldPath) -> bool:
    """Whether a path may lead to any field: the row itself, or a key that is computed."""
    return path == ("row",) or path[1] == ELEMENT


def _time_dependence(
    paths: Sequence[FieldPath], not_due_paths: Sequence[FieldPath], due: DueCondition | None
) -> TimeDependence:
    if ("now",) in paths:
        return TimeDependence.ALWAYS
    moments = not_due_paths.count(("now",))
    if moments == 0:
        return TimeDependence.NONE
    # Every moment it reads must be a bound that is known, so that it ends once and stays ended.
    return TimeDependence.UNTIL_DUE if due and due.moments == moments else TimeDependence.ALWAYS


def _growing_fields(not_due_paths: Sequence[FieldPath], due: DueCondition | None) -> frozenset[str]:
    """Return the fields that ``not_due`` reads only to compare them with a limit."""
    bounds = Counter(path[1] for path in due.ages if len(path) == _FIELD) if due else Counter[str]()
    reads = Counter(path[1] for path in not_due_paths if path[0] == "row" and len(path) > 1)
    return frozenset(name for name, times in bounds.items() if reads[name] == times)


_FIELD = 2
"""``row`` and the name of a field."""


def _all_paths(expressions: Iterable[Expression | None]) -> list[FieldPath]:
    return [
        read.path
        for expression in expressions
        if expression
        for read in read_paths(expression.tree, expression.scope)
    ]
