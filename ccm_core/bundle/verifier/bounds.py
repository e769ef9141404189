"""The bounds of an evidence package: what nobody has to read, and what is therefore not written.

Whoever makes a package reads the same table: what a verifier would refuse is refused before.
"""

from __future__ import annotations

from typing import NamedTuple


class BoundExceeded(Exception):
    """Something in a package is larger than a verifier reads."""

    def __init__(self, place: str, count: int, bound: Bound) -> None:
        super().__init__(
            f"{place}: {count:,} {bound.unit}, at most {bound.most:,} are read, as {bound.reason}"
        )
        self.place, self.bound = place, bound


class Bound(NamedTuple):
    """How much of something a verifier reads."""

    most: int
    unit: str
    """What is counted."""
    reason: str

    def check(self, place: str, count: int) -> None:
        """Refuse more than this in some place."""
        if count > self.most:
            raise BoundExceeded(place, count, self)


class Limits(NamedTuple):
    """Every bound of a package."""

    files: Bound = Bound(
        20_000, "files", "the name and the digest of each are in memory at the same time"
    )
    name: Bound = Bound(512, "bytes in the name of a file", "names are read before any contents")
    packed: Bound = Bound(
        (4 << 30) - 1, "bytes of archive", "a zip archive without extensions counts up to there"
    )
    unpacked: Bound = Bound(
        (4 << 30) - 1, "bytes in its files", "a zip archive without extensions counts up to there"
    )
    ratio: Bound = Bound(
        40,
        "bytes from each compressed one",
        "evidence has about ten, and more would fill a machine from a small file",
    )
    """On average, beyond those that are free."""
    free: int = 1 << 24
    """Bytes that may unpack from however few: so little fills no machine."""
    line: Bound = Bound(256 << 20, "bytes in a line", "a line is in memory as a whole")
    whole: Bound = Bound(
        1 << 30,
        "bytes of evaluations",
        "each is read, although it is stated by what differs from the one before",
    )
    again: Bound = Bound(
        512 << 20,
        "bytes of inputs, collections and manifests",
        "they are in memory at the same time, as they are read again",
    )
    statement: Bound = Bound(16 << 20, "bytes", "it is in memory as a whole, several times")
    keys: Bound = Bound(256, "signing keys", "each costs milliseconds to check")
    note: Bound = Bound(1 << 16, "bytes in a signed note", "a signature covers all of them")
    signatures: Bound = Bound(
        32, "signatures in a note", "each costs milliseconds to check; one is genuine"
    )
    logs: Bound = Bound(500, "logs", "each has a signature and a tree of its own")
    ledger: Bound = Bound(
        (1 << 31) - 1, "bytes in its ledger", "all of it is unpacked and read, leaf by leaf"
    )
    leaves: Bound = Bound(
        4_000_000, "leaves", "up to a kilobyte of each is in memory, so that 4 GiB suffice"
    )
    leaf: Bound = Bound(1 << 18, "bytes in a leaf", "a leaf only names contents")


LIMITS = Limits()
MOST_DEPTH = Bound(100, "brackets open at a time", "deeper ones exhaust the stack of a reader")
"""Where a document can be anybody's."""
FREE_PARTS = 4096
BYTES_BY_BRACKET, BYTES_BY_COMMA = 40, 10
"""What JSON has at least, beyond so many that are free: more of them would fill the memory."""
PIECE = 1 << 16
DENSE = "JSON of hardly anything but brackets and commas fills the memory"


def check_density(place: str, text: str) -> None:
    """Refuse JSON that is many times larger in memory than in a file."""
    for marks, unit, share in (
        ("[{", "brackets", BYTES_BY_BRACKET),
        (",", "commas", BYTES_BY_COMMA),
    ):
        most = FREE_PARTS + len(text) // share
        if sum(map(text.count, marks)) > most:
            bound = Bound(most, f"{unit} in {len(text):,} characters", DENSE)
            bound.check(place, count_structure(text, marks))


def count_structure(text: str, marks: str) -> int:
    """Count some marks of JSON that are in none of its strings."""
    text = text.replace("\\\\", "").replace('\\"', "")
    count = quoted = 0
    for start in range(0, len(text), PIECE):
        parts = text[start : start + PIECE].split('"')
        count += sum(part.count(mark) for part in parts[quoted::2] for mark in marks)
        quoted ^= (len(parts) - 1) % 2
    return count


def check_ratio(packed: int, size: int, limits: Limits = LIMITS) -> None:
    """Refuse an archive that unpacks to many times its size."""
    most = limits.ratio.most * packed + limits.free
    unit = f"bytes in its files from {packed:,} compressed ones"
    Bound(most, unit, limits.ratio.reason).check("the package", size)


def check_note(place: str, size: int, signatures: int, limits: Limits = LIMITS) -> None:
    """Refuse a signed note that is large, or has many signatures."""
    limits.signatures.check(place, signatures)
    limits.note.check(place, size)
