"""The findings of a report: what `ccm findings list` lists, for the same part and moment."""

from __future__ import annotations

from datetime import datetime

from ccm_core.model.evaluation.result import CONNECTION, POPULATION, Evaluation, Status
from ccm_core.model.finding.finding import FindingCheck
from ccm_core.model.finding.policy import FindingPolicy
from ccm_core.model.finding.work_item import WorkItem
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.pipeline.context import Host
from ccm_core.pipeline.findings.work_items import FindingReader
from ccm_core.report.content.result_findings import shares
from ccm_core.report.types import ReportFindings
from ccm_core.rules.results.filter import ResultFilter
from ccm_core.sdk.timestamps import format_instant
from ccm_core.store.interface.evidence_store import EvidenceStore

NOT_STORED = "this evaluation is not stored, and findings follow stored evaluations"


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingsOf:
    """Whose findings a report shows, and as of when."""

    policy: FindingPolicy = FindingPolicy()
    """Who owns them, and when they are due."""
    as_of: datetime | None = None
    """Findings as of then; None: as they are, where the evaluation is the newest."""


def report_findings(
    host: Host,
    store: EvidenceStore,
    evaluation: Evaluation,
    part: ResultFilter,
    of: FindingsOf | None,
    *,
    digest: str | None = None,
) -> ReportFindings:
    """Return the findings of an evaluation, or of a part of it.

    They are read once. Those of an evaluation that is not the newest are as of its moment.

    Args:
        host: The clock.
        store: Where evaluations and findings are stored.
        evaluation: The whole evaluation.
        part: Which part of it is reported.
        of: Whose findings, and as of when; None: the evaluation is not stored.
        digest: The evaluation's, where it is known.
    """
    of_shares = frozenset(shares(evaluation.rules))
    at = evaluation.evaluated_at
    if of is None:
        return ReportFindings(shares=of_shares, unknown=NOT_STORED)
    as_of = of.as_of if store.findings.tracked_until() == at else of.as_of or at
    if problem := _problem(store, at, as_of, digest):
        return ReportFindings(shares=of_shares, unknown=problem)
    reader = FindingReader(store=store, policy=of.policy, now=host.clock(), as_of=as_of)
    rules = _rules(evaluation, part)
    return ReportFindings(
        items={
            item.finding.id: item
            for item in reader.active(evaluation)
            if _is_part(item, part, rules)
        },
        moment=reader.moment,
        shares=of_shares,
        scope=part.phrases,
    )


def _problem(
    store: EvidenceStore, at: datetime, as_of: datetime | None, digest: str | None
) -> str | None:
    """Return why findings do not tell of an evaluation; None: they do."""
    until = store.findings.tracked_until(as_of=as_of)
    if until is None:
        return "no finding has followed an evaluation by then"
    if until != at or (digest is not None and store.findings.tracked_evaluation(at) != digest):
        return (
            f"findings follow the evaluations in the order of their making, and this one, of "
            f"{format_instant(at)}, was made later than others of that time: the last that they "
            f"follow by then is of {format_instant(until)}"
        )
    return None


def _is_part(item: WorkItem, part: ResultFilter, rules: frozenset[str] | None) -> bool:
    """Return whether one of the checks of a finding is in a part of an evaluation."""
    finding = item.finding
    if part.connections and finding.connection not in part.connections:
        return False
    teams = {name.casefold() for name in (*finding.subject.owners, *item.owner.names)}
    concerns_all = finding.subject.kind in (CONNECTION, POPULATION)
    if part.owners and not concerns_all and teams.isdisjoint(map(str.casefold, part.owners)):
        return False
    return any(
        (rules is None or check.rule in rules) and _is_selected(check, part)
        for check in finding.checks
    )


def _is_selected(check: FindingCheck, part: ResultFilter) -> bool:
    status = Status.FAIL if check.status is Status.FAIL else Status.INSUFFICIENT
    statuses = {
        Status.INSUFFICIENT.value if name == Status.ERROR.value else name for name in part.statuses
    }
    return (not part.severities or check.severity in part.severities) and (
        not statuses or status.value in statuses
    )


def _rules(evaluation: Evaluation, part: ResultFilter) -> frozenset[str] | None:
    """Return the rules that support the selected controls; None: all."""
    if not part.controls and not part.frameworks:
        return None
    return frozenset(
        name
        for control in evaluation.controls
        if control.framework in part.frameworks
        or f"{control.framework}:{control.id}" in part.controls
        for name in control.rules
    )
