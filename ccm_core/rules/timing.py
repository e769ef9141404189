"""How what a rule says of an unchanged row depends on the evaluation's moment."""

from __future__ import annotations

from collections.abc import Iterable

from ccm_core.rules.conditions import Expression
from ccm_core.rules.due import Due
from ccm_core.rules.memory import Timing
from ccm_core.rules.syntax import reads


def timing_of(
    *,
    judged: Iterable[Expression | None],
    not_due: Expression | None,
    due: Due | None,
    conditions: Iterable[Expression],
) -> Timing:
    """Tell how a rule depends on the moment.

    Args:
        judged: Its conditions save ``not_due``, its lets and what its message reads.
        not_due: That condition.
        due: When it ends, where its shape tells.
        conditions: The condition parameters that the rule may read.
    """
    if any(_moments(one) for one in (*judged, *conditions) if one):
        return Timing.ALWAYS
    read = _moments(not_due) if not_due else 0
    if read == 0:
        return Timing.NONE
    # Every moment it reads must be a bound that is known, so that it ends once and stays ended.
    return Timing.UNTIL_DUE if due and due.moments == read else Timing.ALWAYS


def _moments(expression: Expression) -> int:
    return sum(read.path[0] == "now" for read in reads(expression.tree, expression.scope))
