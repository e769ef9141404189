"""A population of records: its root, which costs what changed and not what there is.

The ``(key, digest)`` pairs are spread over 1,024 buckets by the first ten bits of the key's
SHA-256. The root of a bucket is the Merkle root of its pairs; the root of the population is that of
its buckets. So a changed pair costs the pairs of one bucket, and a leaf for each bucket.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

from ccm_core.ledger import merkle_hash

_UNUSED_BITS = 6
"""Of the first two bytes of a key's hash."""


class PopulationTree:
    """Keys with the digests of their newest versions, and the root over them.

    The leaf of a pair is the key in UTF-8, a zero byte and the digest as it is written elsewhere
    (``sha256:...``), in the order of the keys' code points. The leaf of a bucket is its number in
    two bytes, the high one first, followed by its root, in the order of numbers; empty buckets have
    none. Both trees are hashed as RFC 9162, section 2.1.1 says.
    """

    def __init__(self, versions: Iterable[tuple[str, str | None]] = ()) -> None:
        """Put some versions, oldest first; without a digest the key is gone."""
        self.size = 0
        self._buckets: dict[int, dict[str, str]] = {}
        self._roots: dict[int, bytes] = {}
        """The root of each bucket that has not changed since it was computed."""
        self._root: str | None = None
        for key, digest in versions:
            self.put(key, digest)

    def changed(self, changes: Iterable[tuple[str, str | None]]) -> PopulationTree:
        """Return the population after some changes, as :meth:`put` makes them; this one stays."""
        after = PopulationTree()
        after.size, after._root = self.size, self._root
        after._buckets, after._roots = dict(self._buckets), dict(self._roots)
        copied: set[int] = set()
        for key, digest in changes:
            number = bucket_of(key)
            if number not in copied:
                copied.add(number)
                after._buckets[number] = dict(after._buckets.get(number, {}))
            after.put(key, digest)
        return after

    def put(self, key: str, digest: str | None) -> None:
        """Set the digest of a key; None: the key is not there any more."""
        number = bucket_of(key)
        bucket = self._buckets.setdefault(number, {})
        if bucket.get(key) == digest:
            return
        self.size += (digest is not None) - (key in bucket)
        if digest is None:
            del bucket[key]
        else:
            bucket[key] = digest
        self._roots.pop(number, None)
        self._root = None

    @property
    def root(self) -> str:
        """The root, as ``sha256:`` and hexadecimal digits."""
        if self._root is None:
            numbers = (number for number, bucket in self._buckets.items() if bucket)
            self._root = root_of_buckets((number, self._bucket_root(number)) for number in numbers)
        return self._root

    def _bucket_root(self, number: int) -> bytes:
        root = self._roots.get(number)
        if root is None:
            root = self._roots[number] = bucket_root(self._buckets[number].items())
        return root


BUCKETS = 1024
"""How many there are."""


def bucket_of(key: str) -> int:
    """Return the number of the bucket that a key is in."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:2], "big") >> _UNUSED_BITS


def bucket_root(pairs: Iterable[tuple[str, str]]) -> bytes:
    """Return the root of a bucket, of its keys with their digests."""
    leaves = [f"{key}\0{digest}".encode() for key, digest in sorted(pairs)]
    return merkle_hash.root(leaves)


def root_of_buckets(roots: Iterable[tuple[int, bytes]]) -> str:
    """Return the root of a population, of its buckets that are not empty with their numbers."""
    leaves = [number.to_bytes(2, "big") + root for number, root in sorted(roots)]
    return f"sha256:{merkle_hash.root(leaves).hex()}"
