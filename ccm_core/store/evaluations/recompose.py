"""The results of an evaluation on single subjects, from the rows and verdicts that it left."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from ccm_core.model import json_codec
from ccm_core.model.evaluation.derived import rows_kind, subject_name, verdicts_kind
from ccm_core.model.evaluation.result import Evaluation, Result, RuleResult, Status
from ccm_core.model.evaluation.result_id import joined_id, rule_part, subject_part
from ccm_core.model.evaluation.result_scope import ResultScope
from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.instant import parse_instant
from ccm_core.store.derived.line_roots import line_roots
from ccm_core.store.evaluations.chosen_subjects import (
    ChosenSubjects,
    Line,
    LineCounts,
    RuleGroup,
    chosen_subjects,
    judged_subjects,
    rule_groups,
)
from ccm_core.store.evaluations.compact_results import (
    CompactColumn,
    CompactResults,
    CompactSubjects,
    Outcome,
    OutcomeReader,
    PackedSubject,
    in_parts,
)
from ccm_core.store.evaluations.derived_bodies import DerivedBodies

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from ccm_core.store.sql.driver import SqlValue
    from ccm_core.store.sql.transaction import Transaction

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
    id_part: str
    """The last part of the ids of results on it."""
    names: tuple[str, ...]
    occurred_at: datetime | None
    final: bool


def recompose(
    transaction: Transaction,
    stored: Evaluation,
    position: int,
    scope: ResultScope | None = None,
) -> Evaluation:
    """Return an evaluation with its results on single subjects.

    Args:
        transaction: Sees one state of the store.
        stored: As it is stored: with results on whole connections and shares alone.
        position: The number of the last version that was stored when it was.
        scope: Which of them; None: all. Where the evaluation is the newest, nothing else is read.

    Raises:
        IntegrityError: Rows or verdicts are not those that it left, or the read model says
            something else of them.
    """
    connections = [
        _Connection(DerivedBodies(transaction, state, position)) for state in stored.derived
    ]
    results: dict[str, list[Result]] = defaultdict(list)
    groups, counts = rule_groups(stored.rules), LineCounts()
    for connection in connections:
        if scope is None or not connection.bodies.is_current:
            is_needed = scope is None or scope.evidence
            _extend(results, connection.whole(stored.rules, evidence=is_needed))
        else:
            if scope.outlined:
                _require_lines(connection.bodies, groups)
            _extend(results, connection.some(groups, scope))
            for group in groups:
                counts.add(connection.bodies, group)
    if scope is not None and all(connection.bodies.is_current for connection in connections):
        counts.compare(stored)
    return replace(
        stored, rules=tuple(_with(rule, results[rule.rule], scope) for rule in stored.rules)
    )


def compact(
    transaction: Transaction, stored: Evaluation, position: int, *, evidence: bool
) -> Evaluation:
    """Return an evaluation with all its results, each of which is made when it is looked at.

    Raises:
        IntegrityError: Rows or verdicts are not those that it left.
    """
    columns: dict[str, list[CompactColumn]] = defaultdict(list)
    for state in stored.derived:
        connection = _Connection(DerivedBodies(transaction, state, position))
        for column in connection.compact(stored.rules, evidence=evidence):
            columns[column.rule].append(column)
    rules = (
        replace(rule, results=CompactResults(rule.results, columns[rule.rule], _order))
        for rule in stored.rules
    )
    return replace(stored, rules=tuple(rules))


def results_on(
    transaction: Transaction,
    stored: Evaluation,
    position: int,
    subjects: Mapping[tuple[str, str], AbstractSet[str]],
) -> Iterator[Result]:
    """Yield the results on some subjects, by rule and connection, without their evidence."""
    scope = ResultScope(subjects=subjects, whole=False, evidence=False)
    groups = rule_groups(stored.rules)
    for rule in stored.rules:
        yield from filter(scope.includes, rule.results)
    for state in stored.derived:
        connection = _Connection(DerivedBodies(transaction, state, position))
        if connection.bodies.is_current:
            yield from connection.some(groups, scope)
        else:
            yield from filter(scope.includes, connection.whole(stored.rules, evidence=False))


def named_results(
    transaction: Transaction, stored: Evaluation, position: int
) -> Iterator[tuple[str, str, str]]:
    """Yield each result as rule, connection and ``KIND:KEY``: of the newest, no body is read."""
    groups = rule_groups(stored.rules)
    for rule in stored.rules:
        yield from map(_name, rule.results)
    for state in stored.derived:
        bodies = DerivedBodies(transaction, state, position)
        if bodies.is_current:
            for group in groups:
                for name, key in judged_subjects(bodies, group):
                    yield name, state.connection, key
        else:
            yield from map(_name, _Connection(bodies).whole(stored.rules, evidence=False))


def _name(result: Result) -> tuple[str, str, str]:
    subject = result.subject
    return result.rule, result.connection, subject_name(subject.kind, subject.key)


def _require_lines(bodies: DerivedBodies, groups: Sequence[RuleGroup]) -> None:
    """Compare the lines that results are outlined from with those that the evaluation left."""
    state = bodies.state
    present = line_roots(bodies.transaction, state.connection, ("subject", "verdict"))
    of_views = {f"subject/{group.over}": rows_kind(group.over) for group in groups}
    of_packs = {
        f"verdict/{group.pack}/{group.over}": verdicts_kind(group.pack, group.over)
        for group in groups
    }
    for name, kind in (of_views | of_packs).items():
        if present.get(name) != state.lines.get(name):
            raise bodies.damage(kind, "its lines are not those that the evaluation left")


def _extend(results: dict[str, list[Result]], more: Iterable[Result]) -> None:
    for result in more:
        results[result.rule].append(result)


def _with(rule: RuleResult, results: Sequence[Result], scope: ResultScope | None) -> RuleResult:
    merged = sorted([*rule.results, *results], key=_order)
    chosen = merged if scope is None else filter(scope.includes, merged)
    return replace(rule, results=tuple(chosen))


def _order(result: Result) -> tuple[str, ...]:
    subject = result.subject
    return (result.connection, subject.kind, subject.key, result.status, result.reason)


class _Connection:
    """The results on the subjects of one connection."""

    def __init__(self, bodies: DerivedBodies) -> None:
        self.bodies, self._state = bodies, bodies.state
        self._transaction, self._position = bodies.transaction, bodies.position

    def whole(self, rules: Sequence[RuleResult], *, evidence: bool) -> Iterator[Result]:
        """Yield the results of all rules on all subjects of the period."""
        judged = [rule for rule in rules if rule.rule in self._state.judged]
        for over in sorted({rule.over for rule in judged}):
            rows = self._rows_of_period(over)
            digests = self._resolve(rows) if evidence else {}
            for pack in sorted({rule.pack for rule in judged if rule.over == over}):
                verdicts = dict(self.bodies.whole(verdicts_kind(pack, over)))
                digests |= self._resolve({}, verdicts.values()) if evidence else {}
                for rule in judged:
                    if (rule.pack, rule.over) == (pack, over):
                        yield from self._results(rule.rule, rows, verdicts, digests, rows)

    def compact(
        self, rules: Sequence[RuleResult], *, evidence: bool
    ) -> Iterator[CompactColumn]:
        """Yield the same results, rule by rule, in little memory."""
        judged = [rule for rule in rules if rule.rule in self._state.judged]
        for over in sorted({rule.over for rule in judged}):
            subjects = self._compact_subjects(over, evidence=evidence)
            for pack in sorted({rule.pack for rule in judged if rule.over == over}):
                names = [rule.rule for rule in judged if (rule.pack, rule.over) == (pack, over)]
                verdicts = self.bodies.whole(verdicts_kind(pack, over))
                yield from self._columns(names, subjects, verdicts, evidence=evidence)
            subjects.keys, subjects.before = [], set()

    def _compact_subjects(self, over: str, *, evidence: bool) -> CompactSubjects:
        connection, since = self._state.connection, self._state.period_since
        subjects = CompactSubjects(connection)
        for part in in_parts(self.bodies.whole(rows_kind(over))):
            rows = {key: _row(connection, body) for key, body in part}
            digests = self._resolve(rows) if evidence else {}
            for key, row in rows.items():
                is_before = row.occurred_at is not None and row.occurred_at < since
                if not (row.final and is_before):
                    packed = PackedSubject(row.subject, row.id_part, _digests(row.names, evidence=digests))
                    subjects.add(key, packed, is_before=is_before)
        subjects.sort()
        return subjects

    def _columns(
        self,
        names: Sequence[str],
        subjects: CompactSubjects,
        verdicts: Iterable[tuple[str, Mapping[str, Any]]],
        *,
        evidence: bool,
    ) -> Iterator[CompactColumn]:
        indexes = {key: index for index, key in enumerate(subjects.keys)}
        columns: dict[str, list[Outcome | None]] = {name: [None] * len(indexes) for name in names}
        reader = OutcomeReader(names, self._state.waived)
        for part in in_parts(verdicts):
            digests = self._resolve({}, (body for _, body in part)) if evidence else {}
            for key, body in part:
                if key not in indexes:
                    continue
                for name, outcome in reader.read(key, body, partial(_digests, evidence=digests)):
                    if not (name in self._state.rated and key in subjects.before):
                        columns[name][indexes[key]] = outcome
        for name in names:
            yield CompactColumn(name, subjects, columns[name])

    def some(self, groups: Sequence[RuleGroup], scope: ResultScope) -> Iterator[Result]:
        """Yield the results of a scope; no other body is read than theirs."""
        by_view: dict[str, list[ChosenSubjects]] = defaultdict(list)
        for group in groups:
            if not self._state.rule_keys.keys().isdisjoint(group.rules):
                by_view[group.over].append(chosen_subjects(self.bodies, group, scope))
        for over, chosen in by_view.items():
            keys = {key for subjects in chosen for key in subjects.lines}
            bodies = self.bodies.some(rows_kind(over), keys)
            rows = {key: _row(self._state.connection, body) for key, body in bodies}
            evidence = self._resolve(rows) if scope.evidence else {}
            for subjects in chosen:
                verdicts = self._compared(subjects, rows)
                evidence |= self._resolve({}, verdicts.values()) if scope.evidence else {}
                for rule, of_rule in subjects.by_rule.items():
                    yield from self._results(rule, rows, verdicts, evidence, of_rule)
                for rule, lines in subjects.outlines.items():
                    yield from self._outlined(rule, lines)

    def _compared(
        self, subjects: ChosenSubjects, rows: Mapping[str, _Row]
    ) -> Mapping[str, Mapping[str, Any]]:
        """Return the verdicts on some subjects, once they and the rows are what the lines say."""
        pack, over = subjects.group.pack, subjects.group.over
        kind = verdicts_kind(pack, over)
        verdicts = dict(self.bodies.some(kind, subjects.lines))
        for key in subjects.lines:
            if key not in rows or key not in verdicts:
                missing = kind if key in rows else rows_kind(over)
                raise self.bodies.damage(missing, f"{key} is not there, and its line is")
            row = rows[key]
            subjects.compare_row(self.bodies, key, (row.occurred_at, row.final))
            subjects.compare_verdict(self.bodies, key, verdicts[key])
        return verdicts

    def _results(
        self,
        rule: str,
        rows: Mapping[str, _Row],
        verdicts: Mapping[str, Mapping[str, Any]],
        evidence: Mapping[str, str],
        keys: Iterable[str],
    ) -> Iterator[Result]:
        connection, since = self._state.connection, self._state.period_since
        of_rule = rule_part(rule)
        waived, is_rated = self._state.waived.get(rule, {}), rule in self._state.rated
        for key in keys:
            row, verdict = rows[key], verdicts.get(key, {}).get(rule)
            is_before = row.occurred_at is not None and row.occurred_at < since
            if verdict is None or (is_rated and is_before):
                continue
            due_at = verdict.get("due_at")
            names = (*row.names, *verdict.get("looked_up", ()))
            yield Result(
                id=joined_id(of_rule, row.id_part),
                rule=rule,
                connection=connection,
                subject=row.subject,
                status=Status(verdict["status"]),
                reason=verdict["reason"],
                due_at=None if due_at is None else parse_instant(due_at),
                waiver=waived.get(key),
                evidence_digests=_digests(names, evidence=evidence),
            )

    def _outlined(self, rule: str, lines: Mapping[str, Line]) -> Iterator[Result]:
        """Yield the failing results of some lines, without their reasons."""
        connection, of_rule = self._state.connection, rule_part(rule)
        waived = self._state.waived.get(rule, {})
        owners: dict[str, tuple[str, ...]] = {}
        for name, line in lines.items():
            kind, _, key = name.partition(":")
            if line.owners not in owners:
                owners[line.owners] = tuple(json_codec.decode(line.owners))
            of_line = owners[line.owners]
            subject = Subject(kind=kind, key=key, title=line.title, url=line.url, owners=of_line)
            yield Result(
                id=joined_id(of_rule, subject_part(connection, kind, key)),
                rule=rule,
                connection=connection,
                subject=subject,
                status=Status.FAIL,
                reason="",
                waiver=waived.get(name),
            )

    def _rows_of_period(self, over: str) -> Mapping[str, _Row]:
        since = self._state.period_since
        bodies = self.bodies.whole(rows_kind(over))
        rows = ((key, _row(self._state.connection, body)) for key, body in bodies)
        return {
            key: row
            for key, row in rows
            if not row.final or row.occurred_at is None or row.occurred_at >= since
        }

    def _resolve(
        self, rows: Mapping[str, _Row], verdicts: Iterable[Mapping[str, Any]] = ()
    ) -> dict[str, str]:
        """Return the digests of the records behind rows and verdicts, as last known then.

        By ``kind:key``; of a record that was never there, none.
        """
        keys: dict[str, set[str]] = defaultdict(set)
        names = {name for row in rows.values() for name in row.names}
        names |= {
            name
            for by_rule in verdicts
            for verdict in by_rule.values()
            for name in verdict.get("looked_up", ())
        }
        for name in names:
            kind, _, key = name.partition(":")
            keys[kind].add(key)
        return {
            f"{kind}:{key}": digest
            for kind, of_kind in keys.items()
            for key, digest in self._newest(kind, of_kind)
        }

    def _newest(self, kind: str, keys: set[str]) -> Iterator[tuple[str, str]]:
        parameters: dict[str, SqlValue] = {
            "connection": self._state.connection,
            "kind": kind,
            "position": self._position,
        }
        newest = dict[str, str](self._transaction.rows_in(_NEWEST, sorted(keys), **parameters))
        yield from newest.items()
        # The last version counts for those that have changed or vanished since.
        missing = sorted(keys - newest.keys())
        yield from dict(self._transaction.rows_in(_LAST, missing, **parameters)).items()
        if kind.endswith(_MANIFEST):
            yield from self._transaction.rows_in(
                _MANIFESTS, missing, connection=self._state.connection
            )


def _digests(names: Iterable[str], *, evidence: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(sorted({evidence[name] for name in names if name in evidence}))


def _row(connection: str, body: Mapping[str, Any]) -> _Row:
    subject, occurred_at = body["subject"], body["occurred_at"]
    return _Row(
        subject=Subject(
            kind=subject["kind"],
            key=subject["key"],
            title=subject["title"],
            url=subject["url"],
            owners=tuple(subject["owners"]),
        ),
        id_part=subject_part(connection, subject["kind"], subject["key"]),
        names=tuple(body["names"]),
        occurred_at=None if occurred_at is None else parse_instant(occurred_at),
        final=body["final"],
    )
