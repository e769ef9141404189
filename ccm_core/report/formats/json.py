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
    """What the file holds."""

    document: str = "ccm.report/v1"
    host_version: str
    verdict: str
    """In words, as every format says it."""
    rules: dict[str, int]
    """How many rules have each status; statuses that no rule has are left out."""
    part: Sequence[str]
    """Which part of the evaluation this is; empty: all of it."""
    evaluation: Evaluation
    manifests: Sequence[Manifest]
    counts: Sequence[KindCount]


class JsonReport:
    """Everything, for programs."""

    name = "json"
    extension = "json"
    figures = False

    def render(self, given: ReportInput) -> bytes:
        """Give one JSON document with sorted keys, ended by a line feed."""
        said = summary(given)
        document = JsonDocument(
            host_version=given.host_version,
            verdict=said.verdict,
            rules={share.status.value: share.number for share in said.shares},
            part=tuple(given.part),
            evaluation=given.evaluation,
            manifests=tuple(given.manifests),
            counts=tuple(given.counts),
        )
        return json_codec.encode(document) + b"\n"
