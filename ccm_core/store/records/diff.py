"""What a harvest changes: which records are new or changed, which keys have vanished."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ccm_core.ledger import merkle_hash
from ccm_core.model.evidence.collection import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ccm_core.store.interface import WriteBatch, Observation
    from ccm_core.store.sql.transaction import Transaction, Values

_HEADS = "SELECT key, digest FROM head WHERE connection = :connection AND kind = :kind"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The difference between what stood and what was observed."""

    appended: Sequence[Observation]
    """Observations whose key is new, had vanished, or had another digest, sorted by key."""
    vanished: Sequence[str]
    """Keys that stood and are not in the population any more, sorted."""


def change(transaction: Transaction, harvest: WriteBatch) -> Change:
    """Compare a harvest with what stands; only a complete snapshot makes keys vanish."""
    heads: dict[str, str | None] = dict(_heads(transaction, harvest))
    observed = {one.key for one in harvest.observations}
    vanished = (key for key, digest in heads.items() if digest and key not in observed)
    appended = [one for one in harvest.observations if heads.get(one.key) != one.body.digest]
    return Change(
        appended=sorted(appended, key=lambda one: one.key),
        vanished=sorted(vanished),
    )


def states_everything(harvest: WriteBatch) -> bool:
    """Whether what is not among the observations does not exist."""
    return harvest.snapshot and harvest.collection.outcome is Outcome.COMPLETE


def check(harvest: WriteBatch) -> None:
    """Refuse a harvest that says two things of one key.

    Raises:
        ValueError: A key is there twice.
    """
    seen: set[str] = set()
    for observation in harvest.observations:
        if observation.key in seen:
            kind = harvest.collection.kind
            raise ValueError(f"{kind} {observation.key!r} is observed twice in one harvest")
        seen.add(observation.key)


def population_root(population: Iterable[tuple[str, str]]) -> str:
    """Give the Merkle root of a whole population, as ``sha256:`` and hexadecimal digits.

    Each ``(key, digest)`` pair is one leaf, in the order of the keys' code points. A leaf's
    bytes are the key in UTF-8, one zero byte, and the digest in ASCII as it is written
    elsewhere (``sha256:...``). A digest holds no zero byte, so the last one ends the key and
    no two pairs share their bytes. Leaves and nodes are hashed as RFC 9162, section 2.1.1 says.
    """
    leaves = [f"{key}\0{digest}".encode() for key, digest in sorted(population)]
    return f"sha256:{merkle_hash.root(leaves).hex()}"


def _heads(transaction: Transaction, harvest: WriteBatch) -> Iterator[Values]:
    """Give key and digest of every head that the harvest can change."""
    collection = harvest.collection
    where = {"connection": collection.connection, "kind": collection.kind}
    if states_everything(harvest):
        return transaction.rows(_HEADS, **where)
    if transaction.row(f"{_HEADS} LIMIT 1", **where) is None:
        return iter(())  # a backfill begins so: there is nothing to look for
    observed = (one.key for one in harvest.observations)
    return transaction.among(f"{_HEADS} AND key IN (:among)", observed, **where)
