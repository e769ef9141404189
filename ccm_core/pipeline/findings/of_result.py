"""The finding that one result belongs to, or in whose share it counts."""

from __future__ import annotations

from ccm_core.model.evaluation.result import POPULATION, Result, RuleResult, Status, deciding
from ccm_core.model.finding.finding import ACTIVE, finding_of, share_finding
from ccm_core.store.interface.evidence_store import EvidenceStore


def finding_of_result(store: EvidenceStore, rule: RuleResult, result: Result) -> str | None:
    """Return the finding of a result; of one that is inconclusive, what it was a check of."""
    if result.status is Status.FAIL:
        return _of_share(store, rule, result) if is_in_share(rule, result) else finding_of(result)
    if result.status not in (Status.INSUFFICIENT, Status.ERROR):
        return None
    ids = (
        finding.id
        for finding in store.findings.current(ACTIVE)
        if any(check.result == result.id for check in finding.checks)
    )
    return next(ids, None)


def _of_share(store: EvidenceStore, rule: RuleResult, result: Result) -> str | None:
    """Return the finding of the share that a result counts in; None: the share does not fail."""
    name = share_finding(result.rule, result.connection)
    fails = any(
        (one.status, one.subject.kind, one.connection)
        == (Status.FAIL, POPULATION, result.connection)
        for one in rule.results
    )
    is_active = any(finding.state in ACTIVE for finding in store.findings.by_id([name]))
    return name if fails or is_active else None


def is_in_share(rule: RuleResult, result: Result) -> bool:
    """Return whether a failing result is no finding by itself: the share of its rule is."""
    return result.status is Status.FAIL and result not in deciding(rule.results)
