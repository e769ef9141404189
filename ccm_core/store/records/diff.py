"""What a batch changes: which records are new or changed, which keys have vanished."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

from ccm_core.ledger import merkle_hash
from ccm_core.model.evidence.collection import Outcome, Reason
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.store.sql.instants import microseconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ccm_core.model.evidence.collection import Collection
    from ccm_core.model.evidence.write_batch import Observation, WriteBatch
    from ccm_core.store.sql.driver import Row
    from ccm_core.store.sql.transaction import Transaction

_HEADS = "SELECT key, digest FROM current_version WHERE connection = :connection AND kind = :kind"
_DATED_LATER = """
SELECT version.key
FROM collection CROSS JOIN version CROSS JOIN current_version
WHERE collection.connection = :connection AND collection.kind = :kind
    AND collection.ended_at > :moment
    AND version.collection = collection.seq
    AND current_version.connection = version.connection
    AND current_version.kind = version.kind AND current_version.key = version.key
    AND current_version.seq = version.seq
"""
"""Keys whose newest version is dated later: a clock ran ahead, or went back since.

Joined in this order: such collections are few or none.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordDiff:
    """The difference between the current records and what was observed."""

    appended: Sequence[Observation]
    """Observations whose key is new, had vanished, has another digest or is dated later, by key."""
    vanished: Sequence[str]
    """Keys that are not in the population any more, or not before their date, sorted."""


def diff(transaction: Transaction, batch: WriteBatch) -> RecordDiff:
    """Compare a batch with the current records; only a complete snapshot makes keys vanish.

    What is dated later than the batch is no evidence of its moment, so it is stored again.
    """
    digests: dict[str, str | None] = dict(_heads(transaction, batch))
    dated_later = _dated_later(transaction, batch.collection)
    observed = {observation.key for observation in batch.observations}
    gone = batch.vanished or digests.keys()
    vanished = (
        key for key in gone if key not in observed and (digests.get(key) or key in dated_later)
    )
    appended = [
        observation
        for observation in batch.observations
        if digests.get(observation.key) != observation.body.digest or observation.key in dated_later
    ]
    return RecordDiff(
        appended=sorted(appended, key=lambda observation: observation.key),
        vanished=sorted(vanished),
    )


def is_whole_population(batch: WriteBatch) -> bool:
    """Whether what is not among the observations is not listed any more.

    A list that was read to its end states that also for a credential that sees a part.
    """
    collection = batch.collection
    if not batch.snapshot or collection.outcome not in {Outcome.COMPLETE, Outcome.PARTIAL}:
        return False
    shortfalls = collection.shortfalls
    if collection.outcome is Outcome.COMPLETE:
        return True
    return bool(shortfalls) and all(
        shortfall.reason is Reason.VISIBILITY for shortfall in shortfalls
    )


def refuse_duplicate_keys(batch: WriteBatch) -> None:
    """Refuse a batch that observes one key twice.

    Raises:
        ValueError: A key is there twice.
    """
    keys: set[str] = set()
    for observation in batch.observations:
        if observation.key in keys:
            kind = batch.collection.kind
            raise ValueError(f"{kind} {observation.key!r} is observed twice in one batch")
        keys.add(observation.key)


def population_root(population: Iterable[tuple[str, str]]) -> str:
    """Return the Merkle root of a whole population, as ``sha256:`` and hexadecimal digits.

    Each ``(key, digest)`` pair is one leaf, in the order of the keys' code points. A leaf's
    bytes are the key in UTF-8, one zero byte, and the digest in ASCII as it is written
    elsewhere (``sha256:...``). A digest holds no zero byte, so the last one ends the key and
    no two pairs share their bytes. Leaves and nodes are hashed as RFC 9162, section 2.1.1 says.
    """
    leaves = [f"{key}\0{digest}".encode() for key, digest in sorted(population)]
    return f"sha256:{merkle_hash.root(leaves).hex()}"


def _dated_later(transaction: Transaction, collection: Collection) -> frozenset[str]:
    return frozenset(
        transaction.column(
            _DATED_LATER,
            connection=collection.connection,
            kind=collection.kind,
            moment=microseconds(collection.ended_at),
        )
    )


def _heads(transaction: Transaction, batch: WriteBatch) -> Iterator[Row]:
    """Yield key and digest of every current record that the batch can change."""
    collection = batch.collection
    parameters = {"connection": collection.connection, "kind": collection.kind}
    if is_whole_population(batch):
        return transaction.rows(_HEADS, **parameters)
    if transaction.row(f"{_HEADS} LIMIT 1", **parameters) is None:
        return iter(())  # a backfill begins so: there is nothing to look for
    keys = chain((observation.key for observation in batch.observations), batch.vanished)
    return transaction.rows_in(f"{_HEADS} AND key IN (:values)", keys, **parameters)
