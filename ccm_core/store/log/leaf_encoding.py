"""The leaves of the ledger: what each row of the store says, as JSON.

A leaf is named for its table and has the row's columns by their names: instants as RFC 3339 text,
references as ids, what is null left out. Contents stand by their digest. Numbers of rows (``seq``)
are left out too: what counts of them is their order, which is that of the leaves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ccm_core.model import json_codec
from ccm_core.sdk.timestamps import format_instant
from ccm_core.store.sql.columns import instant


@dataclass(frozen=True, slots=True, kw_only=True)
class LeafForm:
    """How the rows of one table become leaves."""

    table: str
    plain: tuple[str, ...] = ()
    """Columns that are taken as they are."""
    instants: tuple[str, ...] = ()
    """Columns in microseconds."""
    references: tuple[str, ...] = ()
    """Columns that name a row of another table, of which the leaf has the id."""
    document: bool = False
    """Whether the row holds the bytes of its digest, in the column ``document``."""
    number: str = "seq"
    """The column that numbers the rows in the order in which they were added."""

    def leaf(self, row: Mapping[Any, Any], **references: str) -> dict[str, Any]:
        """Give the leaf of a row, before it is written.

        Raises:
            ValueError: A column does not hold what it should.
        """
        found: dict[str, Any] = {"leaf": self.table, **references}
        for name in self.plain:
            if row[name] is not None:
                found[name] = row[name]
        for name in self.instants:
            if row[name] is not None:
                found[name] = _written(row[name])
        return found

    def line(self, row: Mapping[Any, Any], **references: str) -> bytes:
        """Give the leaf of a row as its bytes."""
        return json_codec.encode(self.leaf(row, **references))

    def lines(
        self, names: Sequence[str], rows: Iterable[tuple[Any, ...]], **references: str
    ) -> Iterator[bytes]:
        """Give the leaves of many rows, for a quarter of what as many :meth:`line` take.

        Rows that are kept together are alike but for key and digest: the rest is written once.

        Args:
            names: The columns of the rows, in their order; the last two are key and digest.
            rows: Their values.
            references: As for :meth:`line`, the same for all.
        """
        molds: dict[tuple[Any, ...], Sequence[bytes]] = {}
        for row in rows:
            *_, key, digest = row
            mold = molds.get(row[:-2])
            if mold is None:
                if len(molds) == _MOST_MOLDS:
                    molds.clear()
                mold = molds[row[:-2]] = self._mold(dict(zip(names, row, strict=True)), references)
            if digest is None or len(mold) != len(_MARKS) + 1:
                yield self.line(dict(zip(names, row, strict=True)), **references)
            else:
                before, multiproof, after = mold
                yield before + json_codec.encode(digest) + multiproof + json_codec.encode(key) + after

    def _mold(self, row: dict[str, Any], references: Mapping[str, str]) -> Sequence[bytes]:
        """Write what stands around a digest and a key: three parts, unless they are not clear."""
        line = self.line(row | _MARKS, **references)
        before, *rest = line.split(json_codec.encode(_MARKS["digest"]))
        return [
            before,
            *(part for one in rest for part in one.split(json_codec.encode(_MARKS["key"]))),
        ]


_MARKS = {"digest": "\x00digest", "key": "\x00key"}
"""What stands for the two in a mold; JSON has them in this order."""
_MOST_MOLDS = 500
"""Molds that are held at a time: a window has one for each page, unless each record has its own."""

STORE = LeafForm(
    table="store",
    plain=("identity", "created_by", "key_check"),
    instants=("created_at",),
    number="id",
)
RUN = LeafForm(table="run", plain=("id", "connection", "connector"), instants=("started_at",))
MANIFEST = LeafForm(
    table="manifest",
    plain=("digest",),
    instants=("ended_at",),
    references=("run",),
    document=True,
)
COLLECTION = LeafForm(
    table="collection",
    plain=("id", "connection", "kind", "kind_version", "outcome", "digest"),
    instants=("window_since", "window_until", "started_at", "ended_at"),
    references=("run",),
    document=True,
)
VERSION = LeafForm(
    table="version",
    plain=(
        "connection",
        "kind",
        "kind_version",
        "key",
        "digest",
        "endpoint",
        "page",
        "response_digest",
    ),
    instants=("observed_at", "kept_at", "window_since", "window_until"),
    references=("collection",),
)
REJECTED = LeafForm(
    table="rejected", plain=("key", "digest"), references=("collection",), document=True
)
DOCUMENT = LeafForm(table="document", plain=("digest", "form"), document=True)
EVALUATION = LeafForm(
    table="evaluation", plain=("digest", "basis"), instants=("evaluated_at",), document=True
)
FOLLOWED = LeafForm(
    table="followed",
    plain=("evaluation", "changes", "digest"),
    instants=("evaluated_at",),
    document=True,
)
SIGNING_KEY = LeafForm(table="signing_key", plain=("key", "note"))
ERASURE = LeafForm(
    table="erasure",
    plain=("id", "connection", "kind", "key", "reason"),
    instants=("erased_at", "kept_before"),
)
ERASED = LeafForm(table="erased", plain=("digest",), references=("erasure",))

FORMS = (
    STORE,
    RUN,
    MANIFEST,
    COLLECTION,
    VERSION,
    REJECTED,
    DOCUMENT,
    EVALUATION,
    FOLLOWED,
    SIGNING_KEY,
    ERASURE,
    ERASED,
)
"""Every table whose rows have leaves."""


@lru_cache(maxsize=4096)
def _written(microseconds: int) -> str:
    if type(microseconds) is not int:
        raise ValueError(f"{microseconds!r} is no instant")
    try:
        return format_instant(instant(microseconds))
    except OverflowError:
        raise ValueError(f"{microseconds} is no instant") from None
