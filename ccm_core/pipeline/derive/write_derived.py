"""Keeps rows and verdicts that changed, as records of a connection's second log."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime

from ccm_core.model.evaluation.derived import DerivedBatch, derived_log, rows_kind, verdicts_kind
from ccm_core.model.evidence.collection import Collection, Outcome
from ccm_core.model.evidence.record import RecordSource
from ccm_core.model.evidence.run import OpenRun
from ccm_core.model.evidence.write_batch import Body, Observation, WriteBatch
from ccm_core.pipeline.derive.line_lists import (
    LineLists,
    partition_lines,
    subject_lines,
    trace_lines,
    verdict_lines,
)
from ccm_core.pipeline.derive.row_changes import Members
from ccm_core.pipeline.derive.row_tasks import DerivedBody, EvaluatedRows
from ccm_core.store.interface.evidence_store import EvidenceStore


@dataclass(slots=True, kw_only=True)
class DerivedWriter:
    """Writes what one evaluation derives and judges of one connection."""

    store: EvidenceStore
    connection: str
    now: datetime
    lists: LineLists
    _run: str | None = None
    _collections: int = 0

    def write_members(self, view: str, kind: str, members: Members) -> None:
        """Write the names of records of a kind to the index of partitions."""
        if not members:
            return
        self.lists.begin_writing([partition_lines(view)])
        self.store.derived.append(
            DerivedBatch(connection=self.connection, members={(view, kind): members})
        )

    def write(
        self, view: str, evaluated: EvaluatedRows, removed: AbstractSet[str] = frozenset()
    ) -> None:
        """Keep rows that changed and what packs say of them, in one transaction.

        Args:
            view: Whose rows they are.
            evaluated: As they were derived together, and judged.
            removed: The subjects of rows that are gone.
        """
        rows, verdicts = evaluated.changed, evaluated.verdicts
        bodies = {key: row.body for key, row in rows.items()}
        writes = [self._write(rows_kind(view), bodies, removed)]
        for pack, subjects in verdicts.items():
            by_key = {subject.key: subject.body for subject in subjects}
            writes.append(self._write(verdicts_kind(pack, view), by_key, removed))
        kept = [write for write in writes if write is not None]
        lines = [subject.line for subjects in verdicts.values() for subject in subjects]
        if not (kept or rows or lines or removed):
            return
        gone = sorted(removed)
        self.lists.begin_writing(_lists(view, evaluated, removed))
        self.store.derived.append(
            DerivedBatch(
                connection=self.connection,
                batches=kept,
                subjects=[row.line for row in rows.values()],
                verdicts=lines,
                removed_subjects={view: gone} if gone else {},
                removed_verdicts={(pack, view): gone for pack in verdicts} if gone else {},
            )
        )

    def _write(
        self, kind: str, bodies: Mapping[str, DerivedBody], removed: AbstractSet[str]
    ) -> WriteBatch | None:
        """Return what differs from what is kept; None: nothing does."""
        keys = bodies.keys() | removed
        kept = self.store.derived.digests(self.connection, kind, keys) if keys else {}
        changed = {
            key: body for key, body in sorted(bodies.items()) if kept.get(key) != body.digest
        }
        gone = sorted(key for key in removed if key in kept)
        if not changed and not gone:
            return None
        source = RecordSource(endpoint=kind, page=0, response_digest="")
        packed = self._packed(kind, changed.values())
        return WriteBatch(
            collection=self._collection(kind),
            observations=[
                Observation(key=key, observed_at=self.now, source=source, body=packed[body.digest])
                for key, body in changed.items()
            ],
            vanished=gone,
        )

    def _packed(self, kind: str, bodies: Iterable[DerivedBody]) -> Mapping[str, Body]:
        """Pack each body once, by its digest: of most subjects a pack says the same."""
        pack = self.store.records.packer(kind)
        packed: dict[str, Body] = {}
        for body in bodies:
            if body.digest not in packed:
                packed[body.digest] = pack(body.text)
        return packed

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


def _lists(view: str, evaluated: EvaluatedRows, removed: AbstractSet[str]) -> Iterator[str]:
    """Yield the lists of lines that rows change."""
    if evaluated.changed or removed:
        yield from (subject_lines(view), trace_lines(view))
    for pack, subjects in evaluated.verdicts.items():
        if subjects or removed:
            yield verdict_lines(pack, view)
