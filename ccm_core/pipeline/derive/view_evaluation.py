"""Derives and judges the rows of one view: records go in, encoded rows and verdicts come out.

It only reads: several of them work side by side, in as many processes. What it returns depends on
the task, on the records behind it, and on nothing that was evaluated before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from ccm_core.model import json_codec
from ccm_core.model.digest import digest
from ccm_core.model.evaluation.derived import SubjectLine, derived_log, rows_kind, subject_name
from ccm_core.model.evidence.record import Record
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.frozen_json import thawed
from ccm_core.pipeline.derive.group_judge import GroupJudge
from ccm_core.pipeline.derive.row_tasks import (
    DerivedBody,
    EncodedRow,
    EvaluatedRows,
    GivenRowsTask,
    KeptRowsTask,
    RowTask,
    Verdicts,
)
from ccm_core.rules.derive.row_record import row_body, row_of
from ccm_core.rules.evaluate.earliest import EarliestLoader
from ccm_core.rules.evaluate.rows import ChangeLoader, derived_rows
from ccm_core.sdk.view import Row, View, ViewRequest
from ccm_core.store.interface.records import RecordStore

Load = Callable[[str], Sequence[Record]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewEvaluation:
    """The rows of one view of one connection, derived and judged."""

    connection: str
    view: View
    records: RecordStore
    load: Load
    """Returns all current records of a kind."""
    load_vanished: Load
    load_changes: ChangeLoader
    """Returns how the records of a kind changed in the evaluated period."""
    load_earliest: EarliestLoader
    """Returns the events that the view asks for."""
    foreign: AbstractSet[str]
    """Collections of another account, of which no event counts."""
    judges: Sequence[GroupJudge]
    """One for each group of rules over the view."""
    shown: Sequence[str] = ()
    """The fields of rows that sections of the report show."""

    def evaluate(self, task: RowTask) -> EvaluatedRows:
        """Return what a task gives."""
        if isinstance(task, KeptRowsTask):
            judges = [judge for judge in self.judges if judge.pack.pack.name == task.pack]
            return EvaluatedRows(verdicts=judged(judges, self._kept(task.keys)))
        if isinstance(task, GivenRowsTask):
            return EvaluatedRows(verdicts=judged(self.judges, task.rows))
        return self.encoded(self.derive(task.keys), task.kept)

    def encoded(self, rows: Mapping[str, Row], kept: Mapping[str, str]) -> EvaluatedRows:
        """Encode rows, and judge those that differ from what is kept: a function of values.

        Args:
            rows: By key of the subject.
            kept: The digests of rows that are kept, by key.
        """
        encoded = self.unjudged(rows, kept)
        changed = {key: rows[key] for key in encoded.changed}
        return replace(encoded, verdicts=judged(self.judges, changed))

    def unjudged(self, rows: Mapping[str, Row], kept: Mapping[str, str]) -> EvaluatedRows:
        """Encode rows as :meth:`encoded` does, without what any pack says of them."""
        bodies = {key: encoded_row(row) for key, row in rows.items()}
        changed = {key: row for key, row in rows.items() if kept.get(key) != bodies[key].digest}
        return EvaluatedRows(
            digests={key: body.digest for key, body in bodies.items()},
            changed={
                key: EncodedRow(body=bodies[key], line=line) for key, line in self._lines(changed)
            },
            verdicts=judged(self.judges, {}),
        )

    def derive(self, keys: Mapping[str, AbstractSet[str]]) -> Mapping[str, Row]:
        """Return the rows of some partitions, by key of the subject.

        Args:
            keys: The records that make them up, by kind.
        """
        own = self.view.partitions().names.keys() if self.view.partitions else frozenset()
        return self._rows(
            {
                kind: self.of_keys(kind, keys.get(kind, frozenset()))
                if kind in own
                else self.load(kind)
                for kind in self.view.inputs
            }
        )

    def derive_all(self) -> Mapping[str, Row]:
        """Return all rows."""
        return self._rows({kind: self.load(kind) for kind in self.view.inputs})

    def of_keys(self, kind: str, keys: AbstractSet[str]) -> tuple[Record, ...]:
        """Return some records of a kind as far as they count."""
        return tuple(self.readable(self.records.get_many(self.connection, kind, keys)))

    def readable(self, records: Iterable[Record]) -> Iterator[Record]:
        """Yield what counts: neither what was erased, nor what is of a former account."""
        return (
            record
            for record in records
            if record.erased_at is None and record.collection not in self.foreign
        )

    def _rows(self, records: Mapping[str, Sequence[Record]]) -> Mapping[str, Row]:
        request = ViewRequest(
            records=records,
            vanished={kind: self.load_vanished(kind) for kind in self.view.vanished},
            changes={kind: self.load_changes(kind) for kind in self.view.changes},
            earliest={asked.name: self.load_earliest(asked) for asked in self.view.earliest},
        )
        return rows_by_key(self.view, request)

    def _kept(self, keys: AbstractSet[str]) -> Mapping[str, Row]:
        log, kind = derived_log(self.connection), rows_kind(self.view.name)
        records = self.records.get_many(log, kind, keys)
        return {record.key: row_of(thawed(record.body)) for record in records}

    def _lines(self, rows: Mapping[str, Row]) -> Iterator[tuple[str, SubjectLine]]:
        """Yield what lists show of rows."""
        view, shown = self.view, self.shown
        partitioning = view.partitions() if view.partitions else None
        own = partitioning.names.keys() if partitioning else frozenset()
        outside = tuple(f"{kind}:" for kind in view.inputs if kind not in own)
        for key, row in rows.items():
            subject = row.subject
            yield (
                key,
                SubjectLine(
                    view=view.name,
                    key=key,
                    title=subject.title,
                    url=subject.url,
                    owners=subject.owners,
                    occurred_at=row.occurred_at,
                    final=row.final,
                    partition=partitioning.name(row) if partitioning else "",
                    shown={name: row.body[name] for name in shown if name in row.body},
                    trace=tuple(name for name in row.names if name.startswith(outside)),
                ),
            )


def encoded_row(row: Row) -> DerivedBody:
    """Return the body of a row's record."""
    text = json_codec.encode(row_body(row))
    return DerivedBody(text=text, digest=digest(text))


def judged(judges: Iterable[GroupJudge], rows: Mapping[str, Row]) -> Verdicts:
    """Return what packs say of rows; nothing where the evidence of all their rules is lacking."""
    return {
        judge.pack.pack.name: list(judge.judge(rows)) if rows and judge.ready else ()
        for judge in judges
    }


def rows_by_key(view: View, request: ViewRequest) -> Mapping[str, Row]:
    """Derive rows; each states which of its names the view was handed no record of."""
    keys: dict[str, set[str]] = {}
    for by_kind in (request.records, request.vanished):
        for kind, records in by_kind.items():
            keys.setdefault(kind, set()).update(record.key for record in records)
    for kind, changes in request.changes.items():
        keys.setdefault(kind, set()).update(change.key for change in changes)
    for record in (record for found in request.earliest.values() for record in found.values()):
        keys.setdefault(record.kind, set()).add(record.key)
    rows: dict[str, Row] = {}
    for row in derived_rows(view, request):
        parts = ((name, *name.partition(":")) for name in row.names)
        absent = tuple(name for name, kind, _, key in parts if key not in keys.get(kind, ()))
        name = subject_name(row.subject.kind, row.subject.key)
        rows[name] = replace(row, absent=absent) if absent else row
    return rows
