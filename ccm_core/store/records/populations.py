"""The root over the current records of a kind, at a cost of what changed since it was computed.

The roots of buckets (see :mod:`ccm_core.ledger.population`) of large kinds are kept in a table.
Whoever changes a record deletes that of its bucket, and whoever needs the root of the population
next computes those that are missing.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, TypeAlias

from ccm_core.errors import IntegrityError
from ccm_core.ledger.population import BUCKETS, bucket_of, bucket_root, root_of_buckets
from ccm_core.model.evaluation.derived import connection_of
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.store.sql.transaction import batches

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from ccm_core.store.sql.driver import Row
    from ccm_core.store.sql.transaction import Transaction

_LARGE = BUCKETS // 2
"""Records from which on the roots of buckets are kept."""
_KEPT = """
    SELECT bucket, records, root FROM population_bucket
    WHERE connection = :connection AND kind = :kind
"""
_CURRENT = """
    SELECT bucket, key, digest FROM current_version
    WHERE connection = :connection AND kind = :kind AND digest IS NOT NULL
"""
# SQLite would read the whole kind by its primary key.
_OF_BUCKETS = f"""
    {_CURRENT.replace("current_version", "current_version INDEXED BY ix_current_version_bucket")}
    AND bucket IN (:values)
"""
_BETWEEN = f"{_CURRENT} AND +bucket BETWEEN :low AND :high"
"""Reads the whole kind by its primary key."""
_MANY = BUCKETS // 8
"""Buckets from which on that is quicker, than to look up one record after the other."""
_COLUMNS = ("connection", "kind", "bucket", "records", "root")
_REPLACING = """
    (connection, kind, bucket) DO UPDATE SET records = excluded.records, root = excluded.root
"""


@dataclass(frozen=True, slots=True)
class Bucket:
    """A part of a population."""

    records: int
    root: bytes | None
    """None: it is empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CurrentPopulation:
    """The current records of a kind."""

    records: int
    root: str
    to_keep: Mapping[int, Bucket]
    """Buckets of a large kind whose roots were not kept."""
    position: int
    """The newest version then."""


Reverted: TypeAlias = "Mapping[int, Mapping[str, str | None]]"
"""By bucket: keys with the digests that count in place of the current ones; None: none."""


def population(
    transaction: Transaction, connection: str, kind: str, reverted: Reverted | None = None
) -> CurrentPopulation:
    """Return the population of a kind, or what it was before some changes.

    Args:
        transaction: Sees one state of the store.
        connection: Whose.
        kind: Which.
        reverted: What was there before; None: nothing changed. Then nothing of it is to be kept.
    """
    before = reverted or {}
    kept = {
        number: Bucket(records, root)
        for number, records, root in transaction.rows(_KEPT, connection=connection, kind=kind)
        if number not in before
    }
    computed = (
        _some(transaction, connection, kind, set(range(BUCKETS)) - kept.keys(), before)
        if kept
        else _all(transaction, connection, kind, before)
    )
    buckets = kept | computed
    roots = ((number, bucket.root) for number, bucket in buckets.items() if bucket.root is not None)
    return CurrentPopulation(
        records=sum(bucket.records for bucket in buckets.values()),
        root=root_of_buckets(roots),
        to_keep=computed if kept or len(computed) == BUCKETS else {},
        position=newest_version(transaction),
    )


def keep(transaction: Transaction, connection: str, kind: str, current: CurrentPopulation) -> None:
    """Keep the roots of a large population, unless something was stored since."""
    if newest_version(transaction) != current.position:
        return
    rows = (
        (connection, kind, number, bucket.records, bucket.root)
        for number, bucket in sorted(current.to_keep.items())
    )
    transaction.insert_many("population_bucket", _COLUMNS, rows, on_conflict=_REPLACING)


def require_unchanged(
    transaction: Transaction, connection: str, kind: str, keys: Iterable[str]
) -> None:
    """Compare the kept roots of the buckets that some keys are in with the current versions.

    Whoever changes a record does so before, and whoever builds on some: else the next root would
    be over what somebody else wrote.

    Raises:
        IntegrityError: A bucket is not the one of which the root was kept.
    """
    if not _is_kept(transaction, connection, kind):
        return
    numbers = sorted({bucket_of(key) for key in keys})
    query = f"{_KEPT} AND bucket IN (:values)"
    kept = {
        number: Bucket(records, root)
        for number, records, root in transaction.rows_in(
            query, numbers, connection=connection, kind=kind
        )
    }
    if _some(transaction, connection, kind, kept) != kept:
        raise IntegrityError(
            f"the index of {kind} of {connection_of(connection)} is damaged: it is not what was "
            "stored. Run `ccm verify`, which names what differs, and restore the store from a "
            "backup."
        )


def forget(transaction: Transaction, connection: str, kind: str, buckets: AbstractSet[int]) -> None:
    """Delete the roots of buckets whose records changed."""
    if _is_kept(transaction, connection, kind):
        statement = """
            DELETE FROM population_bucket
            WHERE connection = :connection AND kind = :kind AND bucket IN (:values)
            """
        for _ in transaction.rows_in(statement, sorted(buckets), connection=connection, kind=kind):
            pass


def newest_version(transaction: Transaction) -> int:
    """Return the number of the newest version; 0: there is none."""
    return transaction.value("SELECT max(seq) FROM version") or 0


def _is_kept(transaction: Transaction, connection: str, kind: str) -> bool:
    query = """
        SELECT EXISTS (
            SELECT 1 FROM population_bucket WHERE connection = :connection AND kind = :kind
        )
        """
    return bool(transaction.value(query, connection=connection, kind=kind))


def _all(
    transaction: Transaction, connection: str, kind: str, reverted: Reverted
) -> dict[int, Bucket]:
    query = """
        SELECT count(*) FROM current_version WHERE connection = :connection AND kind = :kind
        """
    if transaction.value(query, connection=connection, kind=kind) >= _LARGE:
        return _some(transaction, connection, kind, range(BUCKETS), reverted)  # some at a time
    pairs = _pairs(transaction.rows(_CURRENT, connection=connection, kind=kind))
    return {
        number: _bucket(pairs.get(number, ()), reverted.get(number))
        for number in pairs.keys() | reverted.keys()
    }


def _some(
    transaction: Transaction,
    connection: str,
    kind: str,
    numbers: Iterable[int],
    reverted: Reverted | None = None,
) -> dict[int, Bucket]:
    before = reverted or {}
    buckets: dict[int, Bucket] = {}
    ordered = sorted(numbers)
    for some in batches(ordered):
        if len(ordered) < _MANY:
            rows = transaction.rows_in(_OF_BUCKETS, some, connection=connection, kind=kind)
        else:
            rows = transaction.rows(
                _BETWEEN, connection=connection, kind=kind, low=some[0], high=some[-1]
            )
        pairs = _pairs(rows)
        for number in some:
            buckets[number] = _bucket(pairs.get(number, ()), before.get(number))
    return buckets


def _bucket(pairs: Sequence[tuple[str, str]], before: Mapping[str, str | None] | None) -> Bucket:
    """Return the bucket of some pairs, with others in place of those that changed."""
    if before:
        digests = {**dict(pairs), **before}
        pairs = [(key, digest) for key, digest in digests.items() if digest is not None]
    return Bucket(len(pairs), bucket_root(pairs) if pairs else None)


def _pairs(rows: Iterator[Row]) -> Mapping[int, list[tuple[str, str]]]:
    pairs: dict[int, list[tuple[str, str]]] = defaultdict(list)
    for number, key, digest in rows:
        pairs[number].append((key, digest))
    return pairs
