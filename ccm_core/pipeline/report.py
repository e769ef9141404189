"""Report an evaluation, or a part of it, with its runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from ccm_core.model.evaluation.derived import subject_name
from ccm_core.model.evaluation.result import Evaluation, Result, StoredEvaluation
from ccm_core.model.evaluation.result_scope import LISTED, OUTLINED, UNSETTLED, ResultScope
from ccm_core.pipeline.context import Host
from ccm_core.pipeline.findings.reported import FindingsOf, report_findings
from ccm_core.pipeline.report_sections import sections
from ccm_core.report.content.bounds.page_bounds import drawable
from ccm_core.report.content.summary import summary
from ccm_core.report.types import ReportFindings, ReportFormat, ReportInput
from ccm_core.rules.results.filter import ResultFilter, filter_evaluation
from ccm_core.store.interface.evidence_store import EvidenceStore

WHOLE = ResultFilter()
TREND = timedelta(days=90)
"""How far back the trend goes."""
INSTANT = timedelta(microseconds=1)
AS_THEY_ARE = FindingsOf()
"""Findings as they are, without due dates and owners of settings."""


def report(
    host: Host,
    store: EvidenceStore,
    evaluation: StoredEvaluation,
    form: ReportFormat,
    findings: FindingsOf = AS_THEY_ARE,
    frameworks: Sequence[str] = (),
) -> Iterator[bytes]:
    """Return a stored evaluation in one format, with its runs, piece by piece.

    Args:
        host: What is installed, and the clock.
        store: Where everything is stored.
        evaluation: What to report.
        form: The format.
        findings: Whose findings, and as of when.
        frameworks: Those that are shown, in this order; none: all.
    """
    digest = evaluation.digest if form.figures else None
    content = evaluation.evaluation
    if form.complete and not evaluation.complete:
        content = store.evaluations.get(evaluation.digest, compact=True)
    inputs = report_input(
        host, store, content, digest=digest, complete=form.complete, findings=findings
    )
    return form.chunks(replace(inputs, frameworks=frameworks))


def reported_evaluation(
    store: EvidenceStore,
    forms: Sequence[ReportFormat],
    part: ResultFilter = WHOLE,
    *,
    as_of: datetime | None = None,
) -> StoredEvaluation | None:
    """Read as much of the latest evaluation as some formats of a part show; None: there is none.

    Where all are pages that are bounded, the failing results that no page draws lack their reasons.

    Raises:
        UsageError: The evaluation does not have the part.
    """
    scope = results_to_read(forms, part)
    stored = store.evaluations.latest(as_of=as_of, scope=scope, compact=True)
    is_outlined = stored is not None and scope is not None and scope.outlined
    return _with_reasons(store, stored, part) if stored and is_outlined else stored


def _with_reasons(
    store: EvidenceStore, stored: StoredEvaluation, part: ResultFilter
) -> StoredEvaluation:
    """Read the failing results that a page may draw, where they are outlined."""
    outlined = [result for result in _drawable(stored.evaluation, part) if not result.reason]
    if not outlined:
        return stored
    subjects: dict[tuple[str, str], set[str]] = defaultdict(set)
    for result in outlined:
        name = subject_name(result.subject.kind, result.subject.key)
        subjects[result.rule, result.connection].add(name)
    read = store.evaluations.results_on(stored.digest, subjects)
    by_id = {result.id: result for result in read}
    rules = (
        replace(rule, results=tuple(by_id.get(result.id, result) for result in rule.results))
        for rule in stored.evaluation.rules
    )
    return replace(stored, evaluation=replace(stored.evaluation, rules=tuple(rules)))


def _drawable(evaluation: Evaluation, part: ResultFilter) -> Iterator[Result]:
    filtered = filter_evaluation(evaluation, part)
    content = ReportInput(
        evaluation=filtered, manifests=(), counts=(), host_version="", scope=part.phrases
    )
    return drawable(summary(content))


def results_to_read(forms: Iterable[ReportFormat], part: ResultFilter) -> ResultScope | None:
    """Return the results that some formats of a part need; None: all.

    Failing ones are outlined for those that draw a bounded choice of them.
    """
    needs_others = not {*part.statuses} <= UNSETTLED.statuses
    # Of some connections, or of some teams, the rest is counted anew from their results.
    if needs_others or part.connections or part.owners or any(form.complete for form in forms):
        return None
    return OUTLINED if all(form.figures for form in forms) else LISTED


def report_input(
    host: Host,
    store: EvidenceStore,
    evaluation: Evaluation,
    part: ResultFilter = WHOLE,
    *,
    digest: str | None = None,
    complete: bool = True,
    findings: FindingsOf | None = AS_THEY_ARE,
) -> ReportInput:
    """Return the content of a report, once for all formats.

    Args:
        host: What is installed, and the clock.
        store: Where everything is stored.
        evaluation: What to report.
        part: Which part of it.
        digest: Its digest, where a format shows the sections of plugins.
        complete: Whether a format shows how many versions are stored, which takes the longer the
            more there are.
        findings: Whose findings, and as of when; None: the evaluation is not stored.

    Raises:
        UsageError: The evaluation does not have the part.
    """
    known = report_findings(host, store, evaluation, part, findings, digest=digest)
    filtered = filter_evaluation(evaluation, part, _acting(known) if part.owners else {})
    newest = {
        manifest.connection: manifest
        for manifest in store.runs.newest_manifests(as_of=evaluation.evaluated_at)
        if manifest.connection in filtered.connections
    }
    stored = store.records.counts if complete else store.records.current_counts
    content = ReportInput(
        evaluation=filtered,
        manifests=[newest[name] for name in sorted(newest)],
        counts=[
            count
            for count in stored(as_of=evaluation.evaluated_at)
            if not part.connections or count.connection in filtered.connections
        ],
        host_version=host.version,
        scope=part.phrases,
        findings=known,
    )
    return content if digest is None else _with_figures(content, host, store, part, digest)


def _acting(findings: ReportFindings) -> Mapping[str, Sequence[str]]:
    """Return who has to act on results, by their ids."""
    return {
        check.result: item.owner.names
        for item in findings.items.values()
        for check in item.finding.checks
    }


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
        waivers=inputs.waivers if inputs else (),
    )
