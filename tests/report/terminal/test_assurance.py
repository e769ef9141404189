"""What a period proves, in lines for a terminal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ccm_core.model.assurance import (
    Assurance,
    Conclusion,
    ControlAssurance,
    Deviation,
    Hole,
    KindAssurance,
    Stretch,
)
from ccm_core.model.evaluation.result import Status
from ccm_core.model.evaluation.subject import Subject
from ccm_core.report.terminal.assurance import MOST, assurance_text, percent

START = datetime(2026, 7, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def hole(kind="acme.door", hours=2, why="it was failed (denied: 403)", seconds=0):
    """Give a hole from the beginning of July."""
    until = START + hours * HOUR + timedelta(seconds=seconds)
    return Hole(connection="hq", kind=kind, since=START, until=until, why=why)


def told(*, holes=(), deviations=(), course=(), conclusion=Conclusion.NOT_PROVEN, over=True):
    """Say a period with one control and one kind."""
    control = ControlAssurance(
        framework="soc2",
        id="CC7.4",
        conclusion=conclusion,
        rules=("door_is_shut",),
        share=0.99999,
        evaluations=3,
        course=tuple(course),
        deviations=tuple(deviations),
        holes=tuple(holes),
    )
    kind = KindAssurance(
        connection="hq",
        kind="acme.door",
        cadence=3600.0,
        promised=24,
        made=22,
        outcomes={"complete": 22, "failed": 1},
        share=0.5,
    )
    given = Assurance(
        period="2026-07",
        since=START,
        until=START + 24 * HOUR,
        over=over,
        kinds=(kind,),
        controls=(control,),
    )
    return assurance_text(given).splitlines()


def test_a_control_and_a_kind_are_told_with_what_was_promised():
    """The period, the conclusion, the share, the collections."""
    lines = told()
    assert lines[0] == "Assurance for 2026-07: 2026-07-01 00:00 UTC to 2026-07-02 00:00 UTC"
    assert "soc2:CC7.4: not proven for the whole period" in lines
    assert "  sufficient evidence and judged: 99.9 % of the period" in lines
    assert "hq acme.door: 50.0 % of the period" in lines
    assert "  every 1 h: 24 collections promised, 22 made whole, 1 failed" in lines
    assert "  The period is not over; this is what has passed of it." in told(over=False)


def test_kinds_that_lack_the_same_stretch_for_one_reason_are_one_line():
    """To the minute; another reason is another line."""
    found = [hole(), hole(kind="acme.lock", seconds=3), hole(why="nothing was collected")]
    lines = [line for line in told(holes=found) if "hole:" in line]
    when = "2026-07-01 00:00 UTC to 2026-07-01 02:00 UTC (2 h)"
    assert lines == [
        f"  hole: {when}, acme.door and acme.lock of hq: it was failed (denied: 403)",
        f"  hole: {when}, acme.door of hq: nothing was collected",
    ]


def test_of_many_holes_the_rest_is_counted():
    """And the reader is told where all of them are."""
    lines = told(holes=[hole(hours=n) for n in range(1, MOST + 4)])
    assert "  3 more holes; --json has them all" in lines


def test_the_course_and_what_failed_are_told():
    """When, how often, and whether a waiver covered it; nothing steers the terminal."""
    about = Subject(kind="acme.door", key="D1", title="Front\x1b[2J door")
    failed = Deviation(
        rule="door_is_shut",
        connection="hq",
        subject=about,
        first=START,
        last=START + HOUR,
        evaluations=2,
        waived=True,
    )
    stretch = Stretch(since=START, until=START + HOUR, status=Status.FAIL, evaluations=2)
    lines = told(deviations=[failed], course=[stretch])
    assert "    fails 2026-07-01 00:00 UTC to 2026-07-01 01:00 UTC (2 times)" in lines
    assert (
        "  failed: door_is_shut: Front\ufffd[2J door (hq), "
        "2026-07-01 00:00 UTC to 2026-07-01 01:00 UTC, waived" in lines
    )


@pytest.mark.parametrize(
    ("share", "said"),
    [(1.0, "100 %"), (0.99999, "99.9 %"), (0.0, "0.0 %"), (0.0004, "0.0 %"), (0.5, "50.0 %")],
)
def test_a_share_is_never_rounded_up(share, said):
    """Only the whole is 100 %."""
    assert percent(share) == said
