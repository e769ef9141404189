"""Keeps rows and verdicts that changed, as records of a connection's second log."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime

from ccm_core.model import json_codec
from ccm_core.model.digest import digest
from ccm_core.model.evaluation.derived import (
    DerivedBatch,
    SubjectLine,
    derived_log,
    rows_kind,
    verdicts_kind,
)
from ccm_core.model.evidence.collection import Collection, Outcome
from ccm_core.model.evidence.record import RecordSource
from ccm_core.model.evidence.run import OpenRun
from ccm_core.model.evidence.write_batch import Observation, WriteBatch
from ccm_core.model.json_codec import JsonObject
from ccm_core.pipeline.derive.group_judge import JudgedSubject
from ccm_core.pipeline.derive.line_lists import (
    LineLists,
    partition_lines,
    subject_lines,
    trace_lines,
    verdict_lines,
)
from ccm_core.pipeline.derive.row_changes import RowBatch, outside_names
from ccm_core.rules.derive.row_record import row_body
from ccm_core.sdk.view import Row, View
from ccm_core.store.interface.evidence_store import EvidenceStore

Verdicts = Mapping[str, Sequence[JudgedSubject]]
"""By pack."""


@dataclass(slots=True, kw_only=True)
class DerivedWriter:
    """Writes what one evaluation derives and judges of one connection."""

    store: EvidenceStore
    connection: str
    now: datetime
    lists: LineLists
    shown: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """By view: the fields of rows that sections of the report show."""
    _run: str | None = None
    _collections: int = 0

    def write(
        self, view: View, batch: RowBatch, changed: Mapping[str, Row], verdicts: Verdicts
    ) -> None:
        """Keep a batch of rows and what packs say of them, in one transaction.

        Args:
            view: Whose rows they are.
            batch: As it was derived.
            changed: Those of its rows that differ from what is kept.
            verdicts: Of each pack over the view: of subjects that it judged anew, if any.
        """
        over, removed = view.name, batch.removed
        own = view.partitions().names.keys() if view.partitions else frozenset()
        shown = self.shown.get(over, ())
        bodies = {key: row_body(row) for key, row in changed.items()}
        writes = [self._write(rows_kind(over), bodies, removed)]
        for pack, subjects in verdicts.items():
            by_key = {subject.key: subject.body for subject in subjects}
            writes.append(self._write(verdicts_kind(pack, over), by_key, removed))
        kept = [write for write in writes if write is not None]
        lines = [subject.line for subjects in verdicts.values() for subject in subjects]
        if not (kept or changed or lines or batch.members or removed):
            return
        gone = sorted(removed)
        self.lists.begin_writing(_lists(view, batch, changed, verdicts))
        self.store.derived.append(
            DerivedBatch(
                connection=self.connection,
                batches=kept,
                subjects=[
                    replace(
                        _line(view, key, row, batch.partition.get(key, ""), own),
                        shown={name: row.body[name] for name in shown if name in row.body},
                    )
                    for key, row in changed.items()
                ],
                verdicts=lines,
                members=batch.members,
                removed_subjects={over: gone} if gone else {},
                removed_verdicts={(pack, over): gone for pack in verdicts} if gone else {},
            )
        )

    def _write(
        self, kind: str, bodies: Mapping[str, JsonObject], removed: AbstractSet[str]
    ) -> WriteBatch | None:
        """Return what differs from what is kept; None: nothing does."""
        keys = bodies.keys() | removed
        kept = self.store.derived.digests(self.connection, kind, keys) if keys else {}
        encoded = {key: json_codec.encode(body) for key, body in sorted(bodies.items())}
        changed = {key: text for key, text in encoded.items() if kept.get(key) != digest(text)}
        gone = sorted(key for key in removed if key in kept)
        if not changed and not gone:
            return None
        pack = self.store.records.packer()
        source = RecordSource(endpoint=kind, page=0, response_digest="")
        return WriteBatch(
            collection=self._collection(kind),
            observations=[
                Observation(key=key, observed_at=self.now, source=source, body=pack(text))
                for key, text in changed.items()
            ],
            vanished=gone,
        )

    def _collection(self, kind: str) -> Collection:
        log = derived_log(self.connection)
        if self._run is None:
            self._run = uuid.uuid4().hex
            self.store.runs.begin(
                OpenRun(run=self._run, connection=log, connector="ccm", started_at=self.now)
            )
        self._collections += 1
        return Collection(
            id=f"{self._run}-{self._collections}",
            run=self._run,
            connection=log,
            kind=kind,
            version=1,
            started_at=self.now,
            ended_at=self.now,
            outcome=Outcome.COMPLETE,
        )


def _lists(
    view: View, batch: RowBatch, changed: Mapping[str, Row], verdicts: Verdicts
) -> Iterator[str]:
    """Yield the lists of lines that a batch changes."""
    over = view.name
    if changed or batch.removed:
        yield from (subject_lines(over), trace_lines(over))
    if batch.members:
        yield partition_lines(over)
    for pack, subjects in verdicts.items():
        if subjects or batch.removed:
            yield verdict_lines(pack, over)


def _line(view: View, key: str, row: Row, partition: str, own: AbstractSet[str]) -> SubjectLine:
    return SubjectLine(
        view=view.name,
        key=key,
        title=row.subject.title,
        url=row.subject.url,
        owners=row.subject.owners,
        occurred_at=row.occurred_at,
        final=row.final,
        partition=partition,
        trace=outside_names(row, view.inputs, own),
    )
