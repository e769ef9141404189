"""What a rule's verdict on a row can depend on: fields of the row, and the evaluation's moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from ccm_core.rules.conditions import Expression
from ccm_core.rules.due import Due
from ccm_core.rules.memory import Senses, Timing
from ccm_core.rules.syntax import ELEMENT, Path, reads


def senses_of(
    *,
    judged: Iterable[Expression | None],
    not_due: Expression | None,
    due: Due | None,
    conditions: Iterable[Expression],
    chosen_by: Iterable[Sequence[str]],
) -> Senses:
    """Tell what a rule depends on.

    Args:
        judged: Its conditions save ``not_due``, its lets and what its message reads.
        not_due: That condition.
        due: When it ends, where its shape tells.
        conditions: The condition parameters that the rule may read.
        chosen_by: The paths below ``row`` by which parameters are chosen.
    """
    read = [path for one in (*judged, *conditions) if one for path in _paths(one)]
    ending = list(_paths(not_due)) if not_due else []
    grows = _grows(ending, due)
    rows = [path for path in (*read, *ending) if path[0] == "row"]
    fields = {path[1] for path in rows if len(path) > 1} | {path[0] for path in chosen_by}
    wholly = {path[1] for path in read if path[0] == "row" and len(path) > 1}
    return Senses(
        timing=_timing(read, ending, due),
        reads=None if any(map(_is_any, rows)) else frozenset(fields - (grows - wholly)),
        grows=grows - wholly,
    )


def _is_any(path: Path) -> bool:
    """Whether a path may lead to any field: the row itself, or a key that is worked out."""
    return path == ("row",) or path[1] == ELEMENT


def _timing(read: Sequence[Path], ending: Sequence[Path], due: Due | None) -> Timing:
    if ("now",) in read:
        return Timing.ALWAYS
    moments = ending.count(("now",))
    if moments == 0:
        return Timing.NONE
    # Every moment it reads must be a bound that is known, so that it ends once and stays ended.
    return Timing.UNTIL_DUE if due and due.moments == moments else Timing.ALWAYS


def _grows(ending: Sequence[Path], due: Due | None) -> frozenset[str]:
    """Name the fields that ``not_due`` reads for nothing but to hold them against a limit."""
    bounds = Counter(path[1] for path in due.ages if len(path) == _FIELD) if due else Counter[str]()
    read = Counter(path[1] for path in ending if path[0] == "row" and len(path) > 1)
    return frozenset(name for name, times in bounds.items() if read[name] == times)


_FIELD = 2
"""``row`` and the name of a field."""


def _paths(expression: Expression) -> Iterable[Path]:
    return (read.path for read in reads(expression.tree, expression.scope))
