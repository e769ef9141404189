"""What plugins add to the report: rows as of the evaluation, and no picture without its warning."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ccm_core.pipeline.report import report, report_input
from ccm_core.plugins.discovery import discover
from ccm_core.plugins.loader import load
from ccm_core.report.formats.html import HtmlReport
from ccm_core.rules.results.filter import ResultFilter
from ccm_core.sdk.report_figures import ReportSection, Table

READINESS = "pagerduty.service_readiness"


def section(figures, views=(READINESS,)):
    """A section of a plugin."""
    return ReportSection(name="acme.section", title="Section", views=views, figures=figures)


def drawn(firm, evaluation, *, part=None, offered=None):
    """Gather the sections of a report."""
    host = replace(firm.host, sections={one.name: one for one in offered or ()})
    (digest,) = [name for name, one in firm.store.evaluations.between() if one == evaluation]
    content = report_input(host, firm.store, evaluation, part or ResultFilter(), digest=digest)
    return content.sections


def listing(request):
    """Name every service, and the moment."""
    titles = tuple(row.subject.title for row in request.rows[READINESS])
    yield Table(title=request.now.isoformat(), about="", columns=titles, rows=())


def test_a_report_section_receives_the_rows_of_the_evaluation(firm):
    """Also a month later, when services have come and gone."""
    evaluation = firm.evaluate()
    offered = [section(listing)]
    (before,) = drawn(firm, evaluation, offered=offered)
    services = firm.simulator.account.services
    services.pop(min(services))
    firm.now += timedelta(days=30)
    firm.collect()
    firm.evaluate()
    (after,) = drawn(firm, evaluation, offered=offered)
    assert after == before
    (table,) = after.figures
    assert table.title == evaluation.evaluated_at.isoformat()
    assert len(table.columns) == len(services) + 1


def test_the_report_of_a_past_evaluation_is_reproduced_to_the_byte(firm):
    """Whatever was collected and judged since, with every section of the plugin."""
    host = replace(firm.host, sections=load(discover()).sections)
    firm.evaluate()
    stored = firm.store.evaluations.latest()
    page = b"".join(report(host, firm.store, stored, HtmlReport()))
    assert b"On-call coverage" in page
    firm.now += timedelta(days=3)
    firm.collect()
    firm.evaluate()
    assert b"".join(report(host, firm.store, stored, HtmlReport())) == page


def test_a_report_section_that_raises_is_reported_in_its_place(firm):
    """A plugin's bug costs its own section and nothing else."""

    def broken(_request):
        raise KeyError("levels")

    (one,) = drawn(firm, firm.evaluate(), offered=[section(broken)])
    assert (one.figures, one.failure) == ((), "KeyError: 'levels'")


def test_a_report_section_names_evidence_problems(firm):
    """A denied kind behind a view is named above its figures."""
    firm.simulator.control.deny("/schedules", 403)
    firm.now += timedelta(days=3)
    firm.collect()
    (one,) = drawn(firm, firm.evaluate(), offered=[section(listing)])
    assert "pagerduty.schedule" in {standing.kind for standing in one.problems}
    assert all(standing.problem or standing.shortfalls for standing in one.problems)


@pytest.mark.parametrize("views", [pytest.param(("nobody.offers_this",), id="no such view")])
def test_a_report_section_over_uncollected_kinds_is_left_out(firm, views):
    """No connection collects what it rests on, so there is nothing to show or to warn of."""
    assert drawn(firm, firm.evaluate(), offered=[section(listing, views)]) == ()


def test_formats_without_figures_draw_nothing(firm):
    """Whoever wants JSON does not wait for pictures."""

    def never(_request):
        pytest.fail("nobody asked for figures")

    host = replace(firm.host, sections={"acme.section": section(never)})
    assert report_input(host, firm.store, firm.evaluate()).sections == ()
