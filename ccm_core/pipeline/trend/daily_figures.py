"""Figures of checks day by day, from outlines of evaluations. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, timedelta

from ccm_core.model.evaluation.result import RuleStatus, TrendPoint
from ccm_core.model.evaluation.rule import PackPurpose
from ccm_core.model.trend import CheckTrend, DailyFigure, Trend
from ccm_core.pipeline.trend.quarter_figures import quarter_figures

_DAY = timedelta(days=1)


def trend_of(
    points: Sequence[TrendPoint],
    since: date,
    until: date,
    is_asked: Callable[[str], bool] = lambda _rule: True,
) -> Trend:
    """Return the figures of each check.

    Args:
        points: One for each day that has an evaluation, in order.
        since: The first day that is asked for.
        until: The last one.
        is_asked: Whether a rule is asked for.
    """
    figures: dict[str, list[DailyFigure]] = {}
    titles: dict[str, str] = {}
    monitoring: set[str] = set()
    for point in points:
        health = {pack.name for pack in point.packs if pack.purpose is PackPurpose.MONITORING}
        for rule in point.rules:
            titles[rule.rule] = rule.title
            (monitoring.add if rule.pack in health else monitoring.discard)(rule.rule)
            figures.setdefault(rule.rule, []).append(_figure(point, rule))
        for off in point.switched_off:
            titles[off.rule] = off.title
            (monitoring.add if off.pack in health else monitoring.discard)(off.rule)
            figures.setdefault(off.rule, []).append(_off(point))
    return Trend(
        since=since,
        until=until,
        days=len(points),
        days_without=tuple(_without({_day(point) for point in points}, until)),
        checks=tuple(
            CheckTrend(
                rule=name,
                title=titles[name],
                monitoring=name in monitoring,
                days=tuple(figures[name]),
                quarters=tuple(quarter_figures(figures[name])),
            )
            for name in sorted(figures)
            if is_asked(name)
        ),
    )


def rules_of(points: Iterable[TrendPoint]) -> Sequence[str]:
    """Return the ids of every rule that some evaluations state, on or off."""
    names: set[str] = set()
    for point in points:
        names.update(rule.rule for rule in point.rules)
        names.update(off.rule for off in point.switched_off)
    return sorted(names)


def _figure(point: TrendPoint, rule: RuleStatus) -> DailyFigure:
    population = rule.population
    return DailyFigure(
        day=_day(point),
        evaluated_at=point.evaluated_at,
        made_late=point.made_late,
        status=rule.status,
        population=population.total,
        applicable=population.total - population.not_applicable,
        passed=population.passed,
        failed=population.failed,
        inconclusive=population.insufficient + population.error,
        accepted=population.waived,
    )


def _off(point: TrendPoint) -> DailyFigure:
    return DailyFigure(
        day=_day(point), evaluated_at=point.evaluated_at, made_late=point.made_late, status=None
    )


def _day(point: TrendPoint) -> date:
    return point.evaluated_at.astimezone(UTC).date()


def _without(days: set[date], until: date) -> Iterator[date]:
    """Yield the days from the first one on that are not among some days."""
    day = min(days, default=until)
    while day <= until:
        if day not in days and days:
            yield day
        day += _DAY
