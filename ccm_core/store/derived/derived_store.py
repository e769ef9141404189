"""Rows and verdicts in tables: records of a connection's second log, with their read model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.ledger.population import bucket_of
from ccm_core.model.evaluation.derived import derived_log
from ccm_core.store.derived import anew, line_roots, partitions, read_model
from ccm_core.store.records import append, populations

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from ccm_core.model.evaluation.derived import (
        DerivedBatch,
        SubjectCount,
        SubjectLine,
        VerdictLine,
    )
    from ccm_core.store.sql.database import Database


class SqlDerivedStore:
    """Rows and verdicts; see ``DerivedStore``. An iterator holds its transaction to the end."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._unchanged: set[tuple[str, str, int]] = set()
        """Buckets that were compared since :meth:`is_unstated` was asked, by log and kind."""

    def is_unstated(self, connection: str) -> bool:
        """Return whether rows or verdicts were stored since the newest evaluation.

        It was killed then, or refused as stale, or something was erased: nothing of a connection is
        built on, and whoever evaluates calls :meth:`clear`.
        """
        self._unchanged.clear()
        with self._database.reading() as transaction:
            return anew.is_unstated(transaction, connection)

    def clear(self, connection: str, at: datetime) -> None:
        """Let all rows and verdicts of a connection vanish with their lines; the log keeps them."""
        with self._database.writing() as transaction:
            anew.clear(transaction, connection, at)

    def require_unchanged(self, connection: str, kind: str, keys: Iterable[str]) -> None:
        """Compare the index of some rows or verdicts with the roots that were kept.

        Raises:
            IntegrityError: Somebody else wrote to it.
        """
        log = derived_log(connection)
        by_bucket = {bucket_of(key): key for key in keys}
        pending = [
            key for bucket, key in by_bucket.items() if (log, kind, bucket) not in self._unchanged
        ]
        with self._database.reading() as transaction:
            populations.require_unchanged(transaction, log, kind, pending)
        self._unchanged |= {(log, kind, bucket) for bucket in by_bucket}

    def append(self, batch: DerivedBatch) -> None:
        """Keep what one partition changed, in one transaction."""
        with self._database.writing() as transaction:
            anew.begin(transaction, batch.connection)
            for kind in batch.batches:
                append.append(transaction, kind)
            read_model.update(transaction, batch)
            partitions.update(transaction, batch)

    def line_roots(self, connection: str, names: Iterable[str] | None = None) -> Mapping[str, str]:
        """Return the digests of the read model's lines of a connection, by name: some, or all.

        ``subject/VIEW``, ``verdict/PACK/VIEW``, ``trace/VIEW`` and ``partition/VIEW``: what has no
        leaf, and is read by the next evaluation.
        """
        with self._database.reading() as transaction:
            if names is None:
                return line_roots.line_roots(transaction, connection)
            return line_roots.some_line_roots(transaction, connection, names)

    def status_counts(
        self, connection: str, pack: str, view: str, since: datetime
    ) -> Sequence[SubjectCount]:
        """Count the subjects of a period by what a pack says of them, and by day."""
        with self._database.reading() as transaction:
            return read_model.status_counts(transaction, connection, pack, view, since)

    def count_subjects(self, connection: str, view: str, since: datetime) -> int:
        """Count the subjects of a period."""
        with self._database.reading() as transaction:
            return read_model.count_subjects(transaction, connection, view, since)

    def keys_to_judge(
        self, connection: str, pack: str, view: str, *, since: datetime, until: datetime | None
    ) -> AbstractSet[str]:
        """Return the subjects of a period without a verdict, and those to look at again.

        Those of which a status may change by a moment; without one, all of the period.
        """
        with self._database.reading() as transaction:
            return read_model.keys_to_judge(
                transaction, connection, pack, view, since=since, until=until
            )

    def derived_from(self, connection: str, view: str, names: Iterable[str]) -> AbstractSet[str]:
        """Return the subjects that were derived from records outside their partition."""
        with self._database.reading() as transaction:
            return read_model.derived_from(transaction, connection, view, names)

    def subjects(
        self, connection: str, view: str, *, since: datetime | None = None
    ) -> Iterator[SubjectLine]:
        """Yield the lines of a view's subjects, of a period or all, sorted by key."""
        with self._database.reading() as transaction:
            yield from read_model.subjects(transaction, connection, view, since=since)

    def verdicts(
        self, connection: str, pack: str, view: str, keys: AbstractSet[str] | None = None
    ) -> Iterator[VerdictLine]:
        """Yield what a pack says of a view's subjects, or of some of them, sorted by key."""
        with self._database.reading() as transaction:
            yield from read_model.verdicts(transaction, connection, pack, view, keys)

    def subjects_in(
        self, connection: str, view: str, partition_names: Iterable[str]
    ) -> AbstractSet[str]:
        """Return the keys of the subjects of some partitions."""
        with self._database.reading() as transaction:
            return read_model.subjects_in(transaction, connection, view, partition_names)

    def names_of(
        self, connection: str, view: str, kind: str, keys: Iterable[str]
    ) -> AbstractSet[str]:
        """Return the names that some records of a kind had when they were last written."""
        with self._database.reading() as transaction:
            return partitions.names_of(transaction, connection, view, kind, keys)

    def closure(
        self, connection: str, view: str, names: Iterable[str]
    ) -> tuple[AbstractSet[str], Mapping[str, AbstractSet[str]]]:
        """Return all names of the partitions that some names are of, and their records, by kind."""
        with self._database.reading() as transaction:
            return partitions.closure(transaction, connection, view, names)

    def digests(
        self, connection: str, kind: str, keys: AbstractSet[str] | None = None
    ) -> dict[str, str]:
        """Return the digests of the current records of a derived kind, or of some of them."""
        query = """
            SELECT key, digest FROM current_version
            WHERE connection = :connection AND kind = :kind AND digest IS NOT NULL
            """
        parameters = {"connection": derived_log(connection), "kind": kind}
        if keys is not None:
            self.require_unchanged(connection, kind, keys)
        with self._database.reading() as transaction:
            if keys is None:
                return dict(transaction.rows(query, **parameters))
            some = f"{query} AND key IN (:values)"
            return dict(transaction.rows_in(some, sorted(keys), **parameters))

    def partitions_of(self, connection: str, view: str, keys: Iterable[str]) -> AbstractSet[str]:
        """Return the partitions of some subjects."""
        with self._database.reading() as transaction:
            return read_model.partitions_of(transaction, connection, view, keys)

    def some_partitions(self, connection: str, view: str, first: str, number: int) -> Sequence[str]:
        """List some names of partitions, from one on and then from the beginning."""
        with self._database.reading() as transaction:
            names = list(partitions.some_names(transaction, connection, view, first, number))
            if len(names) < number:
                names += partitions.some_names(transaction, connection, view, "", number)
        return list(dict.fromkeys(names))[:number]

    def member_keys(
        self, connection: str, view: str, kind: str, *, after: str, until: str | None
    ) -> AbstractSet[str]:
        """Return the keys of the records of a kind that are of any partition, in a range."""
        with self._database.reading() as transaction:
            keys = partitions.member_keys(
                transaction, connection, view, kind, after=after, until=until
            )
            return frozenset(keys)

    def partition_names(self, connection: str, view: str) -> AbstractSet[str]:
        """Return the names of all partitions of a view, those of its subjects included."""
        with self._database.reading() as transaction:
            return frozenset(partitions.all_names(transaction, connection, view))
