"""What plugins add to the report: rows as of the evaluation, and no picture without its warning."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from ccm_core.errors import IntegrityError
from ccm_core.pipeline.report import report, report_input
from ccm_core.pipeline.report_sections import measures
from ccm_core.plugins.discovery import discover
from ccm_core.plugins.loader import load
from ccm_core.report.formats.html import HtmlReport
from ccm_core.rules.results.filter import ResultFilter
from ccm_core.sdk.report_figures import Distribution, MeasureGroup, ReportSection, Table

READINESS = "pagerduty.service_readiness"


def section(figures, views=(READINESS,), **more):
    """A section of a plugin."""
    return ReportSection(name="acme.section", title="Section", views=views, figures=figures, **more)


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


FIELDS = {READINESS: ("status", "level_count")}


def fields_shown(request):
    """Show what a section that names fields is handed."""
    assert request.rows == {}
    rows = [tuple(map(str, sorted(body.items()))) for body in request.shown[READINESS]]
    yield Table(title=str(len(request.shown[READINESS])), about="", columns=(), rows=tuple(rows))


def evaluated_with(firm, fields):
    """Evaluate where a section of the report names some fields of a view."""
    offered = section(fields_shown, fields=fields)
    firm.host = replace(firm.host, sections={offered.name: offered})
    return firm.evaluate()


@pytest.mark.parametrize(
    ("indexed", "later"),
    [
        pytest.param(FIELDS, 0, id="the index has these fields"),
        pytest.param(FIELDS, 1, id="another evaluation was made since"),
        pytest.param({READINESS: ("status",)}, 0, id="the index has fewer fields"),
        pytest.param({}, 0, id="the index has none"),
    ],
)
def test_a_section_that_names_fields_is_handed_these_alone(firm, indexed, later):
    """The same, whether the index has them or rows are read for it; what is unknown is left out."""
    evaluation = evaluated_with(firm, indexed)
    for _ in range(later):
        firm.simulator.account.services.pop(min(firm.simulator.account.services))
        firm.now += timedelta(days=2)
        firm.collect()
        firm.evaluate()
    (rows,) = drawn(firm, evaluation, offered=[section(every_row)])
    (shown,) = drawn(firm, evaluation, offered=[section(fields_shown, fields=FIELDS)])
    assert shown.figures == rows.figures
    assert int(shown.figures[0].title) > 1


class CountedReads:
    """The real evaluations of a store; counts how often the shown fields of a view are read."""

    def __init__(self, evaluations):
        self._evaluations, self.views = evaluations, []

    def __getattr__(self, name):
        """Return whatever else a store of evaluations has."""
        return getattr(self._evaluations, name)

    def shown_fields(self, digest, state, view):
        """Read them."""
        self.views.append(view)
        return self._evaluations.shown_fields(digest, state, view)


class CountedStore:
    """A real store whose reading of shown fields is counted."""

    def __init__(self, store):
        self._store, self.evaluations = store, CountedReads(store.evaluations)

    def __getattr__(self, name):
        """Return whatever else a store has."""
        return getattr(self._store, name)


def test_sections_over_the_same_view_read_its_fields_once(firm):
    """Each is handed its own fields of rows that were read for all of them."""
    fields = ("status", "level_count")
    firm.host = replace(
        firm.host,
        sections={
            name: replace(section(fields_shown, fields={READINESS: (name,)}), name=name)
            for name in fields
        },
    )
    evaluation = firm.evaluate()
    (digest,) = [name for name, one in firm.store.evaluations.between() if one == evaluation]
    store = CountedStore(firm.store)
    content = report_input(firm.host, store, evaluation, ResultFilter(), digest=digest)
    assert store.evaluations.views == [READINESS]
    (rows, *_) = [table.rows for one in content.sections for table in one.figures]
    assert [len(one.figures[0].rows) for one in content.sections] == [len(rows)] * len(fields)
    for one in content.sections:
        assert all(one.name in text for row in one.figures[0].rows for text in row)


def every_row(request):
    """Show the same fields of whole rows."""
    bodies = [row.body for row in request.rows[READINESS]]
    rows = [
        [(name, body[name]) for name in sorted(FIELDS[READINESS]) if name in body]
        for body in bodies
    ]
    listed = tuple(tuple(map(str, pairs)) for pairs in rows)
    yield Table(title=str(len(bodies)), about="", columns=(), rows=listed)


def test_a_section_over_a_changed_index_is_refused(firm, tmp_path):
    """What no leaf speaks of is compared with what the evaluation states before it is shown."""
    evaluation = evaluated_with(firm, FIELDS)
    query = """
        UPDATE subject SET shown = '{}' WHERE view = ?
        AND key = (SELECT max(key) FROM subject WHERE view = ?)
        """
    with closing(sqlite3.connect(tmp_path / "ccm.db")) as database, database:
        assert database.execute(query, (READINESS, READINESS)).rowcount == 1
    with pytest.raises(IntegrityError, match=READINESS):
        drawn(firm, evaluation, offered=[section(fields_shown, fields=FIELDS)])


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


def test_measures_name_the_sections_that_failed(firm):
    """A list of measures leaves nothing out without a word."""

    def broken(_request):
        raise KeyError("levels")

    def timed(_request):
        group = MeasureGroup(title="2026-11", seconds=(60.0,), incomplete="until now")
        yield Distribution(title="MTTA", about="", groups=(group,), limit=900.0)

    firm.evaluate()
    offered = (section(broken), replace(section(timed), name="acme.other"))
    host = replace(firm.host, sections={one.name: one for one in offered})
    read = measures(host, firm.store)
    (measure,), failures = read.measures, read.failures
    assert failures == (f"acme.section of {measure.connection}: KeyError: 'levels'",)
    assert (measure.title, measure.groups[0].median) == ("MTTA", 60.0)


def test_a_section_is_told_what_was_collected_completely(firm):
    """Of kinds of events behind its views, so that it can say which month is whole."""

    def shown(request):
        kinds = tuple(sorted(request.observed))
        begin = min(window.since for window in request.observed[kinds[0]])
        yield Table(title=begin.isoformat(), about="", columns=kinds, rows=())

    offered = [section(shown, views=("pagerduty.incident_response",))]
    (one,) = drawn(firm, firm.evaluate(), offered=offered)
    (table,) = one.figures
    assert table.columns == (
        "pagerduty.incident",
        "pagerduty.incident_log_entry",
        "pagerduty.incident_note",
    )
    assert timedelta(days=29) < firm.now - datetime.fromisoformat(table.title) < timedelta(days=93)


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


@pytest.mark.parametrize(
    ("more", "warns"),
    [
        pytest.param({"fields": FIELDS}, False, id="fields that do not rest on it"),
        pytest.param({"fields": {READINESS: ("status", "maintenance")}}, True, id="one that does"),
        pytest.param({}, True, id="whole rows"),
    ],
)
def test_a_section_warns_of_an_optional_kind_where_it_shows_what_rests_on_it(firm, more, warns):
    """The plan does not offer it; the rest of the picture is whole."""
    firm.simulator.control.deny("/maintenance_windows", 402)
    firm.now += timedelta(days=1)
    firm.collect()
    evaluation = firm.evaluate()
    figures = fields_shown if more else listing
    (shown,) = drawn(firm, evaluation, offered=[section(figures, **more)])
    refused = [problem.kind for problem in shown.problems]
    assert refused == (["pagerduty.maintenance_window"] if warns else [])
    assert shown.figures
