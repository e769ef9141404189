"""What is erased is erased from dictionaries too: what they were used for is compressed anew."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ccm_core.store.codec.compression import Compressor, numbered_begin
from ccm_core.store.log import content_dictionaries
from ccm_core.store.sql.transaction import batches

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ccm_core.store.sql.transaction import Transaction

_STORED = "SELECT digest FROM body WHERE digest IN (:values)"
_NAMING = "SELECT digest FROM body WHERE substr(content, 1, 4) = :begin"
_CONTENTS = "SELECT digest, content FROM body WHERE digest IN (:values)"
_REPLACE = "UPDATE body SET content = :content WHERE digest = :digest"


def remove_erased(transaction: Transaction) -> None:
    """Delete the dictionaries that hold a body which is not there any more.

    The bodies that were compressed with one are compressed with another that some of them make. It
    takes some ten microseconds for each.
    """
    for number, kind in list(_holding_erased(transaction)):
        naming = list(transaction.column(_NAMING, begin=numbered_begin(number)))
        _compress_anew(transaction, kind, naming)
        transaction.execute("DELETE FROM dictionary WHERE seq = :seq", seq=number)


def _holding_erased(transaction: Transaction) -> Iterator[tuple[int, str]]:
    """Yield the number and the kind of each dictionary of which a body is gone."""
    rows = transaction.rows("SELECT seq, kind, bodies FROM dictionary ORDER BY seq")
    for number, kind, bodies in list(rows):
        digests = set(json.loads(bodies))
        stored = {digest for (digest,) in transaction.rows_in(_STORED, sorted(digests))}
        if not kind.startswith("@") and digests - stored:
            yield number, kind


def _compress_anew(transaction: Transaction, kind: str, digests: Sequence[str]) -> None:
    reader = content_dictionaries.reader(transaction)
    compressor = Compressor()
    if digests and content_dictionaries.insert_made_of(transaction, kind, digests):
        compressor = content_dictionaries.compressor(transaction, kind)
    for batch in batches(digests):
        for digest, content in list(transaction.rows_in(_CONTENTS, batch)):
            try:
                document = reader.read(content)
            except ValueError:  # damaged: it stays as it is, and is named when somebody reads it
                continue
            transaction.execute(_REPLACE, digest=digest, content=compressor.compress(document))
