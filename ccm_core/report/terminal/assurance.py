"""What a period proves, in lines for a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.model.assurance import Conclusion
from ccm_core.report.content.cell_width import plain
from ccm_core.report.content.phrases import STATUS, count, listed, moment, span
from ccm_core.report.period.layout import percent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ccm_core.model.assurance import (
        Assurance,
        ControlAssurance,
        Deviation,
        Hole,
        KindAssurance,
        Stretch,
    )

MOST = 10
"""Of more holes or deviations than this, the rest is counted."""

CONCLUSION = {
    Conclusion.EFFECTIVE: "operated effectively: evidence throughout, nothing failed",
    Conclusion.EXCEPTIONS: "evidence throughout, with exceptions",
    Conclusion.NOT_PROVEN: "not proven for the whole period",
}


def assurance_text(given: Assurance) -> str:
    """Say what a period proves: controls first, then the evidence kind by kind."""
    lines = [
        f"Assurance for {given.period}: {moment(given.since)} to {moment(given.until)}",
        "" if given.over else "  The period is not over; this is what has passed of it.",
        *(line for one in given.controls for line in _control(one)),
        *(line for one in given.kinds for line in _kind(one)),
    ]
    return "\n".join(_shown(line) for line in lines if line is not None)


def _shown(line: str) -> str:
    indent = line[: len(line) - len(line.lstrip(" "))]
    return f"{indent}{plain(line)}".rstrip()


def _control(one: ControlAssurance) -> Iterator[str]:
    yield ""
    yield f"{one.framework}:{one.id}: {CONCLUSION[one.conclusion]}"
    yield f"  sufficient evidence and judged: {percent(one.share)} of the period"
    yield f"  rules: {listed(one.rules)}"
    yield f"  {count(one.evaluations, 'evaluation')}"
    yield from (f"    {_stretch(stretch)}" for stretch in one.course[:MOST])
    yield from _more(len(one.course), "change")
    yield from (f"  failed: {_deviation(each)}" for each in one.deviations[:MOST])
    yield from _more(len(one.deviations), "failing subject")
    yield from _holes(one.holes)


def _kind(one: KindAssurance) -> Iterator[str]:
    every = "nothing was promised" if one.cadence is None else f"every {span(one.cadence)}"
    others = ", ".join(
        f"{number} {name}" for name, number in one.outcomes.items() if name != "complete"
    )
    yield ""
    yield f"{one.connection} {one.kind}: {percent(one.share)} of the period"
    promised = count(one.promised, "collection")
    yield f"  {every}: {promised} promised, {one.made:,} made whole{others and ', ' + others}"
    yield from _holes(one.holes)


def _holes(holes: Iterable[Hole]) -> Iterator[str]:
    """Say each stretch once, to the minute, with every kind that lacks it for one reason."""
    together: dict[tuple[object, ...], list[Hole]] = {}
    for one in holes:
        shown = moment(one.since), moment(one.until)
        about = (*shown, one.connection, one.why, one.subjects)
        together.setdefault(about, []).append(one)
    groups = list(together.values())
    yield from (f"  hole: {_hole(group)}" for group in groups[:MOST])
    yield from _more(len(groups), "hole")


def _more(number: int, noun: str) -> Iterator[str]:
    if number > MOST:
        yield f"  {count(number - MOST, f'more {noun}')}; --json has them all"


def _stretch(one: Stretch) -> str:
    until = "" if one.since == one.until else f" to {moment(one.until)}"
    return f"{STATUS[one.status]} {moment(one.since)}{until} ({count(one.evaluations, 'time')})"


def _deviation(one: Deviation) -> str:
    waived = ", waived" if one.waived else ""
    seen = moment(one.first)
    if one.last != one.first:
        seen = f"{seen} to {moment(one.last)}"
    return f"{one.rule}: {one.subject.title} ({one.connection}), {seen}{waived}"


def _hole(group: Sequence[Hole]) -> str:
    one = group[0]
    kinds = listed([each.kind for each in group if each.kind])
    what = f"{kinds} of {one.connection}: " if kinds else ""
    length = span((one.until - one.since).total_seconds())
    only = f"; concerns {', '.join(one.subjects)}" if one.subjects else ""
    return f"{moment(one.since)} to {moment(one.until)} ({length}), {what}{one.why}{only}"
