"""Rows of which a section of the report reads some fields, from the lines of the index."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import overload

from ccm_core.model import json_codec
from ccm_core.model.evaluation.derived import ShownLine
from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.instant import from_microseconds
from ccm_core.model.json_codec import JsonObject
from ccm_core.sdk.view import Row

_TOGETHER = 1000
"""Lines that are decoded at a time."""


class ShownRows(Sequence[Row]):
    """Rows of lines, sorted by subject; each is made when somebody looks at it."""

    def __init__(self, lines: Sequence[ShownLine], fields: Sequence[str] | None) -> None:
        """Make rows that have some of the fields that the index has; None: all of these."""
        self._lines, self._fields = lines, fields

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._lines)

    def __iter__(self) -> Iterator[Row]:
        """Make one after the other."""
        owners: dict[str, tuple[str, ...]] = {}
        remaining = iter(self._lines)
        while some := list(islice(remaining, _TOGETHER)):
            # One text is decoded in a fraction of the time of many.
            shown = json_codec.decode_as(f"[{','.join(line.shown for line in some)}]", list)
            for line, fields in zip(some, shown, strict=True):
                if line.owners not in owners:
                    owners[line.owners] = tuple(json_codec.decode(line.owners))
                yield self._row(line, owners[line.owners], fields)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | Sequence[Row]:
        """Make one or some."""
        return list(self)[index]

    def _row(self, line: ShownLine, owners: tuple[str, ...], shown: JsonObject) -> Row:
        kind, _, key = line.key.partition(":")
        if self._fields is not None:
            shown = {name: shown[name] for name in self._fields if name in shown}
        return Row(
            subject=Subject(kind=kind, key=key, title=line.title, url=line.url, owners=owners),
            body=shown,
            evidence_digests=(),
            occurred_at=None if line.occurred_at is None else from_microseconds(line.occurred_at),
            final=bool(line.final),
        )


def shown_row(row: Row, fields: Sequence[str]) -> Row:
    """Return a row with some of its fields, as the index would have it."""
    return replace(
        row,
        body={name: row.body[name] for name in fields if name in row.body},
        evidence_digests=(),
        names=(),
        absent=(),
        unknown={},
    )
