"""Findings as they are now, one row for each: what lists them reads no history."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ccm_core.model import json_codec
from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.finding.finding import Finding, FindingCheck, FindingState
from ccm_core.store.derived.tracked_order import LAST
from ccm_core.store.sql.instants import instant, microseconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from ccm_core.store.sql.driver import Row, SqlValue
    from ccm_core.store.sql.transaction import Transaction

_COLUMNS = (
    *("id", "connection", "kind", "key", "title", "url", "owners"),
    *("state", "severity", "checks", "reason", "first_seen", "opened_at", "last_seen"),
    *("occurred_at", "closed_at", "opened", "follows"),
)
_OWNERS = _COLUMNS.index("owners")
_NONE = "[]"
_STATES = {state.value: state for state in FindingState}
"""By value: there are findings by the hundred thousand."""
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM finding"
_NEW = {
    "last_seen": f"""CASE WHEN finding.state = 'open' AND excluded.state = 'open'
            AND excluded.last_seen <= ({LAST})
        THEN finding.last_seen ELSE excluded.last_seen END"""
}
"""What is open was seen in the last evaluation, whenever that was: its row keeps the moment of its
last change, so that it can be made again from its changes. What a change has not touched comes with
the moment of the evaluation before, which is the last that was tracked until then."""
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


def teams(transaction: Transaction) -> Iterator[str]:
    """Yield the teams that own resources, some more than once."""
    for text in transaction.column("SELECT DISTINCT owners FROM finding"):
        yield from json.loads(text)


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
    subject = finding.subject
    return (
        finding.id,
        finding.connection,
        subject.kind,
        subject.key,
        subject.title,
        subject.url,
        json.dumps(subject.owners, ensure_ascii=False),
        finding.state.value,
        finding.severity,
        json_codec.encode(finding.checks).decode(),
        finding.reason,
        microseconds(finding.first_seen),
        microseconds(finding.opened_at),
        microseconds(finding.last_seen),
        _microseconds(finding.occurred_at),
        _microseconds(finding.closed_at),
        finding.opened,
        json.dumps(finding.follows),
    )


def _finding(row: Row, owners: tuple[str, ...], until: int) -> Finding:
    name, connection, kind, key, title, url, _, state, _, checks, reason, *others = row
    first_seen, opened_at, last_seen, occurred_at, closed_at, opened, follows = others
    return Finding(
        id=name,
        connection=connection,
        subject=Subject(kind=kind, key=key, title=title, url=url, owners=owners),
        state=_STATES[state],
        checks=json_codec.decode_as(checks, tuple[FindingCheck, ...]),
        reason=reason,
        first_seen=instant(first_seen),
        opened_at=instant(opened_at),
        last_seen=instant(until if state == FindingState.OPEN.value else last_seen),
        occurred_at=_instant(occurred_at),
        closed_at=_instant(closed_at),
        opened=opened,
        follows=tuple(json.loads(follows)) if follows != _NONE else (),
    )


def _microseconds(at: datetime | None) -> int | None:
    return None if at is None else microseconds(at)


def _instant(number: int | None) -> datetime | None:
    return None if number is None else instant(number)
