"""The schema of a store against the one that the migrations make: what is foreign, what is gone.

Triggers, views and rewritten tables change what ccm reads and writes, and no leaf speaks of them.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import cache
from typing import TYPE_CHECKING

from ccm_core.errors import IntegrityError
from ccm_core.ledger.verification_result import VerificationProblem
from ccm_core.store.sql.transaction import Transaction
from ccm_core.store.sqlite import migrations

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import TypeAlias

    Schema: TypeAlias = Mapping[tuple[str, str], tuple[str, str | None]]
    """The table and the statement of each part of a schema, by type and name."""

_SCHEMA = "SELECT type, name, tbl_name, sql FROM sqlite_schema"
_NUMBERS = ("application_id", "user_version")
"""What the header of a SQLite file has for programs; ccm leaves both at 0."""
_MAX_NAMED = 5


def schema_problems(transaction: Transaction) -> Iterator[VerificationProblem]:
    """Yield what the schema of a store has that ccm did not make, and what it lacks."""
    expected, actual = expected_schema(), _schema(transaction)
    parts = expected.items() ^ actual.items() if expected != actual else set()
    named = {part for part, _ in parts}
    for form, name in sorted(
        named, key=lambda part: (part[0] == "index", part)
    ):  # of a table: last
        here = actual.get((form, name))
        if here is None:
            problem = "it is not there any more"
        elif (form, name) in expected:
            problem = f"it is not the one that ccm makes: {here[1]}"
        else:
            problem = f"ccm did not make it: {here[1]}"
        yield VerificationProblem(label=f"{form} {name}", table="sqlite_schema", problem=problem)
    for name in _NUMBERS:
        number = transaction.value(f"PRAGMA {name}")
        if number != 0:
            yield VerificationProblem(
                label=f"the {name} of the file", problem=f"it is {number}, and ccm leaves it at 0"
            )


def refuse_foreign_schema(transaction: Transaction, path: str) -> None:
    """Check the schema of a store before anything is read or written through it.

    Raises:
        IntegrityError: It is not the one that ccm makes; the differences are named.
    """
    problems = [str(problem) for problem in schema_problems(transaction)]
    if problems:
        named = "; ".join(problems[:_MAX_NAMED])
        more = f"; and {len(problems) - _MAX_NAMED} more" if len(problems) > _MAX_NAMED else ""
        raise IntegrityError(
            f"the schema of the store {path} is not what ccm made: {named}{more}. Find out who "
            "changed it, and restore the store from a backup."
        )


def lacks_tables(transaction: Transaction) -> bool:
    """Return whether a table or one of its columns is not there, so that reading would fail."""
    actual = _schema(transaction)
    return any(
        actual.get(part) != definition
        for part, definition in expected_schema().items()
        if part[0] == "table"
    )


def _schema(transaction: Transaction) -> Schema:
    return {(form, name): (table, sql) for form, name, table, sql in transaction.rows(_SCHEMA)}


def expected_schema() -> Schema:
    """Return the schema that the migrations make."""
    return _made_by(migrations.REVISION_STATEMENT, *migrations.scripts().values())


@cache
def _made_by(*scripts: str) -> Schema:
    """Return the schema that scripts make: they are run in an empty database in memory."""
    with closing(sqlite3.connect(":memory:")) as connection:
        for script in scripts:
            for statement in migrations.statements(script):
                connection.execute(statement)
        return _schema(Transaction(connection))
