"""The ledger on its way into the store: leaves are appended with the rows that they stand for.

Each connection has a log of its own, and the store has one for everything else. A log is the
sequence of its entries; the last one has the right edge of the tree, so nothing is read to append.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import (  # noqa: TID253 - this module is only imported once a store is opened
    insert,
    select,
)

from ccm_core.ledger.checkpoint import STORE_LOG, Checkpoint, origin
from ccm_core.ledger.tree import Tree
from ccm_core.ledger.walk import Entry
from ccm_core.model.merkle import leaf_hash
from ccm_core.store import tables
from ccm_core.store.compression import Stream, decompressed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import Connection

_entry = tables.entry.c


__all__ = [
    "STORE_LOG",
    "append",
    "entries",
    "head",
    "identity",
    "leaves",
    "logs",
    "tree_of",
]


def append(connection: Connection, log: str, leaves: Iterable[bytes]) -> Tree:
    """Append leaves to a log, in the connection's transaction; give its tree."""
    tree = tree_of(connection, log)
    first, pack = tree.size, Stream()
    tree.extend(_packed(leaves, pack))
    if tree.size > first:
        connection.execute(
            insert(tables.entry).values(
                log=log,
                first=first,
                count=tree.size - first,
                leaves=pack.end(),
                edge=tree.edge,
            )
        )
    return tree


def _packed(leaves: Iterable[bytes], pack: Stream) -> Iterator[bytes]:
    """Give the leaves' hashes, and compress them on the way: a window's are too many to hold."""
    for number, leaf in enumerate(leaves):
        pack.add(b"\n" + leaf if number else leaf)
        yield leaf_hash(leaf)


def tree_of(connection: Connection, log: str) -> Tree:
    """Give the tree of a log as its last entry left it; an empty one where there is none."""
    last = (
        select(_entry.first + _entry.count, _entry.edge)
        .where(_entry.log == log)
        .order_by(_entry.first.desc())
        .limit(1)
    )
    row = connection.execute(last).one_or_none()
    return Tree() if row is None else Tree(*row)


def entries(connection: Connection, log: str) -> Iterator[Entry]:
    """Give the entries of a log in order."""
    rows = connection.execute(
        select(_entry.seq, _entry.first, _entry.count, _entry.leaves, _entry.edge)
        .where(_entry.log == log)
        .order_by(_entry.first),
        execution_options={"yield_per": 20},
    )
    for seq, first, count, leaves, edge in rows:
        yield Entry(seq=seq, log=log, first=first, count=count, leaves=_lines(leaves), edge=edge)


def leaves(connection: Connection, log: str, size: int) -> Iterator[bytes]:
    """Give the first leaves of a log, for proofs.

    Raises:
        ValueError: They cannot be read.
    """
    found = 0
    for entry in entries(connection, log):
        if entry.leaves is None:
            raise ValueError(f"the leaves from {entry.first} of the log {log} cannot be read")
        for leaf in entry.leaves:
            if found == size:
                return
            found += 1
            yield leaf


def logs(connection: Connection) -> Sequence[str]:
    """Name the logs that have entries, the store's own first."""
    return list(connection.scalars(select(_entry.log).distinct().order_by(_entry.log)))


def head(connection: Connection, log: str = STORE_LOG) -> Checkpoint:
    """Give what a log is now."""
    tree = tree_of(connection, log)
    return Checkpoint(origin=origin(identity(connection), log), size=tree.size, root=tree.root)


def identity(connection: Connection) -> str:
    """Give the name that the store was made with."""
    return str(connection.scalar(select(tables.store.c.identity)))


def _lines(content: bytes) -> Sequence[bytes] | None:
    try:
        return decompressed(content).split(b"\n")
    except (TypeError, ValueError):
        return None
