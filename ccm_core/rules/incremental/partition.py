"""Which records make up which part of a view, and which parts a change concerns.

Nothing here is told of the moment but where the horizon begins: what grows with time is left to
:mod:`ccm_core.rules.incremental.time_dependence`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from operator import lt
from typing import TypeAlias

from ccm_core.model.evidence.record import Record
from ccm_core.sdk.types import Partitioning, Row

Names: TypeAlias = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KindChange:
    """What changed of one kind."""

    keys: AbstractSet[str]
    """Of records that came, changed or went."""
    standing: Mapping[str, Record]
    """Those of them that stand, by key."""


@dataclass(slots=True)
class _Members:
    """The records of one kind, by the parts they belong to. No record is held."""

    names: dict[str, Names] = field(default_factory=dict)
    """What each record names, by its key."""
    keys: dict[str, list[str]] = field(default_factory=dict)
    """The keys of the records that name it, by name."""
    uses: dict[str, dict[str, Names]] = field(default_factory=dict)
    """By input, then by the record's key: the keys that it uses of that input."""
    passing: dict[str, datetime] = field(default_factory=dict)
    """By key, the instant that may pass out of the horizon."""


@dataclass(slots=True)
class PartitionIndex:
    """The records of a view's inputs, as they fall into parts."""

    parts: Partitioning
    _members: dict[str, _Members] = field(default_factory=dict)
    _pool: dict[Names, Names] = field(default_factory=dict)
    """Equal names are kept once."""

    @classmethod
    def of(cls, parts: Partitioning, records: Mapping[str, Iterable[Record]]) -> PartitionIndex:
        """Make out the parts of some records, by kind."""
        made = cls(parts, {kind: _Members() for kind in parts.names})
        for kind in parts.names:
            for record in records[kind]:
                made._add(kind, record)
        return made

    def covers(self, found: PartitionedRows) -> bool:
        """Whether rows are sorted, one for each subject, and each is of a part that is known."""
        known = {name for members in self._members.values() for name in members.keys}
        return in_order(found.rows) and known.issuperset(found.names)

    def change(self, changed: Mapping[str, KindChange]) -> set[str] | None:
        """Take in what changed of each input; give names of the parts it concerns, or None: all."""
        found: set[str] = set()
        for kind, one in changed.items():
            if not one.keys:
                continue
            if kind in self._members:
                found.update(self._replace(kind, one))
            elif any(used == kind for _, used in self.parts.uses):
                found.update(self._users(kind, one.keys))
            else:
                return None
        return found

    def passed(self, then: datetime, now: datetime) -> Iterator[str]:
        """Name the parts of records that lie on another side of the horizon's beginning now."""
        for members in self._members.values():
            for key, at in members.passing.items():
                if (at < then) != (at < now):
                    yield from members.names[key]

    def whole(self, names: Iterable[str]) -> tuple[set[str], dict[str, set[str]]]:
        """Give all names of some parts, and by kind the keys of their records."""
        found, waiting = set[str](), list(names)
        keys: dict[str, set[str]] = {kind: set() for kind in self._members}
        while waiting:
            name = waiting.pop()
            if name in found:
                continue
            found.add(name)
            for kind, members in self._members.items():
                for key in members.keys.get(name, ()):
                    keys[kind].add(key)
                    waiting.extend(members.names[key])
        return found, keys

    def _replace(self, kind: str, changed: KindChange) -> Iterator[str]:
        for key in changed.keys:
            yield from self._drop(kind, key)
            if key in changed.standing:
                yield from self._add(kind, changed.standing[key])

    def _users(self, used: str, keys: AbstractSet[str]) -> Iterator[str]:
        for members in self._members.values():
            for key, uses in members.uses.get(used, {}).items():
                if not keys.isdisjoint(uses):
                    yield from members.names[key]

    def _add(self, kind: str, record: Record) -> Names:
        members, key = self._members[kind], record.key
        names = self._once(self.parts.names[kind](record))
        members.names[key] = names
        for name in names:
            members.keys.setdefault(name, []).append(key)
        for (own, used), keys in self.parts.uses.items():
            if own == kind:
                members.uses.setdefault(used, {})[key] = self._once(keys(record))
        if kind in self.parts.passing:
            members.passing[key] = self.parts.passing[kind](record)
        return names

    def _drop(self, kind: str, key: str) -> Names:
        members = self._members[kind]
        names = members.names.pop(key, ())
        for name in names:
            members.keys[name].remove(key)
            if not members.keys[name]:
                del members.keys[name]
        for uses in members.uses.values():
            uses.pop(key, None)
        members.passing.pop(key, None)
        return names

    def _once(self, names: Iterable[str]) -> Names:
        found = tuple(dict.fromkeys(names))
        known = self._pool.get(found)
        if known is None:
            known = self._pool[found] = found
        return known


@dataclass(frozen=True, slots=True, kw_only=True)
class PartitionedRows:
    """The rows of a view, sorted by subject, each with its part."""

    rows: tuple[Row, ...]
    names: Sequence[str]
    """Of each row: one of the names of the part that it came from."""

    @classmethod
    def of(cls, parts: Partitioning, rows: Iterable[Row]) -> PartitionedRows:
        """Tell which parts rows came from."""
        found = tuple(rows)
        return cls(rows=found, names=list(map(parts.name, found)))

    def patched(
        self, parts: Partitioning, names: AbstractSet[str], derived: Iterable[Row]
    ) -> PartitionedRows | None:
        """Put the rows of some parts in the place of those that stood there.

        None where they do not fit: a row of another part came out, or two of one subject.
        """
        fresh = PartitionedRows.of(parts, sorted(derived, key=subject_of_row))
        if not names >= set(fresh.names):
            return None
        places = [place for place, name in enumerate(self.names) if name in names]
        was = [subject_of_row(self.rows[place]) for place in places]
        if was != list(map(subject_of_row, fresh.rows)):
            pairs = zip(self.rows, self.names, strict=True)
            kept = [row for row, name in pairs if name not in names]
            merged = sorted([*kept, *fresh.rows], key=subject_of_row)
            return PartitionedRows.of(parts, merged) if in_order(merged) else None
        found, named = list(self.rows), list(self.names)
        for place, row, name in zip(places, fresh.rows, fresh.names, strict=True):
            found[place], named[place] = row, name
        return PartitionedRows(rows=tuple(found), names=named)


def in_order(rows: Sequence[Row]) -> bool:
    """Whether rows are sorted by subject, one for each."""
    names = list(map(subject_of_row, rows))
    return all(map(lt, names, islice(names, 1, None)))


def subject_of_row(row: Row) -> tuple[str, str]:
    """Give what rows are sorted by."""
    return row.subject.kind, row.subject.key
