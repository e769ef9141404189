"""The documents of ``/api/v1``: those that the command line prints with ``--json``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.app.audit.framework_coverage import workspace_coverage
from ccm_core.errors import UsageError
from ccm_core.model import json_codec
from ccm_core.model.evaluation.result_scope import LISTED
from ccm_core.model.evidence.record import export_record
from ccm_core.model.finding.document import finding_document
from ccm_core.pipeline.explain import explain
from ccm_core.pipeline.report import reported_evaluation
from ccm_core.report.content.summary import summary
from ccm_core.report.registry import FORMATS
from ccm_core.report.terminal.frameworks import coverage_document
from ccm_core.sdk.timestamps import format_instant
from ccm_core.web.answers import Answer, Json, NotFound
from ccm_core.web.api.paging import page_of, page_size
from ccm_core.web.findings.pages import reader
from ccm_core.web.findings.selection import selected
from ccm_core.web.pages.overview import evaluation_input
from ccm_core.web.record_page import record_page

if TYPE_CHECKING:
    from ccm_core.model.evaluation.result import RuleResult, StoredEvaluation
    from ccm_core.model.json_codec import JsonObject
    from ccm_core.store.interface.evidence_store import EvidenceStore
    from ccm_core.web.question import Question


def overview(question: Question) -> Answer:
    """Answer with the counts of the newest evaluation, its limits and what to do next."""
    with question.reading() as store:
        stored = reported_evaluation(store, [FORMATS["html"]])
        if stored is None:
            raise _no_evaluation()
        report = summary(evaluation_input(question, store, stored))
    return Json(
        document={
            **_as_of(stored),
            "headline": report.headline,
            "checks": {count.status.value: count.number for count in report.counts},
            "monitoring": report.monitoring_headline,
            "findings": report.findings.words,
            "limits": list(report.limits),
            "next_steps": list(report.next_steps),
        }
    )


def checks(question: Question) -> Answer:
    """Answer with every check and its numbers, without results."""
    with question.reading() as store:
        stored = _newest(store)
    rules = [_check(rule) for rule in stored.evaluation.rules]
    return Json(document={**_as_of(stored), "checks": rules})


def check(question: Question) -> Answer:
    """Answer with one check, and its results that fail or are inconclusive.

    Raises:
        NotFound: The newest evaluation has no such check.
    """
    name = question.parts["rule"]
    with question.reading() as store:
        stored = _newest(store)
    for rule in stored.evaluation.rules:
        if rule.rule == name:
            results = [json_codec.plain(result) for result in rule.results]
            return Json(document={**_as_of(stored), **_check(rule), "results": results})
    raise NotFound(f"the newest evaluation has no check {name!r}")


def result(question: Question) -> Answer:
    """Answer with the trace of one result.

    Raises:
        UsageError: There is no such result.
    """
    with question.reading() as store:
        return Json(document=explain(question.workspace.host, store, question.parts["result"]))


def findings(question: Question) -> Answer:
    """Answer with the findings that the address selects, page by page.

    Raises:
        UsageError: The address selects what cannot be.
    """
    selection, size = selected(question.query), page_size(question)
    with question.reading() as store:
        listed = reader(question, store).select(selection)
    items, following = page_of(
        listed.items, size, question.asked("cursor"), lambda item: item.finding.id
    )
    return Json(
        document={
            "findings": [finding_document(item) for item in items],
            "total": len(listed.items),
            "next": following,
        }
    )


def finding(question: Question) -> Answer:
    """Answer with one finding and its history.

    Raises:
        UsageError: There is no such finding.
    """
    with question.reading() as store:
        history = reader(question, store).history(question.parts["finding"])
    return Json(
        document={
            "finding": finding_document(history.item),
            "changes": [json_codec.plain(change) for change in history.changes],
            "acts": [json_codec.plain(act) for act in history.item.acts],
            "acceptances": [json_codec.plain(one) for one in history.acceptances],
        }
    )


def frameworks(question: Question) -> Answer:
    """Answer with the frameworks and their four numbers."""
    coverages = workspace_coverage(question.workspace)
    return Json(
        document={
            "frameworks": [coverage_document(one, question.now, whole=False) for one in coverages]
        }
    )


def framework(question: Question) -> Answer:
    """Answer with one framework, requirement by requirement.

    Raises:
        UsageError: There is no such framework.
    """
    (coverage,) = workspace_coverage(question.workspace, [question.parts["framework"]])
    return Json(document=coverage_document(coverage, question.now, whole=True))


def evidence(question: Question) -> Answer:
    """Answer with how many records there are of each kind, and when they were collected."""
    with question.reading() as store:
        counts = store.records.current_counts(as_of=question.now)
    return Json(document={"kinds": [json_codec.plain(count) for count in counts]})


def records(question: Question) -> Answer:
    """Answer with the records of a kind in the order of their keys, page by page.

    Raises:
        NotFound: The connection has no evidence of the kind.
    """
    connection, kind, size = (
        question.parts["connection"],
        question.parts["kind"],
        page_size(question),
    )
    with question.reading() as store:
        found, following = record_page(
            store, connection, kind, after=question.asked("cursor"), size=size
        )
    return Json(
        document={
            "records": [json_codec.plain(export_record(record)) for record in found],
            "next": following,
        }
    )


def runs(question: Question) -> Answer:
    """Answer with the newest runs, the newest last."""
    with question.reading() as store:
        manifests = store.runs.manifests(last=page_size(question))
    return Json(document={"runs": [json_codec.plain(manifest) for manifest in manifests]})


def _newest(store: EvidenceStore) -> StoredEvaluation:
    stored = store.evaluations.latest(scope=LISTED, compact=True)
    if stored is None:
        raise _no_evaluation()
    return stored


def _no_evaluation() -> UsageError:
    return NotFound("nothing is evaluated yet, so nothing can be said of any check")


def _as_of(stored: StoredEvaluation) -> JsonObject:
    return {
        "evaluated_at": format_instant(stored.evaluation.evaluated_at),
        "evaluation": stored.digest,
    }


def _check(rule: RuleResult) -> JsonObject:
    return {
        "rule": rule.rule,
        "pack": rule.pack,
        "title": rule.title,
        "severity": rule.severity.value,
        "status": rule.status.value,
        "population": json_codec.plain(rule.population),
        "controls": [json_codec.plain(control) for control in rule.controls],
    }
