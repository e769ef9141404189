"""What an auditor reads first, and how gaps and instants read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ccm_core.model.assurance import Assurance, EvidenceGap
from ccm_core.model.period_basis import ConnectionBasis, PeriodBasis, SourceQuery
from ccm_core.model.sampling import Sampling
from ccm_core.report.content.phrases import to_the_minute
from ccm_core.report.period.layout import PeriodInput, joined_gaps
from ccm_core.report.period.registry import PERIOD_FORMATS
from tests.report.period.test_layout import period

SINCE = datetime(2026, 7, 1, tzinfo=UTC)


def day(number):
    """Return an instant of the period."""
    return SINCE + timedelta(days=number)


def gap(since, until, reason="it was not evaluated", kind=""):
    """Return a gap, in days."""
    return EvidenceGap(
        connection="hq" if kind else "",
        kind=kind,
        since=day(since),
        until=day(until),
        reason=reason,
    )


@pytest.mark.parametrize(
    ("gaps", "joined"),
    [
        pytest.param([gap(0, 1), gap(1, 2), gap(2, 3)], [(0, 3)], id="one after the other"),
        pytest.param([gap(0, 1), gap(2, 3)], [(0, 1), (2, 3)], id="with time between them"),
        pytest.param([gap(0, 1), gap(1, 2, "denied")], [(0, 1), (1, 2)], id="of two reasons"),
        pytest.param([gap(0, 1), gap(1, 2, kind="acme.door")], [(0, 1), (1, 2)], id="of two kinds"),
        pytest.param(
            [gap(0, 1, kind="acme.door"), gap(0, 1, kind="acme.lock")], [(0, 1)], id="at once"
        ),
        pytest.param(
            [gap(0, 1), gap(0, 2, "denied"), gap(1, 3), gap(2, 3, "denied")],
            [(0, 3), (0, 3)],
            id="two reasons side by side",
        ),
    ],
)
def test_gaps_of_one_reason_that_follow_each_other_are_one(gaps, joined):
    """A check that is inconclusive every day has one gap, as long as all of them."""
    assert [(one.since, one.until) for one in joined_gaps(gaps)] == [
        (day(since), day(until)) for since, until in joined
    ]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("P1 2025-07-20T06:00:00.104401Z", "P1 2025-07-20 06:00 UTC"),
        ("events before 2025-07-20T06:00:59.9Z were not read", None),
        ("since=2025-09-29T05:00:00Z", "since=2025-09-29T05:00:00Z"),
        ("version 1.2.3", "version 1.2.3"),
    ],
)
def test_people_read_minutes(text, shown):
    """Instants with fractions of a second come from clocks; whole ones are what was asked for."""
    expected = shown or "events before 2025-07-20 06:00 UTC were not read"
    assert to_the_minute(text) == expected


def test_conclusions_stand_before_the_long_tables_of_what_was_asked_of_sources():
    """Scope, conclusions, operation, design; last of all every query and signed checkpoint."""
    query = SourceQuery(
        kind="acme.door",
        endpoint="/doors",
        more_endpoints=0,
        parameters=(),
        collections=90,
        items=4,
        source_total=4,
        since=None,
        until=None,
    )
    connection = ConnectionBasis(
        connection="hq",
        connector="acme",
        accounts=("acme.example",),
        watched_since=SINCE,
        runs=90,
        credentials=(),
        queries=(query,),
    )
    basis = PeriodBasis(
        made_at=day(93),
        plugins=(),
        connections=(connection,),
        tests=(),
        parameters=(),
        design_changes=(),
        risk_acceptances=(),
        controls=(),
        heads=(),
    )
    inputs = PeriodInput(
        assurance=Assurance(period="2026-Q3", since=SINCE, until=day(92), ended=True),
        sampling=Sampling(random_seed="none"),
        titles={},
        host_version="1",
        basis=basis,
    )
    page = PERIOD_FORMATS["html"].render(inputs).decode()
    marks = (
        'id="scope"',
        'id="conclusions"',
        'id="controls"',
        'id="design"',
        "Source queries</h3>",
    )
    places = [page.index(mark) for mark in marks]
    assert places == sorted(places)


def test_failures_that_a_share_tolerates_are_said_to_be_no_exceptions():
    """Two failed, and one is an exception: the paper says what became of the other."""
    page = PERIOD_FORMATS["html"].render(period()).decode()
    assert "1 of those that failed are no exceptions" in page
