"""Refuse to write a package that no verifier reads: the bounds are those of the verifier itself."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from ccm_core.bundle.verifier.archive import UnreadableBundle, check_names
from ccm_core.bundle.verifier.bounds import BoundExceeded, Limits, check_note
from ccm_core.bundle.verifier.pages.page_files import READABLE
from ccm_core.bundle.verifier.statement import (
    STATEMENT,
    VERIFIER,
    check_statement,
    envelope_of,
    statement_of,
)
from ccm_core.bundle.verifier.strict_json import write_json
from ccm_core.errors import UsageError
from ccm_core.ledger.checkpoint import STORE_LOG
from ccm_core.ledger.multiproof import ProvenLeaves
from ccm_core.ledger.signed_note import encoded
from ccm_core.model.json_codec import JsonObject

_LESS = "nothing was written. Bundle a shorter period, fewer controls or fewer connections"
_WHOLE = (
    f"nothing was written. Every bundle has all of the log {STORE_LOG}, so none of this store can "
    "be made any more: "
    "begin a new store, and hand over this one as a whole, which `ccm verify` verifies"
)
_DERIVED_FILES = ("key.pem", "assurance.json", "erasures.json", *READABLE, VERIFIER)
_KEY, _SIGNATURE, _DIGEST = bytes(32), bytes(64), "0" * 64


@contextmanager
def refuse_beyond_bounds(less: str = _LESS) -> Iterator[None]:
    """Turn what exceeds a bound into a refusal that names the next step.

    Args:
        less: Names the smaller request, where one is smaller.

    Raises:
        UsageError: Something is larger than a verifier reads.
    """
    try:
        yield
    except BoundExceeded as exceeded:
        raise UsageError(f"{exceeded}; {_next_step(exceeded, less)}") from exceeded


def refuse_unreadable_connections(names: Iterable[str]) -> None:
    """Check the names of connections, which are those of logs and of folders.

    Settings allow none of these; a store that something else wrote may have them.

    Raises:
        UsageError: A verifier cannot tell the log of one from another log, or from a folder.
    """
    for name in names:
        if not name.isprintable() or set("/@") & set(name):
            raise UsageError(
                f"the connection {name!r}: its name is that of a log in a bundle, so expected one "
                "of letters, digits, dots, hyphens and underscores; nothing was written. Bundle "
                "the other connections"
            )


def refuse_unreadable_ledger(
    excerpts: Sequence[ProvenLeaves], keys: Sequence[str], limits: Limits
) -> None:
    """Check the logs and the notes of the keys of a package.

    Raises:
        BoundExceeded: They are more, or larger, than a verifier reads.
    """
    limits.logs.check("the package", len(excerpts))
    limits.keys.check("the package", len(keys))
    for name, note in key_notes(keys).items():
        _check_note(name, note, limits)
    for excerpt in excerpts:
        _check_note(f"ledger/{excerpt.log}/checkpoint.txt", excerpt.checkpoint, limits)
        limits.leaves.check(f"the log {excerpt.log}", len(excerpt.indexes))
        limits.leaf.check(f"the log {excerpt.log}", excerpt.longest)
    limits.ledger.check("the package", sum(map(_ledger_size, excerpts)))


def refuse_unreadable_statement(
    contents: Collection[str],
    excerpts: Iterable[ProvenLeaves],
    keys: Sequence[str],
    predicate: JsonObject,
    limits: Limits,
) -> None:
    """Check the names of the files of a package, and the statement that will name them.

    Args:
        contents: The files that leaves speak of.
        excerpts: Its logs.
        keys: The notes of the keys.
        predicate: What the statement says of the package.
        limits: How much a verifier reads.

    Raises:
        BoundExceeded: There are too many, one is too long, or the statement would be too large.
        UsageError: A name may lead out of a folder.
    """
    names = [
        *(
            f"ledger/{excerpt.log}/{name}.txt"
            for excerpt in excerpts
            for name in ("checkpoint", "hashes", "leaves")
        ),
        *contents,
        *key_notes(keys),
        *_DERIVED_FILES,
        STATEMENT,
    ]
    try:
        check_names(names, limits)
    except UnreadableBundle as cause:
        raise UsageError(
            f"{cause}; nothing was written. Bundle without the connection or the rules whose name "
            "that is"
        ) from cause
    payload = write_json(statement_of(dict.fromkeys(names, _DIGEST), predicate))
    envelope = write_json(envelope_of(payload, _KEY, _SIGNATURE))
    check_statement(len(envelope), payload, limits)


def key_notes(notes: Sequence[str]) -> Mapping[str, str]:
    """Return the notes with which the keys of a store began, by the names of their files."""
    return {f"keys/{number:04}.txt": note for number, note in enumerate(notes, 1)}


def _ledger_size(excerpt: ProvenLeaves) -> int:
    """Return how many bytes the files of one log have."""
    hashes = sum(len(encoded(digest)) + 1 for digest in excerpt.hashes)
    numbers = sum(len(str(index)) + 2 for index in excerpt.indexes)
    return len(excerpt.checkpoint.encode()) + hashes + numbers + excerpt.leaf_bytes


def _check_note(name: str, note: str, limits: Limits) -> None:
    signatures = note.rpartition("\n\n")[2].count("\n")
    check_note(name, len(note.encode()), signatures, limits)


def _next_step(exceeded: BoundExceeded, less: str) -> str:
    whole = f"the log {STORE_LOG}" in exceeded.place or exceeded.bound.unit == "signing keys"
    return _WHOLE if whole else less
