"""The samples of a period as CSV, for whoever works through them."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from ccm_core.report.formats.csv import cell
from ccm_core.sdk.timestamps import format_instant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccm_core.model.sampling import Sample
    from ccm_core.report.period.layout import PeriodInput

COLUMNS = (
    "period",
    "control",
    "conclusion",
    "population",
    "sample_number",
    "rule",
    "title",
    "connection",
    "subject_kind",
    "subject_key",
    "subject_title",
    "subject_url",
    "evaluations",
    "worst_status",
    "last_status",
    "last_evaluated_at",
    "result",
    "evidence_digests",
    "random_seed",
    "owners",
)


class PeriodCsv:
    """RFC 4180, UTF-8 with a byte order mark; a line for each sample, one for a control without."""

    name = "csv"
    extension = "csv"

    def render(self, inputs: PeriodInput) -> bytes:
        """Return the samples in the order of their selection, control by control."""
        page = io.StringIO(newline="")
        writer = csv.writer(page, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        writer.writerow(COLUMNS)
        writer.writerows([cell(text) for text in row] for row in _rows(inputs))
        return page.getvalue().encode("utf-8-sig")


def _rows(inputs: PeriodInput) -> Iterator[tuple[str, ...]]:
    samples_of = {(entry.framework, entry.id): entry for entry in inputs.sampling.controls}
    for control in inputs.assurance.controls:
        entry = samples_of[control.framework, control.id]
        head = (
            inputs.assurance.period,
            f"{control.framework}:{control.id}",
            control.conclusion.value,
            str(entry.population),
        )
        for number, sample in enumerate(entry.samples, 1):
            yield (*head, str(number), *_sample(sample, inputs))
        if not entry.samples:
            yield (*head, *("",) * (len(COLUMNS) - len(head)))


def _sample(sample: Sample, inputs: PeriodInput) -> tuple[str, ...]:
    return (
        sample.rule,
        inputs.titles.get(sample.rule, ""),
        sample.connection,
        sample.subject.kind,
        sample.subject.key,
        sample.subject.title,
        sample.subject.url or "",
        str(sample.evaluations),
        sample.worst_status.value,
        sample.last_status.value,
        format_instant(sample.last_evaluated_at),
        sample.id,
        " ".join(sample.evidence_digests),
        inputs.sampling.random_seed,
        "; ".join(sample.subject.owners),
    )
