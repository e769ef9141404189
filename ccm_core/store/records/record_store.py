"""Records in tables: appended in batches, read as they are now or as they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.store.log import content_dictionaries
from ccm_core.store.records import (
    append,
    changes_since,
    counts,
    current_counts,
    population_before,
    populations,
    query,
    version_changes,
)
from ccm_core.store.records.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime
    from pathlib import Path

    from ccm_core.model.evidence.collection import Collection, CurrentCount, KindCount
    from ccm_core.model.evidence.record import Record
    from ccm_core.model.evidence.version_change import VersionChange
    from ccm_core.model.evidence.watermark import ChangesSince, Watermark
    from ccm_core.model.evidence.window import Window
    from ccm_core.model.evidence.write_batch import BodyEncoder, WriteBatch
    from ccm_core.store.sql.database import Database


class SqlRecordStore:
    """Records in tables; see ``RecordStore``. An iterator holds its transaction to the end."""

    def __init__(self, database: Database, spool_folder: Path) -> None:
        self._database = database
        self._spool_folder = spool_folder

    def packer(self, kind: str) -> BodyEncoder:
        """Return what packs bodies of a kind into a spool beside the store."""
        with self._database.reading() as transaction:
            compressor = content_dictionaries.compressor(transaction, kind)
        return Spool(self._spool_folder, compressor).encode_body

    def append(self, batch: WriteBatch) -> Collection:
        """Store one window in one transaction."""
        with self._database.writing() as transaction:
            return append.append(transaction, batch)

    def current(
        self, connection: str, kind: str, *, as_of: datetime | None = None, key: str | None = None
    ) -> Iterator[Record]:
        """Yield the newest version of every key that has not vanished."""
        with self._database.reading() as transaction:
            yield from query.current(transaction, connection, kind, as_of, key=key)

    def get_many(
        self,
        connection: str,
        kind: str,
        keys: AbstractSet[str],
        *,
        as_of: datetime | None = None,
    ) -> Iterator[Record]:
        """Yield the newest version of some keys."""
        with self._database.reading() as transaction:
            yield from query.get_many(transaction, connection, kind, keys, as_of)

    def key_pages(
        self, connection: str, kind: str, size: int, *, as_of: datetime | None = None
    ) -> Iterator[Sequence[str]]:
        """Yield the keys, some at a time; no transaction stays open in between."""
        after = ""
        while True:
            with self._database.reading() as transaction:
                page = query.keys(transaction, connection, kind, as_of, after=after, size=size)
            if not page:
                return
            yield page
            after = page[-1]

    def get_many_at(
        self, connection: str, kind: str, keys: AbstractSet[str], watermark: Watermark
    ) -> Iterator[Record]:
        """Yield what the newest version of some keys was at a watermark."""
        with self._database.reading() as transaction:
            yield from query.get_many_at(transaction, connection, kind, keys, watermark.sequence)

    def pages(self, connection: str, kind: str, size: int) -> Iterator[Sequence[Record]]:
        """Yield the newest versions, some at a time; no transaction stays open in between."""
        after: str | None = None
        while True:
            with self._database.reading() as transaction:
                page = list(query.page(transaction, connection, kind, after, size))
            if not page:
                return
            yield page
            after = page[-1].key

    def root_before(self, connection: str, kind: str, change: ChangesSince) -> str:
        """Return the root over a kind as it was at the watermark that some changes follow."""
        since, keys = change.since, change.changed_keys
        with self._database.reading() as transaction:
            sequence = since.sequence if since else 0
            return population_before.root_before(transaction, connection, kind, sequence, keys)

    def existing_keys(self, connection: str, kind: str, keys: AbstractSet[str]) -> AbstractSet[str]:
        """Return those of some keys that have not vanished."""
        with self._database.reading() as transaction:
            return query.existing_keys(transaction, connection, kind, keys)

    def vanished(
        self, connection: str, kind: str, *, as_of: datetime | None = None
    ) -> Iterator[Record]:
        """Yield the last version of every key that has vanished."""
        with self._database.reading() as transaction:
            yield from query.vanished(transaction, connection, kind, as_of)

    def vanished_keys(self, connection: str, kind: str, keys: AbstractSet[str]) -> AbstractSet[str]:
        """Return those of some keys that have vanished."""
        with self._database.reading() as transaction:
            return query.vanished_keys(transaction, connection, kind, keys)

    def changes_since(
        self, connection: str, kind: str, watermark: Watermark | None, *, as_of: datetime
    ) -> ChangesSince | None:
        """Read what was stored since a watermark."""
        with self._database.reading() as transaction:
            return changes_since.changes_since(transaction, connection, kind, watermark, as_of)

    def appended_by(self, collection: str) -> Iterator[Record]:
        """Yield the records that a collection appended."""
        with self._database.reading() as transaction:
            yield from query.appended_by(transaction, collection)

    def history(
        self, connection: str, kind: str, key: str, *, as_of: datetime | None = None
    ) -> Iterator[Record]:
        """Yield every stored version of one key, oldest first."""
        with self._database.reading() as transaction:
            yield from query.history(transaction, connection, kind, key, as_of)

    def version_changes(
        self, connection: str, kind: str, since: datetime, until: datetime
    ) -> Iterator[VersionChange]:
        """Yield how records changed in a period, in the order in which that was stored."""
        with self._database.reading() as transaction:
            yield from version_changes.version_changes(transaction, connection, kind, since, until)

    def erased_keys(
        self, connection: str, kind: str, *, as_of: datetime | None = None
    ) -> Sequence[tuple[str, Window | None]]:
        """List the current keys whose bodies were erased."""
        with self._database.reading() as transaction:
            return list(query.erased_keys(transaction, connection, kind, as_of))

    def population(self, connection: str, kind: str) -> tuple[int, str]:
        """Return how many current records a kind has, and the root over them."""
        with self._database.reading() as transaction:
            current = populations.population(transaction, connection, kind)
        return current.records, current.root

    def keep_population(self, connection: str, kind: str) -> tuple[int, str]:
        """Do as :meth:`population`, and keep what makes it cheap the next time."""
        with self._database.reading() as transaction:
            current = populations.population(transaction, connection, kind)
        if current.to_keep:
            with self._database.writing() as transaction:
                populations.keep(transaction, connection, kind, current)
        return current.records, current.root

    def current_counts(self, *, as_of: datetime) -> Sequence[CurrentCount]:
        """Count the current records by connection and kind; no version is read."""
        with self._database.reading() as transaction:
            if (current := current_counts.current_counts(transaction, as_of)) is not None:
                return current
            return counts.counts(transaction, as_of)

    def sizes(self, connection: str) -> Mapping[str, int]:
        """Return how many current records each kind of a connection has."""
        with self._database.reading() as transaction:
            return current_counts.sizes(transaction, connection)

    def counts(self, *, as_of: datetime | None = None) -> Sequence[KindCount]:
        """Count the current records by connection and kind."""
        with self._database.reading() as transaction:
            return counts.counts(transaction, as_of)
