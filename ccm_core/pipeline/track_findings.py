"""Following failing results from one kept evaluation to the next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ccm_core.errors import UsageError
from ccm_core.model.evaluation.finding import Finding, FindingChange
from ccm_core.model.evaluation.result import Evaluation
from ccm_core.rules.results.finding_tracker import with_latest_results, changes, findings
from ccm_core.store.interface import EvidenceStore


def follow(store: EvidenceStore, just_kept: tuple[str, Evaluation] | None = None) -> None:
    """Hold every evaluation that is later than those followed so far against those before it.

    An evaluation of an earlier moment, made later, says nothing of when something was seen.

    Args:
        store: Where evaluations are kept.
        just_kept: One that need not be read back, with its digest.
    """
    ahead = store.unfollowed()
    if not ahead:
        return
    before = store.followed_at()
    standing = findings(store.finding_changes(), before)
    for digest in ahead:
        known = just_kept is not None and digest == just_kept[0]
        evaluation = just_kept[1] if known and just_kept else store.evaluation(digest)
        told = changes(standing, evaluation, before)
        if not store.keep_changes(digest, told):
            return  # another process follows the same evaluations
        before = evaluation.evaluated_at
        standing = findings(told, before, standing)


def all_findings(store: EvidenceStore, *, as_of: datetime | None = None) -> tuple[Finding, ...]:
    """Give every finding as it stood after the last evaluation by a moment, worst first."""
    follow(store)
    standing = findings(store.finding_changes(as_of=as_of), store.followed_at(as_of=as_of))
    latest = store.latest_evaluation(as_of=as_of)
    told = with_latest_results(standing.values(), None if latest is None else latest.evaluation)
    return tuple(sorted(told, key=_order))


def finding_history(
    store: EvidenceStore, name: str, *, as_of: datetime | None = None
) -> tuple[Finding, Sequence[FindingChange]]:
    """Give a finding, by its id or the beginning of it, and what happened to it.

    Raises:
        UsageError: There is no such finding, or several are meant.
    """
    meant = [one for one in all_findings(store, as_of=as_of) if name and one.id.startswith(name)]
    if not meant:
        raise UsageError(f"no finding {name!r}; `ccm findings list --all` lists them")
    if len(meant) > 1:
        several = ", ".join(one.id for one in meant[:5])
        raise UsageError(f"{name!r} may be {several}; write more of the id")
    told = store.finding_changes(as_of=as_of)
    return meant[0], [one for one in told if one.finding == meant[0].id]


_SEVERITIES = ("critical", "high", "medium", "low", "informational")


def _order(one: Finding) -> tuple[bool, int, str, str, str]:
    severity = _SEVERITIES.index(one.severity)
    return (one.closed_at is not None, severity, one.rule, one.connection, one.subject.key)
