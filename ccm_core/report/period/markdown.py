"""The period report in Markdown: conclusions and exceptions, for a ticket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.report.content import phrases
from ccm_core.report.formats.markdown import code, text
from ccm_core.report.period.basis import basis_tables
from ccm_core.report.period.layout import (
    findings_note,
    headline,
    monitoring_headline,
    period_controls,
    sampling_note,
)
from ccm_core.report.period.people import (
    answered,
    exception_id,
    exception_key,
    shown_evidence,
    shown_response,
    shown_responses,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ccm_core.model.assurance import Assurance, PartialMonth
    from ccm_core.model.audit.noted_exception import PeopleAdded
    from ccm_core.model.period_basis import ControlText
    from ccm_core.report.period.layout import PeriodControl, PeriodInput
    from ccm_core.report.period.people import ExceptionKey, ShownEvidence, ShownResponse

MOST = 5
"""Lines of each list."""
_HEAD = (
    (
        "| control | conclusion | evidence coverage | evaluations | population | exceptions "
        "| evidence gaps |"
    ),
    "| --- | --- | --- | --- | --- | --- | --- |",
)


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
    for warning in phrases.scope_warnings(assurance.scopes):
        yield f"**Warning: {text(warning)}**"
        yield ""
    if inputs.hidden:
        yield f"Evaluated and not shown, as the settings choose: {text(inputs.hidden)}."
        yield ""
    yield from _HEAD
    every = list(period_controls(inputs))
    controls = [entry for entry in every if not entry.control.of_monitoring]
    monitoring = [entry for entry in every if entry.control.of_monitoring]
    for entry in controls:
        yield _row(entry)
    responses = shown_responses(inputs.people)
    for entry in controls:
        yield from _control(entry, responses)
    yield from _monitoring(assurance, monitoring, responses)
    yield from _people(inputs.people)
    yield from _basis(inputs)
    yield ""
    yield from _samples(inputs)
    why, command = findings_note(assurance)
    yield f"{why} {code(command)}."


def _monitoring(
    assurance: Assurance,
    monitoring: Sequence[PeriodControl],
    responses: Mapping[ExceptionKey, ShownResponse],
) -> Iterator[str]:
    """Yield the controls that only tests of the monitoring itself support, apart from others."""
    if monitoring:
        yield ""
        yield f"### {text(monitoring_headline(assurance))}"
        yield ""
        yield from _HEAD
        yield from map(_row, monitoring)
    for entry in monitoring:
        yield from _control(entry, responses)


def _samples(inputs: PeriodInput) -> Iterator[str]:
    """Yield how many samples each test has; the items are in the other formats."""
    yield "### Samples"
    yield ""
    yield text(sampling_note(inputs.sampling))
    yield f"Random seed: {code(inputs.sampling.random_seed)}."
    yield ""
    if not inputs.sampling.tests:
        return
    yield "| test | risk | population | samples |"
    yield "| --- | --- | --- | --- |"
    for test in inputs.sampling.tests:
        title = text(inputs.titles.get(test.rule, test.rule))
        yield f"| {title} | {test.risk} | {test.population:,} | {len(test.samples):,} |"
    yield ""


def _basis(inputs: PeriodInput) -> Iterator[str]:
    """Yield what the tests rest on, each table whole."""
    if inputs.basis is None:
        return
    scopes = inputs.assurance.scopes
    for table in basis_tables(inputs.basis, inputs.host_version, scopes).tables:
        yield ""
        yield f"### {text(table.title)}"
        yield ""
        if not table.rows:
            yield table.none
            continue
        if table.about:
            yield table.about
            yield ""
        yield f"| {' | '.join(table.columns)} |"
        yield f"| {' | '.join('---' for _ in table.columns)} |"
        for row in table.rows:
            yield f"| {' | '.join(text(cell) for cell in row)} |"


def _row(entry: PeriodControl) -> str:
    control = entry.control
    numbers = (
        control.evaluations,
        control.items,
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


def _control(
    entry: PeriodControl, responses: Mapping[ExceptionKey, ShownResponse]
) -> Iterator[str]:
    exceptions = entry.control.exceptions
    months, stated = entry.control.partial_months, entry.stated
    if not any((exceptions, entry.gaps, entry.evidence, months, stated)):
        return
    yield ""
    yield f"### {text(f'{entry.control.framework} {entry.control.id}')}"
    yield ""
    if stated is not None:
        yield from _stated(stated)
    yield from _months(months)
    for exception in exceptions[:MOST]:
        waived = ", risk accepted" if exception.waived else ""
        first, last = phrases.moment(exception.first_seen), phrases.moment(exception.last_seen)
        name, test = code(exception.subject.title), code(exception.rule)
        number = code(exception_id(exception))
        yield f"- exception: {name} in test {test}, {first} to {last}{waived} ({number})"
        if response := responses.get(exception_key(exception)):
            yield f"  - {_response(response)}"
    yield from _totals(entry, responses)
    for gap in entry.gaps[:MOST]:
        since = phrases.moment(gap.since)
        missing = text(", ".join(gap.missing))
        yield f"- evidence gap: {since} for {gap.length}, {missing}: {text(gap.reason)}"
    if entry.gaps[MOST:]:
        yield f"- and {phrases.count(len(entry.gaps) - MOST, 'more evidence gap')}"
    for piece in entry.evidence[:MOST]:
        yield f"- manual evidence: {_evidence(piece)}"
    if entry.evidence[MOST:]:
        yield f"- and {phrases.count(len(entry.evidence) - MOST, 'more piece')} of manual evidence"


def _totals(entry: PeriodControl, responses: Mapping[ExceptionKey, ShownResponse]) -> Iterator[str]:
    exceptions = entry.control.exceptions
    if exceptions[MOST:]:
        yield f"- and {phrases.count(len(exceptions) - MOST, 'more exception')}"
    if exceptions:
        total = phrases.count(len(exceptions), "exception")
        yield f"- {total} on {phrases.count(entry.control.items_failed, 'item')}"
        yield f"- of {total} {answered(exceptions, responses)}"


def _months(months: Sequence[PartialMonth]) -> Iterator[str]:
    for month in months:
        since, until = phrases.moment(month.since), phrases.moment(month.until)
        yield f"- {month.month} of {code(month.rule)} is not judged: seen {since} to {until} alone"


def _stated(stated: ControlText) -> Iterator[str]:
    """Yield what the catalogue and the company say of a control."""
    if stated.title:
        yield f"- requirement: {text(f'{stated.title} {stated.text}'.strip())}"
    yield f"- owner: {text(stated.owner or 'none is stated')}"
    if stated.not_applicable:
        yield f"- stated not to apply: {text(stated.not_applicable)}"
    for procedure in stated.manual_procedures:
        yield f"- manual: {text(procedure)}"


def _people(people: PeopleAdded) -> Iterator[str]:
    """Yield manual evidence, for controls without a test too, and responses that are left over."""
    evidence, left_over = list(shown_evidence(people)), people.left_over
    if not evidence and not left_over:
        return
    yield ""
    yield "### Added by people"
    yield ""
    for piece in evidence[: 2 * MOST]:
        yield f"- manual evidence for {text(piece.controls)}: {_evidence(piece)}"
    if evidence[2 * MOST :]:
        yield f"- and {phrases.count(len(evidence) - 2 * MOST, 'more piece')} of manual evidence"
    for response in map(shown_response, left_over[:MOST]):
        name, test = code(response.title), code(response.rule)
        yield f"- {name} in test {test} is no exception any more; {_response(response)}"
    if left_over[MOST:]:
        yield f"- and {phrases.count(len(left_over) - MOST, 'more response')}"


def _response(response: ShownResponse) -> str:
    words = " ".join(response.text.split())
    author = text(f"{response.author}, {phrases.moment(response.at)}, {response.signature}")
    return f"response: {text(words)} ({author})"


def _evidence(piece: ShownEvidence) -> str:
    facts = (
        f"{piece.title}, {piece.file}, expires {piece.expires}, {piece.author}, "
        f"{phrases.moment(piece.at)}, {piece.state}"
    )
    return f"{text(facts)}, {code(piece.digest)}"
