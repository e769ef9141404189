"""The period report in Markdown: conclusions and exceptions, for a ticket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.report.content import phrases
from ccm_core.report.formats.markdown import code, text
from ccm_core.report.period.layout import controls, verdict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccm_core.report.period.layout import PeriodControl, PeriodInput

MOST = 5
"""Lines of each list."""


class PeriodMarkdown:
    """One table of conclusions, then each control that did not simply operate."""

    name = "markdown"
    extension = "md"

    def render(self, given: PeriodInput) -> bytes:
        """Give CommonMark with tables, ended by a line feed."""
        return ("\n".join(_lines(given)) + "\n").encode()


def _lines(given: PeriodInput) -> Iterator[str]:
    said = given.assurance
    yield f"## {text(f'{said.period}: {verdict(said)}')}"
    yield ""
    over = "" if said.over else " The period is not over; this is what has passed of it."
    yield f"From {phrases.moment(said.since)} to {phrases.moment(said.until)}.{over}"
    yield ""
    yield "| control | conclusion | proven | evaluations | population | exceptions | holes |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    found = list(controls(given))
    for one in found:
        name = text(f"{one.control.framework} {one.control.id}")
        numbers = (one.control.evaluations, one.samples.population, len(one.control.deviations))
        told = " | ".join(f"{number:,}" for number in (*numbers, len(one.gaps)))
        yield f"| {name} | {one.said} | {one.proven} | {told} |"
    for one in found:
        yield from _control(one)
    yield ""
    yield f"Samples are drawn with the seed {code(given.sampling.seed)}."


def _control(one: PeriodControl) -> Iterator[str]:
    if not one.control.deviations and not one.gaps:
        return
    yield ""
    yield f"### {text(f'{one.control.framework} {one.control.id}')}"
    yield ""
    for each in one.control.deviations[:MOST]:
        waived = ", waived" if each.waived else ""
        span = f"{phrases.moment(each.first)} to {phrases.moment(each.last)}"
        yield f"- exception: {code(each.subject.title)} by {code(each.rule)}, {span}{waived}"
    if one.control.deviations[MOST:]:
        yield f"- and {phrases.count(len(one.control.deviations) - MOST, 'more exception')}"
    for gap in one.gaps[:MOST]:
        yield f"- hole: {phrases.moment(gap.since)} for {gap.length}: {text(gap.why)}"
    if one.gaps[MOST:]:
        yield f"- and {phrases.count(len(one.gaps) - MOST, 'more hole')}"
