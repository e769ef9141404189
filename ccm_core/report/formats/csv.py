"""CSV: one line for each result, safe to open in a spreadsheet."""

from __future__ import annotations

import codecs
import csv
import io
from typing import TYPE_CHECKING

from ccm_core.report.content import uuids
from ccm_core.report.content.cell_width import plain
from ccm_core.report.content.json_stream import blocks
from ccm_core.report.types import ReportFormat, ReportInput
from ccm_core.sdk.timestamps import format_instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ccm_core.model.evaluation.result import Result, RuleResult

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
    "scope",
)
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
    for rule in inputs.evaluation.rules:
        for result in rule.results:
            yield [*_row(at, rule, result), scope]


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


def cell(text: str) -> str:
    """Return a text on one line that no spreadsheet runs: an apostrophe precedes a formula."""
    line = plain(text)
    return f"'{line}" if line.startswith(_FORMULA) else line
