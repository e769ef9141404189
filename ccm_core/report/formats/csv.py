"""CSV: one line for each result, safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from ccm_core.report.content import uuids
from ccm_core.report.content.cell_width import plain
from ccm_core.sdk.timestamps import format_instant

if TYPE_CHECKING:
    from ccm_core.model.evaluation.result import Result, RuleResult
    from ccm_core.report.types import ReportInput

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
)
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What spreadsheets take for the beginning of a formula, the full-width forms included."""


class CsvReport:
    """RFC 4180, UTF-8 with a byte order mark, which spreadsheets need to see the encoding."""

    name = "csv"
    extension = "csv"
    figures = False

    def render(self, inputs: ReportInput) -> bytes:
        """Return every result of every rule, whatever its status."""
        page = io.StringIO(newline="")
        writer = csv.writer(page, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        writer.writerow(COLUMNS)
        at = format_instant(inputs.evaluation.evaluated_at)
        for rule in inputs.evaluation.rules:
            writer.writerows(_row(at, rule, result) for result in rule.results)
        return page.getvalue().encode("utf-8-sig")


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
