"""The overview: what somebody wants to know in the morning."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ccm_core.pipeline.findings.reported import FindingsOf
from ccm_core.pipeline.report import TREND, report_input, reported_evaluation
from ccm_core.report.content.evidence import connection_evidence
from ccm_core.report.content.posture import frameworks, shown_controls, trend
from ccm_core.report.content.summary import Summary, summary
from ccm_core.report.registry import FORMATS
from ccm_core.web.access.roles import Permission
from ccm_core.web.answers import Answer, HtmlPage, Redirect

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccm_core.model.evaluation.result import Status, StoredEvaluation, TrendPoint
    from ccm_core.report.types import ReportInput
    from ccm_core.store.interface.evidence_store import EvidenceStore
    from ccm_core.web.question import Question
    from ccm_core.web.visit import Visit

_FIRST = 8
"""Findings that the overview names."""


def home(visit: Visit) -> Answer:
    """Show the overview; whoever may not read it, such as an auditor, begins at the audit."""
    who = visit.identity
    is_reader = who is not None and who.may(Permission.READ)
    return overview(visit) if is_reader else Redirect(path="/audit")


def overview(visit: Visit) -> Answer:
    """Show what the last evaluation says, what changed since the day before, and what to do."""
    with visit.reading() as store:
        stored = reported_evaluation(store, [FORMATS["html"]])
        if stored is None:
            return HtmlPage(template="no_evaluation.html")
        inputs = evaluation_input(visit, store, stored)
        points = store.evaluations.daily_trend(
            since=stored.evaluation.evaluated_at - TREND, until=visit.now
        )
    report = summary(inputs)
    shown = visit.workspace.settings.rules.frameworks
    rules = [rule.rule for rule in stored.evaluation.rules]
    return HtmlPage(
        template="overview.html",
        values={
            "report": report,
            "changed": changed_checks(points, report),
            "before": points[-2].evaluated_at if len(points) > 1 else None,
            "days": trend(points, rules),
            "frameworks": tuple(
                frameworks(shown_controls(stored.evaluation.controls, shown), shown)
            ),
            "connections": connection_evidence(inputs),
            "first": report.findings.company[:_FIRST],
            "more_first": max(0, len(report.findings.company) - _FIRST),
            "sections": [
                (connection, name, section.title)
                for connection in report.connections
                for name, section in sorted(visit.workspace.host.sections.items())
            ],
            "moment": visit.now,
        },
    )


def evaluation_input(
    question: Question, store: EvidenceStore, stored: StoredEvaluation
) -> ReportInput:
    """Return what the pages of an evaluation show, without the sections of plugins."""
    workspace = question.workspace
    content = report_input(
        workspace.host,
        store,
        stored.evaluation,
        complete=False,
        findings=FindingsOf(policy=workspace.finding_policy),
    )
    return replace(content, frameworks=workspace.settings.rules.frameworks, digest=stored.digest)


def changed_checks(
    points: Sequence[TrendPoint], report: Summary
) -> Sequence[tuple[str, str, Status, Status]]:
    """Return the checks whose status differs from the day before: rule, title, before, now."""
    if len(points) < 2:  # noqa: PLR2004 - one day has no day before
        return ()
    before = {rule.rule: rule.status for rule in points[-2].rules}
    now = {rule.rule: rule.status for rule in points[-1].rules}
    titles = {
        entry.rule.rule: entry.rule.title
        for entry in (
            *report.failing,
            *report.inconclusive,
            *report.passing,
            *report.not_applicable,
            *report.monitoring,
        )
    }
    return [
        (rule, titles.get(rule, rule), before[rule], status)
        for rule, status in sorted(now.items())
        if rule in before and before[rule] is not status
    ]
