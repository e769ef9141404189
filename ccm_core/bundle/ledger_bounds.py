"""Refuse to write a ledger that no verifier reads: the bounds are those of the verifier itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ccm_core.bundle.verifier.log_checks import MOST_LEAF, MOST_LEAVES, MOST_LEDGER, MOST_LOGS
from ccm_core.bundle.verifier.statement import MOST_KEYS
from ccm_core.errors import UsageError
from ccm_core.ledger.multiproof import ProvenLeaves
from ccm_core.ledger.signed_note import encoded


def refuse_unreadable_log(excerpt: ProvenLeaves) -> None:
    """Check the leaves of one log, before they are read.

    Raises:
        UsageError: There are more, or one is larger, than a verifier reads.
    """
    largest = max(map(len, excerpt.leaves.values()), default=0)
    _refuse(
        (f"leaves of the log {excerpt.log}", len(excerpt.leaves), MOST_LEAVES),
        (f"bytes in a leaf of the log {excerpt.log}", largest, MOST_LEAF),
    )


def refuse_unreadable_ledger(excerpts: Sequence[ProvenLeaves], keys: int) -> None:
    """Check the ledger of a package, before it is written.

    Raises:
        UsageError: It has more logs, keys or bytes than a verifier reads.
    """
    size = sum(len(chunk) for excerpt in excerpts for chunk in ledger_chunks(excerpt))
    _refuse(
        ("logs", len(excerpts), MOST_LOGS),
        ("signing keys", keys, MOST_KEYS),
        ("bytes in its ledger", size, MOST_LEDGER),
    )


def ledger_chunks(excerpt: ProvenLeaves) -> Iterator[bytes]:
    """Yield the bytes of the files of one log."""
    yield excerpt.checkpoint.encode()
    yield from (f"{encoded(digest)}\n".encode() for digest in excerpt.hashes)
    yield from (b"%d %s\n" % leaf for leaf in sorted(excerpt.leaves.items()))


def _refuse(*counts: tuple[str, int, int]) -> None:
    for name, count, most in counts:
        if count > most:
            raise UsageError(
                f"the package would have {count:,} {name}, at most {most:,} are read by a "
                "verifier; nothing was written. Bundle a shorter period, fewer controls or fewer "
                "connections"
            )
