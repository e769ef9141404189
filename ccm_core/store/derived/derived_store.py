"""Rows and verdicts in tables: records of a connection's second log, with their read model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.model.evaluation.derived import derived_log
from ccm_core.store.derived import line_roots, partitions, read_model
from ccm_core.store.records import append

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from datetime import datetime

    from ccm_core.model.evaluation.derived import (
        DerivedBatch,
        StatusCount,
        SubjectLine,
        VerdictLine,
    )
    from ccm_core.store.sql.database import Database


class SqlDerivedStore:
    """Rows and verdicts; see ``DerivedStore``. An iterator holds its transaction to the end."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, batch: DerivedBatch) -> None:
        """Keep what one partition changed, in one transaction."""
        with self._database.writing() as transaction:
            for kind in batch.batches:
                append.append(transaction, kind)
            read_model.update(transaction, batch)
            partitions.update(transaction, batch)

    def line_roots(self, connection: str) -> Mapping[str, str]:
        """Return the digests of the read model's lines of a connection, by name.

        ``subject/VIEW``, ``verdict/PACK/VIEW``, ``trace/VIEW`` and ``partition/VIEW``: what has no
        leaf, and is read by the next evaluation.
        """
        with self._database.reading() as transaction:
            return line_roots.line_roots(transaction, connection)

    def status_counts(
        self, connection: str, pack: str, view: str, since: datetime
    ) -> Sequence[StatusCount]:
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
        with self._database.reading() as transaction:
            if keys is None:
                return dict(transaction.rows(query, **parameters))
            some = f"{query} AND key IN (:values)"
            return dict(transaction.rows_in(some, sorted(keys), **parameters))

    def partitions_of(self, connection: str, view: str, keys: Iterable[str]) -> AbstractSet[str]:
        """Return the partitions of some subjects."""
        with self._database.reading() as transaction:
            return read_model.partitions_of(transaction, connection, view, keys)

    def all_names(self, connection: str, view: str, kind: str) -> AbstractSet[str]:
        """Return the names of the records of a kind."""
        with self._database.reading() as transaction:
            return frozenset(partitions.all_names(transaction, connection, view, kind))
