"""The report for programs: the evaluation and the manifests as one JSON document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccm_core.model import json_codec
from ccm_core.report.content.summary import summary

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccm_core.model.evaluation.result import Evaluation
    from ccm_core.model.evidence.collection import KindCount
    from ccm_core.model.evidence.manifest import Manifest
    from ccm_core.report.types import ReportInput


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


class JsonReport:
    """All of the evaluation, for programs."""

    name = "json"
    extension = "json"
    figures = False

    def render(self, inputs: ReportInput) -> bytes:
        """Return one JSON document with sorted keys, ended by a line feed."""
        report = summary(inputs)
        document = JsonDocument(
            host_version=inputs.host_version,
            headline=report.headline,
            rules_by_status={count.status.value: count.number for count in report.counts},
            scope=tuple(inputs.scope),
            evaluation=inputs.evaluation,
            manifests=tuple(inputs.manifests),
            counts=tuple(inputs.counts),
        )
        return json_codec.encode(document) + b"\n"
