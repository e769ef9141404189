"""The summary for a terminal: plain lines without colour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccm_core.model.evaluation.result import Status
from ccm_core.report.content import phrases
from ccm_core.report.content.cell_width import cells, pad, plain, wrap
from ccm_core.report.content.summary import summary

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ccm_core.model.evaluation.result import Result, KindSufficiency
    from ccm_core.report.content.summary import Gap, RuleSummary, Summary
    from ccm_core.report.types import ReportInput

WIDTH = 88
"""Of a report that is written to a file."""

WHOLE = "The whole of it: `ccm report`, or --format html for a page."

_FAIL = "FAIL"
_LEAST = 48
_MARGIN = 15
"""The longest severity, and two spaces."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """How much is told. What is left out is always counted."""

    items: int = 3
    """Subjects or reasons of each rule."""
    rules: int | None = None
    """Rules under each heading; None: all."""
    titles: int | None = None
    """Lines of each rule's title; None: all."""
    lines: int | None = None
    """Lines of each item and step; None: all."""
    evidence: int | None = None
    """Evidence problems; None: all."""


FULL = Detail()
_LESS_AND_LESS = (
    FULL,
    Detail(items=1, lines=2),
    Detail(items=0, lines=3, evidence=6),
    Detail(items=0, titles=1, lines=2, evidence=4),
    Detail(items=0, titles=1, lines=1, evidence=4),
    Detail(items=0, rules=14, titles=1, lines=1, evidence=4),
    Detail(items=0, rules=8, titles=1, lines=1, evidence=3),
    Detail(items=0, rules=4, titles=1, lines=1, evidence=2),
)


class TextReport:
    """A few dozen lines that say how it stands and what to do."""

    name = "text"
    extension = "txt"
    figures = False

    def render(self, given: ReportInput) -> bytes:
        """Give the lines as UTF-8, ended by a line feed."""
        return ("\n".join(lines(summary(given), WIDTH)) + "\n").encode()


def screen(said: Summary, width: int, height: int, whole: str = WHOLE) -> list[str]:
    """Give the summary with as much detail as a screen of this height holds.

    Args:
        said: What every report says first.
        width: Cells of a line; 48 at least.
        height: Lines. An account with very much to say takes a few more than 24.
        whole: Says where the rest is, where not everything is told.
    """
    found: list[str] = []
    for detail in _LESS_AND_LESS:
        rest = [] if detail is FULL else wrap(whole, max(width, _LEAST))
        found = [*lines(said, width, detail), *rest]
        if len(found) <= height:
            break
    return found


def lines(said: Summary, width: int = WIDTH, detail: Detail = FULL) -> list[str]:
    """Give the terminal summary, no line wider than ``width`` (48 at least)."""
    width = max(width, _LEAST)
    blocks = (
        list(_head(said, width)),
        list(_rules(_FAIL, said.failing, width, detail)),
        list(_rules("INSUFFICIENT OR IN ERROR", said.unjudged, width, detail)),
        list(_rules("JUDGED ONLY IN PART", _partly(said, detail), width, detail)),
        list(_evidence(said, width, detail)),
        list(_next(said, width, detail)),
    )
    return [line for block in blocks if block for line in ("", *block)][1:]


def _head(said: Summary, width: int) -> Iterator[str]:
    yield from wrap(said.verdict, width)
    over = phrases.listed([plain(name) for name in said.connections]) or "no connection"
    yield from wrap(f"as of {phrases.moment(said.evaluated_at)}, over {over}", width)
    if said.part:
        yield from wrap(plain(phrases.part(said.part)), width)
    if said.unjudged or said.partly_judged:
        yield from wrap(phrases.INSUFFICIENT_MEANS, width)


def _rules(heading: str, rules: Sequence[RuleSummary], width: int, detail: Detail) -> Iterator[str]:
    if not rules:
        return
    yield f"{heading} ({len(rules):,})"
    for one in rules[: detail.rules]:
        yield from _title(one, heading, width, detail)
        if detail.items:
            failing = heading == _FAIL
            yield from _failing(one, width, detail) if failing else _gaps(one.gaps, width, detail)
    if detail.rules is not None and rules[detail.rules :]:
        yield f"  and {phrases.count(len(rules) - detail.rules, 'more rule')}"


def _partly(said: Summary, detail: Detail) -> Sequence[RuleSummary]:
    """Give those that are not among the failing ones already, where no reason would follow."""
    if detail.items:
        return said.partly_judged
    return [one for one in said.partly_judged if one not in said.failing]


def _title(one: RuleSummary, heading: str, width: int, detail: Detail) -> Iterator[str]:
    tag = _tag(one, heading)
    room = width - 2 - _MARGIN
    # Where a title has one line, it needs the room more than the number of all subjects does.
    counted = one.briefly if detail.titles == 1 else one.counted
    beside = max(room // 2, room - cells(counted) - 2)
    first, *rest = _clipped(wrap(plain(one.rule.title) + tag, beside), detail.titles, beside)
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


def _failing(one: RuleSummary, width: int, detail: Detail) -> Iterator[str]:
    shown = one.failing[: detail.items]
    if not shown:
        yield from _under("- no subject: the rule fails as a whole", width)
    for result in shown:
        yield from _item(f"{_subject(result)}{_id(result.id)}", width, detail)
    if one.failing[detail.items :]:
        yield f"    and {len(one.failing) - detail.items:,} more"


def _subject(result: Result) -> str:
    waived = f" [waived: {plain(result.waiver)}]" if result.waiver else ""
    owners = ", ".join(map(plain, result.subject.owners))
    owned = f" [owner: {owners}]" if owners else ""
    return f"{plain(result.subject.title)}{owned}{waived}: {plain(result.reason)}"


def _id(name: str) -> str:
    """Name a result, so that it can be explained."""
    return f" [{plain(name)}]" if name else ""


def _gaps(gaps: Sequence[Gap], width: int, detail: Detail) -> Iterator[str]:
    if not gaps:
        yield from _under("- no result says why; see the evidence below", width)
    for gap in gaps[: detail.items]:
        number = "" if gap.whole else phrases.count(len(gap.subjects), "subject")
        place = ", ".join(part for part in (plain(gap.connection), number) if part)
        text = f"{place}: {plain(gap.reason)}" if place else plain(gap.reason)
        yield from _item(f"{text}{_id(gap.example)}", width, detail)
    if gaps[detail.items :]:
        yield f"    and {phrases.count(len(gaps) - detail.items, 'more reason', 'more reasons')}"


def _evidence(said: Summary, width: int, detail: Detail) -> Iterator[str]:
    number = len(said.troubled) + len(said.runs) + len(said.plugin_failures)
    if not number:
        return
    yield f"EVIDENCE ({phrases.count(number, 'problem')})"
    told = [f"plugin: {plain(failure)}" for failure in said.plugin_failures]
    told += [
        f"{plain(one.connection)}, whole run: {phrases.REASON[one.shortfall.reason]}: "
        f"{plain(one.shortfall.detail)}"
        for one in said.runs
    ]
    told += [_standing(standing) for standing in said.troubled]
    for text in told[: detail.evidence]:
        yield from _item(text, width, detail)
    if detail.evidence is not None and told[detail.evidence :]:
        yield f"    and {phrases.count(len(told) - detail.evidence, 'more problem')}"


def _standing(standing: KindSufficiency) -> str:
    problem = standing.problem or ""
    why = [plain(problem)] if problem else []
    why += [
        f"{phrases.REASON[one.reason]}: {plain(one.detail)}"
        for one in standing.shortfalls
        if one.detail not in problem
    ]
    place = f"{plain(standing.connection)}, {plain(standing.kind)}"
    told = "; ".join(part.removesuffix(".") for part in why)
    return f"{place}, {phrases.OUTCOME[standing.outcome]}: {told}."


def _next(said: Summary, width: int, detail: Detail) -> Iterator[str]:
    if not said.next_steps:
        return
    yield "NEXT"
    for place, step in enumerate(said.next_steps, 1):
        first, *rest = _clipped(wrap(plain(step), width - 5), detail.lines, width - 5)
        yield f"{place:>3}. {first}"
        yield from (f"     {line}" for line in rest)


def _clipped(told: list[str], most: int | None, width: int) -> list[str]:
    """Leave out the last lines of a text, and say so at the end of what is left."""
    if most is None or len(told) <= most:
        return told
    *kept, last = told[:most]
    if cells(last) + 2 > width:
        last = last.rpartition(" ")[0] or last[:-2]
    return [*kept, f"{last} …"]


def _item(text: str, width: int, detail: Detail) -> Iterator[str]:
    first, *rest = _clipped(wrap(text, width - 6), detail.lines, width - 6)
    yield f"    - {first}"
    yield from (f"      {line}" for line in rest)


def _under(text: str, width: int) -> Iterator[str]:
    yield from (f"    {line}" for line in wrap(text, width - 4))
