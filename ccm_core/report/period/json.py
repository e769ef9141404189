"""The period report for programs: what the period proves and the samples, as one JSON document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.model import json_codec
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.report.content.exception_responses import (
    ExceptionDocument,
    ResponseDocument,
    exception_document,
    response_document,
)
from ccm_core.report.content.manual_evidence import EvidenceDocument, evidence_document
from ccm_core.report.period.layout import headline, monitoring_headline

if TYPE_CHECKING:
    from ccm_core.model.assurance import Assurance
    from ccm_core.model.period_basis import PeriodBasis
    from ccm_core.model.sampling import Sampling
    from ccm_core.report.period.layout import PeriodInput


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodDocument:
    """The contents of the file."""

    document: str = "ccm.period-report/v1"
    host_version: str
    headline: str
    """Of the company's controls, in words, the same in every format."""
    monitoring_headline: str
    """Of the controls that only tests of the monitoring itself support; empty: there are none."""
    hidden: str
    """Which frameworks are evaluated and not shown, in words; empty: there are none."""
    titles: dict[str, str]
    """Of the rules that support the controls, by id."""
    assurance: Assurance
    """The same as ``ccm assurance --json`` prints."""
    sampling: Sampling
    basis: PeriodBasis | None
    """What the tests rest on."""
    exceptions: tuple[ExceptionDocument, ...]
    """Each once, with management's responses."""
    left_over_responses: tuple[ResponseDocument, ...]
    """Responses in this period to what is no exception of it any more."""
    manual_evidence: tuple[EvidenceDocument, ...]
    """For any part of the period; ``state`` is that at its end."""


class PeriodJson:
    """All of the period report, for programs."""

    name = "json"
    extension = "json"

    def render(self, inputs: PeriodInput) -> bytes:
        """Return one JSON document with sorted keys, ended by a line feed."""
        people = inputs.people
        rules = {rule for control in inputs.assurance.controls for rule in control.rules}
        document = PeriodDocument(
            host_version=inputs.host_version,
            headline=headline(inputs.assurance),
            monitoring_headline=monitoring_headline(inputs.assurance),
            hidden=inputs.hidden,
            titles={rule: title for rule, title in inputs.titles.items() if rule in rules},
            assurance=inputs.assurance,
            sampling=inputs.sampling,
            basis=inputs.basis,
            exceptions=tuple(map(exception_document, people.exceptions)),
            left_over_responses=tuple(map(response_document, people.left_over)),
            manual_evidence=tuple(
                evidence_document(piece, people.moment) for piece in people.evidence
            ),
        )
        return json_codec.encode(document) + b"\n"
