"""Everything that changed in a period as CSV: the company's configuration, and the tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.report.formats.csv import csv_blocks
from ccm_core.sdk.timestamps import format_instant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccm_core.model.period_basis import ConfigurationChange, DesignChange
    from ccm_core.report.period.layout import PeriodInput

COLUMNS = (
    "period",
    "changed",
    "connection",
    "kind",
    "key",
    "name",
    "action",
    "at",
    "since",
    "until",
    "field",
    "before",
    "after",
    "by",
    "in_source_trail",
)


class PeriodChangesCsv:
    """RFC 4180, UTF-8 with a byte order mark; a line for each field that changed."""

    name = "changes-csv"
    extension = "changes.csv"

    def render(self, inputs: PeriodInput) -> bytes:
        """Return the changes in order of time: of the configuration, then of the tests."""
        return b"".join(csv_blocks([COLUMNS, *_rows(inputs)]))


def _rows(inputs: PeriodInput) -> Iterator[tuple[str, ...]]:
    period, basis = inputs.assurance.period, inputs.basis
    if basis is None:
        return
    for change in basis.configuration_changes:
        yield from ((period, *row) for row in _configuration(change))
    for made in basis.design_changes:
        yield (period, *_test(made))


def _configuration(change: ConfigurationChange) -> Iterator[tuple[str, ...]]:
    head = (
        *("configuration", change.connection, change.kind, change.key, change.title),
        change.action,
        *("" if at is None else format_instant(at) for at in (change.at, change.since)),
        format_instant(change.until),
    )
    in_trail = {True: "yes", False: "no", None: "not known"}[change.in_trail]
    tail = ("; ".join(change.by), in_trail)
    for one in change.fields:
        yield (*head, one.name, one.before, one.after, *tail)
    if not change.fields:
        yield (*head, "", "", "", *tail)


def _test(change: DesignChange) -> tuple[str, ...]:
    at = format_instant(change.at)
    head = ("test", "", "", "", change.name, "changed", "", "", at)
    return (*head, change.what, change.before, change.after, "", "")
