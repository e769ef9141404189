"""Which rows of a view may have changed since they were kept, some partitions at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import islice
from random import Random

from ccm_core.errors import IntegrityError, PluginFault
from ccm_core.model.evaluation.derived import rows_kind
from ccm_core.model.evidence.record import Record
from ccm_core.model.evidence.watermark import ChangesSince
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.pipeline.derive.line_lists import (
    LineLists,
    partition_lines,
    subject_lines,
    trace_lines,
)
from ccm_core.pipeline.derive.row_tasks import PartitionTask
from ccm_core.pipeline.derive.view_evaluation import ViewEvaluation, encoded_row
from ccm_core.rules.derive.row_record import row_body
from ccm_core.rules.evaluate.rows import fields_read
from ccm_core.sdk.view import Partitioning, Row, View
from ccm_core.store.interface.derived import DerivedStore
from ccm_core.store.interface.records import RecordStore

_PARTITIONS = 1000
"""How many names of partitions are derived together."""
_PAGE = 1000
"""How many records are read together to be indexed."""
_INDEXED = 20_000
"""How many are indexed in one transaction: their names are all over the index, so that many of them
share the pages of it that are written."""
_SAMPLE = 10
"""How many are derived again in each evaluation."""
_SHARE = 0.1
"""How often a view without partitions is, of which nothing changed."""
_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

Members = Mapping[str, Sequence[str]]
"""By key of a record: the names of its partitions; none where it is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowChanges:
    """Where the rows of one view of one connection change."""

    connection: str
    evaluation: ViewEvaluation
    derived: DerivedStore
    records: RecordStore
    changes: Mapping[str, ChangesSince | None]
    """By input: what was stored since the last evaluation; None: that is not known, or all is."""
    lists: LineLists
    earliest_changed: bool
    """Whether one of the records of :attr:`View.earliest` is another than before."""
    passing: Callable[[str, Iterable[Sequence[Record]]], Iterable[Sequence[Record]]]
    """Yields pages of all records of a kind to whoever else reads them all."""

    @property
    def view(self) -> View:
        """The view."""
        return self.evaluation.view

    def index(self, keep: Callable[[str, Members], None]) -> Sequence[str]:
        """Index the records that changed, and return the partitions to be derived, sorted.

        Args:
            keep: Writes names of records of a kind to the index.

        Raises:
            IntegrityError: What tells which those are is not what the evaluation before left.
        """
        if self.is_unchanged or self.view.partitions is None:
            return ()
        view = self.view.name
        self.lists.require(subject_lines(view), trace_lines(view), partition_lines(view))
        partitioning = self.view.partitions()
        names = self._concerned(partitioning)
        if names is None:
            self._index_all(partitioning, keep)
            return sorted(self.derived.partition_names(self.connection, view))
        return sorted(names | self._index_changed(partitioning, keep))

    def tasks(self, names: Sequence[str]) -> Iterator[PartitionTask]:
        """Yield partitions to be derived, as many together as are in memory at a time."""
        done: set[str] = set()
        remaining = (name for name in names if name not in done)
        while some := list(islice(remaining, _PARTITIONS)):
            closed, keys = self.derived.closure(self.connection, self.view.name, some)
            closed = closed | set(some)
            done |= closed
            kept = self.kept_digests(self.subjects_in(closed))
            yield PartitionTask(view=self.view.name, names=closed, keys=keys, kept=kept)

    def subjects_in(self, names: Iterable[str]) -> AbstractSet[str]:
        """Return the subjects that were derived from some partitions before."""
        return self.derived.subjects_in(self.connection, self.view.name, names)

    def kept_digests(self, keys: AbstractSet[str] | None = None) -> Mapping[str, str]:
        """Return the digests of the rows that are kept, or of some of them."""
        return self.derived.digests(self.connection, rows_kind(self.view.name), keys)

    @property
    def is_unchanged(self) -> bool:
        """Whether nothing was stored of any input since the rows were kept."""
        return not self.earliest_changed and all(
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
            if self.is_unchanged and Random(f"{seed} {self.view.name}").random() < _SHARE:  # noqa: S311 - no secret
                self._compare(self.evaluation.derive_all())
            return
        view = self.view.name
        try:
            self._check_partitions(seed)
        except (PluginFault, IntegrityError):
            self.lists.require(subject_lines(view), trace_lines(view), partition_lines(view))
            raise

    def _check_partitions(self, seed: int) -> None:
        first = "".join(Random(seed).choices(_LETTERS, k=6))  # noqa: S311 - no secret
        names = self.derived.some_partitions(self.connection, self.view.name, first, _SAMPLE)
        if not names:
            return
        together = self._rows_of(names)
        for key, row in (pair for name in names for pair in self._rows_of([name]).items()):
            if key not in together or row_body(together[key]) != row_body(row):
                raise PluginFault(
                    f"view {self.view.name} gives another row for {key} when it is handed other "
                    "records beside: its partitions do not name all that its rows depend on. "
                    "Report this to its author"
                )
        self._compare(together)

    def _compare(self, rows: Mapping[str, Row]) -> None:
        kept = self.kept_digests(rows.keys())
        for key, row in rows.items():
            if kept.get(key) != encoded_row(row).digest:
                raise IntegrityError(
                    f"the row of {key} that is kept of {self.view.name} of {self.connection} is "
                    "not what its records give. Either somebody changed it, and `ccm verify` "
                    "finds out what, or the plugin changed without another version"
                )

    def _rows_of(self, names: Sequence[str]) -> Mapping[str, Row]:
        _, keys = self.derived.closure(self.connection, self.view.name, names)
        return self.evaluation.derive(keys)

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
                outside |= {f"{kind}:{key}" for key in self._read_otherwise(partitioning, kind)}
            else:
                return None
        traced = self.derived.derived_from(self.connection, self.view.name, outside)
        lines = self.derived.partitions_of(self.connection, self.view.name, traced)
        return names | lines

    def _read_otherwise(self, partitioning: Partitioning, kind: str) -> AbstractSet[str]:
        """Return the records of an input outside of which the view reads something else now."""
        change, fields = self.changes[kind], partitioning.reads.get(kind)
        if change is None or change.since is None:
            return frozenset()
        keys, connection = change.changed_keys, self.connection
        if fields is None:
            return keys
        before = self.records.get_many_at(connection, kind, keys, change.since)
        read_before, read_now = (
            {record.key: fields_read(record, fields) for record in records}
            for records in (self.evaluation.readable(before), self.evaluation.of_keys(kind, keys))
        )
        # What came and went in between is in neither, and still a view of what vanished reads it.
        gone = keys - read_now.keys() if kind in self.view.vanished else frozenset[str]()
        return gone | {key for key in keys if read_before.get(key) != read_now.get(key)}

    def _index_changed(
        self, partitioning: Partitioning, keep: Callable[[str, Members], None]
    ) -> AbstractSet[str]:
        """Index the records that changed, and return the names that they have now."""
        present: set[str] = set()
        for kind, names in partitioning.names.items():
            change = self.changes[kind]
            if change is not None and change.changed_keys:
                records = self.evaluation.of_keys(kind, change.changed_keys)
                current = {record.key: tuple(names(record)) for record in records}
                keep(kind, {key: current.get(key, ()) for key in sorted(change.changed_keys)})
                present.update(name for of_record in current.values() for name in of_record)
        return present

    def _index_all(self, partitioning: Partitioning, keep: Callable[[str, Members], None]) -> None:
        for kind, names in partitioning.names.items():
            for after, until, members in self._ranges(kind, names):
                indexed = self.derived.member_keys(
                    self.connection, self.view.name, kind, after=after, until=until
                )
                gone = sorted(indexed - members.keys())
                keep(kind, {**members, **dict.fromkeys(gone, ())})

    def _ranges(
        self, kind: str, names: Callable[[Record], Iterable[str]]
    ) -> Iterator[tuple[str, str | None, Members]]:
        """Yield the names of some thousand records of a kind at a time, by key.

        Each with the key before them and the last key; None: there are no more behind it.
        """
        after, members = "", dict[str, Sequence[str]]()
        for page in self.passing(kind, self.records.pages(self.connection, kind, _PAGE)):
            for record in self.evaluation.readable(page):
                members[record.key] = tuple(names(record))
            if len(members) >= _INDEXED:
                until = page[-1].key
                yield after, until, members
                after, members = until, {}
        yield after, None, members
