"""Daily figures and quarters of checks, from outlines of evaluations."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccm_core.model.evaluation.result import (
    AppliedPack,
    Population,
    RuleStatus,
    Status,
    TrendPoint,
)
from ccm_core.model.evaluation.rule import PackPurpose, Severity
from ccm_core.model.evaluation.rule_choices import SwitchedOff
from ccm_core.pipeline.trend.daily_figures import trend_of
from ccm_core.report.terminal.trend import (
    DAY_COLUMNS,
    QUARTER_COLUMNS,
    day_rows,
    quarter_lines,
    quarter_rows,
    trend_lines,
)

BEGIN = datetime(2026, 1, 1, 12, tzinfo=UTC)
PACKS = (
    AppliedPack(name="p", version="1", digest="sha256:0", source="p"),
    AppliedPack(
        name="m", version="1", digest="sha256:1", source="m", purpose=PackPurpose.MONITORING
    ),
)


def point(day, status=Status.PASS, passed=1, failed=0, **more):
    """Make an outline of an evaluation some days after the first."""
    population = Population(
        total=passed + failed + 2, passed=passed, failed=failed, insufficient=1, not_applicable=1
    )
    rule = RuleStatus(
        rule=more.pop("rule", "r"),
        status=status,
        pack=more.pop("pack", "p"),
        title="Every door is locked",
        population=population,
    )
    return TrendPoint(evaluated_at=BEGIN + timedelta(days=day), rules=(rule,), packs=PACKS, **more)


OFF = SwitchedOff(
    rule="r", pack="p", title="Every door is locked", severity=Severity.LOW, controls=(), reason="x"
)


def trend(points, days=None):
    """Return the trend of some outlines up to the last of them, or some days."""
    last = points[-1].evaluated_at.date() if points else BEGIN.date()
    until = last if days is None else BEGIN.date() + timedelta(days=days)
    return trend_of(points, BEGIN.date(), until)


def test_a_figure_counts_resources_as_the_evaluation_does():
    """Those that the check does not apply to are of its population, and not applicable."""
    (check,) = trend([point(0, Status.FAIL, passed=3, failed=2)]).checks
    (figure,) = check.days
    assert (figure.population, figure.applicable) == (7, 6)
    assert (figure.passed, figure.failed, figure.inconclusive) == (3, 2, 1)
    assert figure.status is Status.FAIL


def test_a_check_that_was_off_has_a_day_that_says_so():
    """And none without a word."""
    points = [
        point(0),
        TrendPoint(evaluated_at=BEGIN + timedelta(1), rules=(), switched_off=(OFF,)),
    ]
    (check,) = trend(points).checks
    assert [one.status for one in check.days] == [Status.PASS, None]
    assert check.quarters[0].days_off == 1
    assert any("switched off" in line for line in list(trend_lines(trend(points)))[3:])


@pytest.mark.parametrize(
    ("days", "until", "without"),
    [
        ([0, 1, 2], 2, []),
        ([0, 3], 3, [1, 2]),
        ([1], 3, [2, 3]),
        ([], 3, []),
    ],
)
def test_days_without_an_evaluation_are_named(days, until, without):
    """From the first day that has one on: before, nothing was evaluated."""
    found = trend([point(day) for day in days], until)
    assert [(day - BEGIN.date()).days for day in found.days_without] == without
    assert found.days == len(days)


@pytest.mark.parametrize(
    ("points", "rates", "changes"),
    [
        (
            [point(0, passed=2, failed=0), point(95, passed=1, failed=1)],
            [2 / 3, 1 / 3],
            [None, -1 / 3],
        ),
        ([point(0, passed=1), point(200, passed=1)], [0.5, 0.5], [None, None]),
        ([point(0, passed=0, failed=1), point(1, passed=3, failed=0)], [0.5], [None]),
    ],
)
def test_a_quarter_is_compared_with_the_one_before(points, rates, changes):
    """Over all its days; one after a quarter without a figure is compared with nothing."""
    (check,) = trend(points).checks
    assert [one.pass_rate for one in check.quarters] == pytest.approx(rates)
    for one, change in zip(check.quarters, changes, strict=True):
        assert one.change == (None if change is None else pytest.approx(change))


def test_a_check_that_applies_to_nothing_has_no_rate():
    """No share of nothing is 100 %."""
    rule = RuleStatus(
        rule="r", status=Status.NOT_APPLICABLE, population=Population(total=1, not_applicable=1)
    )
    (check,) = trend([TrendPoint(evaluated_at=BEGIN, rules=(rule,))]).checks
    assert check.quarters[0].pass_rate is None
    assert check.quarters[0].days_not_applicable == 1


def test_health_of_monitoring_is_apart():
    """Below the checks of the company."""
    points = [
        TrendPoint(
            evaluated_at=BEGIN,
            packs=PACKS,
            rules=(*point(0, rule="a", pack="m").rules, *point(0, rule="b").rules),
        )
    ]
    found = trend(points)
    assert [check.monitoring for check in found.checks] == [True, False]
    for lines in (trend_lines, quarter_lines):
        heads = [line.split()[0] for line in lines(found) if line[:5] in {"check", "healt"}]
        assert heads == ["check", "health"]


@pytest.mark.parametrize("days", [1, 2, 19, 20, 21, 90, 365, 400])
def test_the_history_fits_a_terminal_of_eighty_columns(days):
    """However long it is: the newest on the right, the worst of each part."""
    points = [point(day, Status.FAIL if day == 0 else Status.PASS) for day in range(days)]
    found = trend(points)
    for lines in (trend_lines, quarter_lines):
        assert all(len(line) <= 80 for line in lines(found))
    line = list(trend_lines(found))[-1]
    history = line[58:].strip()
    assert history[0] == "x"
    assert set(history[1:]) <= {"."}
    assert len(history) <= 20


STATUSES = st.sampled_from(sorted(Status))


@given(st.dictionaries(st.integers(0, 500), STATUSES, max_size=40))
def test_every_day_is_in_exactly_one_quarter(days):
    """And in every table, whatever the days are."""
    found = trend([point(day, days[day]) for day in sorted(days)])
    figures = [one for check in found.checks for one in check.days]
    quarters = [one for check in found.checks for one in check.quarters]
    assert sum(one.days for one in quarters) == len(figures) == len(days)
    for one in quarters:
        parts = (one.days_passed, one.days_failed, one.days_inconclusive)
        assert sum(parts) + one.days_not_applicable + one.days_off == one.days
        assert one.since <= one.until
    assert all(len(row) == len(DAY_COLUMNS) for row in day_rows(found))
    assert all(len(row) == len(QUARTER_COLUMNS) for row in quarter_rows(found))
    assert len(list(day_rows(found))) == len(days) + 1
    assert date(2026, 1, 1) == found.since
