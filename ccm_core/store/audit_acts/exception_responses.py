"""Management's responses to exceptions, one row and one leaf for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ccm_core.errors import UsageError
from ccm_core.ledger.checkpoint import STORE_LOG
from ccm_core.model.audit.exception_response import ExceptionResponse
from ccm_core.sdk.timestamps import format_instant
from ccm_core.store.codec.bodies import decode_body, encode_body
from ccm_core.store.log.append import append_leaves
from ccm_core.store.log.leaf_encoding import EXCEPTION_RESPONSE
from ccm_core.store.sql.instants import instant, microseconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ccm_core.store.sql.driver import SqlValue
    from ccm_core.store.sql.transaction import Transaction

_LAST = """
    SELECT number, at FROM exception_response
    WHERE exception = :exception AND since = :since AND until = :until
    ORDER BY number DESC LIMIT 1
"""


def append(transaction: Transaction, response: ExceptionResponse) -> None:
    """Store a response with its leaf.

    Raises:
        UsageError: Its number is not the next one.
    """
    name, window = response.exception.id, response.window
    period: dict[str, SqlValue] = {
        "exception": name,
        "since": microseconds(window.since),
        "until": microseconds(window.until),
    }
    number, at = transaction.row(_LAST, **period) or (0, 0)
    if response.number != number + 1:
        when = format_instant(instant(at).replace(microsecond=0)) if number else "never"
        raise UsageError(
            f"{name} in {response.period}: somebody responded meanwhile (response {number}, "
            f"{when}), and nothing was stored; read it with `ccm exceptions show {name} --period "
            f"{response.period}`, then respond again"
        )
    document = encode_body(response)
    row: dict[str, SqlValue] = {
        **period,
        "number": response.number,
        "at": microseconds(response.at),
        "digest": document.digest,
        "document": document.content,
    }
    transaction.insert("exception_response", row)
    append_leaves(transaction, STORE_LOG, [EXCEPTION_RESPONSE.line(row)])


def read(transaction: Transaction) -> Iterator[ExceptionResponse]:
    """Yield all responses in the order in which they were stored.

    Raises:
        IntegrityError: One is not what was stored.
    """
    query = "SELECT exception, digest, document FROM exception_response ORDER BY seq"
    for name, digest, document in transaction.rows(query):
        yield decode_body(document, digest, ExceptionResponse, f"response to exception {name}")
