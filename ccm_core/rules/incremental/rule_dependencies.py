"""What a rule's verdict on a row can depend on: fields of the row, and the evaluation's moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet

from ccm_core.rules.cel.ast import ELEMENT, FieldPath, read_paths
from ccm_core.rules.cel.expression import Expression
from ccm_core.rules.incremental.due_time import DueCondition
from ccm_core.rules.incremental.result_cache import RuleDependencies, TimeDependence


def rule_dependencies(
    *,
    match: Expression | None,
    judged: Iterable[Expression | None],
    lets: Iterable[Expression],
    not_due: Expression | None,
    due: DueCondition | None,
    conditions: Iterable[Expression],
    chosen_by: Iterable[Sequence[str]],
) -> RuleDependencies:
    """Tell what a rule depends on.

    Args:
        match: The condition that says which rows it is about.
        judged: What it asserts, and what its message reads.
        lets: What its conditions may be short for.
        not_due: The condition until when a row is not due.
        due: When it ends, where its shape tells.
        conditions: The condition parameters that the rule may read.
        chosen_by: The paths below ``row`` by which parameters are chosen.
    """
    choosing = [path for one in (match, *lets, *conditions) if one for path in _paths(one)]
    read = choosing + [path for one in judged if one for path in _paths(one)]
    ending = list(_paths(not_due)) if not_due else []
    grows = _grows(ending, due)
    rows = [path for path in (*read, *ending) if path[0] == "row"]
    chosen = {path[0] for path in chosen_by}
    fields = {path[1] for path in rows if len(path) > 1} | chosen
    wholly = {path[1] for path in read if path[0] == "row" and len(path) > 1} | chosen
    return RuleDependencies(
        timing=_timing(read, ending, due),
        reads=None if any(map(_is_any, rows)) else frozenset(fields - (grows - wholly)),
        grows=grows - wholly,
        chooses=_chooses(choosing, chosen),
    )


def _chooses(read: Sequence[FieldPath], chosen: AbstractSet[str]) -> frozenset[str] | None:
    """Name the fields that decide whether a rule is about a row; None: any, or the moment."""
    rows = [path for path in read if path[0] == "row"]
    if ("now",) in read or any(map(_is_any, rows)):
        return None
    return frozenset({path[1] for path in rows} | chosen)


def _is_any(path: FieldPath) -> bool:
    """Whether a path may lead to any field: the row itself, or a key that is worked out."""
    return path == ("row",) or path[1] == ELEMENT


def _timing(
    read: Sequence[FieldPath], ending: Sequence[FieldPath], due: DueCondition | None
) -> TimeDependence:
    if ("now",) in read:
        return TimeDependence.ALWAYS
    moments = ending.count(("now",))
    if moments == 0:
        return TimeDependence.NONE
    # Every moment it reads must be a bound that is known, so that it ends once and stays ended.
    return TimeDependence.UNTIL_DUE if due and due.moments == moments else TimeDependence.ALWAYS


def _grows(ending: Sequence[FieldPath], due: DueCondition | None) -> frozenset[str]:
    """Name the fields that ``not_due`` reads for nothing but to hold them against a limit."""
    bounds = Counter(path[1] for path in due.ages if len(path) == _FIELD) if due else Counter[str]()
    read = Counter(path[1] for path in ending if path[0] == "row" and len(path) > 1)
    return frozenset(name for name, times in bounds.items() if read[name] == times)


_FIELD = 2
"""``row`` and the name of a field."""


def _paths(expression: Expression) -> Iterable[FieldPath]:
    return (read.path for read in read_paths(expression.tree, expression.scope))
