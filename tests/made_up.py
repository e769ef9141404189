"""Makers of made-up results, evaluations and manifests, for reports: one value each."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

from ccm_core.model.evaluation.control import Control
from ccm_core.model.evaluation.result import (
    Evaluation,
    KindSufficiency,
    Population,
    Result,
    RuleResult,
    Status,
)
from ccm_core.model.evaluation.rule import Severity
from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.evidence.collection import (
    Collection,
    Counts,
    CredentialInfo,
    KindCount,
    Outcome,
)
from ccm_core.model.evidence.manifest import Manifest, PluginVersion
from ccm_core.model.finding.finding import Finding, FindingCheck, FindingState, finding_of
from ccm_core.model.finding.work_item import DueDate, Owner, OwnerSource, WorkItem, WorkState
from ccm_core.report.types import ReportFindings, ReportInput

NOW = datetime(2026, 5, 6, 9, 0, tzinfo=UTC)
PROD = "pagerduty-prod"


def result(title, status, reason, *, kind="pagerduty.service", key=None, url=None, **more):
    """One result; its subject's key follows from its title."""
    about = Subject(
        kind=kind, key=key or f"P-{title[:3].upper()}{len(title)}", title=title, url=url
    )
    return Result(
        **{"rule": "r", "connection": PROD, **more}, subject=about, status=status, reason=reason
    )


def passes(number):
    """So many passing results."""
    return [result(f"Service {n:02}", Status.PASS, "as it should be") for n in range(number)]


def rule(name, title, severity, results=(), *, status=None, controls=(), **more):
    """A rule whose population and status follow from its results."""
    subjects = Counter(one.status for one in results)
    single = [one for one in results if one.subject.kind not in ("connection", "population")]
    number = Counter(one.status for one in single)
    order = (Status.ERROR, Status.FAIL, Status.INSUFFICIENT, Status.PASS)
    worst = next((one for one in order if subjects[one]), Status.NOT_APPLICABLE)
    counted = Population(
        total=len(single),
        passed=number[Status.PASS],
        failed=number[Status.FAIL],
        insufficient=number[Status.INSUFFICIENT],
        not_applicable=number[Status.NOT_APPLICABLE],
        error=number[Status.ERROR],
        waived=sum(1 for one in single if one.waiver),
    )
    mapped = tuple(
        Control(framework=one, id=id_, why="It shows the duty.") for one, id_ in controls
    )
    return RuleResult(
        **{"pack": "readiness", "population": counted, **more},
        rule=name,
        title=title,
        severity=Severity(severity),
        status=status or worst,
        results=tuple(results),
        controls=mapped,
    )


def standing(kind, outcome=Outcome.COMPLETE, connection=PROD, **more):
    """Evidence of a kind, collected two hours ago."""
    at = None if outcome is None else NOW - timedelta(hours=2)
    return KindSufficiency(
        kind=kind, connection=connection, outcome=outcome, collected_at=at, **more
    )


def collection(kind, outcome=Outcome.COMPLETE, counts=(60, 1), **more):
    """One collection of the newest run, with its items and requests and other counts."""
    items, requests, *others = counts
    return Collection(
        id=f"c-{kind}",
        run="run-1",
        connection=PROD,
        kind=kind,
        version=1,
        started_at=NOW - timedelta(hours=2, minutes=1),
        ended_at=NOW - timedelta(hours=2),
        outcome=outcome,
        counts=Counts(items=items, requests=requests, **(others[0] if others else {})),
        **more,
    )


def manifest(connection=PROD, collections=(), **more):
    """The manifest of a connection's newest run."""
    values = {
        "run": "01JTHW3C5V2N8Q7R4M6K9XAZBD",
        "connector": "pagerduty",
        "started_at": NOW - timedelta(hours=2, minutes=3),
        "ended_at": NOW - timedelta(hours=2),
        "clock_skew": 0.4,
        "clock_disagreement": None,
        "host_version": "0.1.0",
        "settings_digest": "sha256:" + "5e" * 32,
        "credential": CredentialInfo(kind="user_api_key", role="observer"),
        "outcome": Outcome.PARTIAL,
        "plugins": (
            PluginVersion(name="pagerduty", distribution="ccm-pagerduty", version="0.1.0"),
        ),
    }
    return Manifest(connection=connection, collections=tuple(collections), **values | more)


def count(kind, records, connection=PROD):
    """What the store holds of a kind."""
    return KindCount(
        connection=connection,
        kind=kind,
        version=1,
        records=records,
        versions=records,
        rejected=0,
        last_collected_at=NOW - timedelta(hours=2),
        last_outcome="complete",
    )


def evaluation(*rules, **more):
    """An evaluation of rules over one connection, and nothing else."""
    values = {
        "evaluated_at": NOW,
        "packs": (),
        "connections": (PROD,),
        "sufficiency": (),
        "controls": (),
    }
    return Evaluation(**values | more, rules=rules)


def finding(failure, severity="high", **more):
    """The finding of a failing result, seen first three days ago and opened again yesterday."""
    values = {
        "id": finding_of(failure),
        "connection": failure.connection,
        "subject": failure.subject,
        "checks": (
            FindingCheck(
                result=failure.id,
                rule=failure.rule,
                severity=severity,
                status=Status.FAIL,
                reason=failure.reason,
                waiver=failure.waiver,
            ),
        ),
        "state": FindingState.OPEN,
        "reason": failure.reason,
        "first_seen": NOW - timedelta(days=3),
        "opened_at": NOW - timedelta(days=1),
        "last_seen": NOW,
        "opened": 2,
    }
    return Finding(**values | more)


def work_item(finding, **more):
    """A finding as people work on it: owned by the resource's teams, due in two days."""
    owners = finding.subject.owners
    source = OwnerSource.SOURCE if owners else OwnerSource.NOBODY
    values = {
        "state": WorkState.REOPENED,
        "title": f"The check {finding.rule}",
        "owner": Owner(names=owners, source=source),
        "due": (DueDate(at=NOW + timedelta(days=2)),),
        "next_step": "Give it an owner who answers.",
    }
    return WorkItem(**values | more, finding=finding)


def report_findings(*items):
    """The findings of a report, as of the evaluation's moment."""
    return ReportFindings(items={item.finding.id: item for item in items}, moment=NOW)


def report_input(*rules, manifests=(), counts=(), **more):
    """A report's input: rules over one connection, and nothing else."""
    return ReportInput(
        evaluation=evaluation(*rules, **more),
        manifests=manifests,
        counts=counts,
        host_version="0.1.0",
    )
