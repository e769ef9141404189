"""Evaluates the share of a population that must pass, besides the subjects themselves."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import TypeAlias

from ccm_core.model.evaluation.result import POPULATION, Result, Status
from ccm_core.model.evaluation.result_id import result_id
from ccm_core.model.evaluation.rule import Tolerance
from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.json_codec import JsonObject
from ccm_core.sdk.timestamps import parse_instant

_UNDATED = "undated"
_EVIDENCE_DIGESTS = attrgetter("evidence_digests")
_COUNTED = {Status.PASS, Status.FAIL, Status.INSUFFICIENT, Status.ERROR}


EvaluatedRow: TypeAlias = tuple[Result, JsonObject | None]
"""A result with the body of the row it is about; None where it is about an object behind no row."""


def pass_rates(tolerance: Tolerance, rows: Sequence[EvaluatedRow]) -> Iterator[Result]:
    """Evaluate the pass rate of one rule on one connection, month by month or all at once.

    Inconclusive results count for neither side: the rate is met where it would be met even if all
    of them failed, and is not where it would not be met even if all of them passed. With more of
    them than the tolerance allows, the rate is never met.
    """
    periods: dict[str, list[Result]] = defaultdict(list)
    for result, body in rows:
        if result.status in _COUNTED:
            periods[_period(tolerance, body)].append(result)
    for period, results in sorted(periods.items()):
        yield _pass_rate(tolerance, period, results)


def _pass_rate(tolerance: Tolerance, period: str, results: Sequence[Result]) -> Result:
    passed = sum(result.status is Status.PASS for result in results)
    failed = sum(result.status is Status.FAIL for result in results)
    inconclusive = len(results) - passed - failed
    # Counted in subjects, so that 19 of 20 is exactly 95 % whatever binary fractions say.
    required = round(tolerance.at_least * len(results), 6)
    too_many = inconclusive > round(tolerance.inconclusive_at_most * len(results), 6)
    if period == _UNDATED:
        status = Status.INSUFFICIENT
    elif passed and passed >= required and not too_many:
        status = Status.PASS
    elif passed + inconclusive < required:
        status = Status.FAIL
    else:
        status = Status.INSUFFICIENT
    return Result(
        id=result_id(results[0].rule, results[0].connection, POPULATION, period),
        rule=results[0].rule,
        connection=results[0].connection,
        subject=Subject(kind=POPULATION, key=period, title=period),
        status=status,
        reason=_reason(tolerance, period, passed, len(results), inconclusive)
        + (_too_many(tolerance) if too_many and passed >= required else ""),
        evidence_digests=tuple(sorted(set[str]().union(*map(_EVIDENCE_DIGESTS, results)))),
    )


def _reason(tolerance: Tolerance, period: str, passed: int, total: int, inconclusive: int) -> str:
    if period == _UNDATED:
        return f"{total:,} subjects cannot be assigned to a month: they have no `occurred_at`"
    remainder = f", {inconclusive:,} inconclusive" if inconclusive else ""
    rate, required = 100 * passed / total, 100 * tolerance.at_least
    share = f"{passed:,} of {total:,} passed ({rate:.4g} %){remainder}"
    return f"{share}; at least {required:.4g} % must pass"


def _too_many(tolerance: Tolerance) -> str:
    return f", and at most {100 * tolerance.inconclusive_at_most:.4g} % may be inconclusive"


def _period(tolerance: Tolerance, body: JsonObject | None) -> str:
    if tolerance.per == "all":
        return "all"
    occurred = (body or {}).get("occurred_at")
    if not isinstance(occurred, str):
        return _UNDATED
    match = _WHOLE_SECOND.fullmatch(occurred)
    try:
        # Many subjects share one hour, which is in one month.
        return _month(f"{match[1]}:00:00Z" if match else occurred)
    except ValueError:
        return _UNDATED


@lru_cache(maxsize=4096)
def _month(instant: str) -> str:
    return parse_instant(instant).isoformat()[:7]


_WHOLE_SECOND = re.compile(r"([0-9-]{10}T(?:[01][0-9]|2[0-3])):[0-5][0-9]:[0-5][0-9]Z")
"""An instant as rows have it, and its hour."""


def rate_result(
    rule: str, connection: str, tolerance: Tolerance, period: str, counts: Mapping[Status, int]
) -> Result:
    """Return the pass rate of a rule over the subjects of a month, from their number by status."""
    passed, failed = counts.get(Status.PASS, 0), counts.get(Status.FAIL, 0)
    inconclusive = counts.get(Status.INSUFFICIENT, 0) + counts.get(Status.ERROR, 0)
    total = passed + failed + inconclusive
    required = round(tolerance.at_least * total, 6)
    too_many = inconclusive > round(tolerance.inconclusive_at_most * total, 6)
    if period == _UNDATED:
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
