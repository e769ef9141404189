"""How controls stand and stood, and what is waived until when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ccm_core.model.evaluation.result import AutomationCoverage, TrendPoint, RuleStatus, Status
from ccm_core.report.content.posture import frameworks, trend
from ccm_core.report.content.waivers import waived
from ccm_core.report.formats.html import HtmlReport

DAY = datetime(2026, 5, 1, 22, tzinfo=UTC)


def outline(day, *statuses):
    """How so many rules stood at the end of a day."""
    return TrendPoint(
        evaluated_at=DAY + timedelta(days=day),
        rules=tuple(RuleStatus(rule=f"r{n}", status=one) for n, one in enumerate(statuses)),
    )


def test_frameworks_say_how_their_controls_stand(given):
    """Each framework counts its controls by status, in one order everywhere."""
    found = {one.name: one.counted for one in frameworks(given.evaluation.controls)}
    assert found == {"pci-dss-4.0": "1 fails", "soc2": "2 fail, 1 could not be judged"}


def test_the_share_that_is_automated_is_counted_and_what_remains_is_shown(given):
    """A control of which nothing is stated is never shown as if rules judged all of it."""
    told, *others = given.evaluation.controls
    procedures = {"automated": AutomationCoverage.PARTIAL, "manual_procedures": ("The plan is tested.",)}
    controls = (replace(told, **procedures), *others)
    evaluation = replace(given.evaluation, controls=controls)
    soc2 = next(one for one in frameworks(controls) if one.name == told.framework)
    page = HtmlReport().render(replace(given, evaluation=evaluation)).decode()

    assert soc2.automated == "1 partly automated, 2 share automated not stated"
    assert "Partly automated<small>The plan is tested.</small>" in page
    assert page.count("Share automated not stated") == len(others)


def test_days_without_an_evaluation_are_gaps():
    """A day stands where the calendar has it; a day that was not judged stays empty."""
    days = trend([outline(0, Status.PASS), outline(3, Status.FAIL)], ["r0"])
    assert [(one.at, one.width) for one in days] == [(0, 25), (75, 25)]
    assert [one.blocks for one in days] == [(("pass", 0, 100),), (("fail", 0, 100),)]


def test_only_the_rules_that_are_reported_are_counted():
    """The trend of a part is of its rules."""
    days = trend([outline(n, Status.PASS, Status.FAIL) for n in range(2)], ["r1"])
    assert [one.numbers for one in days] == [(0, 1, 0, 0, 0)] * 2


def test_one_day_is_no_trend():
    """A first evaluation has nothing to be compared with."""
    assert trend([outline(0, Status.PASS)], ["r0"]) == ()


def test_waivers_say_what_they_cover_and_until_when(whole):
    """The one that ends first comes first; an expired one says so."""
    (waiver,) = whole.waivers
    old = replace(waiver, id="W-1", expires=whole.evaluation.evaluated_at - timedelta(days=3))
    other = replace(waiver, id="W-2", rule="of_another_pack")
    found = waived(replace(whole, waivers=(waiver, old, other)))
    assert [(one.waiver.id, one.covers, one.left, one.expired) for one in found] == [
        ("W-1", 0, "expired 3 d ago", True),
        ("W-2026-007", 2, "20 d left", False),
    ]


def test_the_page_has_them(whole):
    """Trend, waivers and how to check the report stand on the page."""
    page = HtmlReport().render(whole).decode()
    assert "How the rules stood" in page
    assert "2 failing subjects" in page
    assert "Both go away in June." in page
    assert "<small>3 d, opened 2 times</small>" in page
    assert "ccm evaluate --repeat --as-of 2026-05-06T09:00:00Z" in page
