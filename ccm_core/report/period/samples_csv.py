"""The samples of a period as CSV, for whoever works through them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.report.formats.csv import csv_blocks
from ccm_core.report.period.layout import samples_by_test
from ccm_core.sdk.timestamps import format_instant

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccm_core.model.sampling import Sample
    from ccm_core.report.period.layout import PeriodInput

COLUMNS = (
    "period",
    "rule",
    "title",
    "controls",
    "risk",
    "population",
    "sample_size",
    "sample_number",
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
    """RFC 4180, UTF-8 with a byte order mark; a line for each sample, one for a test without."""

    name = "csv"
    extension = "csv"

    def render(self, inputs: PeriodInput) -> bytes:
        """Return the samples in the order of their selection, test by test."""
        return b"".join(csv_blocks([COLUMNS, *_rows(inputs)]))


def _rows(inputs: PeriodInput) -> Iterator[tuple[str, ...]]:
    for test in samples_by_test(inputs):
        head = (
            inputs.assurance.period,
            test.samples.rule,
            test.title,
            " ".join(test.controls),
            test.samples.risk,
            str(test.samples.population),
            str(test.samples.sample_size),
        )
        for number, sample in enumerate(test.samples.samples, 1):
            yield (*head, str(number), *_sample(sample, inputs))
        if not test.samples.samples:
            yield (*head, *("",) * (len(COLUMNS) - len(head)))


def _sample(sample: Sample, inputs: PeriodInput) -> tuple[str, ...]:
    return (
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
