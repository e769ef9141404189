"""Findings as they are now, one row for each: what lists them reads no history."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ccm_core.model.evaluation.finding import Finding, FindingState
from ccm_core.model.evaluation.subject import Subject
from ccm_core.store.derived.tracked_order import LAST
from ccm_core.store.sql.instants import instant, microseconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Set as AbstractSet

    from ccm_core.store.sql.driver import Row, SqlValue
    from ccm_core.store.sql.transaction import Transaction

_COLUMNS = (
    *("id", "rule", "connection", "kind", "key", "title", "url", "owners"),
    *("severity", "state", "reason", "waiver", "first_seen", "last_seen", "closed_at", "opened"),
)
_OWNERS = _COLUMNS.index("owners")
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM finding"
_NEW = {
    "last_seen": """CASE WHEN finding.state = 'open' AND excluded.state = 'open'
        THEN finding.last_seen ELSE excluded.last_seen END"""
}
"""What is open was seen in the last evaluation, whenever that was: its row keeps the moment of its
last change, so that it can be made again from its changes."""
_REPLACING = "(id) DO UPDATE SET " + ", ".join(
    f"{name} = {_NEW.get(name, f'excluded.{name}')}" for name in _COLUMNS[1:]
)


def write(transaction: Transaction, findings: Iterable[Finding]) -> None:
    """Write findings as they are now."""
    transaction.insert_many("finding", _COLUMNS, map(_row, findings), on_conflict=_REPLACING)


def clear(transaction: Transaction) -> None:
    """Remove all findings: they are written anew."""
    transaction.execute("DELETE FROM finding")


def in_states(transaction: Transaction, states: AbstractSet[FindingState]) -> Iterator[Finding]:
    """Yield the findings in some states."""
    query = f"{_SELECT} WHERE state IN (:values) ORDER BY id"
    return _findings(transaction, transaction.rows_in(query, sorted(states)))


def by_id(transaction: Transaction, ids: Iterable[str]) -> Iterator[Finding]:
    """Yield the findings of some ids that there are."""
    query = f"{_SELECT} WHERE id IN (:values)"
    return _findings(transaction, transaction.rows_in(query, sorted(ids)))


def _findings(transaction: Transaction, rows: Iterable[Row]) -> Iterator[Finding]:
    """Yield findings; what is open failed in the last evaluation that was tracked."""
    until = transaction.value(LAST)
    owners: dict[str, tuple[str, ...]] = {}
    for row in rows:
        text = row[_OWNERS]
        if text not in owners:
            owners[text] = tuple(json.loads(text))
        yield _finding(row, owners[text], until)


def _row(finding: Finding) -> tuple[SqlValue, ...]:
    subject, closed_at = finding.subject, finding.closed_at
    return (
        finding.id,
        finding.rule,
        finding.connection,
        subject.kind,
        subject.key,
        subject.title,
        subject.url,
        json.dumps(subject.owners, ensure_ascii=False),
        finding.severity,
        finding.state.value,
        finding.reason,
        finding.waiver,
        microseconds(finding.first_seen),
        microseconds(finding.last_seen),
        None if closed_at is None else microseconds(closed_at),
        finding.opened,
    )


def _finding(row: Row, owners: tuple[str, ...], until: int) -> Finding:
    name, rule, connection, kind, key, title, url, _, *others = row
    severity, state, reason, waiver, first_seen, last_seen, closed_at, opened = others
    return Finding(
        id=name,
        rule=rule,
        connection=connection,
        subject=Subject(kind=kind, key=key, title=title, url=url, owners=owners),
        severity=severity,
        state=FindingState(state),
        reason=reason,
        waiver=waiver,
        first_seen=instant(first_seen),
        last_seen=instant(until if state == FindingState.OPEN.value else last_seen),
        closed_at=None if closed_at is None else instant(closed_at),
        opened=opened,
    )
