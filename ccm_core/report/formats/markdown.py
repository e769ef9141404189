"""Markdown for a ticket or a pull request: short, and nobody is mentioned by accident."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ccm_core.model.evaluation.result import Status
from ccm_core.report.content import phrases
from ccm_core.report.content.bounds.omissions import report_command
from ccm_core.report.content.bounds.page_bounds import MOST_ALARMS, MOST_NOTES
from ccm_core.report.content.cell_width import plain
from ccm_core.report.content.finding_list import due_words, owner_words, state_words
from ccm_core.report.content.summary import summary
from ccm_core.report.types import ReportFormat, ReportInput

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ccm_core.model.evaluation.result import Result
    from ccm_core.report.content.inconclusive_reasons import InconclusiveReason
    from ccm_core.report.content.result_findings import ResultFinding
    from ccm_core.report.content.summary import RuleSummary, Summary

MOST_RULES = 25
MOST_SUBJECTS = 5
MOST_URGENT = 10
"""Findings at the top, the most urgent first."""
MOST_LETTERS = 300
"""Of one line that a source wrote; a comment holds some 60,000 characters in all."""

_JOINER = "\u2060"
"""An invisible character after which ``@`` and ``#`` name nobody and no ticket."""
_MARKUP = re.compile(r"([\\`*_\[\]<>|~$&]|^[-+#=])")
"""What means something anywhere, and what means something at the beginning of a line."""
_NUMBERED = re.compile(r"^(\d+)([.)])")
_MENTION = re.compile(r"([@#])(?=\w)|(?<=\w)(://)|\b(GH-)(?=\d)|(?<=www)(\.)", re.IGNORECASE)


class MarkdownReport(ReportFormat):
    """Failing checks, inconclusive checks, and the next steps."""

    name = "markdown"
    extension = "md"
    figures = False
    complete = False

    def chunks(self, inputs: ReportInput) -> Iterator[bytes]:
        """Yield CommonMark with tables, ended by a line feed."""
        everything = report_command(inputs, "--format json")
        blocks = (list(block) for block in _blocks(summary(inputs), everything))
        text = "\n\n".join("\n".join(block) for block in blocks if block)
        yield f"{text}\n".encode()


def _blocks(report: Summary, everything: str) -> Iterator[Iterator[str]]:
    yield _head(report, everything)
    yield _findings(report)
    yield _table("Failing checks", report.failing)
    for entry in report.failing[:MOST_RULES]:
        yield _failing(entry)
    inconclusive = [*report.inconclusive, *report.partly_inconclusive]
    yield _table("Inconclusive", inconclusive)
    for entry in inconclusive[:MOST_RULES]:
        yield _reasons(entry)
    unhealthy = [entry for entry in report.monitoring if entry.failing or entry.reasons]
    yield _table("Health of monitoring", unhealthy)
    for entry in unhealthy[:MOST_RULES]:
        yield _failing(entry) if entry.failing else _reasons(entry)
    yield _next_steps(report, everything)
    yield _narrowing(report, everything)


def _head(report: Summary, everything: str) -> Iterator[str]:
    yield f"## {text(report.headline)}"
    yield ""
    connections = (
        phrases.listed_first([code(name) for name in report.connections]) or "no connection"
    )
    if report.monitoring_headline:
        yield f"{text(report.monitoring_headline)}."
    yield f"As of {phrases.moment(report.evaluated_at)}, over {connections}."
    if report.scope:
        yield text(phrases.scope(report.scope))
    if report.findings.words:
        yield f"{text(report.findings.words)}."
    for limit in report.limits[:MOST_ALARMS]:
        yield f"**{text(limit)}.**"
    parts = "such part of the evidence", "such parts of the evidence"
    yield from _more(report.limits[MOST_ALARMS:], *parts, everything)
    if report.has_inconclusive:
        yield phrases.INCONCLUSIVE_MEANS
    for failure in report.plugin_failures[:MOST_ALARMS]:
        yield f"A plugin did not load: {text(failure)}"
    plugins = "plugin that did not load", "plugins that did not load"
    yield from _more(report.plugin_failures[MOST_ALARMS:], *plugins, everything)
    for gap in report.accepted[:MOST_ALARMS]:
        yield f"Accepted gap: {text(gap)}"
    gaps = "accepted gap", "accepted gaps"
    yield from _more(report.accepted[MOST_ALARMS:], *gaps, everything)


def _more(rest: Sequence[str], noun: str, plural: str, everything: str) -> Iterator[str]:
    """Yield how many are not listed, and the command that prints them, where there are any."""
    if rest:
        number = phrases.count(len(rest), f"more {noun}", f"more {plural}")
        yield f"And {number}: {code(everything)} has them all."


def _narrowing(report: Summary, everything: str) -> Iterator[str]:
    if report.narrowing:
        yield "### Settings that narrow what is evaluated"
        yield ""
        yield from (f"- {text(narrowing)}" for narrowing in report.narrowing[:MOST_NOTES])
        more = _more(report.narrowing[MOST_NOTES:], "setting", "settings", everything)
        yield from (f"- {line}" for line in more)


def _table(heading: str, rules: Sequence[RuleSummary]) -> Iterator[str]:
    if not rules:
        return
    yield f"### {heading}"
    yield ""
    yield "| severity | check | resources |"
    yield "| --- | --- | --- |"
    for entry in rules[:MOST_RULES]:
        waived = " (risk accepted)" if entry.all_waived else ""
        level = entry.rule.severity.value
        yield f"| {level} | {text(entry.rule.title)}{waived} | {text(entry.population)} |"
    if rules[MOST_RULES:]:
        yield ""
        yield f"And {phrases.count(len(rules) - MOST_RULES, 'more check')}."


def _failing(entry: RuleSummary) -> Iterator[str]:
    yield f"#### {text(entry.rule.title)}"
    yield ""
    for result in entry.failing[:MOST_SUBJECTS]:
        yield f"- {_resource(result, entry.finding_of.of(result))}"
    if entry.failing[MOST_SUBJECTS:]:
        yield f"- and {phrases.count(len(entry.failing) - MOST_SUBJECTS, 'more resource')}"
    if entry.filtered_failing:
        yield f"- {phrases.count(entry.filtered_failing, 'failing resource')} not in this report"
    elif not entry.failing:
        yield "- no single resource: the check failed as a whole"
    if entry.rule.remediation:
        yield ""
        yield f"To do: {text(entry.rule.remediation)}"


def _resource(result: Result, finding: ResultFinding | None) -> str:
    waived = f" (risk accepted: {code(result.waiver)})" if result.waiver else ""
    names = finding.owners if finding else None
    owners = ", ".join(map(code, result.subject.owners if names is None else names))
    owned = f" (owner: {owners})" if owners else ""
    named = f" ({_finding(finding)})" if finding and result.id else ""
    return f"{code(result.subject.title)}{owned}{waived}: {text(result.reason)}{named}"


def _finding(finding: ResultFinding) -> str:
    """Return the id of a finding; of a single failure under a share, what it counts in."""
    return finding.counts_in if finding.in_share else f"finding {code(finding.id)}"


def _findings(report: Summary) -> Iterator[str]:
    """Yield the most urgent findings: who, by when, what next."""
    findings, moment = report.findings, report.findings.moment
    items = (*findings.company, *findings.monitoring)
    if moment is None or not items:
        return
    yield "### Most urgent findings"
    yield ""
    yield "| finding | severity | state | owner | due | what fails | next step |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for item in items[:MOST_URGENT]:
        finding = item.finding
        what = f"{code(finding.subject.title)}: {text(item.title)}"
        cells = (
            *(code(finding.id), finding.severity, state_words(item), text(owner_words(item))),
            *(due_words(item, moment), what, text(item.next_step or "")),
        )
        yield f"| {' | '.join(cells)} |"
    if items[MOST_URGENT:]:
        yield ""
        number = phrases.count(len(items) - MOST_URGENT, "more finding")
        yield f"And {number}: {code(findings.command)} lists them all."


def _reasons(entry: RuleSummary) -> Iterator[str]:
    yield f"#### {text(entry.rule.title)}"
    yield ""
    for reason in entry.reasons[:MOST_SUBJECTS]:
        yield f"- {_reason(reason)}"
    if entry.reasons[MOST_SUBJECTS:]:
        yield f"- and {phrases.count(len(entry.reasons) - MOST_SUBJECTS, 'more reason')}"
    if entry.filtered_inconclusive:
        number = phrases.count(entry.filtered_inconclusive, "inconclusive resource")
        yield f"- {number} not in this report"
    elif not entry.reasons:
        yield "- no result has a reason"


def _reason(entry: InconclusiveReason) -> str:
    number = "" if entry.whole else f", {phrases.count(len(entry.subjects), 'resource')}"
    error = "error: " if entry.status is Status.ERROR else ""
    prefix = f"{code(entry.connection)}{number}: " if entry.connection else ""
    return f"{prefix}{error}{text(entry.reason)}"


def _next_steps(report: Summary, everything: str) -> Iterator[str]:
    if not report.next_steps:
        return
    yield "### Next steps"
    yield ""
    for number, step in enumerate(report.next_steps[:MOST_NOTES], 1):
        yield f"{number}. {text(step)}"
    more = _more(report.next_steps[MOST_NOTES:], "step", "steps", everything)
    yield from (f"{MOST_NOTES + 1}. {line}" for line in more)


def text(value: str) -> str:
    """Return a text on one line in which nothing is markup, a mention or a reference."""
    line = _MENTION.sub(lambda match: f"{match[0]}{_JOINER}", _short(value))
    return _NUMBERED.sub(r"\1\\\2", _MARKUP.sub(r"\\\1", line))


def code(value: str) -> str:
    """Return a name as code: nothing in it is markup, in a table cell either."""
    line = _short(value) or "(none)"
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", line)), default=0))
    edge = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{edge}{line}{edge}{fence}"


def _short(value: str) -> str:
    line = plain(value)
    return line if len(line) <= MOST_LETTERS else f"{line[: MOST_LETTERS - 1]}…"
