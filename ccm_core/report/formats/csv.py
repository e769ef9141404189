"""CSV: one line for each result, safe to open in a spreadsheet."""

from __future__ import annotations

import codecs
import csv
import io
from typing import TYPE_CHECKING

from ccm_core.report.content import uuids
from ccm_core.report.content.cell_width import plain
from ccm_core.report.content.json_stream import blocks
from ccm_core.report.content.result_findings import result_findings
from ccm_core.report.types import ReportFormat, ReportInput
from ccm_core.sdk.timestamps import format_instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ccm_core.model.evaluation.result import Result, RuleResult
    from ccm_core.report.content.result_findings import ResultFinding

COLUMNS = (
    "evaluated_at",
    "status",
    "waiver",
    "severity",
    "rule",
    "title",
    "connection",
    "subject_kind",
    "subject_key",
    "subject_title",
    "subject_url",
    "owners",
    "reason",
    "due_at",
    "controls",
    "remediation",
    "result",
    "finding",
    "finding_state",
    "finding_owner",
    "finding_since",
    "finding_due_at",
    "finding_overdue",
    "accepted_until",
    "tickets",
    "scope",
)
_NO_FINDING = ("",) * 8
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What spreadsheets take for the beginning of a formula, the full-width forms included."""


class CsvReport(ReportFormat):
    """RFC 4180, UTF-8 with a byte order mark, which spreadsheets need to see the encoding."""

    name = "csv"
    extension = "csv"
    figures = False
    complete = True

    def chunks(self, inputs: ReportInput) -> Iterator[bytes]:
        """Yield every result of every rule, whatever its status."""
        yield codecs.BOM_UTF8
        yield from blocks(map(_line, _rows(inputs)))


def csv_blocks(rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """Yield a table, with its headings as the first row, as spreadsheets read it safely."""
    yield codecs.BOM_UTF8
    yield from blocks(_line([cell(text) for text in row]) for row in rows)


def _rows(inputs: ReportInput) -> Iterator[Sequence[str]]:
    yield COLUMNS
    at, scope = format_instant(inputs.evaluation.evaluated_at), cell("; ".join(inputs.scope))
    findings = result_findings(inputs)
    for rule in inputs.evaluation.rules:
        for result in rule.results:
            yield [*_row(at, rule, result), *_finding(findings.of(result)), scope]


def _line(row: Sequence[str]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerow(row)
    return text.getvalue().encode()


def _row(at: str, rule: RuleResult, result: Result) -> list[str]:
    subject = result.subject
    cells = (
        at,
        result.status.value,
        result.waiver or "",
        rule.severity.value,
        rule.rule,
        rule.title,
        result.connection,
        subject.kind,
        subject.key,
        subject.title,
        subject.url or "",
        "; ".join(subject.owners),
        result.reason,
        format_instant(result.due_at) if result.due_at else "",
        ", ".join(f"{control.framework}:{control.id}" for control in rule.controls),
        rule.remediation or "",
        uuids.of_result(result),
    )
    return [cell(text) for text in cells]


def _finding(finding: ResultFinding | None) -> Sequence[str]:
    """Return the columns of a result's finding; a single failure under a share names the share's.

    What is known of the finding stands beside the results that it consists of alone.
    """
    if finding is None:
        return _NO_FINDING
    item = finding.item
    if finding.in_share:
        standing = "" if finding.id else f", which {finding.standing_of_share}"
        return [finding.id, f"counts in the share{standing}", *_NO_FINDING[2:]]
    if item is None:
        return [finding.id, *_NO_FINDING[1:]]
    cells = (
        finding.id,
        item.state.value,
        "; ".join(item.owner.names),
        format_instant(item.finding.first_seen),
        format_instant(item.due_at) if item.due_at else "",
        "yes" if item.is_overdue else "no",
        format_instant(item.accepted_until) if item.accepted_until else "",
        ", ".join(ticket.url for ticket in item.tickets),
    )
    return [cell(text) for text in cells]


def cell(text: str) -> str:
    """Return a text on one line that no spreadsheet runs: an apostrophe precedes a formula."""
    line = plain(text)
    return f"'{line}" if line.startswith(_FORMULA) else line
