"""What a period proves, in lines for a terminal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ccm_core.model.assurance import (
    Assurance,
    Conclusion,
    ControlAssurance,
    ControlException,
    EvidenceGap,
    KindAssurance,
    StatusPeriod,
)
from ccm_core.model.evaluation.result import Status
from ccm_core.model.evaluation.subject import Subject
from ccm_core.report.terminal.assurance import MOST, assurance_text

START = datetime(2026, 7, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def gap(kind="acme.door", hours=2, reason="the collection was failed (denied: 403)", seconds=0):
    """Return an evidence gap from the beginning of July."""
    until = START + hours * HOUR + timedelta(seconds=seconds)
    return EvidenceGap(connection="hq", kind=kind, since=START, until=until, reason=reason)


def lines_of(*, gaps=(), exceptions=(), history=(), ended=True):
    """Return the lines of a period with one control and one kind."""
    control = ControlAssurance(
        framework="soc2",
        id="CC7.4",
        conclusion=Conclusion.EVIDENCE_INCOMPLETE,
        rules=("door_is_shut",),
        tests=(),
        evidence_coverage=0.99999,
        evaluations=3,
        history=tuple(history),
        exceptions=tuple(exceptions),
        evidence_gaps=tuple(gaps),
    )
    kind = KindAssurance(
        connection="hq",
        kind="acme.door",
        required_frequency=3600.0,
        scheduled=24,
        completed=22,
        outcomes={"complete": 22, "failed": 1},
        evidence_coverage=0.5,
    )
    assurance = Assurance(
        period="2026-07",
        since=START,
        until=START + 24 * HOUR,
        ended=ended,
        kinds=(kind,),
        controls=(control,),
    )
    return assurance_text(assurance).splitlines()


def test_a_control_and_a_kind_have_conclusion_and_coverage():
    """And the collections that were scheduled and completed."""
    lines = lines_of()
    assert lines[0] == "Assurance for 2026-07: 2026-07-01 00:00 UTC to 2026-07-02 00:00 UTC"
    assert "soc2:CC7.4: evidence incomplete for the period" in lines
    assert "  evidence coverage 99.9 % of the period" in lines
    assert "hq acme.door: evidence coverage 50.0 % of the period" in lines
    assert "  every 1h: 24 collections scheduled, 22 completed, 1 failed" in lines
    assert "  The period has not ended: this covers the part that has elapsed." in lines_of(
        ended=False
    )


def test_kinds_with_the_same_gap_for_one_reason_are_one_line():
    """To the minute; another reason is another line."""
    gaps = [gap(), gap(kind="acme.lock", seconds=3), gap(reason="nothing was collected")]
    lines = [line for line in lines_of(gaps=gaps) if "evidence gap:" in line]
    failed = "the collection was failed (denied: 403)"
    when = "2026-07-01 00:00 UTC to 2026-07-01 02:00 UTC (2h)"
    assert lines == [
        f"  evidence gap: {when}, acme.door and acme.lock of hq: {failed}",
        f"  evidence gap: {when}, acme.door of hq: nothing was collected",
    ]


def test_of_many_gaps_the_rest_is_counted():
    """And the reader is told where all of them are."""
    lines = lines_of(gaps=[gap(hours=n) for n in range(1, MOST + 4)])
    assert "  3 more evidence gaps; --json has them all" in lines


def test_the_history_and_the_exceptions_of_a_control_are_listed():
    """When, how often, and whether a waiver covered it; nothing steers the terminal."""
    subject = Subject(kind="acme.door", key="D1", title="Front\x1b[2J door")
    exception = ControlException(
        rule="door_is_shut",
        connection="hq",
        subject=subject,
        first_seen=START,
        last_seen=START + HOUR,
        evaluations=2,
        waived=True,
    )
    part = StatusPeriod(since=START, until=START + HOUR, status=Status.FAIL, evaluations=2)
    lines = lines_of(exceptions=[exception], history=[part])
    assert "    failed 2026-07-01 00:00 UTC to 2026-07-01 01:00 UTC (2 evaluations)" in lines
    assert (
        "  exception: door_is_shut: Front\ufffd[2J door (hq), "
        "2026-07-01 00:00 UTC to 2026-07-01 01:00 UTC, risk accepted" in lines
    )
