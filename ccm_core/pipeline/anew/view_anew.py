"""The rows of a view, derived anew from the evidence of an evaluation, partition by partition."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from itertools import islice

from ccm_core.model.evaluation.derived import rows_kind
from ccm_core.model.evidence.record import Record
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.pipeline.anew.random_share import RandomShare
from ccm_core.pipeline.derive.view_evaluation import rows_by_key
from ccm_core.rules.evaluate.build_facts import Evidence
from ccm_core.sdk.view import Partitioning, Row, View, ViewRequest
from ccm_core.store.interface.derived import DerivedStore
from ccm_core.store.interface.records import RecordStore

_TOGETHER = 300
"""How many names of partitions, or keys of records, are in memory at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsAnew:
    """Rows as the evidence gives them, and the subjects that have kept rows beside them."""

    rows: Mapping[str, Row]
    """By key of the subject."""
    kept: AbstractSet[str]
    """The keys of the subjects that are kept of the same partitions."""
    stray: Sequence[str] = ()
    """Records that are not in the partition that they name, as ``kind:key``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewAnew:
    """One view of one connection, as of the moment of its evaluation.

    Partitions are looked up in the index that the evaluation left, and records in the evidence:
    a share of these is looked for in the index, so that none is missing in it unnoticed.
    """

    connection: str
    view: View
    evidence: Evidence
    records: RecordStore
    derived: DerivedStore
    share: RandomShare

    def batches(self) -> Iterator[RowsAnew]:
        """Yield a share of the rows; all, where the view has no partitions."""
        if self.view.partitions is None:
            kept = self.derived.digests(self.connection, rows_kind(self.view.name))
            yield RowsAnew(rows=self._rows(self.evidence.load), kept=kept.keys())
            return
        partitioning = self.view.partitions()
        yield from self._partitions(partitioning)
        for kind, names in sorted(partitioning.names.items()):
            yield from self._unlisted(kind, names)

    def _partitions(self, partitioning: Partitioning) -> Iterator[RowsAnew]:
        names = self.derived.partition_names(self.connection, self.view.name)
        done: set[str] = set()
        pending = (name for name in self.share.of(list(names), self._label) if name not in done)
        while some := list(islice(pending, _TOGETHER)):
            closed, keys = self.derived.closure(self.connection, self.view.name, some)
            closed = closed | set(some)
            done |= closed
            yield self._of_partitions(partitioning, closed, keys)

    def _of_partitions(
        self,
        partitioning: Partitioning,
        closed: AbstractSet[str],
        keys: Mapping[str, AbstractSet[str]],
    ) -> RowsAnew:
        own = {
            kind: self._records(kind, keys.get(kind, frozenset())) for kind in partitioning.names
        }
        return RowsAnew(
            rows=self._rows(lambda kind: own[kind] if kind in own else self.evidence.load(kind)),
            kept=self.derived.subjects_in(self.connection, self.view.name, closed),
            stray=[
                f"{kind}:{record.key}"
                for kind, records in sorted(own.items())
                for record in records
                if not closed >= set(partitioning.names[kind](record))
            ],
        )

    def _unlisted(self, kind: str, names: Callable[[Record], Iterable[str]]) -> Iterator[RowsAnew]:
        """Look a share of the records of a kind up in the index of partitions."""
        pages = self.records.key_pages(self.connection, kind, _TOGETHER, as_of=self._moment)
        for page in pages:
            chosen = frozenset(self.share.of(page, f"{self._label} {kind}"))
            named = {record.key: tuple(names(record)) for record in self._records(kind, chosen)}
            every = {name for of_record in named.values() for name in of_record}
            _, keys = self.derived.closure(self.connection, self.view.name, every)
            listed = keys.get(kind, frozenset())
            stray = [f"{kind}:{key}" for key in sorted(named) if named[key] and key not in listed]
            if stray:
                yield RowsAnew(rows={}, kept=frozenset(), stray=stray)

    def _rows(self, records: Callable[[str], Sequence[Record]]) -> Mapping[str, Row]:
        request = ViewRequest(
            records={kind: records(kind) for kind in self.view.inputs},
            vanished={kind: self.evidence.load_vanished(kind) for kind in self.view.vanished},
            changes={kind: self.evidence.load_changes(kind) for kind in self.view.changes},
            earliest={
                asked.name: self.evidence.load_earliest(asked) for asked in self.view.earliest
            },
        )
        return rows_by_key(self.view, request)

    def _records(self, kind: str, keys: AbstractSet[str]) -> Sequence[Record]:
        """Read what counts: neither what was erased, nor what is of a former account."""
        read = self.records.get_many(self.connection, kind, keys, as_of=self._moment)
        foreign = self.evidence.foreign
        return [r for r in read if r.erased_at is None and r.collection not in foreign]

    @property
    def _moment(self) -> datetime:
        return self.evidence.now

    @property
    def _label(self) -> str:
        return f"{self.connection} {self.view.name}"
