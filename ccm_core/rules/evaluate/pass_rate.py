"""The share of a population that must pass, besides the subjects themselves."""

from __future__ import annotations

from collections.abc import Mapping

from ccm_core.model.evaluation.result import POPULATION, Result, Status
from ccm_core.model.evaluation.result_id import result_id
from ccm_core.model.evaluation.rule import Tolerance
from ccm_core.model.evaluation.subject import Subject

UNDATED = "undated"
"""In place of a month: subjects that occurred at no moment."""


def rate_result(
    rule: str, connection: str, tolerance: Tolerance, period: str, counts: Mapping[Status, int]
) -> Result:
    """Return the pass rate of a rule over the subjects of a month, from their number by status.

    Inconclusive results count for neither side: the rate is met where it would be met even if all
    of them failed, and is not where it would not be met even if all of them passed. With more of
    them than the tolerance allows, the rate is never met.
    """
    passed, failed = counts.get(Status.PASS, 0), counts.get(Status.FAIL, 0)
    inconclusive = counts.get(Status.INSUFFICIENT, 0) + counts.get(Status.ERROR, 0)
    total = passed + failed + inconclusive
    required = round(tolerance.at_least * total, 6)
    too_many = inconclusive > round(tolerance.inconclusive_at_most * total, 6)
    if period == UNDATED:
        status = Status.INSUFFICIENT
    elif passed and passed >= required and not too_many:
        status = Status.PASS
    elif passed + inconclusive < required:
        status = Status.FAIL
    else:
        status = Status.INSUFFICIENT
    return Result(
        id=result_id(rule, connection, POPULATION, period),
        rule=rule,
        connection=connection,
        subject=Subject(kind=POPULATION, key=period, title=period),
        status=status,
        reason=_reason(tolerance, period, passed, total, inconclusive)
        + (_too_many(tolerance) if too_many and passed >= required else ""),
    )


def _reason(tolerance: Tolerance, period: str, passed: int, total: int, inconclusive: int) -> str:
    if period == UNDATED:
        return f"{total:,} subjects cannot be assigned to a month: they have no `occurred_at`"
    remainder = f", {inconclusive:,} inconclusive" if inconclusive else ""
    rate, required = 100 * passed / total, 100 * tolerance.at_least
    share = f"{passed:,} of {total:,} passed ({rate:.4g} %){remainder}"
    return f"{share}; at least {required:.4g} % must pass"


def _too_many(tolerance: Tolerance) -> str:
    return f", and at most {100 * tolerance.inconclusive_at_most:.4g} % may be inconclusive"
