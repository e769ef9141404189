"""The rows of a view that changed since they were kept, some partitions at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from itertools import islice
from random import Random

from ccm_core.errors import IntegrityError, PluginFault
from ccm_core.model import json_codec
from ccm_core.model.digest import digest
from ccm_core.model.evaluation.derived import rows_kind, subject_name
from ccm_core.model.evidence.record import Record
from ccm_core.model.evidence.watermark import ChangesSince
from ccm_core.pipeline.derive.line_lists import (
    LineLists,
    partition_lines,
    subject_lines,
    trace_lines,
)
from ccm_core.rules.derive.row_record import row_body
from ccm_core.rules.evaluate.rows import derived_rows
from ccm_core.sdk.view import Partitioning, Row, View, ViewRequest
from ccm_core.store.interface.derived import DerivedStore
from ccm_core.store.interface.records import RecordStore

_PARTITIONS = 2000
"""How many names of partitions are derived together."""
_SAMPLE = 10
"""How many are derived again in each evaluation."""
_SHARE = 0.1
"""How often a view without partitions is, of which nothing changed."""
_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

Load = Callable[[str], Sequence[Record]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowBatch:
    """Rows derived together, and what is gone that was derived with them before."""

    rows: Mapping[str, Row]
    """By key of the subject."""
    removed: AbstractSet[str] = frozenset()
    partition: Mapping[str, str] = field(default_factory=dict)
    """The partition of each row, by key."""
    members: Mapping[tuple[str, str], Mapping[str, Sequence[str]]] = field(default_factory=dict)
    """Names of records to be written to the index, as ``DerivedBatch.members`` has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowDerivation:
    """Where the rows of one view of one connection come from."""

    connection: str
    view: View
    derived: DerivedStore
    records: RecordStore
    load: Load
    """Returns all current records of a kind."""
    load_vanished: Load
    foreign: AbstractSet[str]
    """Collections of another account, of which no event counts."""
    changes: Mapping[str, ChangesSince | None]
    """By input: what was stored since the last evaluation; None: that is not known, or all is."""
    lists: LineLists

    def batches(self) -> Iterator[RowBatch]:
        """Yield the rows that may have changed, some partitions at a time.

        Raises:
            IntegrityError: What tells which those are is not what the evaluation before left.
        """
        if self._is_unchanged():
            return
        if self.view.partitions is None:
            yield self._whole()
            return
        view = self.view.name
        self.lists.require(subject_lines(view), trace_lines(view), partition_lines(view))
        partitioning = self.view.partitions()
        names = self._concerned(partitioning)
        if names is None:
            yield from self._all_partitions(partitioning)
            return
        members = self._new_members(partitioning)
        yield RowBatch(rows={}, members=members)
        pending = sorted(
            names | {n for keys in members.values() for ns in keys.values() for n in ns}
        )
        yield from self._partitions(partitioning, pending)

    def _is_unchanged(self) -> bool:
        """Return whether nothing was stored of any input since the rows were kept."""
        return all(
            change is not None and not change.changed_keys for change in self.changes.values()
        )

    def check_sample(self, seed: int) -> None:
        """Derive a few partitions again, together and each alone; now and then a whole view.

        Args:
            seed: Chooses them.

        Raises:
            PluginFault: The rows of one depend on records that it does not name.
            IntegrityError: The rows that are kept are others.
        """
        if self.view.partitions is None:
            if self._is_unchanged() and Random(f"{seed} {self.view.name}").random() < _SHARE:  # noqa: S311 - no secret
                self._compare(self._whole().rows)
            return
        view = self.view.name
        try:
            self._check_partitions(self.view.partitions(), seed)
        except (PluginFault, IntegrityError):
            self.lists.require(subject_lines(view), trace_lines(view), partition_lines(view))
            raise

    def _check_partitions(self, partitioning: Partitioning, seed: int) -> None:
        first = "".join(Random(seed).choices(_LETTERS, k=6))  # noqa: S311 - no secret
        names = self.derived.some_partitions(self.connection, self.view.name, first, _SAMPLE)
        if not names:
            return
        together = self._rows_of(partitioning, names)
        for key, row in (pair for name in names for pair in self._alone(partitioning, name)):
            if key not in together or row_body(together[key]) != row_body(row):
                raise PluginFault(
                    f"view {self.view.name} gives another row for {key} when it is handed other "
                    "records beside: its partitions do not name all that its rows depend on. "
                    "Report this to its author"
                )
        self._compare(together)

    def _compare(self, rows: Mapping[str, Row]) -> None:
        kept = self.derived.digests(self.connection, rows_kind(self.view.name), rows.keys())
        for key, row in rows.items():
            if kept.get(key) != digest(json_codec.encode(row_body(row))):
                raise IntegrityError(
                    f"the row of {key} that is kept of {self.view.name} of {self.connection} is "
                    "not what its records give. Either somebody changed it, and `ccm verify` "
                    "finds out what, or the plugin changed without another version"
                )

    def _alone(self, partitioning: Partitioning, name: str) -> Iterable[tuple[str, Row]]:
        return self._rows_of(partitioning, [name]).items()

    def _rows_of(self, partitioning: Partitioning, names: Sequence[str]) -> Mapping[str, Row]:
        closed, keys = self.derived.closure(self.connection, self.view.name, names)
        return self._derive(partitioning, closed | set(names), keys).rows

    def _whole(self) -> RowBatch:
        request = ViewRequest(
            records={kind: self.load(kind) for kind in self.view.inputs},
            vanished={kind: self.load_vanished(kind) for kind in self.view.vanished},
        )
        rows = _rows(self.view, request)
        kept = self.derived.digests(self.connection, rows_kind(self.view.name))
        return RowBatch(rows=rows, removed=kept.keys() - rows.keys())

    def _concerned(self, partitioning: Partitioning) -> AbstractSet[str] | None:
        """Return the partitions that a change concerns; None: any."""
        names: set[str] = set()
        outside: set[str] = set()
        for kind in self.view.inputs:
            change = self.changes.get(kind)
            if change is None:
                return None
            if not change.changed_keys:
                continue
            if kind in partitioning.names:
                names |= self.derived.names_of(
                    self.connection, self.view.name, kind, change.changed_keys
                )
            elif any(used == kind for _, used in partitioning.uses):
                outside |= {f"{kind}:{key}" for key in change.changed_keys}
            else:
                return None
        traced = self.derived.derived_from(self.connection, self.view.name, outside)
        lines = self.derived.partitions_of(self.connection, self.view.name, traced)
        return names | lines

    def _new_members(
        self, partitioning: Partitioning
    ) -> Mapping[tuple[str, str], Mapping[str, Sequence[str]]]:
        members: dict[tuple[str, str], Mapping[str, Sequence[str]]] = {}
        for kind, names in partitioning.names.items():
            change = self.changes[kind]
            if change is not None and change.changed_keys:
                current = {
                    record.key: tuple(names(record))
                    for record in self._of_keys(kind, change.changed_keys)
                }
                members[self.view.name, kind] = {
                    key: current.get(key, ()) for key in sorted(change.changed_keys)
                }
        return members

    def _all_partitions(self, partitioning: Partitioning) -> Iterator[RowBatch]:
        """Index every record, then derive every partition."""
        for kind, names in partitioning.names.items():
            gone = set(self.derived.member_keys(self.connection, self.view.name, kind))
            for page in self.records.pages(self.connection, kind, _PARTITIONS):
                members = {record.key: tuple(names(record)) for record in self._readable(page)}
                gone -= members.keys()
                yield RowBatch(rows={}, members={(self.view.name, kind): members})
            yield RowBatch(rows={}, members={(self.view.name, kind): dict.fromkeys(gone, ())})
        every = set(self.derived.partition_names(self.connection, self.view.name))
        yield from self._partitions(partitioning, sorted(every))

    def _partitions(self, partitioning: Partitioning, names: Sequence[str]) -> Iterator[RowBatch]:
        done: set[str] = set()
        remaining = (name for name in names if name not in done)
        while some := list(islice(remaining, _PARTITIONS)):
            closed, keys = self.derived.closure(self.connection, self.view.name, some)
            closed = closed | set(some)
            done |= closed
            yield self._derive(partitioning, closed, keys)

    def _of_keys(self, kind: str, keys: AbstractSet[str]) -> tuple[Record, ...]:
        return tuple(self._readable(self.records.get_many(self.connection, kind, keys)))

    def _readable(self, records: Iterable[Record]) -> Iterator[Record]:
        """Yield what counts: neither what was erased, nor what is of a former account."""
        return (
            record
            for record in records
            if record.erased_at is None and record.collection not in self.foreign
        )

    def _derive(
        self,
        partitioning: Partitioning,
        names: AbstractSet[str],
        keys: Mapping[str, AbstractSet[str]],
    ) -> RowBatch:
        request = ViewRequest(
            records={
                kind: self._of_keys(kind, keys.get(kind, frozenset()))
                if kind in partitioning.names
                else self.load(kind)
                for kind in self.view.inputs
            },
            vanished={kind: self.load_vanished(kind) for kind in self.view.vanished},
        )
        rows = _rows(self.view, request)
        kept = self.derived.subjects_in(self.connection, self.view.name, names)
        return RowBatch(
            rows=rows,
            removed=kept - rows.keys(),
            partition={key: partitioning.name(row) for key, row in rows.items()},
        )


def outside_names(row: Row, inputs: Iterable[str], own: Iterable[str]) -> tuple[str, ...]:
    """Return the records that a row was derived from and that its partition does not hold."""
    outside = tuple(f"{kind}:" for kind in inputs if kind not in set(own))
    return tuple(name for name in row.names if name.startswith(outside))


def _rows(view: View, request: ViewRequest) -> Mapping[str, Row]:
    """Derive rows; each states which of its names the view was handed no record of."""
    keys: dict[str, set[str]] = {}
    for by_kind in (request.records, request.vanished):
        for kind, records in by_kind.items():
            keys.setdefault(kind, set()).update(record.key for record in records)
    rows: dict[str, Row] = {}
    for row in derived_rows(view, request):
        parts = ((name, *name.partition(":")) for name in row.names)
        absent = tuple(name for name, kind, _, key in parts if key not in keys.get(kind, ()))
        rows[_key(row)] = replace(row, absent=absent) if absent else row
    return rows


def _key(row: Row) -> str:
    return subject_name(row.subject.kind, row.subject.key)
