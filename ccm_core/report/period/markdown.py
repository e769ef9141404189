"""The period report in Markdown: conclusions and exceptions, for a ticket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.report.content import phrases
from ccm_core.report.formats.markdown import code, text
from ccm_core.report.period.layout import findings_note, headline, period_controls

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccm_core.report.period.layout import PeriodControl, PeriodInput

MOST = 5
"""Lines of each list."""


class PeriodMarkdown:
    """One table of conclusions, then each control with exceptions or evidence gaps."""

    name = "markdown"
    extension = "md"

    def render(self, inputs: PeriodInput) -> bytes:
        """Return CommonMark with tables, ended by a line feed."""
        return ("\n".join(_lines(inputs)) + "\n").encode()


def _lines(inputs: PeriodInput) -> Iterator[str]:
    assurance = inputs.assurance
    yield f"## {text(f'{assurance.period}: {headline(assurance)}')}"
    yield ""
    under_way = "" if assurance.ended else f" {phrases.PERIOD_NOT_ENDED}"
    since, until = phrases.moment(assurance.since), phrases.moment(assurance.until)
    yield f"From {since} to {until}.{under_way}"
    yield ""
    yield (
        "| control | conclusion | evidence coverage | evaluations | population | exceptions "
        "| evidence gaps |"
    )
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    controls = list(period_controls(inputs))
    for entry in controls:
        yield _row(entry)
    for entry in controls:
        yield from _control(entry)
    yield ""
    yield f"Samples are selected with the random seed {code(inputs.sampling.random_seed)}."
    yield ""
    why, command = findings_note(assurance)
    yield f"{why} {code(command)}."


def _row(entry: PeriodControl) -> str:
    control = entry.control
    numbers = (
        control.evaluations,
        entry.samples.population,
        len(control.exceptions),
        len(entry.gaps),
    )
    cells = [
        text(f"{control.framework} {control.id}"),
        entry.conclusion,
        entry.evidence_coverage,
        *(f"{number:,}" for number in numbers),
    ]
    return f"| {' | '.join(cells)} |"


def _control(entry: PeriodControl) -> Iterator[str]:
    exceptions = entry.control.exceptions
    if not exceptions and not entry.gaps:
        return
    yield ""
    yield f"### {text(f'{entry.control.framework} {entry.control.id}')}"
    yield ""
    for exception in exceptions[:MOST]:
        waived = ", risk accepted" if exception.waived else ""
        first, last = phrases.moment(exception.first_seen), phrases.moment(exception.last_seen)
        name, test = code(exception.subject.title), code(exception.rule)
        yield f"- exception: {name} in test {test}, {first} to {last}{waived}"
    if exceptions[MOST:]:
        yield f"- and {phrases.count(len(exceptions) - MOST, 'more exception')}"
    for gap in entry.gaps[:MOST]:
        since = phrases.moment(gap.since)
        yield f"- evidence gap: {since} for {gap.length}: {text(gap.reason)}"
    if entry.gaps[MOST:]:
        yield f"- and {phrases.count(len(entry.gaps) - MOST, 'more evidence gap')}"
