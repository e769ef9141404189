"""What the evidence of a period proves, in lines for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.report.content.cell_width import plain
from ccm_core.report.content.phrases import (
    CONCLUSION,
    PERIOD_NOT_ENDED,
    STATUS,
    count,
    duration,
    listed,
    moment,
    percent,
    scope_warnings,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ccm_core.model.assurance import (
        Assurance,
        ControlAssurance,
        ControlException,
        EvidenceGap,
        KindAssurance,
        PeriodTest,
        ScopeAssurance,
        StatusPeriod,
    )

MOST = 10
"""Of more gaps or exceptions than this, the rest is counted."""


def assurance_text(assurance: Assurance, hidden: str = "") -> str:
    """Return what a period proves: controls first, then the evidence kind by kind.

    Args:
        assurance: What it proves.
        hidden: Which frameworks are evaluated and not shown; empty: there are none.
    """
    monitoring = [control for control in assurance.controls if control.of_monitoring]
    since, until = moment(assurance.since), moment(assurance.until)
    lines = [
        f"Assurance for {assurance.period}: {since} to {until}",
        "" if assurance.ended else f"  {PERIOD_NOT_ENDED}",
        *(f"  WARNING: {warning}" for warning in scope_warnings(assurance.scopes)),
        *(line for scope in assurance.scopes for line in _scope(scope)),
        *([f"  not shown, as rules.frameworks in the settings: {hidden}"] if hidden else []),
        *(
            line
            for control in assurance.controls
            if not control.of_monitoring
            for line in _control(control)
        ),
        *(["", "Health of monitoring, apart from the company's controls"] if monitoring else []),
        *(line for control in monitoring for line in _control(control)),
        *(line for kind in assurance.kinds for line in _kind(kind)),
    ]
    return "\n".join(_indented(line) for line in lines)


def _indented(line: str) -> str:
    indent = line[: len(line) - len(line.lstrip(" "))]
    return f"{indent}{plain(line)}".rstrip()


def _scope(scope: ScopeAssurance) -> Iterator[str]:
    yield ""
    yield (
        f"scope of {scope.framework}: {count(scope.items, 'item')} in scope, "
        f"{scope.items_outside:,} outside"
    )
    for stated in scope.stated:
        times = f"{moment(stated.since)} to {moment(stated.until)}"
        yield f"  {stated.scope}, {times} ({count(stated.evaluations, 'evaluation')})"


def _control(control: ControlAssurance) -> Iterator[str]:
    yield ""
    yield f"{control.framework}:{control.id}: {CONCLUSION[control.conclusion]}"
    yield f"  evidence coverage {percent(control.evidence_coverage)} of the period"
    yield f"  {count(control.evaluations, 'evaluation')}"
    yield from (f"    {_status(part)}" for part in control.history[:MOST])
    yield from _more(len(control.history), "status change")
    for test in control.tests:
        apart = ", health of monitoring" if test.monitoring and not control.of_monitoring else ""
        yield f"  test {_test(test)}{apart}"
    yield from (f"  exception: {_exception(entry)}" for entry in control.exceptions[:MOST])
    yield from _more(len(control.exceptions), "exception")
    yield from _gaps(control.evidence_gaps)


def _test(test: PeriodTest) -> str:
    """Return what became of the items of a test: those of which there are some."""
    figures = (
        (test.passed, "passed"),
        (test.failed, "failed"),
        (test.inconclusive, "inconclusive"),
        (test.open, "open at the cut-off"),
        (test.made_late, "of them tested as of a past moment alone"),
        (test.test_changed, "of them failed until the test was changed"),
    )
    counted = ", ".join(f"{number:,} {words}" for number, words in figures if number)
    return f"{test.rule}: {counted or 'no items in the period'}"


def _kind(kind: KindAssurance) -> Iterator[str]:
    frequency = (
        "no required frequency"
        if kind.required_frequency is None
        else f"every {duration(kind.required_frequency)}"
    )
    others = "".join(
        f", {number:,} {name}" for name, number in kind.outcomes.items() if name != "complete"
    )
    coverage = percent(kind.evidence_coverage)
    yield ""
    yield f"{kind.connection} {kind.kind}: evidence coverage {coverage} of the period"
    scheduled = count(kind.scheduled, "collection")
    yield f"  {frequency}: {scheduled} scheduled, {kind.completed:,} completed{others}"
    yield from _gaps(kind.evidence_gaps)


def _gaps(gaps: Iterable[EvidenceGap]) -> Iterator[str]:
    """Yield each gap once, to the minute, with every kind that is missing for one reason."""
    joined: dict[tuple[object, ...], list[EvidenceGap]] = {}
    for gap in gaps:
        times = moment(gap.since), moment(gap.until)
        joined.setdefault((*times, gap.connection, gap.reason, gap.subjects), []).append(gap)
    groups = list(joined.values())
    yield from (f"  evidence gap: {_gap(group)}" for group in groups[:MOST])
    yield from _more(len(groups), "evidence gap")


def _more(number: int, noun: str) -> Iterator[str]:
    if number > MOST:
        yield f"  {count(number - MOST, f'more {noun}')}; --json has them all"


def _status(part: StatusPeriod) -> str:
    until = "" if part.since == part.until else f" to {moment(part.until)}"
    evaluations = count(part.evaluations, "evaluation")
    return f"{STATUS[part.status]} {moment(part.since)}{until} ({evaluations})"


def _exception(exception: ControlException) -> str:
    waived = ", risk accepted" if exception.waived else ""
    when = moment(exception.first_seen)
    if exception.last_seen != exception.first_seen:
        when = f"{when} to {moment(exception.last_seen)}"
    title = f"{exception.subject.title} ({exception.connection})"
    return f"{exception.rule}: {title}, {when}{waived}"


def _gap(group: Sequence[EvidenceGap]) -> str:
    first = group[0]
    kinds = listed([gap.kind for gap in group if gap.kind])
    missing = f"{kinds} of {first.connection}: " if kinds else ""
    length = duration((first.until - first.since).total_seconds())
    only = f"; concerns {', '.join(first.subjects)}" if first.subjects else ""
    times = f"{moment(first.since)} to {moment(first.until)} ({length})"
    return f"{times}, {missing}{first.reason}{only}"
