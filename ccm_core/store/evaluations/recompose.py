"""The results of an evaluation on single subjects, from the rows and verdicts that it left."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ccm_core.errors import IntegrityError
from ccm_core.ledger.population import PopulationTree
from ccm_core.model import json_codec
from ccm_core.model.evaluation.derived import derived_log, rows_kind, verdicts_kind
from ccm_core.model.evaluation.result import DerivedState, Evaluation, Result, RuleResult, Status
from ccm_core.model.evaluation.result_id import result_id
from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.instant import parse_instant
from ccm_core.store.codec.bodies import verified
from ccm_core.store.codec.compression import Decompressor

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ccm_core.store.sql.transaction import Transaction

_AT = """
    SELECT version.key, version.digest, body.content
    FROM version LEFT JOIN body ON body.digest = version.digest
    WHERE version.connection = :connection AND version.kind = :kind AND version.seq <= :position
        AND NOT EXISTS (
            SELECT 1 FROM version AS later
            WHERE later.connection = :connection AND later.kind = :kind
                AND later.key = version.key AND later.seq > version.seq AND later.seq <= :position
        )
        AND version.digest IS NOT NULL
    ORDER BY version.key
"""
_CURRENT = """
    SELECT current_version.key, current_version.digest, body.content
    FROM current_version LEFT JOIN body ON body.digest = current_version.digest
    WHERE current_version.connection = :connection AND current_version.kind = :kind
        AND current_version.digest IS NOT NULL
    ORDER BY current_version.key
"""
_LATER = """
    SELECT EXISTS (
        SELECT 1 FROM current_version
        WHERE connection = :connection AND kind = :kind AND seq > :position
    )
"""
_NEWEST = """
    SELECT key, digest FROM current_version
    WHERE connection = :connection AND kind = :kind AND seq <= :position
        AND digest IS NOT NULL AND key IN (:values)
"""
_LAST = """
    SELECT key, digest FROM version
    WHERE connection = :connection AND kind = :kind AND seq <= :position
        AND digest IS NOT NULL AND key IN (:values)
    ORDER BY seq
"""


_MANIFESTS = """
    SELECT run.id, manifest.digest FROM manifest JOIN run ON run.seq = manifest.run
    WHERE run.connection = :connection AND run.id IN (:values)
"""
_MANIFEST = ".manifest"
"""Ends the name of the kind whose records are the manifests of a connection."""


@dataclass(frozen=True, slots=True)
class _Row:
    subject: Subject
    names: tuple[str, ...]
    occurred_at: datetime | None
    final: bool


def recompose(transaction: Transaction, stored: Evaluation, position: int) -> Evaluation:
    """Return an evaluation with its results on single subjects.

    Args:
        transaction: Sees one state of the store.
        stored: As it is stored: with results on whole connections and shares alone.
        position: The number of the last version that was stored when it was.

    Raises:
        IntegrityError: Rows or verdicts are not those that it left.
    """
    results: dict[str, list[Result]] = defaultdict(list)
    for state in stored.derived:
        of_connection = _Connection(transaction, state, position)
        for rule in stored.rules:
            if rule.rule in state.judged:
                results[rule.rule].extend(of_connection.results(rule))
    return replace(stored, rules=tuple(_with(rule, results[rule.rule]) for rule in stored.rules))


def _with(rule: RuleResult, results: Sequence[Result]) -> RuleResult:
    return replace(rule, results=tuple(sorted([*rule.results, *results], key=_order)))


def _order(result: Result) -> tuple[str, ...]:
    subject = result.subject
    return (result.connection, subject.kind, subject.key, result.status, result.reason)


class _Connection:
    """The rows and verdicts of one connection at a position."""

    def __init__(self, transaction: Transaction, state: DerivedState, position: int) -> None:
        self._transaction, self._state, self._position = transaction, state, position
        self._roots = {kind.kind: kind.root for kind in state.kinds}
        self._rows: dict[str, dict[str, _Row]] = {}
        self._evidence: dict[str, dict[str, tuple[str, ...]]] = {}
        self._verdicts: dict[str, dict[str, Mapping[str, Any]]] = {}

    def results(self, rule: RuleResult) -> Iterator[Result]:
        """Yield the results of a rule on the subjects of the period."""
        rows, verdicts = self._rows_of(rule.over), self._verdicts_of(rule.pack, rule.over)
        evidence, waived = self._evidence[rule.over], self._state.waived.get(rule.rule, {})
        is_rated, since = rule.rule in self._state.rated, self._state.period_since
        for key, row in rows.items():
            if is_rated and row.occurred_at is not None and row.occurred_at < since:
                continue
            verdict = verdicts.get(key, {}).get(rule.rule)
            if verdict is not None:
                due_at = verdict.get("due_at")
                yield Result(
                    id=result_id(
                        rule.rule, self._state.connection, row.subject.kind, row.subject.key
                    ),
                    rule=rule.rule,
                    connection=self._state.connection,
                    subject=row.subject,
                    status=Status(verdict["status"]),
                    reason=verdict["reason"],
                    due_at=None if due_at is None else parse_instant(due_at),
                    waiver=waived.get(key),
                    evidence_digests=evidence[key],
                )

    def _rows_of(self, over: str) -> Mapping[str, _Row]:
        if over not in self._rows:
            since = self._state.period_since
            rows = {key: _row(body) for key, body in self._bodies(rows_kind(over))}
            self._rows[over] = {
                key: row
                for key, row in rows.items()
                if not row.final or row.occurred_at is None or row.occurred_at >= since
            }
            self._evidence[over] = self._resolve(self._rows[over])
        return self._rows[over]

    def _verdicts_of(self, pack: str, over: str) -> Mapping[str, Mapping[str, Any]]:
        kind = verdicts_kind(pack, over)
        if kind not in self._verdicts:
            self._verdicts[kind] = dict(self._bodies(kind))
        return self._verdicts[kind]

    def _bodies(self, kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Yield the bodies of a derived kind, once they are those that the evaluation left."""
        parameters = {"connection": derived_log(self._state.connection), "kind": kind}
        later = self._transaction.value(_LATER, position=self._position, **parameters)
        query = _AT if later else _CURRENT
        rows = self._transaction.rows(query, position=self._position, **parameters)
        tree, decompressor, decoded = PopulationTree(), Decompressor(), dict[str, Any]()
        bodies: list[tuple[str, Mapping[str, Any]]] = []
        for key, digest, content in rows:
            tree.put(key, digest)
            if digest not in decoded:
                try:
                    decoded[digest] = json_codec.decode(verified(content, digest, decompressor))
                except ValueError as damage:
                    raise self._damage(kind, f"{key}: {damage}") from damage
            bodies.append((key, decoded[digest]))
        if tree.root != self._roots.get(kind, tree.root):
            raise self._damage(kind, "they are not those that the evaluation left")
        yield from bodies

    def _resolve(self, rows: Mapping[str, _Row]) -> dict[str, tuple[str, ...]]:
        """Return the digests of the records behind each row, as they were last known then."""
        keys: dict[str, set[str]] = defaultdict(set)
        for row in rows.values():
            for name in row.names:
                kind, _, key = name.partition(":")
                keys[kind].add(key)
        digests = {
            f"{kind}:{key}": digest
            for kind, of_kind in keys.items()
            for key, digest in self._newest(kind, of_kind)
        }
        return {
            key: tuple(sorted({digests[name] for name in row.names if name in digests}))
            for key, row in rows.items()
        }

    def _newest(self, kind: str, keys: set[str]) -> Iterator[tuple[str, str]]:
        parameters = {
            "connection": self._state.connection, "kind": kind, "position": self._position
        }
        found = dict(self._transaction.rows_in(_NEWEST, sorted(keys), **parameters))
        yield from found.items()
        # The last version counts for those that have changed or vanished since.
        missing = sorted(keys - found.keys())
        yield from dict(self._transaction.rows_in(_LAST, missing, **parameters)).items()
        if kind.endswith(_MANIFEST):
            yield from self._transaction.rows_in(
                _MANIFESTS, missing, connection=self._state.connection
            )

    def _damage(self, kind: str, problem: str) -> IntegrityError:
        return IntegrityError(
            f"{kind} of {self._state.connection} is damaged: {problem}. Run `ccm verify`, and "
            "restore the store from a backup."
        )


def _row(body: Mapping[str, Any]) -> _Row:
    subject, occurred_at = body["subject"], body["occurred_at"]
    return _Row(
        subject=Subject(
            kind=subject["kind"],
            key=subject["key"],
            title=subject["title"],
            url=subject["url"],
            owners=tuple(subject["owners"]),
        ),
        names=tuple(body["names"]),
        occurred_at=None if occurred_at is None else parse_instant(occurred_at),
        final=body["final"],
    )
