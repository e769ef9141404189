"""The index of the earliest events that views ask for: one line for each object, kept by change.

A line names the record that is the earliest for its object. It is kept like the names of
partitions, under the name of what was asked, and is compared before it is used. Records are read by
key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from ccm_core.errors import IntegrityError
from ccm_core.model.evidence.record import Record
from ccm_core.model.evidence.watermark import ChangesSince
from ccm_core.pipeline.derive.line_lists import LineLists, partition_lines
from ccm_core.pipeline.derive.row_changes import Members
from ccm_core.rules.evaluate.build_facts import Evidence
from ccm_core.rules.evaluate.earliest import Earliest
from ccm_core.sdk.view import EarliestRecords, View
from ccm_core.store.interface.evidence_store import EvidenceStore

_PAGE = 1000
"""How many records are read together."""


@dataclass(slots=True, kw_only=True)
class EarliestIndex:
    """What one declaration found of one connection."""

    asked: EarliestRecords
    evidence: Evidence
    store: EvidenceStore
    lists: LineLists
    keep: Callable[[str, str, Members], None]
    """Writes the objects of records to the index."""
    change: ChangesSince | None
    """What was stored of the kind since the index was kept; None: that is not known."""
    _is_written: bool = False
    _is_changed: bool = False
    _seen: Earliest | None = None
    """What a pass over all records has found; None: there was none to its end."""
    _fault: Exception | None = None

    def changed(self) -> bool:
        """Return whether a record that is found is another than before, or has another body.

        Raises:
            IntegrityError: The index is not what the evaluation before left.
        """
        if not self.is_current:
            self.lists.require(partition_lines(self.asked.name))
            self._bring_up_to_date()
            self._is_written = True
        return self._is_changed

    @property
    def is_current(self) -> bool:
        """Whether the index tells what all records of the kind show."""
        return self._is_written or (self.change is not None and not self.change.changed_keys)

    def load(self) -> Mapping[str, Record]:
        """Return the earliest record of each object.

        Raises:
            IntegrityError: The index is not what the evaluation before left.
        """
        self.changed()
        self.lists.require(partition_lines(self.asked.name))
        keys = self._kept_keys()
        found = self._earliest().see(self._read(keys)).found if keys else {}
        if len(found) != len(keys):
            raise IntegrityError(
                f"the index of {self.asked.name} of {self._connection} names records that are not "
                "there, or show something else; run `ccm verify`"
            )
        return found

    def passing(self, pages: Iterable[Sequence[Record]]) -> Iterator[Sequence[Record]]:
        """Yield pages of all records of the kind, and find the earliest among them on the way."""
        seen = self._earliest() if self._is_collected else None
        for page in pages:
            yield page
            if seen is not None and self._fault is None:
                try:
                    seen.see(self._readable(page))
                except Exception as fault:  # noqa: BLE001 - told where a view asks for it
                    self._fault = fault
        self._seen = seen

    def _bring_up_to_date(self) -> None:
        keys = self.change.changed_keys if self.change is not None else frozenset[str]()
        if not self._is_collected:
            self._keep({}, self._kept_keys())
        elif self.change is None or self._is_withdrawn(keys):
            self._write(self._all())
        else:
            self._add(keys)

    def _is_withdrawn(self, keys: AbstractSet[str]) -> bool:
        """Return whether a record on a line shows something else than before, or later."""
        objects = self._objects(keys)
        self._is_changed = bool(objects)
        if not objects or self.change is None or self.change.since is None:
            return bool(objects)
        earliest, since = self._earliest(), self.change.since
        before = self.store.records.get_many_at(self._connection, self._kind, keys, since)
        now = {record.key: earliest.shown(record) for record in self._read(keys)}
        for record in self._readable(before):
            was, shown = earliest.shown(record), now.get(record.key)
            if was is None or was.key not in objects:
                continue
            if shown is None or shown.key != was.key or shown.rank > was.rank:
                return True
        return False

    def _add(self, keys: AbstractSet[str]) -> None:
        """Take the earliest of what is on the lines and of what changed."""
        changed = tuple(self._read(keys))
        objects = self._earliest().see(changed).found.keys()
        kept = self._earliest().see(self._read(self._keys_of(objects))).found if objects else {}
        earliest = self._earliest().see([*kept.values(), *changed]).found
        moved = {
            key: record
            for key, record in earliest.items()
            if key not in kept or kept[key].key != record.key
        }
        gone = [kept[key].key for key in moved if key in kept]
        self._keep({record.key: (key,) for key, record in moved.items()}, gone)

    def _all(self) -> Mapping[str, Record]:
        """Return what is found among all records: by a pass that others made, or by one of its own.

        Raises:
            Exception: What the plugin's function raised.
        """
        if self._seen is None:
            for _ in self.passing(self.store.records.pages(self._connection, self._kind, _PAGE)):
                pass
        if self._fault is not None:
            raise self._fault
        return self._seen.found if self._seen is not None else {}

    def _write(self, found: Mapping[str, Record]) -> None:
        """Write all lines anew."""
        self._is_changed = True
        self._keep({record.key: (key,) for key, record in found.items()}, self._kept_keys())

    def _keep(self, members: Members, gone: Iterable[str]) -> None:
        """Write some lines, and delete those of other records."""
        lines = dict.fromkeys(sorted(gone), ()) | dict(sorted(members.items()))
        if lines:
            self._is_changed = True
            self.keep(self.asked.name, self._kind, lines)

    def _kept_keys(self) -> AbstractSet[str]:
        return self.store.derived.member_keys(
            self._connection, self.asked.name, self._kind, after="", until=None
        )

    def _keys_of(self, objects: Iterable[str]) -> AbstractSet[str]:
        _, keys = self.store.derived.closure(self._connection, self.asked.name, objects)
        return keys.get(self._kind, frozenset())

    def _objects(self, keys: AbstractSet[str]) -> AbstractSet[str]:
        return self.store.derived.names_of(self._connection, self.asked.name, self._kind, keys)

    def _read(self, keys: AbstractSet[str]) -> Iterator[Record]:
        return self._readable(self.store.records.get_many(self._connection, self._kind, keys))

    def _readable(self, records: Iterable[Record]) -> Iterator[Record]:
        foreign = self.evidence.foreign
        return (r for r in records if r.erased_at is None and r.collection not in foreign)

    def _earliest(self) -> Earliest:
        return Earliest(self.asked, self.evidence.kinds[self._kind])

    @property
    def _connection(self) -> str:
        return self.evidence.connection

    @property
    def _kind(self) -> str:
        return self.asked.kind

    @property
    def _is_collected(self) -> bool:
        return self.asked.kind in self.evidence.kinds


@dataclass(frozen=True, slots=True)
class EarliestIndexes:
    """Those that the views of one evaluation of one connection ask for."""

    by_name: Mapping[str, EarliestIndex]

    @classmethod
    def of(
        cls, views: Iterable[View], index: Callable[[EarliestRecords], EarliestIndex]
    ) -> EarliestIndexes:
        """Make one index for each name."""
        asked = {asked.name: asked for view in views for asked in view.earliest}
        return cls({name: index(asked[name]) for name in sorted(asked)})

    def load(self, asked: EarliestRecords) -> Mapping[str, Record]:
        """Return the earliest record of each object."""
        return self.by_name[asked.name].load()

    def changed(self, view: View) -> bool:
        """Return whether one of the records that a view asks for is another than before."""
        changed = [self.by_name[asked.name].changed() for asked in view.earliest]  # each of them
        return any(changed)

    def behind(self) -> Iterator[EarliestRecords]:
        """Yield what was asked and never found out: no view came to it, or the plugin broke."""
        return (index.asked for index in self.by_name.values() if not index.is_current)

    def passing(self, kind: str, pages: Iterable[Sequence[Record]]) -> Iterable[Sequence[Record]]:
        """Yield pages of all records of a kind, and find the earliest among them on the way."""
        for index in self.by_name.values():
            if index.asked.kind == kind and index.change is None:
                pages = index.passing(pages)
        return pages
