"""The results on the subjects of one connection, from the rows and verdicts that are there."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from ccm_core.model import json_codec
from ccm_core.model.evaluation.derived import rows_kind, verdicts_kind
from ccm_core.model.evaluation.result import Result, RuleResult, Status
from ccm_core.model.evaluation.result_id import joined_id, rule_part, subject_part
from ccm_core.model.evaluation.result_scope import ResultScope
from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.instant import parse_instant
from ccm_core.store.evaluations.chosen_subjects import (
    ChosenSubjects,
    Line,
    VerdictGroup,
    chosen_subjects,
)
from ccm_core.store.evaluations.compact_results import (
    CompactColumn,
    CompactSubjects,
    OutcomeReader,
    PackedSubject,
    ResultOutcome,
    in_parts,
)
from ccm_core.store.evaluations.derived_bodies import KeptBodies
from ccm_core.store.sql.instants import instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ccm_core.store.sql.driver import SqlValue

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


class GroupedRule(Protocol):
    """A rule, and where its verdicts are."""

    @property
    def rule(self) -> str:
        """Its id."""
        ...

    @property
    def pack(self) -> str:
        """The name of its pack."""
        ...

    @property
    def over(self) -> str:
        """The kind or view whose rows it is about."""
        ...


class ConnectionResults:
    """The results on the subjects of one connection."""

    def __init__(self, bodies: KeptBodies) -> None:
        self.bodies, self._state = bodies, bodies.state
        self._transaction, self._position = bodies.transaction, bodies.position

    def on(self, rule: GroupedRule, key: str) -> Result | None:
        """Return the result of a rule on one subject; None: there is none."""
        row = self.bodies.at(rows_kind(rule.over), key)
        verdict = self.bodies.at(verdicts_kind(rule.pack, rule.over), key)
        if row is None or verdict is None:
            return None
        rows, verdicts = {key: _row(self._state.connection, row)}, {key: verdict}
        evidence = self._resolve(rows) | self._resolve({}, verdicts.values())
        return next(self._results(rule.rule, rows, verdicts, evidence, [key]), None)

    def whole(self, rules: Sequence[GroupedRule], *, evidence: bool) -> Iterator[Result]:
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

    def compact(self, rules: Sequence[RuleResult]) -> Iterator[CompactColumn]:
        """Yield the same results, rule by rule, in little memory."""
        judged = [rule for rule in rules if rule.rule in self._state.judged]
        for over in sorted({rule.over for rule in judged}):
            subjects = self._compact_subjects(over)
            for pack in sorted({rule.pack for rule in judged if rule.over == over}):
                names = [rule.rule for rule in judged if (rule.pack, rule.over) == (pack, over)]
                verdicts = self.bodies.whole(verdicts_kind(pack, over))
                yield from self._columns(names, subjects, verdicts)
            subjects.keys, subjects.before = [], set()

    def _compact_subjects(self, over: str) -> CompactSubjects:
        connection, since = self._state.connection, self._state.period_since
        subjects = CompactSubjects(connection)
        for part in in_parts(self.bodies.whole(rows_kind(over))):
            rows = {key: _row(connection, body) for key, body in part}
            digests = self._resolve(rows)
            for key, row in rows.items():
                is_before = row.occurred_at is not None and row.occurred_at < since
                if not (row.final and is_before):
                    packed = PackedSubject(
                        row.subject,
                        row.id_part,
                        row.occurred_at,
                        _digests(row.names, evidence=digests),
                    )
                    subjects.add(key, packed, is_before=is_before)
        subjects.sort()
        return subjects

    def _columns(
        self,
        names: Sequence[str],
        subjects: CompactSubjects,
        verdicts: Iterable[tuple[str, dict[str, Any]]],
    ) -> Iterator[CompactColumn]:
        indexes = {key: index for index, key in enumerate(subjects.keys)}
        columns: dict[str, list[ResultOutcome | None]] = {
            name: [None] * len(indexes) for name in names
        }
        reader = OutcomeReader(names, self._state.waived)
        for part in in_parts(verdicts):
            digests = self._resolve({}, (body for _, body in part))
            for key, body in part:
                if key not in indexes:
                    continue
                for name, outcome in reader.read(key, body, partial(_digests, evidence=digests)):
                    if not (name in self._state.rated and key in subjects.before):
                        columns[name][indexes[key]] = outcome
        for name in names:
            yield CompactColumn(name, subjects, columns[name])

    def some(self, groups: Sequence[VerdictGroup], scope: ResultScope) -> Iterator[Result]:
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
                cause=tuple(verdict.get("cause", ())),
                occurred_at=row.occurred_at,
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
                occurred_at=None if line.occurred_at is None else instant(line.occurred_at),
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
    absent = {*body["absent"]}
    return _Row(
        subject=Subject(
            kind=subject["kind"],
            key=subject["key"],
            title=subject["title"],
            url=subject["url"],
            owners=tuple(subject["owners"]),
        ),
        id_part=subject_part(connection, subject["kind"], subject["key"]),
        names=tuple(name for name in body["names"] if name not in absent),
        occurred_at=None if occurred_at is None else parse_instant(occurred_at),
        final=body["final"],
    )
