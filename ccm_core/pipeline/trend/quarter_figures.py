"""Figures of one check quarter by quarter, each compared with the one before. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import groupby

from ccm_core.model.evaluation.result import Status
from ccm_core.model.trend import DailyFigure, QuarterFigure


def quarter_figures(days: Iterable[DailyFigure]) -> Iterator[QuarterFigure]:
    """Yield the figures of each quarter that has some.

    Args:
        days: The figures of one check, in order.
    """
    before: tuple[int, float | None] | None = None
    for number, members in groupby(days, key=lambda one: _number(one.day)):
        figures = list(members)
        rate = _pass_rate(figures)
        # A quarter without a figure lies between others: there is nothing to compare with.
        follows = before is not None and before[0] == number - 1
        earlier = before[1] if before is not None and follows else None
        change = rate - earlier if rate is not None and earlier is not None else None
        yield _figure(figures, rate, change)
        before = (number, rate)


def quarter_name(day: date) -> str:
    """Return the quarter of a day, such as ``2026-Q3``."""
    return f"{day.year:04}-Q{(day.month + 2) // 3}"


def _number(day: date) -> int:
    return day.year * 4 + (day.month - 1) // 3


def _pass_rate(figures: Iterable[DailyFigure]) -> float | None:
    passed = applicable = 0
    for figure in figures:
        passed, applicable = passed + figure.passed, applicable + figure.applicable
    return passed / applicable if applicable else None


def _figure(
    figures: Sequence[DailyFigure], rate: float | None, change: float | None
) -> QuarterFigure:
    counts = Counter(figure.status for figure in figures)
    first, last = figures[0], figures[-1]
    return QuarterFigure(
        quarter=quarter_name(first.day),
        since=first.day,
        until=last.day,
        days=len(figures),
        days_passed=counts[Status.PASS],
        days_failed=counts[Status.FAIL],
        days_inconclusive=counts[Status.INSUFFICIENT] + counts[Status.ERROR],
        days_not_applicable=counts[Status.NOT_APPLICABLE],
        days_off=counts[None],
        pass_rate=rate,
        change=change,
        applicable=last.applicable,
        failed=last.failed,
    )
