"""The summary for a terminal: plain lines without colour."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.model.result import Status
from ccm_core.report import words
from ccm_core.report.columns import cells, pad, plain, wrap
from ccm_core.report.summary import summary

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ccm_core.model.result import Result, Standing
    from ccm_core.report.interface import ReportInput
    from ccm_core.report.summary import Gap, RuleSummary, Summary

WIDTH = 88
"""Of a report that is written to a file."""

_FAIL = "FAIL"
_LEAST = 48
_TOP = 3
_MARGIN = 15
"""The longest severity, and two spaces."""


class TextReport:
    """A few dozen lines that say how it stands and what to do."""

    name = "text"
    extension = "txt"
    figures = False

    def render(self, given: ReportInput) -> bytes:
        """Give the lines as UTF-8, ended by a line feed."""
        return ("\n".join(lines(summary(given), WIDTH)) + "\n").encode()


def lines(said: Summary, width: int = WIDTH) -> list[str]:
    """Give the terminal summary, no line wider than ``width`` (48 at least)."""
    width = max(width, _LEAST)
    blocks = (
        list(_head(said, width)),
        list(_rules(_FAIL, said.failing, width)),
        list(_rules("INSUFFICIENT OR IN ERROR", said.unjudged, width)),
        list(_rules("JUDGED ONLY IN PART", said.partly_judged, width)),
        list(_evidence(said, width)),
        list(_next(said, width)),
    )
    return [line for block in blocks if block for line in ("", *block)][1:]


def _head(said: Summary, width: int) -> Iterator[str]:
    yield from wrap(said.verdict, width)
    over = words.listed([plain(name) for name in said.connections]) or "no connection"
    yield from wrap(f"as of {words.moment(said.evaluated_at)}, over {over}", width)
    if said.part:
        yield from wrap(plain(words.part(said.part)), width)
    if said.unjudged or said.partly_judged:
        yield from wrap(words.INSUFFICIENT_MEANS, width)


def _rules(heading: str, rules: Sequence[RuleSummary], width: int) -> Iterator[str]:
    if not rules:
        return
    yield f"{heading} ({len(rules):,})"
    for one in rules:
        yield from _title(one, heading, width)
        yield from _failing(one, width) if heading == _FAIL else _gaps(one.gaps, width)


def _title(one: RuleSummary, heading: str, width: int) -> Iterator[str]:
    tag = _tag(one, heading)
    room = width - 2 - _MARGIN
    counted = one.counted
    first, *rest = wrap(plain(one.rule.title) + tag, max(room // 2, room - cells(counted) - 2))
    margin = pad(one.rule.severity.value, _MARGIN)
    yield (
        f"  {margin}{pad(first, room - cells(counted))}{counted}"
        if _fits(first, counted, room)
        else f"  {margin}{first}"
    )
    for line in rest:
        yield f"  {' ' * _MARGIN}{line}"
    if not _fits(first, counted, room):
        yield from _under(counted, width)


def _tag(one: RuleSummary, heading: str) -> str:
    if heading == _FAIL:
        return " (waived)" if one.wholly_waived else ""
    return " (error)" if one.rule.status is Status.ERROR else ""


def _fits(first: str, counted: str, room: int) -> bool:
    return cells(first) + 2 + cells(counted) <= room


def _failing(one: RuleSummary, width: int) -> Iterator[str]:
    shown = one.failing[:_TOP]
    if not shown:
        yield from _under("- no subject: the rule fails as a whole", width)
    for result in shown:
        yield from _item(f"{_subject(result)}{_id(result.id)}", width)
    if one.failing[_TOP:]:
        yield f"    and {len(one.failing) - _TOP:,} more"


def _subject(result: Result) -> str:
    waived = f" [waived: {plain(result.waiver)}]" if result.waiver else ""
    return f"{plain(result.subject.title)}{waived}: {plain(result.reason)}"


def _id(name: str) -> str:
    """Name a result, so that it can be explained."""
    return f" [{plain(name)}]" if name else ""


def _gaps(gaps: Sequence[Gap], width: int) -> Iterator[str]:
    if not gaps:
        yield from _under("- no result says why; see the evidence below", width)
    for gap in gaps[:_TOP]:
        number = "" if gap.whole else words.count(len(gap.subjects), "subject")
        place = ", ".join(part for part in (plain(gap.connection), number) if part)
        text = f"{place}: {plain(gap.reason)}" if place else plain(gap.reason)
        yield from _item(f"{text}{_id(gap.example)}", width)
    if gaps[_TOP:]:
        yield f"    and {words.count(len(gaps) - _TOP, 'more reason', 'more reasons')}"


def _evidence(said: Summary, width: int) -> Iterator[str]:
    number = len(said.troubled) + len(said.runs) + len(said.plugin_failures)
    if not number:
        return
    yield f"EVIDENCE ({words.count(number, 'problem')})"
    for failure in said.plugin_failures:
        yield from _item(f"plugin: {plain(failure)}", width)
    for trouble in said.runs:
        reason = words.REASON[trouble.shortfall.reason]
        detail = plain(trouble.shortfall.detail)
        yield from _item(f"{plain(trouble.connection)}, whole run: {reason}: {detail}", width)
    for standing in said.troubled:
        yield from _item(_standing(standing), width)


def _standing(standing: Standing) -> str:
    problem = standing.problem or ""
    why = [plain(problem)] if problem else []
    why += [
        f"{words.REASON[one.reason]}: {plain(one.detail)}"
        for one in standing.shortfalls
        if one.detail not in problem
    ]
    place = f"{plain(standing.connection)}, {plain(standing.kind)}"
    told = "; ".join(part.removesuffix(".") for part in why)
    return f"{place}, {words.OUTCOME[standing.outcome]}: {told}."


def _next(said: Summary, width: int) -> Iterator[str]:
    if not said.next_steps:
        return
    yield "NEXT"
    for place, step in enumerate(said.next_steps, 1):
        first, *rest = wrap(plain(step), width - 5)
        yield f"{place:>3}. {first}"
        yield from (f"     {line}" for line in rest)


def _item(text: str, width: int) -> Iterator[str]:
    first, *rest = wrap(text, width - 6)
    yield f"    - {first}"
    yield from (f"      {line}" for line in rest)


def _under(text: str, width: int) -> Iterator[str]:
    yield from (f"    {line}" for line in wrap(text, width - 4))
