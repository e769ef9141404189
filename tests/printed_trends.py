"""A trend of one check, as it is printed."""

from __future__ import annotations

from datetime import timedelta

from printed_periods import NOON

from ccm_core.model.evaluation.result import Status
from ccm_core.model.trend import CheckTrend, DailyFigure, QuarterFigure, Trend

TODAY = NOON.date()
TREND = Trend(
    since=TODAY - timedelta(days=2),
    until=TODAY,
    days=1,
    days_without=(TODAY - timedelta(days=1),),
    checks=(
        CheckTrend(
            rule="service_has_owner",
            title="Every service has an owner",
            monitoring=False,
            days=(
                DailyFigure(
                    day=TODAY,
                    evaluated_at=NOON,
                    made_late=False,
                    status=Status.FAIL,
                    population=3,
                    applicable=2,
                    passed=1,
                    failed=1,
                    inconclusive=0,
                    accepted=1,
                ),
            ),
            quarters=(
                QuarterFigure(
                    quarter="2026-Q4",
                    since=TODAY,
                    until=TODAY,
                    days=1,
                    days_passed=0,
                    days_failed=1,
                    days_inconclusive=0,
                    days_not_applicable=0,
                    days_off=0,
                    pass_rate=0.5,
                    change=-0.25,
                    applicable=2,
                    failed=1,
                ),
            ),
        ),
    ),
)
