"""Reporting: an evaluation in one format, with the runs it rests on."""

from __future__ import annotations

from ccm_core.model.result import Evaluation
from ccm_core.pipeline.parties import Host
from ccm_core.report.interface import ReportFormat, ReportInput
from ccm_core.store.interface import EvidenceStore


def report(host: Host, store: EvidenceStore, evaluation: Evaluation, form: ReportFormat) -> bytes:
    """Write an evaluation in one format, with the runs it rests on."""
    newest = {
        one.connection: one
        for one in store.manifests(as_of=evaluation.evaluated_at)
        if one.connection in evaluation.connections
    }
    given = ReportInput(
        evaluation=evaluation,
        manifests=[newest[name] for name in sorted(newest)],
        counts=store.counts(as_of=evaluation.evaluated_at),
        host_version=host.version,
    )
    return form.render(given)
