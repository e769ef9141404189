"""Records: appended in batches, read as they are now or as they were."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from ccm_core.model.evidence.collection import Collection, CurrentCount, KindCount
    from ccm_core.model.evidence.record import Record
    from ccm_core.model.evidence.version_change import VersionChange
    from ccm_core.model.evidence.watermark import ChangesSince, Watermark
    from ccm_core.model.evidence.window import Window
    from ccm_core.model.evidence.write_batch import BodyEncoder, WriteBatch


class RecordStore(Protocol):
    """Stores versions of records. Appends only; what is stored never changes.

    Reading a body whose bytes do not match its digest raises ``IntegrityError`` and names the
    record.
    """

    def packer(self, kind: str) -> BodyEncoder:
        """Return what packs the bodies of one window until they are appended; for one thread."""

    def append(self, batch: WriteBatch) -> Collection:
        """Store one window of one kind in one transaction; return the collection with its counts.

        Bodies are stored once for each digest. A version is appended only where the newest version
        of the key has another digest, is a tombstone, or is dated later than this collection.
        Either all of it is stored or none.
        """

    def current(
        self, connection: str, kind: str, *, as_of: datetime | None = None, key: str | None = None
    ) -> Iterator[Record]:
        """Yield the newest version of every key that has not vanished, sorted by key.

        With ``key``, of that key alone.
        """

    def get_many(
        self,
        connection: str,
        kind: str,
        keys: AbstractSet[str],
        *,
        as_of: datetime | None = None,
    ) -> Iterator[Record]:
        """Yield the newest version of those of some keys that have not vanished, sorted by key."""

    def key_pages(
        self, connection: str, kind: str, size: int, *, as_of: datetime | None = None
    ) -> Iterator[Sequence[str]]:
        """Yield every key that has not vanished, so many at a time, sorted; reads no body.

        No transaction stays open between them.
        """

    def get_many_at(
        self, connection: str, kind: str, keys: AbstractSet[str], watermark: Watermark
    ) -> Iterator[Record]:
        """Yield what the newest version of those of some keys was at a watermark."""

    def pages(self, connection: str, kind: str, size: int) -> Iterator[Sequence[Record]]:
        """Yield the newest version of every key that has not vanished, so many at a time, by key.

        No transaction stays open between them: what is stored meanwhile may be among them.
        """

    def existing_keys(self, connection: str, kind: str, keys: AbstractSet[str]) -> AbstractSet[str]:
        """Return those of some keys that have not vanished, without reading their bodies."""

    def vanished(
        self, connection: str, kind: str, *, as_of: datetime | None = None
    ) -> Iterator[Record]:
        """Yield the last version of every key that has vanished, sorted by key.

        A key vanishes when a complete snapshot does not list it any more.
        """

    def vanished_keys(self, connection: str, kind: str, keys: AbstractSet[str]) -> AbstractSet[str]:
        """Return those of some keys that have vanished, without reading their bodies."""

    def changes_since(
        self, connection: str, kind: str, watermark: Watermark | None, *, as_of: datetime
    ) -> ChangesSince | None:
        """Read in one transaction what was stored since a watermark, and the next watermark.

        Whoever takes the watermark first and reads :meth:`current` after it has missed nothing.

        Args:
            connection: Whose.
            kind: Of which kind.
            watermark: Up to where the records were read; None: they were not, and only the next
                watermark is needed.
            as_of: The moment whose records are needed.

        Returns:
            None where it is not certain, so that everything has to be read: something was stored
            after that moment, something was erased or came back since, or the watermark is of
            another store.
        """

    def appended_by(self, collection: str) -> Iterator[Record]:
        """Yield the records that a collection appended, in the order in which it did."""

    def history(
        self, connection: str, kind: str, key: str, *, as_of: datetime | None = None
    ) -> Iterator[Record]:
        """Yield every stored version of one key, oldest first, without tombstones."""

    def version_changes(
        self, connection: str, kind: str, since: datetime, until: datetime
    ) -> Iterator[VersionChange]:
        """Yield how records changed in a period, in the order in which that was stored.

        What the first collection of the kind found is no change.
        """

    def erased_keys(
        self, connection: str, kind: str, *, as_of: datetime | None = None
    ) -> Sequence[tuple[str, Window | None]]:
        """List the current keys whose bodies were erased, with the window of each."""

    def population(self, connection: str, kind: str) -> tuple[int, str]:
        """Return how many current records a kind has, and the root over them.

        It is that of a ``PopulationTree`` over their keys and digests. No body is read.
        """

    def keep_population(self, connection: str, kind: str) -> tuple[int, str]:
        """Do as :meth:`population`, and keep what makes it cheap the next time."""

    def root_before(self, connection: str, kind: str, change: ChangesSince) -> str:
        """Return the root over a kind as it was at the watermark that some changes follow.

        It is made of the index as it is now: what somebody else changed in it is in the root.

        Raises:
            IntegrityError: The index has other versions of what changed than were stored last.
        """

    def current_counts(self, *, as_of: datetime) -> Sequence[CurrentCount]:
        """Count the current records by connection and kind, sorted, whatever the store's age."""

    def sizes(self, connection: str) -> Mapping[str, int]:
        """Return how many current records each kind of a connection has; no history is read."""

    def counts(self, *, as_of: datetime | None = None) -> Sequence[KindCount]:
        """Count the current records by connection and kind, sorted."""
