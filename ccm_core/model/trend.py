"""Figures of checks, day by day and quarter by quarter, as kept evaluations state them."""

from __future__ import annotations

from datetime import date, datetime

from ccm_core.model.evaluation.result import Status
from ccm_core.model.frozen_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class DailyFigure:
    """One check by the last evaluation of a day (UTC)."""

    day: date
    evaluated_at: datetime
    made_late: bool
    """Whether no evaluation was made on that day: this one is of a past moment."""
    status: Status | None
    """None: the settings switched the check off."""
    population: int = 0
    """Resources."""
    applicable: int = 0
    """Those of them that the check applies to."""
    passed: int = 0
    failed: int = 0
    inconclusive: int = 0
    accepted: int = 0
    """Those of the failed that a risk acceptance covers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarterFigure:
    """One check over a quarter, as far as it is asked for."""

    quarter: str
    """Such as ``2026-Q3``."""
    since: date
    """The first day with a figure."""
    until: date
    """The last one."""
    days: int
    """Days with a figure."""
    days_passed: int
    days_failed: int
    days_inconclusive: int
    days_not_applicable: int
    days_off: int
    """Days on which the settings switched it off."""
    pass_rate: float | None
    """The share of applicable resources that passed, over all days; None: it applied to none."""
    change: float | None
    """What that is more than in the quarter before; None: one of them has none."""
    applicable: int
    """On the last day."""
    failed: int
    """On the last day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckTrend:
    """One check."""

    rule: str
    title: str
    """The last that was stated."""
    monitoring: bool
    """Whether it checks the health of monitoring itself, and not the company."""
    days: tuple[DailyFigure, ...]
    quarters: tuple[QuarterFigure, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """The document of ``ccm trend``."""

    document: str = "ccm.trend/v1"
    since: date
    """The first day that was asked for."""
    until: date
    """The last one that has begun."""
    days: int
    """Days with an evaluation."""
    days_without: tuple[date, ...]
    """Days without one, from the first day that has one on."""
    checks: tuple[CheckTrend, ...]
    """By the id of the rule."""
