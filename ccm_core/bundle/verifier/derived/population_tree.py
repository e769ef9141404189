"""The root over a population, by change: what did not change is not hashed again."""

from __future__ import annotations

import hashlib

from ccm_core.bundle.verifier.proofs.leaf_table import unpack_digest
from ccm_core.bundle.verifier.proofs.merkle import root_over


class PopulationRoot:
    """Keys with the digests of their newest versions, and the tree over the trees of its buckets.

    A key is in the bucket that the first twelve bits of its SHA-256 name. A changed key costs the
    tree of its bucket, and the hashes from there to the root.
    """

    def __init__(self) -> None:
        self.size = 0
        self.buckets: dict[int, dict[str, bytes]] = {}
        """By number: the leaf hash of each key with its digest."""
        self.touched: set[int] = set()
        """The buckets that changed since the root was computed."""
        self.numbers: list[int] = []
        """The buckets that are not empty, at that time."""
        self.levels: list[list[bytes]] = []
        """The hashes of the tree over the buckets, the leaves first."""

    def put(self, key: str, packed: bytes | None) -> None:
        """Set the packed digest of a key; None: it is not there any more."""
        name = key.encode()
        number = int.from_bytes(hashlib.sha256(name).digest()[:2], "big") >> 6
        bucket = self.buckets.setdefault(number, {})
        self.size += (packed is not None) - (key in bucket)
        if packed is None:
            bucket.pop(key, None)
        else:
            entry = b"%s\0%s" % (name, unpack_digest(packed).encode())
            bucket[key] = hashlib.sha256(b"\x00" + entry).digest()
        self.touched.add(number)

    @property
    def root(self) -> str:
        """The root, as ``sha256:`` and hexadecimal digits."""
        appeared = {number for number in self.touched if self.buckets[number]}
        if self.touched:
            numbers = sorted((set(self.numbers) - self.touched) | appeared)
            if numbers == self.numbers:
                for number in sorted(appeared):
                    self.change(self.position(number), self.leaf(number))
            else:
                self.build(numbers)
            self.touched = set()
        top = self.levels[-1][0] if self.levels else hashlib.sha256(b"").digest()
        return "sha256:" + top.hex()

    def position(self, number: int) -> int:
        """Return the place of a bucket among those that are not empty."""
        low, high = 0, len(self.numbers)
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self.numbers[middle] < number else (low, middle)
        return low

    def leaf(self, number: int) -> bytes:
        """Return the hash of the leaf of a bucket."""
        bucket = self.buckets[number]
        value = number.to_bytes(2, "big") + root_over([bucket[key] for key in sorted(bucket)])
        return hashlib.sha256(b"\x00" + value).digest()

    def build(self, numbers: list[int]) -> None:
        """Hash the tree over the buckets anew: one appeared, or became empty."""
        before = dict(zip(self.numbers, self.levels[0])) if self.levels else {}
        level = [
            self.leaf(number) if number in self.touched else before[number] for number in numbers
        ]
        self.numbers, self.levels = numbers, [level] if level else []
        while len(level) > 1:
            pairs = zip(level[::2], level[1::2])
            parents = [hashlib.sha256(b"\x01" + first + second).digest() for first, second in pairs]
            level = parents + level[len(parents) * 2 :]
            self.levels.append(level)

    def change(self, place: int, value: bytes) -> None:
        """Hash the way from one leaf to the root."""
        self.levels[0][place] = value
        for lower, upper in zip(self.levels, self.levels[1:]):
            place //= 2
            upper[place] = self.parent(lower, place)

    def parent(self, level: list[bytes], place: int) -> bytes:
        """Return the hash over two neighbours; the last one of an odd number has none."""
        pair = level[2 * place : 2 * place + 2]
        return pair[0] if len(pair) == 1 else hashlib.sha256(b"\x01" + pair[0] + pair[1]).digest()
