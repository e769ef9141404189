"""The trend of checks, in lines for a terminal and as cells of a table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from ccm_core.model.evaluation.result import Status
from ccm_core.report.content import phrases
from ccm_core.report.content.cell_width import fitted, pad, plain

if TYPE_CHECKING:
    from ccm_core.model.trend import CheckTrend, DailyFigure, QuarterFigure, Trend

STRIP = 20
"""Characters of the history of a check, at most."""
_TITLE = 29
_QUARTERS = 4
"""The last of them are shown."""
_MARKS = {
    Status.PASS: ".",
    Status.FAIL: "x",
    Status.INSUFFICIENT: "?",
    Status.ERROR: "?",
    Status.NOT_APPLICABLE: "-",
    None: "o",
}
_WORST = "x?o.-"
"""Of several days: what is shown."""
DAY_COLUMNS = (
    "rule", "title", "monitoring", "day", "evaluated_at", "made_late", "status",
    "population", "applicable", "passed", "failed", "inconclusive", "accepted",
)  # fmt: skip
QUARTER_COLUMNS = (
    "rule", "title", "monitoring", "quarter", "since", "until", "days", "days_passed",
    "days_failed", "days_inconclusive", "days_not_applicable", "days_off", "pass_rate",
    "change", "applicable", "failed",
)  # fmt: skip


def trend_lines(trend: Trend) -> Iterator[str]:
    """Yield each check with its history, those of the company first."""
    yield from _introduction(trend)
    if not trend.checks:
        return
    marks = ". passed  x failed  ? inconclusive  - not applicable  o switched off"
    yield marks
    length = _span(trend) // STRIP + 1
    each = "" if length == 1 else f", the worst of each {phrases.count(length, 'day')}"
    yield f"history: oldest to newest{each}; blank: no evaluation"
    for title, checks in _sections(trend):
        yield ""
        yield f"{title:{_TITLE}} {'now':14} {'failed':>11}  history"
        for check in checks:
            yield _check(check, trend, length)


def quarter_lines(trend: Trend) -> Iterator[str]:
    """Yield each check with its pass rate in the last quarters, those of the company first."""
    yield from _introduction(trend)
    quarters = sorted({one.quarter for check in trend.checks for one in check.quarters})
    shown = quarters[-_QUARTERS:]
    if not shown:
        return
    yield "pass rate: the share of applicable resources that passed, over all days"
    yield "change: the last quarter against the one before it, in percentage points"
    for title, checks in _sections(trend):
        yield ""
        yield f"{title:{_TITLE}} {' '.join(f'{name:>8}' for name in shown)} {'change':>8}"
        for check in checks:
            by_name = {one.quarter: one for one in check.quarters}
            rates = " ".join(f"{_rate(by_name.get(name)):>8}" for name in shown)
            yield f"{_title(check)} {rates} {_change(by_name.get(shown[-1])):>8}".rstrip()


def day_rows(trend: Trend) -> Iterator[Sequence[str]]:
    """Yield a table: one row for each day of each check."""
    yield DAY_COLUMNS
    for check in trend.checks:
        for one in check.days:
            status = "switched_off" if one.status is None else one.status.value
            yield (
                *_of(check),
                one.day.isoformat(),
                one.evaluated_at.isoformat(),
                _yes(one.made_late),
                status,
                *_numbers(one.population, one.applicable, one.passed, one.failed),
                *_numbers(one.inconclusive, one.accepted),
            )


def quarter_rows(trend: Trend) -> Iterator[Sequence[str]]:
    """Yield a table: one row for each quarter of each check."""
    yield QUARTER_COLUMNS
    for check in trend.checks:
        for one in check.quarters:
            yield (
                *_of(check),
                one.quarter,
                one.since.isoformat(),
                one.until.isoformat(),
                *_numbers(one.days, one.days_passed, one.days_failed, one.days_inconclusive),
                *_numbers(one.days_not_applicable, one.days_off),
                "" if one.pass_rate is None else f"{one.pass_rate:.6f}",
                "" if one.change is None else f"{one.change:.6f}",
                *_numbers(one.applicable, one.failed),
            )


def _introduction(trend: Trend) -> Iterator[str]:
    days, without = phrases.count(trend.days, "day"), trend.days_without
    yield f"Checks from {trend.since} to {trend.until}, by the last evaluation of each day (UTC)"
    yield f"{days} with an evaluation, {len(without):,} without one since the first"
    if not trend.days:
        yield "There is no evaluation in this time."
    elif not trend.checks:
        yield "No check was evaluated in this time."


def _sections(trend: Trend) -> Iterator[tuple[str, Sequence[CheckTrend]]]:
    for title, monitoring in (("check", False), ("health of monitoring", True)):
        checks = [check for check in trend.checks if check.monitoring is monitoring]
        if checks:
            yield title, checks


def _check(check: CheckTrend, trend: Trend, length: int) -> str:
    last = check.days[-1]
    status = "switched off" if last.status is None else phrases.STATUS[last.status]
    if last.day < trend.until - timedelta(days=1):
        status = f"{last.day}"  # it is not evaluated any more: its last day
    failed = f"{last.failed:,}/{last.applicable:,}" if last.applicable else ""
    strip = _strip(check.days, trend, length)
    return f"{_title(check)} {status[:14]:14} {failed:>11}  {strip}".rstrip()


def _strip(days: Iterable[DailyFigure], trend: Trend, length: int) -> str:
    """Return a mark for each so many days, up to the last one: that of the worst of them."""
    marks: dict[int, set[str]] = {}
    for one in days:
        marks.setdefault((trend.until - one.day).days // length, set()).add(_MARKS[one.status])
    parts = range(_span(trend) // length, -1, -1)
    return "".join(
        next((mark for mark in _WORST if mark in marks.get(part, ())), " ") for part in parts
    )


def _span(trend: Trend) -> int:
    """Return how many days there are from the first one with a figure to the last."""
    return (trend.until - _first_day(trend)).days


def _first_day(trend: Trend) -> date:
    days = (check.days[0].day for check in trend.checks if check.days)
    return min(days, default=trend.until)


def _title(check: CheckTrend) -> str:
    return pad(fitted(plain(check.title or check.rule), _TITLE), _TITLE)


def _rate(figure: QuarterFigure | None) -> str:
    return "" if figure is None or figure.pass_rate is None else phrases.percent(figure.pass_rate)


def _change(figure: QuarterFigure | None) -> str:
    if figure is None or figure.change is None:
        return ""
    return f"{100 * figure.change:+.1f}"


def _of(check: CheckTrend) -> tuple[str, str, str]:
    return check.rule, check.title, _yes(check.monitoring)


def _yes(truth: bool) -> str:  # noqa: FBT001 - the value of a cell
    return "yes" if truth else "no"


def _numbers(*numbers: int) -> tuple[str, ...]:
    return tuple(map(str, numbers))
