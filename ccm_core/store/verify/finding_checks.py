"""Findings as they are now, against the changes that made them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ccm_core.errors import CcmError
from ccm_core.ledger.verification_result import VerificationProblem
from ccm_core.model import json_codec
from ccm_core.model.finding.finding import ChangeKind, FindingChange, FindingChangeSet
from ccm_core.store.codec.bodies import decode_body
from ccm_core.store.derived.line_roots import findings_digest
from ccm_core.store.derived.tracked_order import COUNTING, COUNTS
from ccm_core.store.sql.instants import microseconds

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from typing import TypeAlias

    from ccm_core.store.sql.driver import SqlValue
    from ccm_core.store.sql.transaction import Transaction

    _Row: TypeAlias = dict[str, SqlValue]

_STATES = {
    ChangeKind.OPENED: "open",
    ChangeKind.CHANGED: "open",
    ChangeKind.REOPENED: "open",
    ChangeKind.CONTINUED: "open",
    ChangeKind.CONFIRMED: "open",
    ChangeKind.INCONCLUSIVE: "inconclusive",
    ChangeKind.RESOLVED: "resolved",
    ChangeKind.REMOVED: "removed",
    ChangeKind.REPLACED: "replaced",
}
_OPENING = {ChangeKind.OPENED, ChangeKind.REOPENED, ChangeKind.CONTINUED}
_STABLE = (
    *("id", "connection", "kind", "key", "state", "severity", "first_seen", "opened_at"),
    *("last_seen", "occurred_at", "closed_at", "opened", "follows"),
)
_LATEST = ("title", "url", "owners", "reason", "checks")
"""Of an open finding they are those of its last results, and no change says so."""
_LAST = "SELECT digest, document FROM finding_changes ORDER BY seq DESC LIMIT 1"
_CHANGES = f"""
    SELECT digest, document FROM {COUNTING} WHERE changes > 0 AND {COUNTS} ORDER BY evaluated_at
"""
_FINDINGS = f"SELECT {', '.join((*_STABLE, *_LATEST))} FROM finding ORDER BY id"


def finding_problems(transaction: Transaction) -> Iterator[VerificationProblem]:
    """Yield the findings that their changes do not make, and those that are missing."""
    expected = _derived(transaction)
    for values in transaction.rows(_FINDINGS):
        row = dict(zip((*_STABLE, *_LATEST), values, strict=True))
        derived = expected.pop(str(row["id"]), None)
        if derived is None:
            yield _problem(str(row["id"]), "no change made it")
            continue
        columns = _STABLE if derived["state"] == "open" else (*_STABLE, *_LATEST)
        for name in columns:
            if row[name] != derived[name]:
                problem = f"it is {row[name]!r}, and {derived[name]!r} by its changes"
                yield _problem(str(row["id"]), problem, name)
    for name in expected:
        yield _problem(name, "it is missing, and changes made it")
    yield from _not_as_stated(transaction)


def _not_as_stated(transaction: Transaction) -> Iterator[VerificationProblem]:
    """Check all findings together: the texts of open ones follow their last result."""
    row = transaction.row(_LAST)
    if row is None:
        return
    digest, document = row
    try:
        stated = decode_body(document, digest, FindingChangeSet, "changes").findings
    except CcmError:  # its row is checked apart
        return
    if findings_digest(transaction) != stated:
        yield VerificationProblem(
            label="the findings together",
            table="finding",
            problem="they are not those that the last evaluation left",
        )


def _derived(transaction: Transaction) -> dict[str, _Row]:
    findings: dict[str, _Row] = {}
    for digest, document in transaction.rows(_CHANGES):
        try:
            changes = decode_body(document, digest, FindingChangeSet, "changes").changes
        except CcmError:  # its row is checked apart
            continue
        for change in changes:
            findings[change.finding] = _after(findings.get(change.finding), change)
    return findings


def _after(before: _Row | None, change: FindingChange) -> _Row:
    state, at, subject = _STATES[change.kind], microseconds(change.at), change.subject
    last_seen = _moment(change.last_seen)
    since, opened_at = _moment(change.since), _moment(change.opened_at)
    first: _Row = {
        "id": change.finding,
        "connection": change.connection,
        "kind": subject.kind,
        "key": subject.key,
        "first_seen": at if since is None else since,
        "opened_at": at if opened_at is None else opened_at,
        "opened": 1,
        "follows": json.dumps(change.follows),
    }
    row: _Row = {
        **(before or first),
        "title": subject.title,
        "url": subject.url,
        "owners": json.dumps(subject.owners, ensure_ascii=False),
        "severity": change.checks[0].severity,
        "state": state,
        "reason": change.reason,
        "checks": json_codec.encode(change.checks).decode(),
        "occurred_at": _moment(change.occurred_at),
        "last_seen": at if last_seen is None or before is None else last_seen,
        "closed_at": None if state in {"open", "inconclusive"} else at,
    }
    return row if before is None else row | _gone_on(before, change, at)


def _gone_on(before: _Row, change: FindingChange, at: int) -> _Row:
    """Return what a change of a finding adds up with what was before."""
    since, opened_at = _moment(change.since), _moment(change.opened_at)
    first_seen, opened_before = int(str(before["first_seen"])), int(str(before["opened_at"]))
    if change.kind in _OPENING:
        opened_before = at if opened_at is None else opened_at
    elif opened_at is not None:
        opened_before = min(opened_before, opened_at)
    return {
        "first_seen": first_seen if since is None else min(first_seen, since),
        "opened_at": opened_before,
        "opened": int(str(before["opened"])) + (change.kind is ChangeKind.REOPENED),
        "follows": json.dumps(sorted({*json.loads(str(before["follows"])), *change.follows})),
    }


def _moment(at: datetime | None) -> int | None:
    return None if at is None else microseconds(at)


def _problem(name: str, problem: str, column: str | None = None) -> VerificationProblem:
    return VerificationProblem(
        label=f"finding {name}", table="finding", field=column, problem=problem
    )
