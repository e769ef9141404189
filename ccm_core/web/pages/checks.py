"""Checks: all of them by status, one with its results, and the trace of one result."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from ccm_core.model.evaluation.result import POPULATION, Status
from ccm_core.model.evaluation.result_scope import LISTED
from ccm_core.pipeline.explain import explain
from ccm_core.pipeline.report import reported_evaluation
from ccm_core.report.content.summary import RuleSummary, Summary, summary
from ccm_core.report.registry import FORMATS
from ccm_core.web.answers import Answer, HtmlPage, NotFound, Redirect
from ccm_core.web.json_text import indented
from ccm_core.web.pages.overview import evaluation_input

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ccm_core.model.evaluation.result import Result
    from ccm_core.web.visit import Visit

_MOST = 200
"""Results that one page lists."""
_ORDER = (Status.FAIL, Status.ERROR, Status.INSUFFICIENT, Status.PASS, Status.NOT_APPLICABLE)


def checks(visit: Visit) -> Answer:
    """List the checks by status, those of the health of monitoring apart."""
    with visit.reading() as store:
        stored = reported_evaluation(store, [FORMATS["html"]])
        if stored is None:
            return HtmlPage(template="no_evaluation.html")
        report = summary(evaluation_input(visit, store, stored))
    company = _company(report)
    return HtmlPage(
        template="checks/list.html",
        values={
            "report": report,
            "groups": [
                (status, [entry for entry in company if entry.rule.status is status])
                for status in _ORDER
            ],
        },
    )


def check(visit: Visit) -> Answer:
    """Show one check: what it tests, what fails it, why it is inconclusive.

    Raises:
        NotFound: There is no such check in the newest evaluation.
    """
    name = visit.parts["rule"]
    with visit.reading() as store:
        stored = store.evaluations.latest(scope=LISTED, compact=True)
        if stored is None:
            return HtmlPage(template="no_evaluation.html")
        report = summary(evaluation_input(visit, store, stored))
    entry = next(
        (one for one in (*_company(report), *report.monitoring) if one.rule.rule == name), None
    )
    if entry is None:
        raise NotFound(f"the newest evaluation has no check {name!r}")
    results = sorted(entry.rule.results, key=_rank)
    return HtmlPage(
        template="checks/one.html",
        values={
            "entry": entry,
            "rule": entry.rule,
            "results": results[:_MOST],
            "more": max(0, len(results) - _MOST),
            "evaluated_at": stored.evaluation.evaluated_at,
        },
    )


def named_result(visit: Visit) -> Answer:
    """Go to the result of a check on the resource of a key."""
    return Redirect(
        path=f"/results/{quote(visit.asked('rule'), safe='')}/{quote(visit.asked('key'), safe='')}"
    )


def result(visit: Visit) -> Answer:
    """Trace one result: its conditions with their values, its records and their requests.

    Raises:
        UsageError: There is no such result.
    """
    with visit.reading() as store:
        explanation = explain(visit.workspace.host, store, visit.parts["result"])
    return HtmlPage(
        template="checks/result.html",
        values={
            "explanation": explanation,
            "result": explanation.result,
            "row": None if explanation.row is None else indented(explanation.row),
        },
    )


def _company(report: Summary) -> Sequence[RuleSummary]:
    entries = (
        *report.failing,
        *report.inconclusive,
        *report.partly_inconclusive,
        *report.passing,
        *report.not_applicable,
    )
    return [*{entry.rule.rule: entry for entry in entries}.values()]


def _rank(result: Result) -> tuple[bool, int, bool, str, str]:
    is_share = result.subject.kind == POPULATION
    position = _ORDER.index(result.status)
    return (not is_share, position, bool(result.waiver), result.subject.title, result.subject.key)
