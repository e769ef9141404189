"""Indexes which records make up which partition of a view, and finds those a change concerns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from itertools import islice
from operator import lt
from typing import TypeAlias

from ccm_core.model.evidence.record import Record
from ccm_core.sdk.view import Partitioning, Row

Names: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KindChange:
    """What changed of one kind."""

    keys: AbstractSet[str]
    """Of records that were added, changed or removed."""
    current: Mapping[str, Record]
    """Those of them that still exist, by key."""


@dataclass(slots=True)
class _KindIndex:
    """The keys of one kind's records, by the partitions they belong to. Holds no record."""

    names: dict[str, Names] = field(default_factory=dict)
    """What each record names, by its key."""
    keys: dict[str, list[str]] = field(default_factory=dict)
    """The keys of the records that name it, by name."""
    uses: dict[str, dict[str, Names]] = field(default_factory=dict)
    """By input, then by the record's key: the keys that it uses of that input."""


@dataclass(slots=True)
class PartitionIndex:
    """The records of a view's inputs by partition."""

    partitioning: Partitioning
    _kinds: dict[str, _KindIndex] = field(default_factory=dict)
    _pool: dict[Names, Names] = field(default_factory=dict)
    """Equal names are kept once."""

    @classmethod
    def of(
        cls, partitioning: Partitioning, records: Mapping[str, Iterable[Record]]
    ) -> PartitionIndex:
        """Index some records, by kind."""
        index = cls(partitioning, {kind: _KindIndex() for kind in partitioning.names})
        for kind in partitioning.names:
            for record in records[kind]:
                index._add(kind, record)
        return index

    def covers(self, rows: PartitionedRows) -> bool:
        """Whether rows are sorted, one for each subject, and each is of a known partition."""
        names = {name for kind in self._kinds.values() for name in kind.keys}
        return in_order(rows.rows) and names.issuperset(rows.names)

    def update(self, changes: Mapping[str, KindChange]) -> set[str] | None:
        """Apply the changes of each input; return the partitions concerned, or None: all."""
        concerned: set[str] = set()
        for kind, change in changes.items():
            if not change.keys:
                continue
            if kind in self._kinds:
                concerned.update(self._replace(kind, change))
            elif any(used == kind for _, used in self.partitioning.uses):
                concerned.update(self._users(kind, change.keys))
            else:
                return None
        return concerned

    def closure(self, names: Iterable[str]) -> tuple[set[str], dict[str, set[str]]]:
        """Return all names of some partitions, and by kind the keys of their records."""
        closed, pending = set[str](), list(names)
        keys: dict[str, set[str]] = {kind: set() for kind in self._kinds}
        while pending:
            name = pending.pop()
            if name in closed:
                continue
            closed.add(name)
            for kind, index in self._kinds.items():
                for key in index.keys.get(name, ()):
                    keys[kind].add(key)
                    pending.extend(index.names[key])
        return closed, keys

    def _replace(self, kind: str, change: KindChange) -> Iterator[str]:
        for key in change.keys:
            yield from self._drop(kind, key)
            if key in change.current:
                yield from self._add(kind, change.current[key])

    def _users(self, used: str, keys: AbstractSet[str]) -> Iterator[str]:
        for index in self._kinds.values():
            for key, uses in index.uses.get(used, {}).items():
                if not keys.isdisjoint(uses):
                    yield from index.names[key]

    def _add(self, kind: str, record: Record) -> Names:
        index, key = self._kinds[kind], record.key
        names = self._interned(self.partitioning.names[kind](record))
        index.names[key] = names
        for name in names:
            index.keys.setdefault(name, []).append(key)
        for (own, used), keys in self.partitioning.uses.items():
            if own == kind:
                index.uses.setdefault(used, {})[key] = self._interned(keys(record))
        return names

    def _drop(self, kind: str, key: str) -> Names:
        index = self._kinds[kind]
        names = index.names.pop(key, ())
        for name in names:
            index.keys[name].remove(key)
            if not index.keys[name]:
                del index.keys[name]
        for uses in index.uses.values():
            uses.pop(key, None)
        return names

    def _interned(self, names: Iterable[str]) -> Names:
        distinct = tuple(dict.fromkeys(names))
        pooled = self._pool.get(distinct)
        if pooled is None:
            pooled = self._pool[distinct] = distinct
        return pooled


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionedRows:
    """The rows of a view, sorted by subject, each with its partition."""

    rows: tuple[Row, ...]
    names: Sequence[str]
    """Of each row: one of the names of the partition that it came from."""

    @classmethod
    def of(cls, partitioning: Partitioning, rows: Iterable[Row]) -> PartitionedRows:
        """Name the partition of each row."""
        all_rows = tuple(rows)
        return cls(rows=all_rows, names=list(map(partitioning.name, all_rows)))

    def patched(
        self, partitioning: Partitioning, names: AbstractSet[str], derived: Iterable[Row]
    ) -> PartitionedRows | None:
        """Return these rows with those of some partitions replaced.

        None where they do not fit: a row of another partition was derived, or two of one subject.
        """
        fresh = PartitionedRows.of(partitioning, sorted(derived, key=subject_of_row))
        if not names >= set(fresh.names):
            return None
        indexes = [index for index, name in enumerate(self.names) if name in names]
        old_subjects = [subject_of_row(self.rows[index]) for index in indexes]
        if old_subjects != list(map(subject_of_row, fresh.rows)):
            pairs = zip(self.rows, self.names, strict=True)
            unchanged = [row for row, name in pairs if name not in names]
            merged = sorted([*unchanged, *fresh.rows], key=subject_of_row)
            return PartitionedRows.of(partitioning, merged) if in_order(merged) else None
        new_rows, new_names = list(self.rows), list(self.names)
        for index, row, name in zip(indexes, fresh.rows, fresh.names, strict=True):
            new_rows[index], new_names[index] = row, name
        return PartitionedRows(rows=tuple(new_rows), names=new_names)


def in_order(rows: Sequence[Row]) -> bool:
    """Whether rows are sorted by subject, one for each."""
    names = list(map(subject_of_row, rows))
    return all(map(lt, names, islice(names, 1, None)))


def subject_of_row(row: Row) -> tuple[str, str]:
    """Return what rows are sorted by."""
    return row.subject.kind, row.subject.key
