"""Checking the rows of the store against the leaves of its ledger, and contents against digests."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from dataclasses import field
from itertools import groupby
from typing import TYPE_CHECKING, Any

from ccm_core.ledger.checkpoint import HEADS
from ccm_core.ledger.row_matching import differing_fields, match_rows
from ccm_core.ledger.verification_result import VerificationProblem
from ccm_core.model import json_codec
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.store.codec.bodies import verified
from ccm_core.store.log import content_dictionaries
from ccm_core.store.log.evaluation_frames import BASE_DOCUMENT, decompressor
from ccm_core.store.log.leaf_encoding import LEAF_FORMS, LeafForm

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ccm_core.ledger.entry import LedgerEntry
    from ccm_core.store.codec.compression import Decompressor
    from ccm_core.store.sql.driver import Row
    from ccm_core.store.sql.transaction import Transaction

_FORMS = {form.table: form for form in LEAF_FORMS}
_IDENTITY = {
    "store": "identity",
    "run": "id",
    "collection": "id",
    "manifest": "run",
    "document": "digest",
    "evaluation": "digest",
    "finding_changes": "evaluation",
    "finding_act": "digest",
    "attached_file": "digest",
    "manual_evidence": "digest",
    "exception_response": "digest",
    "validation": "digest",
    "activity": "digest",
    "signing_key": "key",
    "erasure": "id",
    "erased": "digest",
}
"""The field of a leaf by which its row is looked up; for the others it is their collection."""


@dataclass(frozen=True, slots=True)
class StoredRow:
    """A row, and its columns in the form of a leaf."""

    seq: int
    fields: Mapping[str, Any]
    digest: str | None = None
    content: bytes | None = None
    """What the digest vouches for; None where it is not there."""
    size: int | None = None
    base: bytes | None = None
    """What the content of an evaluation is read with, where it needs that."""


@dataclass(frozen=True, slots=True)
class LoggedLeaf:
    """A leaf with its index in a log."""

    log: str
    index: int
    fields: Mapping[str, Any]


class _Intervals:
    """A set of row numbers, stored as intervals: most follow each other."""

    def __init__(self) -> None:
        self._ends: dict[int, int] = {}
        self._starts: list[int] = []

    def add(self, number: int) -> None:
        """Add a number; those that follow the last one cost nothing."""
        if self._starts and self._ends[self._starts[-1]] == number:
            self._ends[self._starts[-1]] = number + 1
        elif number not in self:
            insort(self._starts, number)
            self._ends[number] = number + 1

    def __contains__(self, number: int) -> bool:
        index = bisect_right(self._starts, number) - 1
        return index >= 0 and number < self._ends[self._starts[index]]


@dataclass(slots=True)
class RowChecker:
    """Checks one log after the other, and at the end whatever matched nothing."""

    transaction: Transaction
    erased: frozenset[str] = frozenset()
    bodies: int = 0
    missing_bodies: int = 0
    _decompressor: Decompressor = field(init=False)
    _checked: dict[str, _Intervals] = field(default_factory=lambda: defaultdict(_Intervals))
    _newest: dict[tuple[str, str], int] = field(default_factory=dict)
    """The greatest row number so far, by log and table."""
    _missing: dict[str, list[LoggedLeaf]] = field(default_factory=lambda: defaultdict(list))
    _extra: dict[str, list[StoredRow]] = field(default_factory=lambda: defaultdict(list))

    def __post_init__(self) -> None:
        """Read contents with the dictionaries that they name."""
        self._decompressor = content_dictionaries.reader(self.transaction)

    def check_entry(
        self, entry: LedgerEntry, leaves: Sequence[Mapping[str, Any]]
    ) -> Iterator[VerificationProblem]:
        """Check the rows behind the leaves of an entry."""
        first = entry.first
        for table, group in groupby(leaves, key=lambda leaf: leaf.get("leaf")):
            logged = [LoggedLeaf(entry.log, index, leaf) for index, leaf in enumerate(group, first)]
            first += len(logged)
            if table in _FORMS:
                yield from self._check_rows(str(table), logged)
            elif table != HEADS:
                yield VerificationProblem(
                    log=entry.log,
                    leaf=logged[0].index,
                    label=f"a leaf of the form {table!r}",
                    problem="this version of ccm knows no such leaf",
                )

    def unmatched(self) -> Iterator[VerificationProblem]:
        """Yield what matched nothing: leaves without rows, and rows without leaves."""
        for table in _FORMS:
            extra = self._extra[table] + list(self._unchecked(table))
            leaves = self._missing[table]
            matched, missing, unlogged = match_rows(
                [leaf.fields for leaf in leaves], [row.fields for row in extra]
            )
            for leaf, row in matched:
                yield from _differences(table, leaves[leaf], extra[row])
            for leaf in missing:
                problem = "its row is not there any more"
                yield _problem(table, leaves[leaf].fields, problem, leaves[leaf])
            for row in unlogged:
                problem = f"row {extra[row].seq} is in no leaf: it was not added by ccm"
                yield _problem(table, extra[row].fields, problem)

    # -- rows of one form of leaf -------------------------------------------------------------

    def _check_rows(
        self, table: str, leaves: Sequence[LoggedLeaf]
    ) -> Iterator[VerificationProblem]:
        rows = list(self._rows_of(table, leaves))
        for row in rows:
            self._checked[table].add(row.seq)
        if len(rows) == len(leaves) and all(
            leaf.fields == row.fields for leaf, row in zip(leaves, rows, strict=True)
        ):
            pairs = list(zip(leaves, rows, strict=True))
        else:
            pairs = self._match(table, leaves, rows)
        for leaf, row in pairs:
            if leaf.fields != row.fields:
                yield from _differences(table, leaf, row)
            yield from self._check_order(table, leaf, row)
            yield from self._check_content(table, leaf, row)

    def _match(
        self, table: str, leaves: Sequence[LoggedLeaf], rows: Sequence[StoredRow]
    ) -> list[tuple[LoggedLeaf, StoredRow]]:
        matched, missing, extra = match_rows(
            [leaf.fields for leaf in leaves], [row.fields for row in rows]
        )
        self._missing[table] += [leaves[leaf] for leaf in missing]
        self._extra[table] += [rows[row] for row in extra]
        return [(leaves[leaf], rows[row]) for leaf, row in sorted(matched)]

    def _check_order(
        self, table: str, leaf: LoggedLeaf, row: StoredRow
    ) -> Iterator[VerificationProblem]:
        newest = self._newest.get((leaf.log, table), -1)
        if row.seq <= newest:
            problem = f"row {row.seq} comes before row {newest}, and was stored after it"
            yield _problem(table, leaf.fields, problem, leaf, column="seq")
        self._newest[leaf.log, table] = max(newest, row.seq)

    def _check_content(
        self, table: str, leaf: LoggedLeaf, row: StoredRow
    ) -> Iterator[VerificationProblem]:
        if row.digest is None:
            return
        if not row.content and row.digest in self.erased:
            self.missing_bodies += 1
            return
        table, column = ("body", "content") if table == "version" else (table, "document")
        if row.content is None:
            problem = f"expected {row.digest}, and it is not there"
            yield _problem(table, leaf.fields, problem, leaf, column=column)
            return
        self.bodies += 1
        try:
            reader = decompressor(row.base) if row.base else self._decompressor
            content = verified(row.content, row.digest, reader)
        except ValueError as error:
            yield _problem(table, leaf.fields, str(error), leaf, column=column)
            return
        if row.size is not None and row.size != len(content):
            problem = f"it is {row.size!r}, and the body has {len(content)} bytes"
            yield _problem(table, leaf.fields, problem, leaf, column="size")

    # -- reading ------------------------------------------------------------------------------

    def _rows_of(self, table: str, leaves: Sequence[LoggedLeaf]) -> Iterator[StoredRow]:
        form = _FORMS[table]
        name = _IDENTITY.get(table, "collection")
        identities = dict.fromkeys(str(leaf.fields.get(name)) for leaf in leaves)
        column = f"{name}.id" if name in form.references else f"{table}.{name}"
        condition = f"WHERE {column} IN (:values) ORDER BY {table}.{form.number}"
        names, query = _query(form)
        rows = self.transaction.rows_in(f"{query} {condition}", identities)
        yield from _stored_rows(form, names, rows)

    def _unchecked(self, table: str) -> Iterator[StoredRow]:
        """Yield the rows that no leaf led to."""
        form, checked = _FORMS[table], self._checked[table]
        numbers = self.transaction.column(f"SELECT {form.number} FROM {table}")
        unchecked = (number for number in numbers if number not in checked)
        condition = f"WHERE {table}.{form.number} IN (:values)"
        names, query = _query(form, outer=True)
        rows = self.transaction.rows_in(f"{query} {condition}", unchecked)
        yield from _stored_rows(form, names, rows)


def _query(form: LeafForm, *, outer: bool = False) -> tuple[Sequence[str], str]:
    """Return the query for everything that a leaf holds and the content, and its column names.

    Args:
        form: Of which leaves.
        outer: Whether to include rows that refer to rows that are not there.
    """
    table, join = form.table, "LEFT JOIN" if outer else "JOIN"
    columns = {"seq": f"{table}.{form.number}"}
    columns |= {name: f"{table}.{name}" for name in (*form.plain, *form.instants)}
    columns |= {f"{name}_id": f"{name}.id" for name in form.references}
    source = [f"{join} {name} ON {name}.seq = {table}.{name}" for name in form.references]
    if form.document:
        columns["content"] = f"{table}.document"
        columns["base"] = BASE_DOCUMENT if table == "evaluation" else "NULL"
    elif table == "version":
        columns |= {"content": "body.content", "size": "body.size"}
        source.append("LEFT JOIN body ON body.digest = version.digest")
    return tuple(columns), " ".join(["SELECT", ", ".join(columns.values()), "FROM", table, *source])


def _stored_rows(form: LeafForm, names: Sequence[str], rows: Iterable[Row]) -> Iterator[StoredRow]:
    for values in rows:
        row = dict(zip(names, values, strict=True))
        yield StoredRow(
            seq=row["seq"],
            fields=_fields(form, row, {name: row[f"{name}_id"] for name in form.references}),
            digest=row.get("digest") if "content" in row else None,
            content=row.get("content"),
            base=row.get("base"),
            size=row.get("size"),
        )


def _fields(
    form: LeafForm, row: Mapping[str, Any], references: Mapping[str, Any]
) -> Mapping[str, Any]:
    try:
        return form.leaf(row, **references)
    except (TypeError, ValueError):  # a damaged row holds something that no leaf can
        raw = {name: row[name] for name in (*form.plain, *form.instants)}
        present = {name: value for name, value in raw.items() if value is not None}
        return {"leaf": form.table, **references, **present}


# -- problems ---------------------------------------------------------------------------------


def _differences(table: str, leaf: LoggedLeaf, row: StoredRow) -> Iterator[VerificationProblem]:
    for name in differing_fields(leaf.fields, row.fields):
        stored, actual = leaf.fields.get(name), row.fields.get(name)
        problem = f"it is {actual!r}, and {stored!r} was stored"
        yield _problem(table, leaf.fields, problem, leaf, column=name)


def _problem(
    table: str,
    fields: Mapping[str, Any],
    problem: str,
    leaf: LoggedLeaf | None = None,
    *,
    column: str | None = None,
) -> VerificationProblem:
    return VerificationProblem(
        log=leaf.log if leaf else None,
        leaf=leaf.index if leaf else None,
        table=table,
        field=column,
        label=_label(table, fields),
        problem=problem,
    )


def _label(table: str, fields: Mapping[str, Any]) -> str:
    match table:
        case "version" | "body":
            label = "record" if "digest" in fields else "tombstone of"
            return f"{label} {fields.get('kind')} {fields.get('key')!r}"
        case "rejected":
            return f"rejected {fields.get('key')!r} of collection {fields.get('collection')}"
        case "manifest":
            return f"manifest of run {fields.get('run')}"
        case "store":
            return "the facts of the store"
        case _:
            return f"{table.replace('_', ' ')} {fields.get(_IDENTITY[table])}"


def decoded(line: bytes) -> Mapping[str, Any]:
    """Decode a leaf; what cannot be decoded is a leaf of no form."""
    try:
        leaf = json_codec.decode(line)
    except ValueError:
        return {}
    return leaf if isinstance(leaf, dict) else {}
