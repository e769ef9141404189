"""Holding the rows of the store against the leaves of its ledger, and contents to their digests."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any

from ccm_core.ledger.checkpoint import HEADS
from ccm_core.ledger.row_matching import differences, pairs
from ccm_core.ledger.verification import Finding
from ccm_core.model import json_codec
from ccm_core.store.codec.bodies import verified
from ccm_core.store.codec.compression import Decompressor
from ccm_core.store.log.leaf_encoding import FORMS, LeafForm

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ccm_core.ledger.entry import LogEntry
    from ccm_core.store.sql.transaction import Transaction, Values

_FORMS = {form.table: form for form in FORMS}
_IDENTITY = {
    "store": "identity",
    "run": "id",
    "collection": "id",
    "manifest": "run",
    "document": "digest",
    "evaluation": "digest",
    "followed": "evaluation",
    "signing_key": "key",
    "erasure": "id",
    "erased": "digest",
}
"""The field of a leaf by which its row is looked up; for the others it is their collection."""


@dataclass(frozen=True, slots=True)
class StoredRow:
    """A row, and what it says in the form of a leaf."""

    seq: int
    said: Mapping[str, Any]
    digest: str | None = None
    content: bytes | None = None
    """What the digest vouches for; None where it is not there."""
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf with its place."""

    log: str
    number: int
    said: Mapping[str, Any]


class _Numbers:
    """Numbers of rows, as the stretches that they form: most follow each other."""

    def __init__(self) -> None:
        self._ends: dict[int, int] = {}
        self._starts: list[int] = []

    def add(self, number: int) -> None:
        """Add one; those that follow the last one cost nothing."""
        if self._starts and self._ends[self._starts[-1]] == number:
            self._ends[self._starts[-1]] = number + 1
        elif number not in self:
            insort(self._starts, number)
            self._ends[number] = number + 1

    def __contains__(self, number: int) -> bool:
        at = bisect_right(self._starts, number) - 1
        return at >= 0 and number < self._ends[self._starts[at]]


@dataclass(slots=True)
class RowChecker:
    """Checks one log after the other, and at the end whatever fitted nowhere."""

    transaction: Transaction
    erased: frozenset[str] = frozenset()
    bodies: int = 0
    missing_bodies: int = 0
    _decompressor: Decompressor = field(default_factory=Decompressor)
    _seen: dict[str, _Numbers] = field(default_factory=lambda: defaultdict(_Numbers))
    _last: dict[tuple[str, str], int] = field(default_factory=dict)
    _missing: dict[str, list[Leaf]] = field(default_factory=lambda: defaultdict(list))
    _extra: dict[str, list[StoredRow]] = field(default_factory=lambda: defaultdict(list))

    def entry(self, entry: LogEntry, leaves: Sequence[Mapping[str, Any]]) -> Iterator[Finding]:
        """Check the rows behind the leaves of an entry."""
        at = entry.first
        for table, group in groupby(leaves, key=lambda leaf: leaf.get("leaf")):
            found = [Leaf(entry.log, at + step, leaf) for step, leaf in enumerate(group)]
            at += len(found)
            if table in _FORMS:
                yield from self._rows(str(table), found)
            elif table != HEADS:
                yield Finding(
                    log=entry.log,
                    leaf=found[0].number,
                    what=f"a leaf of the form {table!r}",
                    problem="this version of ccm knows no such leaf",
                )

    def rest(self) -> Iterator[Finding]:
        """Say what fitted nowhere: leaves without rows, and rows without leaves."""
        for table in _FORMS:
            extra = self._extra[table] + list(self._strangers(table))
            leaves = self._missing[table]
            matched, missing, left = pairs(
                [leaf.said for leaf in leaves], [row.said for row in extra]
            )
            for one, other in matched:
                yield from _unlike(table, leaves[one], extra[other])
            for one in missing:
                yield _finding(
                    table, leaves[one].said, "its row is not there any more", leaves[one]
                )
            for other in left:
                said = f"row {extra[other].seq} stands in no leaf: it was not added by ccm"
                yield _finding(table, extra[other].said, said)

    # -- rows of one kind of leaf -------------------------------------------------------------

    def _rows(self, table: str, leaves: Sequence[Leaf]) -> Iterator[Finding]:
        rows = list(self._fetched(table, leaves))
        for row in rows:
            self._seen[table].add(row.seq)
        if len(rows) == len(leaves) and all(
            leaf.said == row.said for leaf, row in zip(leaves, rows, strict=True)
        ):
            found = list(zip(leaves, rows, strict=True))
        else:
            found = self._paired(table, leaves, rows)
        for leaf, row in found:
            if leaf.said != row.said:
                yield from _unlike(table, leaf, row)
            yield from self._in_order(table, leaf, row)
            yield from self._content(table, leaf, row)

    def _paired(
        self, table: str, leaves: Sequence[Leaf], rows: Sequence[StoredRow]
    ) -> list[tuple[Leaf, StoredRow]]:
        matched, missing, extra = pairs([leaf.said for leaf in leaves], [row.said for row in rows])
        self._missing[table] += [leaves[one] for one in missing]
        self._extra[table] += [rows[other] for other in extra]
        return [(leaves[one], rows[other]) for one, other in sorted(matched)]

    def _in_order(self, table: str, leaf: Leaf, row: StoredRow) -> Iterator[Finding]:
        before = self._last.get((leaf.log, table), -1)
        if row.seq <= before:
            said = f"row {row.seq} stands before row {before}, and was kept after it"
            yield _finding(table, leaf.said, said, leaf, name="seq")
        self._last[leaf.log, table] = max(before, row.seq)

    def _content(self, table: str, leaf: Leaf, row: StoredRow) -> Iterator[Finding]:
        if row.digest is None:
            return
        if not row.content and row.digest in self.erased:
            self.missing_bodies += 1
            return
        table, name = ("body", "content") if table == "version" else (table, "document")
        if row.content is None:
            said = f"it should have {row.digest} and is not there"
            yield _finding(table, leaf.said, said, leaf, name=name)
            return
        self.bodies += 1
        try:
            data = verified(row.content, row.digest, self._decompressor)
        except ValueError as error:
            yield _finding(table, leaf.said, str(error), leaf, name=name)
            return
        if row.size is not None and row.size != len(data):
            said = f"it is {row.size!r}, and the body has {len(data)} bytes"
            yield _finding(table, leaf.said, said, leaf, name="size")

    # -- reading ------------------------------------------------------------------------------

    def _fetched(self, table: str, leaves: Sequence[Leaf]) -> Iterator[StoredRow]:
        form = _FORMS[table]
        name = _IDENTITY.get(table, "collection")
        wanted = dict.fromkeys(str(leaf.said.get(name)) for leaf in leaves)
        identity = f"{name}.id" if name in form.references else f"{table}.{name}"
        chosen = f"WHERE {identity} IN (:among) ORDER BY {table}.{form.number}"
        names, statement = _statement(form)
        yield from _rows(form, names, self.transaction.among(f"{statement} {chosen}", wanted))

    def _strangers(self, table: str) -> Iterator[StoredRow]:
        """Give the rows that no leaf led to."""
        form, seen = _FORMS[table], self._seen[table]
        every = self.transaction.column(f"SELECT {form.number} FROM {table}")
        strange = (number for number in every if number not in seen)
        chosen = f"WHERE {table}.{form.number} IN (:among)"
        names, statement = _statement(form, outer=True)
        yield from _rows(form, names, self.transaction.among(f"{statement} {chosen}", strange))


def _statement(form: LeafForm, *, outer: bool = False) -> tuple[Sequence[str], str]:
    """Give the query for everything that a leaf says and the content, and names for its columns.

    Args:
        form: Of which leaves.
        outer: Whether rows are wanted that refer to rows that are not there.
    """
    table, join = form.table, "LEFT JOIN" if outer else "JOIN"
    columns = {"seq": f"{table}.{form.number}"}
    columns |= {name: f"{table}.{name}" for name in (*form.plain, *form.instants)}
    columns |= {f"{name}_id": f"{name}.id" for name in form.references}
    source = [f"{join} {name} ON {name}.seq = {table}.{name}" for name in form.references]
    if form.document:
        columns["content"] = f"{table}.document"
    elif table == "version":
        columns |= {"content": "body.content", "size": "body.size"}
        source.append("LEFT JOIN body ON body.digest = version.digest")
    return tuple(columns), " ".join(["SELECT", ", ".join(columns.values()), "FROM", table, *source])


def _rows(form: LeafForm, names: Sequence[str], rows: Iterable[Values]) -> Iterator[StoredRow]:
    for values in rows:
        row = dict(zip(names, values, strict=True))
        yield StoredRow(
            seq=row["seq"],
            said=_said(form, row, {name: row[f"{name}_id"] for name in form.references}),
            digest=row.get("digest") if "content" in row else None,
            content=row.get("content"),
            size=row.get("size"),
        )


def _said(form: LeafForm, row: Mapping[Any, Any], references: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        return form.leaf(row, **references)
    except (TypeError, ValueError):  # a damaged row says something that no leaf can
        raw = {name: row[name] for name in (*form.plain, *form.instants)}
        found = {name: value for name, value in raw.items() if value is not None}
        return {"leaf": form.table, **references, **found}


# -- in words ---------------------------------------------------------------------------------


def _unlike(table: str, leaf: Leaf, row: StoredRow) -> Iterator[Finding]:
    for name in differences(leaf.said, row.said):
        kept, found = leaf.said.get(name), row.said.get(name)
        said = f"it is {found!r}, and {kept!r} was kept"
        yield _finding(table, leaf.said, said, leaf, name=name)


def _finding(
    table: str,
    said: Mapping[str, Any],
    problem: str,
    leaf: Leaf | None = None,
    *,
    name: str | None = None,
) -> Finding:
    return Finding(
        log=leaf.log if leaf else None,
        leaf=leaf.number if leaf else None,
        table=table,
        field=name,
        what=_named(table, said),
        problem=problem,
    )


def _named(table: str, said: Mapping[str, Any]) -> str:
    match table:
        case "version" | "body":
            what = "record" if "digest" in said else "tombstone of"
            return f"{what} {said.get('kind')} {said.get('key')!r}"
        case "rejected":
            return f"rejected {said.get('key')!r} of collection {said.get('collection')}"
        case "manifest":
            return f"manifest of run {said.get('run')}"
        case "store":
            return "the facts of the store"
        case _:
            return f"{table.replace('_', ' ')} {said.get(_IDENTITY[table])}"


def decoded(line: bytes) -> Mapping[str, Any]:
    """Read a leaf; what is none is a leaf of no form."""
    try:
        found = json_codec.decode(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
