"""Which records make up which partition of a view: an index that a change is looked up in."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from ccm_core.model.evaluation.derived import DerivedBatch
    from ccm_core.store.sql.driver import Row
    from ccm_core.store.sql.transaction import Transaction

_MEMBER = ("connection", "view", "kind", "key", "name")


def update(transaction: Transaction, batch: DerivedBatch) -> None:
    """Write the names of records anew."""
    for (view, kind), members in batch.members.items():
        delete = """
            DELETE FROM partition_member
            WHERE connection = :connection AND view = :view AND kind = :kind AND key IN (:values)
            """
        parameters = {"connection": batch.connection, "view": view, "kind": kind}
        for _ in transaction.rows_in(delete, list(members), **parameters):
            pass
        pairs = ((name, key) for key, names in members.items() for name in dict.fromkeys(names))
        # Keys are near one another, names are all over the index by name: in their order each of
        # its pages is read and written once.
        rows = ((batch.connection, view, kind, key, name) for name, key in sorted(pairs))
        transaction.insert_many("partition_member", _MEMBER, rows)


def names_of(
    transaction: Transaction, connection: str, view: str, kind: str, keys: Iterable[str]
) -> AbstractSet[str]:
    """Return the names that some records of a kind had when they were last written."""
    query = """
        SELECT name FROM partition_member
        WHERE connection = :connection AND view = :view AND kind = :kind AND key IN (:values)
        """
    rows = transaction.rows_in(
        query, sorted(set(keys)), connection=connection, view=view, kind=kind
    )
    return frozenset(name for (name,) in rows)


def closure(
    transaction: Transaction, connection: str, view: str, names: Iterable[str]
) -> tuple[AbstractSet[str], Mapping[str, AbstractSet[str]]]:
    """Return all names of the partitions that some names are of, and their records, by kind."""
    closed: set[str] = set()
    keys: dict[str, set[str]] = {}
    pending = set(names)
    while pending:
        closed |= pending
        named = set[str]()
        for name, kind, key in _members(transaction, connection, view, pending):
            keys.setdefault(kind, set()).add(key)
            named.add(name)
        pending = named - closed
    return closed, keys


def some_names(
    transaction: Transaction, connection: str, view: str, first: str, number: int
) -> Iterator[str]:
    """Yield some names of partitions, from one on, sorted."""
    return transaction.column(
        """
        SELECT DISTINCT name FROM partition_member
        WHERE connection = :connection AND view = :view AND name >= :first
        ORDER BY name LIMIT :number
        """,
        connection=connection,
        view=view,
        first=first,
        number=number,
    )


def member_keys(
    transaction: Transaction,
    connection: str,
    view: str,
    kind: str,
    *,
    after: str,
    until: str | None,
) -> Iterator[str]:
    """Yield the keys of the records of a kind that are of any partition, each once.

    Those after one, and up to another one.
    """
    bound = "" if until is None else "AND key <= :until"
    return transaction.column(
        f"""
        SELECT DISTINCT key FROM partition_member
        WHERE connection = :connection AND view = :view AND kind = :kind AND key > :after {bound}
        """,
        connection=connection,
        view=view,
        kind=kind,
        after=after,
        until=until,
    )


def all_names(transaction: Transaction, connection: str, view: str) -> Iterator[str]:
    """Yield the names of partitions, those of records and those of subjects, each once."""
    return transaction.column(
        """
        SELECT name FROM partition_member WHERE connection = :connection AND view = :view
        UNION
        SELECT partition_name FROM subject WHERE connection = :connection AND view = :view
        """,
        connection=connection,
        view=view,
    )


def _members(
    transaction: Transaction, connection: str, view: str, names: Iterable[str]
) -> Iterator[Row]:
    """Yield name, kind and key of the records of some names, with each name that they have."""
    query = """
        SELECT other.name, other.kind, other.key
        FROM partition_member AS named CROSS JOIN partition_member AS other
        WHERE named.connection = :connection AND named.view = :view AND named.name IN (:values)
            AND other.connection = named.connection AND other.view = named.view
            AND other.kind = named.kind AND other.key = named.key
        """
    return transaction.rows_in(query, sorted(names), connection=connection, view=view)
