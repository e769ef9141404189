"""A share of the population that must pass, judged beside the subjects themselves."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
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


Judged: TypeAlias = tuple[Result, JsonObject | None]
"""A result with the body of the row it is about; none where an object stands behind no row."""


def shares(tolerance: Tolerance, judged: Sequence[Judged]) -> Iterator[Result]:
    """Judge the share of one rule on one connection, month by month or all at once.

    What could not be judged counts for neither side: the share holds where it would hold even
    if all of that failed, and does not where it would not even if all of that passed.
    """
    periods: dict[str, list[Result]] = defaultdict(list)
    for result, body in judged:
        if result.status in _COUNTED:
            periods[_period(tolerance, body)].append(result)
    for period, results in sorted(periods.items()):
        yield _share(tolerance, period, results)


def _share(tolerance: Tolerance, period: str, results: Sequence[Result]) -> Result:
    passed = sum(one.status is Status.PASS for one in results)
    failed = sum(one.status is Status.FAIL for one in results)
    unknown = len(results) - passed - failed
    # Counted in subjects, so that 19 of 20 is exactly 95 % whatever binary fractions say.
    wanted = round(tolerance.at_least * len(results), 6)
    if period == _UNDATED:
        status = Status.INSUFFICIENT
    elif passed >= wanted:
        status = Status.PASS
    elif passed + unknown < wanted:
        status = Status.FAIL
    else:
        status = Status.INSUFFICIENT
    return Result(
        id=result_id(results[0].rule, results[0].connection, POPULATION, period),
        rule=results[0].rule,
        connection=results[0].connection,
        subject=Subject(kind=POPULATION, key=period, title=period),
        status=status,
        reason=_reason(tolerance, period, passed, len(results), unknown),
        evidence_digests=tuple(sorted(set[str]().union(*map(_EVIDENCE_DIGESTS, results)))),
    )


def _reason(tolerance: Tolerance, period: str, passed: int, known: int, unknown: int) -> str:
    if period == _UNDATED:
        return f"{known} subjects cannot be put in a month: they have no `occurred_at`"
    doubt = f", {unknown} could not be judged" if unknown else ""
    share, wanted = 100 * passed / known, 100 * tolerance.at_least
    return f"{passed} of {known} passed ({share:.4g} %){doubt}; at least {wanted:.4g} % must"


def _period(tolerance: Tolerance, body: JsonObject | None) -> str:
    if tolerance.per == "all":
        return "all"
    occurred = (body or {}).get("occurred_at")
    if not isinstance(occurred, str):
        return _UNDATED
    usual = _WHOLE_SECOND.fullmatch(occurred)
    try:
        # Many subjects fall into one hour, and it into one month.
        return _month(f"{usual[1]}:00:00Z" if usual else occurred)
    except ValueError:
        return _UNDATED


@lru_cache(maxsize=4096)
def _month(instant: str) -> str:
    return parse_instant(instant).isoformat()[:7]


_WHOLE_SECOND = re.compile(r"([0-9-]{10}T(?:[01][0-9]|2[0-3])):[0-5][0-9]:[0-5][0-9]Z")
"""An instant as rows tell it, and its hour."""
