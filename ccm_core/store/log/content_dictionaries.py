"""Dictionaries: what contents of a kind repeat is stored once, and they are compressed with it.

A dictionary is some stored contents of the kind, one after the other. It is made when a batch of
them was stored and the kind has none, or one of few contents, or an old one; those that follow name
it. What is erased by order is erased from it too (``store/erasing``). See ADR 0062.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

from ccm_core.errors import StoreError
from ccm_core.store.codec.compression import (
    MAX_CONTENT,
    Compressor,
    Decompressor,
    NumberedDictionary,
    dictionary_number,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ccm_core.model.evidence.write_batch import Body
    from ccm_core.store.sql.driver import Row
    from ccm_core.store.sql.transaction import Transaction

COLLECTIONS, MANIFESTS, ACTS = "@collection", "@manifest", "@document"
"""Kinds of contents that are no bodies of records: documents of a table."""
MOST_BODIES = 20
"""As many are in one dictionary; more save little and take longer to prepare."""
MAX_SIZE = 32 * 1024
"""Bytes of a dictionary: what is beyond is cut off."""
_RENEWED_AFTER = 200_000
"""Versions that are stored before a kind gets a new one: names and texts drift."""
_NEWEST = "SELECT seq, content FROM dictionary WHERE kind = :kind ORDER BY seq DESC LIMIT 1"
_NEWEST_MADE = """
    SELECT position, bodies FROM dictionary WHERE kind = :kind ORDER BY seq DESC LIMIT 1
"""
_DOCUMENTS = {
    COLLECTIONS: "SELECT digest, document FROM collection ORDER BY seq DESC LIMIT :most",
    MANIFESTS: "SELECT digest, document FROM manifest ORDER BY seq DESC LIMIT :most",
    ACTS: "SELECT digest, document FROM document WHERE form = 'act' ORDER BY seq DESC LIMIT :most",
}
_BODIES = "SELECT digest, content FROM body WHERE digest IN (:values)"
_LAST_VERSION = "SELECT coalesce(max(seq), 0) FROM version"


def reader(transaction: Transaction) -> Decompressor:
    """Return what reads contents of a store, those that name a dictionary included."""

    def dictionary(number: int) -> bytes:
        content = transaction.value("SELECT content FROM dictionary WHERE seq = :seq", seq=number)
        if content is None:
            raise ValueError(f"dictionary {number}, which it is compressed with, is not there")
        try:
            return Decompressor().read(content)
        except (TypeError, ValueError) as error:  # a damaged column can hold anything
            raise ValueError(
                f"dictionary {number}, which it is compressed with, is damaged ({error})"
            ) from error

    return Decompressor(dictionaries=dictionary)


def compressor(transaction: Transaction, kind: str, max_size: int = MAX_CONTENT) -> Compressor:
    """Return what compresses contents of a kind with its newest dictionary, if it has one."""
    row = transaction.row(_NEWEST, kind=kind)
    if row is None:
        return Compressor(max_size)
    number, content = row
    try:
        dictionary = NumberedDictionary(number=number, content=Decompressor().read(content))
    except (TypeError, ValueError):  # damaged: what is stored now does not depend on it
        return Compressor(max_size)
    return Compressor.numbered(dictionary, max_size)


def checked(transaction: Transaction, bodies: Iterable[Body]) -> Iterator[tuple[Body, bytes]]:
    """Yield bodies with their contents, after checking that the dictionaries they name are there.

    Raises:
        StoreError: One was erased since a content was compressed with it.
    """
    there: set[int | None] = {None}
    for body in bodies:
        content = body.content
        number = dictionary_number(content)
        if number not in there:
            if transaction.value("SELECT seq FROM dictionary WHERE seq = :seq", seq=number) is None:
                raise StoreError(
                    "something was erased from the store while this was read, so nothing of this "
                    "step was stored. Do it again."
                )
            there.add(number)
        yield body, content


def renew(transaction: Transaction, kind: str, stored: Iterable[str]) -> None:
    """Make a new dictionary of bodies that were just stored, where their kind has no good one.

    Args:
        transaction: That stored them.
        kind: Theirs.
        stored: Their digests.
    """
    digests = list(dict.fromkeys(stored))
    if digests and _wants_one(transaction, kind, len(digests)):
        # Some twenty bodies, once for each kind: it is not worth a transaction of its own.
        insert_made_of(transaction, kind, digests)


def renew_documents(transaction: Transaction, kind: str) -> None:
    """Make a new dictionary of the newest documents of a table, where there is no good one.

    Args:
        transaction: That just stored one.
        kind: One of those that are no bodies.
    """
    rows = list(transaction.rows(_DOCUMENTS[kind], most=MOST_BODIES))
    if rows and _wants_one(transaction, kind, len(rows)):
        _insert_readable(transaction, kind, rows)


def leaf_type(kind: str) -> str:
    """Return the type of the leaves that hold the digests of a kind's contents."""
    return kind.removeprefix("@") if kind in _DOCUMENTS else "version"


def insert_made_of(transaction: Transaction, kind: str, digests: Sequence[str]) -> bool:
    """Store the dictionary that some of these bodies make, evenly chosen; return whether they do.

    Args:
        transaction: On the database.
        kind: Theirs.
        digests: Theirs, at least one.
    """
    chosen = digests[:: -(-len(digests) // MOST_BODIES)]
    return _insert_readable(transaction, kind, transaction.rows_in(_BODIES, chosen))


def _insert_readable(transaction: Transaction, kind: str, frames: Iterable[Row]) -> bool:
    contents = {}
    decompressor = reader(transaction)
    for digest, frame in frames:
        with suppress(ValueError):  # damaged: a dictionary does without it
            contents[digest] = decompressor.read(frame)
    content = made_of(contents.values())
    if content:
        _insert(transaction, kind, list(contents), content)
    return bool(content)


def _wants_one(transaction: Transaction, kind: str, stored: int) -> bool:
    row = transaction.row(_NEWEST_MADE, kind=kind)
    if row is None:
        return True
    position, bodies = row
    if len(json.loads(bodies)) < min(stored, MOST_BODIES) / 2:
        return True
    return int(transaction.value(_LAST_VERSION)) - int(position) > _RENEWED_AFTER


def made_of(contents: Iterable[bytes]) -> bytes:
    """Return the dictionary that contents make."""
    return b"".join(contents)[:MAX_SIZE]


def _insert(transaction: Transaction, kind: str, digests: Sequence[str], content: bytes) -> None:
    transaction.insert(
        "dictionary",
        {
            "kind": kind,
            "bodies": json.dumps(digests),
            "position": transaction.value(_LAST_VERSION),
            "content": Compressor().compress(content),
        },
    )
