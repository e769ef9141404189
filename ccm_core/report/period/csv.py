"""The samples of a period as CSV, for whoever works through them."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from ccm_core.report.formats.csv import cell
from ccm_core.sdk.timestamps import format_instant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccm_core.report.period.layout import PeriodInput

COLUMNS = (
    "period",
    "control",
    "conclusion",
    "population",
    "draw",
    "rule",
    "title",
    "connection",
    "subject_kind",
    "subject_key",
    "subject_title",
    "subject_url",
    "evaluations",
    "worst",
    "last",
    "last_at",
    "result",
    "evidence_digests",
    "seed",
    "owners",
)


class PeriodCsv:
    """RFC 4180, UTF-8 with a byte order mark; one line for each sample."""

    name = "csv"
    extension = "csv"

    def render(self, given: PeriodInput) -> bytes:
        """Give the samples in the order in which they were drawn, control by control."""
        page = io.StringIO(newline="")
        writer = csv.writer(page, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        writer.writerow(COLUMNS)
        writer.writerows([cell(one) for one in row] for row in _rows(given))
        return page.getvalue().encode("utf-8-sig")


def _rows(given: PeriodInput) -> Iterator[tuple[str, ...]]:
    conclusions = {(one.framework, one.id): one.conclusion for one in given.assurance.controls}
    for control in given.sampling.controls:
        for place, one in enumerate(control.samples, 1):
            yield (
                given.assurance.period,
                f"{control.framework}:{control.id}",
                conclusions[control.framework, control.id].value,
                str(control.population),
                str(place),
                one.rule,
                given.titles.get(one.rule, ""),
                one.connection,
                one.subject.kind,
                one.subject.key,
                one.subject.title,
                one.subject.url or "",
                str(one.evaluations),
                one.worst.value,
                one.last.value,
                format_instant(one.last_at),
                one.id,
                " ".join(one.evidence_digests),
                given.sampling.seed,
                "; ".join(one.subject.owners),
            )
