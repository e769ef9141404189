"""The summary for a terminal: plain lines without color."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ccm_core.model.evaluation.result import Status
from ccm_core.model.evidence.response_trail import without_trails
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.report.content import phrases
from ccm_core.report.content.cell_width import cells, pad, plain, wrap
from ccm_core.report.content.summary import summary
from ccm_core.report.types import ReportFormat, ReportInput

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ccm_core.model.evaluation.result import KindSufficiency, Result
    from ccm_core.report.content.result_findings import ResultFinding
    from ccm_core.report.content.summary import RuleSummary, Summary

WIDTH = 88
"""Of a report that is written to a file."""

FULL_REPORT = "Full report: `ccm report`, or --format html for a page."
ALL_FAILING = "`ccm findings list` lists all that fail"

_FAIL = "FAILING CHECKS"
_PARTLY = "PARTLY INCONCLUSIVE"
_MIN_WIDTH = 48
_MOST_LIMITS = 10
"""Limits of the evidence at the top."""
_MARGIN = 15
"""The longest severity, and two spaces."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """How much is shown. What is left out is always counted."""

    items: int = 3
    """Resources or reasons of each check."""
    rules: int | None = None
    """Checks under each heading; None: all."""
    titles: int | None = None
    """Lines of each check's title; None: all."""
    lines: int | None = None
    """Lines of each item and step; None: all."""
    evidence: int | None = 50
    """Collection problems, gaps and settings; None: all."""
    all_failing: str = ""
    """What lists the failing checks that are left out; empty: nothing is there that does."""


FULL = Detail()
_DECREASING_DETAIL = (
    FULL,
    Detail(items=1, lines=2),
    Detail(items=0, lines=3, evidence=6),
    Detail(items=0, titles=1, lines=2, evidence=4),
    Detail(items=0, titles=1, lines=1, evidence=4),
    Detail(items=0, rules=14, titles=1, lines=1, evidence=4),
    Detail(items=0, rules=8, titles=1, lines=1, evidence=3),
    Detail(items=0, rules=4, titles=1, lines=1, evidence=2),
)


class TextReport(ReportFormat):
    """A few dozen lines: the headline, and what to do."""

    name = "text"
    extension = "txt"
    figures = False
    complete = False

    def chunks(self, inputs: ReportInput) -> Iterator[bytes]:
        """Yield the lines as UTF-8, ended by a line feed."""
        yield ("\n".join(summary_lines(summary(inputs), WIDTH)) + "\n").encode()


def screen_lines(
    report: Summary, width: int, height: int, full_report: str = FULL_REPORT
) -> list[str]:
    """Return the summary with as much detail as fits on a screen of this height.

    Args:
        report: What every report shows first.
        width: Cells of a line; 48 at least.
        height: Lines. An account with very many problems takes a few more than 24.
        full_report: Where the full report is, shown where something is left out.
    """
    lines: list[str] = []
    all_failing = ALL_FAILING if full_report == FULL_REPORT else ""
    for detail in _DECREASING_DETAIL:
        hint = [] if detail is FULL else wrap(full_report, max(width, _MIN_WIDTH))
        shown = replace(detail, all_failing=all_failing)
        lines = [*summary_lines(report, width, shown), *hint]
        if len(lines) <= height:
            break
    return lines


def summary_lines(report: Summary, width: int = WIDTH, detail: Detail = FULL) -> list[str]:
    """Return the terminal summary, no line wider than ``width`` (48 at least)."""
    width = max(width, _MIN_WIDTH)
    blocks = (
        list(_head(report, width)),
        list(_rules(_FAIL, report.failing, width, detail)),
        list(_rules("INCONCLUSIVE", report.inconclusive, width, detail)),
        list(_rules(_PARTLY, _partly(report, detail), width, detail)),
        list(_rules("HEALTH OF MONITORING", _unhealthy(report), width, detail)),
        list(_collection_problems(report, width, detail)),
        list(_accepted(report, width, detail)),
        list(_narrowing(report, width, detail)),
        list(_next_steps(report, width, detail)),
    )
    return [line for block in blocks if block for line in ("", *block)][1:]


def _head(report: Summary, width: int) -> Iterator[str]:
    yield from wrap(report.headline, width)
    if report.monitoring_headline:
        yield from wrap(report.monitoring_headline, width)
    connections = (
        phrases.listed_first([plain(name) for name in report.connections]) or "no connection"
    )
    yield from wrap(f"as of {phrases.moment(report.evaluated_at)}, over {connections}", width)
    if report.scope:
        yield from wrap(plain(phrases.scope(report.scope)), width)
    if report.findings.words:
        yield from wrap(plain(report.findings.words), width)
    for limit in report.limits[:_MOST_LIMITS]:
        yield from wrap(f"{plain(limit)}.", width)
    if report.limits[_MOST_LIMITS:]:
        yield f"and {phrases.count(len(report.limits) - _MOST_LIMITS, 'more such limit')}"
    if report.has_inconclusive:
        yield from wrap(phrases.INCONCLUSIVE_MEANS, width)


def _rules(heading: str, rules: Sequence[RuleSummary], width: int, detail: Detail) -> Iterator[str]:
    if not rules:
        return
    yield f"{heading} ({len(rules):,})"
    for entry in rules[: detail.rules]:
        yield from _title(entry, heading, width, detail)
        if detail.items:
            failing = heading == _FAIL or entry.rule.status is Status.FAIL
            yield from (
                _failing(entry, width, detail)
                if failing and heading != _PARTLY
                else _reasons(entry, width, detail)
            )
    if detail.rules is not None and rules[detail.rules :]:
        more = f"  and {phrases.count(len(rules) - detail.rules, 'more check')}"
        yield f"{more}: {detail.all_failing}" if heading == _FAIL and detail.all_failing else more


def _partly(report: Summary, detail: Detail) -> Sequence[RuleSummary]:
    """Leave out the checks that are failing as well, where no reason would follow."""
    if detail.items:
        return report.partly_inconclusive
    return [entry for entry in report.partly_inconclusive if entry not in report.failing]


def _unhealthy(report: Summary) -> Sequence[RuleSummary]:
    """Return the checks of the health of monitoring that need attention."""
    return [entry for entry in report.monitoring if entry.failing or entry.reasons or _open(entry)]


def _open(entry: RuleSummary) -> bool:
    return entry.rule.status in (Status.FAIL, Status.INSUFFICIENT, Status.ERROR)


def _title(entry: RuleSummary, heading: str, width: int, detail: Detail) -> Iterator[str]:
    tag = _tag(entry, heading)
    room = width - 2 - _MARGIN
    population = entry.short_population if detail.titles == 1 else entry.population
    beside = room - cells(population) - 2
    title_width = beside if beside >= room // 2 else room
    title = wrap(plain(entry.rule.title) + tag, title_width)
    first, *others = _clipped(title, detail.titles, title_width)
    margin = pad(entry.rule.severity.value, _MARGIN)
    yield (
        f"  {margin}{pad(first, room - cells(population))}{population}"
        if _fits(first, population, room)
        else f"  {margin}{first}"
    )
    for line in others:
        yield f"  {' ' * _MARGIN}{line}"
    if not _fits(first, population, room):
        yield from _under(population, width)


def _tag(entry: RuleSummary, heading: str) -> str:
    if heading == _FAIL:
        return " (risk accepted)" if entry.all_waived else ""
    return " (error)" if entry.rule.status is Status.ERROR else ""


def _fits(title: str, population: str, room: int) -> bool:
    return cells(title) + 2 + cells(population) <= room


def _failing(entry: RuleSummary, width: int, detail: Detail) -> Iterator[str]:
    results = entry.failing[: detail.items]
    if not results and not entry.filtered_failing:
        yield from _under("- no single resource: the check failed as a whole", width)
    for result in results:
        yield from _item(_resource(result, entry.finding_of.of(result)), width, detail)
    if entry.failing[detail.items :]:
        yield f"    and {len(entry.failing) - detail.items:,} more"
    yield from _filtered(entry.filtered_failing, "failing resource", width)


def _resource(result: Result, finding: ResultFinding | None) -> str:
    waived = f" [risk accepted: {plain(result.waiver)}]" if result.waiver else ""
    names = finding.owners if finding else None
    owners = ", ".join(map(plain, result.subject.owners if names is None else names))
    owned = f" [owner: {owners}]" if owners else ""
    named = _id(result.id) if finding is None or not result.id else f" [{_finding(finding)}]"
    return f"{plain(result.subject.title)}{owned}{waived}: {plain(result.reason)}{named}"


def _finding(finding: ResultFinding) -> str:
    """Return the id of a finding, for ``ccm findings show``; of a row, what it counts in."""
    if finding.in_share:
        return f"in the share: {finding.id}" if finding.id else "in the share"
    return f"{finding.id}, overdue" if finding.item and finding.item.is_overdue else finding.id


def _id(name: str) -> str:
    """Return the id of a result in brackets, for ``ccm explain``."""
    return f" [{plain(name)}]" if name else ""


def _filtered(number: int, noun: str, width: int) -> Iterator[str]:
    if number:
        yield from _under(f"- {phrases.count(number, noun)} not in this report: filters", width)


def _reasons(entry: RuleSummary, width: int, detail: Detail) -> Iterator[str]:
    reasons = entry.reasons
    yield from _filtered(entry.filtered_inconclusive, "inconclusive resource", width)
    if not reasons and not entry.filtered_inconclusive:
        yield from _under("- no result has a reason; see the collection problems below", width)
    for reason in reasons[: detail.items]:
        number = "" if reason.whole else phrases.count(len(reason.subjects), "resource")
        prefix = ", ".join(text for text in (plain(reason.connection), number) if text)
        text = f"{prefix}: {plain(reason.reason)}" if prefix else plain(reason.reason)
        yield from _item(f"{text}{_id(reason.example)}", width, detail)
    if reasons[detail.items :]:
        yield f"    and {phrases.count(len(reasons) - detail.items, 'more reason')}"


def _collection_problems(report: Summary, width: int, detail: Detail) -> Iterator[str]:
    problems = [f"plugin: {plain(failure)}" for failure in report.plugin_failures]
    problems += [
        f"{plain(run.connection)}, whole run: {phrases.REASON[run.shortfall.reason]}: "
        f"{plain(run.shortfall.detail)}"
        for run in report.run_problems
    ]
    problems += [_kind_problem(kind) for kind in report.collection_problems]
    if not problems:
        return
    yield f"COLLECTION PROBLEMS ({len(problems):,})"
    for text in problems[: detail.evidence]:
        yield from _item(text, width, detail)
    if detail.evidence is not None and problems[detail.evidence :]:
        yield f"    and {phrases.count(len(problems) - detail.evidence, 'more problem')}"


def _accepted(report: Summary, width: int, detail: Detail) -> Iterator[str]:
    if not report.accepted:
        return
    yield f"ACCEPTED GAPS ({len(report.accepted):,})"
    for text in report.accepted[: detail.evidence]:
        yield from _item(plain(text), width, detail)
    if detail.evidence is not None and report.accepted[detail.evidence :]:
        yield f"    and {phrases.count(len(report.accepted) - detail.evidence, 'more gap')}"


def _narrowing(report: Summary, width: int, detail: Detail) -> Iterator[str]:
    if not report.narrowing:
        return
    yield f"SETTINGS THAT NARROW WHAT IS EVALUATED ({len(report.narrowing):,})"
    for text in report.narrowing[: detail.evidence]:
        yield from _item(plain(text), width, detail)
    if detail.evidence is not None and report.narrowing[detail.evidence :]:
        yield f"    and {phrases.count(len(report.narrowing) - detail.evidence, 'more setting')}"


def _kind_problem(kind: KindSufficiency) -> str:
    problem = kind.problem or ""
    reasons = [plain(problem)] if problem else []
    reasons += [
        f"{phrases.REASON[shortfall.reason]}: {plain(shortfall.detail)}"
        for shortfall in kind.shortfalls
        if without_trails(shortfall.detail) not in problem
    ]
    text = "; ".join(reason.removesuffix(".") for reason in reasons)
    return f"{plain(kind.connection)}, {plain(kind.kind)}, {phrases.OUTCOME[kind.outcome]}: {text}."


def _next_steps(report: Summary, width: int, detail: Detail) -> Iterator[str]:
    if not report.next_steps:
        return
    yield "NEXT STEPS"
    for number, step in enumerate(report.next_steps, 1):
        first, *others = _clipped(wrap(plain(step), width - 5), detail.lines, width - 5)
        yield f"{number:>3}. {first}"
        yield from (f"     {line}" for line in others)


def _clipped(lines: list[str], most: int | None, width: int) -> list[str]:
    """Leave out the last lines of a text, and mark the end of what remains."""
    if most is None or len(lines) <= most:
        return lines
    *shown, last = lines[:most]
    if cells(last) + 2 > width:
        last = last.rpartition(" ")[0] or last[:-2]
    return [*shown, f"{last} …"]


def _item(text: str, width: int, detail: Detail) -> Iterator[str]:
    first, *others = _clipped(wrap(text, width - 6), detail.lines, width - 6)
    yield f"    - {first}"
    yield from (f"      {line}" for line in others)


def _under(text: str, width: int) -> Iterator[str]:
    yield from (f"    {line}" for line in wrap(text, width - 4))
