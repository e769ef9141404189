"""The report for programs: the evaluation and the manifests as one JSON document."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.report.content.json_stream import Rows, blocks, fields_of, json_pieces
from ccm_core.report.content.summary import headline, status_counts
from ccm_core.report.content.uuids import evaluation_fields
from ccm_core.report.types import ReportFormat, ReportInput

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ccm_core.model.evaluation.result import Evaluation
    from ccm_core.model.evidence.collection import KindCount
    from ccm_core.model.evidence.manifest import Manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonDocument:
    """The contents of the file."""

    document: str = "ccm.report/v1"
    host_version: str
    headline: str
    """In words, the same in every format."""
    rules_by_status: dict[str, int]
    """How many rules have each status; statuses that no rule has are left out."""
    scope: Sequence[str]
    """Which part of the evaluation this is; empty: all of it."""
    evaluation: Evaluation
    manifests: Sequence[Manifest]
    counts: Sequence[KindCount]


class JsonReport(ReportFormat):
    """All of the evaluation, for programs."""

    name = "json"
    extension = "json"
    figures = False
    complete = True

    def chunks(self, inputs: ReportInput) -> Iterator[bytes]:
        """Yield one JSON document with sorted keys, ended by a line feed."""
        counts = status_counts(inputs.evaluation.rules)
        document = JsonDocument(
            host_version=inputs.host_version,
            headline=headline(counts),
            rules_by_status={count.status.value: count.number for count in counts},
            scope=tuple(inputs.scope),
            evaluation=inputs.evaluation,
            manifests=tuple(inputs.manifests),
            counts=cast("Sequence[KindCount]", tuple(inputs.counts)),  # as the format is complete
        )
        streamed = fields_of(
            document,
            evaluation=evaluation_fields(inputs.evaluation),
            manifests=Rows(inputs.manifests),
        )
        yield from blocks(json_pieces(streamed))
        yield b"\n"
