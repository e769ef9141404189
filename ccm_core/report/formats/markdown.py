"""Markdown for a ticket or a pull request: short, and nobody is mentioned by accident."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ccm_core.model.evaluation.result import Status
from ccm_core.report.content import phrases
from ccm_core.report.content.cell_width import plain
from ccm_core.report.content.summary import summary

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ccm_core.model.evaluation.result import Result
    from ccm_core.report.content.summary import Gap, RuleSummary, Summary
    from ccm_core.report.types import ReportInput

MOST_RULES = 25
MOST_SUBJECTS = 5
MOST_LETTERS = 300
"""Of one line that a source wrote; a comment holds some 60,000 characters in all."""

_JOINER = "\u2060"
"""An invisible character after which ``@`` and ``#`` name nobody and no ticket."""
_MARKUP = re.compile(r"([\\`*_\[\]<>|~$&]|^[-+#=])")
"""What means something anywhere, and what means something at the beginning of a line."""
_NUMBERED = re.compile(r"^(\d+)([.)])")
_NAMING = re.compile(r"([@#])(?=\w)|(?<=\w)(://)|\b(GH-)(?=\d)|(?<=www)(\.)", re.IGNORECASE)


class MarkdownReport:
    """What fails, what could not be judged, what to do first."""

    name = "markdown"
    extension = "md"
    figures = False

    def render(self, given: ReportInput) -> bytes:
        """Give CommonMark with tables, ended by a line feed."""
        blocks = (list(one) for one in _blocks(summary(given)))
        text = "\n\n".join("\n".join(block) for block in blocks if block)
        return f"{text}\n".encode()


def _blocks(said: Summary) -> Iterator[Iterator[str]]:
    yield _head(said)
    yield _table("What fails", said.failing)
    for one in said.failing[:MOST_RULES]:
        yield _failing(one)
    yield _table("What could not be judged", [*said.unjudged, *said.partly_judged])
    for one in [*said.unjudged, *said.partly_judged][:MOST_RULES]:
        yield _gaps(one)
    yield _next(said)


def _head(said: Summary) -> Iterator[str]:
    yield f"## {text(said.verdict)}"
    yield ""
    over = phrases.listed([code(name) for name in said.connections]) or "no connection"
    yield f"As of {phrases.moment(said.evaluated_at)}, over {over}."
    if said.part:
        yield text(phrases.part(said.part))
    if said.unjudged or said.partly_judged:
        yield phrases.INSUFFICIENT_MEANS
    for failure in said.plugin_failures:
        yield f"A plugin did not load: {text(failure)}"


def _table(heading: str, rules: Sequence[RuleSummary]) -> Iterator[str]:
    if not rules:
        return
    yield f"### {heading}"
    yield ""
    yield "| severity | rule | subjects |"
    yield "| --- | --- | --- |"
    for one in rules[:MOST_RULES]:
        waived = " (waived)" if one.wholly_waived else ""
        level = one.rule.severity.value
        yield f"| {level} | {text(one.rule.title)}{waived} | {text(one.counted)} |"
    if rules[MOST_RULES:]:
        yield ""
        yield f"And {phrases.count(len(rules) - MOST_RULES, 'more rule')}."


def _failing(one: RuleSummary) -> Iterator[str]:
    yield f"#### {text(one.rule.title)}"
    yield ""
    for result in one.failing[:MOST_SUBJECTS]:
        yield f"- {_subject(result)}"
    if one.failing[MOST_SUBJECTS:]:
        yield f"- and {phrases.count(len(one.failing) - MOST_SUBJECTS, 'more subject')}"
    if not one.failing:
        yield "- no subject: the rule fails as a whole"
    if one.rule.remediation:
        yield ""
        yield f"To do: {text(one.rule.remediation)}"


def _subject(result: Result) -> str:
    waived = f" (waived: {code(result.waiver)})" if result.waiver else ""
    owners = ", ".join(map(code, result.subject.owners))
    owned = f" (owner: {owners})" if owners else ""
    return f"{code(result.subject.title)}{owned}{waived}: {text(result.reason)}"


def _gaps(one: RuleSummary) -> Iterator[str]:
    yield f"#### {text(one.rule.title)}"
    yield ""
    for gap in one.gaps[:MOST_SUBJECTS]:
        yield f"- {_gap(gap)}"
    if one.gaps[MOST_SUBJECTS:]:
        yield f"- and {phrases.count(len(one.gaps) - MOST_SUBJECTS, 'more reason')}"
    if not one.gaps:
        yield "- no result says why"


def _gap(gap: Gap) -> str:
    number = "" if gap.whole else f", {phrases.count(len(gap.subjects), 'subject')}"
    error = "error: " if gap.status is Status.ERROR else ""
    place = f"{code(gap.connection)}{number}: " if gap.connection else ""
    return f"{place}{error}{text(gap.reason)}"


def _next(said: Summary) -> Iterator[str]:
    if not said.next_steps:
        return
    yield "### What to do first"
    yield ""
    for place, step in enumerate(said.next_steps, 1):
        yield f"{place}. {text(step)}"


def text(value: str) -> str:
    """Give a text on one line in which nothing is markup, a mention or a reference."""
    line = _NAMING.sub(lambda found: f"{found[0]}{_JOINER}", _short(value))
    return _NUMBERED.sub(r"\1\\\2", _MARKUP.sub(r"\\\1", line))


def code(value: str) -> str:
    """Give a name as code: nothing in it is markup, in a table cell either."""
    line = _short(value) or "(none)"
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", line)), default=0))
    edge = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{edge}{line}{edge}{fence}"


def _short(value: str) -> str:
    line = plain(value)
    return line if len(line) <= MOST_LETTERS else f"{line[: MOST_LETTERS - 1]}…"
