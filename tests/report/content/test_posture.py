"""The status of controls, the trend of checks, and risk acceptances."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ccm_core.model.evaluation.result import AutomationCoverage, RuleStatus, Status, TrendPoint
from ccm_core.report.content.posture import frameworks, trend
from ccm_core.report.content.waivers import waiver_summaries
from ccm_core.report.formats.html import HtmlReport

DAY = datetime(2026, 5, 1, 22, tzinfo=UTC)


def outline(day, *statuses):
    """Return the statuses of so many rules at the end of a day."""
    return TrendPoint(
        evaluated_at=DAY + timedelta(days=day),
        rules=tuple(RuleStatus(rule=f"r{n}", status=status) for n, status in enumerate(statuses)),
    )


def test_a_framework_counts_its_controls_by_status(inputs):
    """In one order everywhere."""
    headlines = {entry.name: entry.headline for entry in frameworks(inputs.evaluation.controls)}
    assert headlines == {"pci-dss-4.0": "1 failed", "soc2": "2 failed, 1 inconclusive"}


def test_the_extent_of_automation_is_counted_and_manual_procedures_are_shown(inputs):
    """A control of which nothing is stated is never shown as fully automated."""
    control, *others = inputs.evaluation.controls
    procedures = {
        "automated": AutomationCoverage.PARTIAL,
        "manual_procedures": ("The plan is tested.",),
    }
    controls = (replace(control, **procedures), *others)
    evaluation = replace(inputs.evaluation, controls=controls)
    soc2 = next(
        framework for framework in frameworks(controls) if framework.name == control.framework
    )
    page = HtmlReport().render(replace(inputs, evaluation=evaluation)).decode()

    assert soc2.automated == "1 partly automated, 2 extent of automation not stated"
    assert "Partly automated<small>The plan is tested.</small>" in page
    assert page.count("Extent of automation not stated") == len(others)


def test_days_without_an_evaluation_are_gaps():
    """A day is where the calendar has it; a day without an evaluation stays empty."""
    days = trend([outline(0, Status.PASS), outline(3, Status.FAIL)], ["r0"])
    assert [(day.start, day.width) for day in days] == [(0, 25), (75, 25)]
    assert [day.blocks for day in days] == [(("pass", 0, 100),), (("fail", 0, 100),)]


def test_the_trend_counts_only_reported_rules():
    """The trend of a part is of its rules."""
    days = trend([outline(n, Status.PASS, Status.FAIL) for n in range(2)], ["r1"])
    assert [day.numbers for day in days] == [(0, 1, 0, 0, 0)] * 2


def test_one_day_has_no_trend():
    """A first evaluation has nothing to be compared with."""
    assert trend([outline(0, Status.PASS)], ["r0"]) == ()


def test_risk_acceptances_name_what_they_cover_and_when_they_expire(whole):
    """The one that expires first comes first; an expired one is marked."""
    (waiver,) = whole.waivers
    old = replace(waiver, id="W-1", expires=whole.evaluation.evaluated_at - timedelta(days=3))
    other = replace(waiver, id="W-2", rules=("of_another_pack",))
    summaries = waiver_summaries(replace(whole, waivers=(waiver, old, other)))
    assert [
        (entry.waiver.id, entry.covers, entry.expiry, entry.expired) for entry in summaries
    ] == [
        ("W-1", 0, "expired 3d ago", True),
        ("W-2026-007", 2, "expires in 20d", False),
    ]


def test_the_page_has_trend_and_risk_acceptances(whole):
    """And how to verify the report."""
    page = HtmlReport().render(whole).decode()
    assert "Checks by status over time" in page
    assert "2 failing resources" in page
    assert "Both go away in June." in page
    assert "(3d), opened 2 times</small>" in page
    assert "ccm evaluate --reproduce --as-of 2026-05-06T09:00:00Z" in page
