"""Report an evaluation, or a part of it, with its runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta

from ccm_core.model.evaluation.result import Evaluation, StoredEvaluation
from ccm_core.model.evaluation.result_scope import UNSETTLED, ResultScope
from ccm_core.pipeline.context import Host
from ccm_core.pipeline.report_sections import sections
from ccm_core.pipeline.track_findings import all_findings
from ccm_core.report.types import ReportFormat, ReportInput
from ccm_core.rules.results.filter import ResultFilter, filter_evaluation
from ccm_core.store.interface.evidence_store import EvidenceStore

WHOLE = ResultFilter()
TREND = timedelta(days=90)
"""How far back the trend goes."""
INSTANT = timedelta(microseconds=1)


def report(
    host: Host, store: EvidenceStore, evaluation: StoredEvaluation, form: ReportFormat
) -> Iterator[bytes]:
    """Return a stored evaluation in one format, with its runs, piece by piece."""
    digest = evaluation.digest if form.figures else None
    content = evaluation.evaluation
    if form.complete and not evaluation.complete:
        content = store.evaluations.get(evaluation.digest)
    return form.chunks(report_input(host, store, content, digest=digest))


def results_to_read(forms: Iterable[ReportFormat], part: ResultFilter) -> ResultScope | None:
    """Return the results that some formats of a part need; None: all."""
    needs_others = not {*part.statuses} <= UNSETTLED.statuses
    # Of some connections, or of some teams, the rest is counted anew from their results.
    if needs_others or part.connections or part.owners or any(form.complete for form in forms):
        return None
    return UNSETTLED


def report_input(
    host: Host,
    store: EvidenceStore,
    evaluation: Evaluation,
    part: ResultFilter = WHOLE,
    *,
    digest: str | None = None,
) -> ReportInput:
    """Return the content of a report, once for all formats.

    Args:
        host: What is installed, and the clock.
        store: Where everything is stored.
        evaluation: What to report.
        part: Which part of it.
        digest: Its digest, where a format shows the sections of plugins.

    Raises:
        UsageError: The evaluation does not have the part.
    """
    filtered = filter_evaluation(evaluation, part)
    newest = {
        manifest.connection: manifest
        for manifest in store.runs.newest_manifests(as_of=evaluation.evaluated_at)
        if manifest.connection in filtered.connections
    }
    content = ReportInput(
        evaluation=filtered,
        manifests=[newest[name] for name in sorted(newest)],
        counts=[
            manifest
            for manifest in store.records.counts(as_of=evaluation.evaluated_at)
            if not part.connections or manifest.connection in filtered.connections
        ],
        host_version=host.version,
        scope=part.phrases,
    )
    return content if digest is None else _with_figures(content, host, store, part, digest)


def _with_figures(
    content: ReportInput, host: Host, store: EvidenceStore, part: ResultFilter, digest: str
) -> ReportInput:
    inputs, at = store.evaluations.inputs(digest), content.evaluation.evaluated_at
    # An outline does not name connections, so it cannot be narrowed to some of them.
    trend = (
        ()
        if part.connections
        else store.evaluations.daily_trend(since=at - TREND, until=at + INSTANT)
    )
    return replace(
        content,
        sections=sections(host, store, inputs.watch_scopes, content.evaluation, digest)
        if inputs
        else (),
        trend=trend,
        digest=digest,
        findings={finding.id: finding for finding in all_findings(store, as_of=at)},
        waivers=inputs.waivers if inputs else (),
    )
