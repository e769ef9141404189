"""Rows of which a section of the report reads some fields, from the lines of the index."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import overload

from ccm_core.model import json_codec
from ccm_core.model.evaluation.derived import ShownLine
from ccm_core.model.evaluation.subject import Subject
from ccm_core.model.instant import from_microseconds
from ccm_core.sdk.view import Row


class ShownRows(Sequence[Row]):
    """Rows of lines, sorted by subject; each is made when somebody looks at it."""

    def __init__(self, lines: Sequence[ShownLine], fields: Sequence[str]) -> None:
        """Make rows that have some fields."""
        self._lines, self._fields = lines, fields

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._lines)

    def __iter__(self) -> Iterator[Row]:
        """Make one after the other."""
        owners: dict[str, tuple[str, ...]] = {}
        for line in self._lines:
            if line.owners not in owners:
                owners[line.owners] = tuple(json_codec.decode(line.owners))
            yield self._row(line, owners[line.owners])

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | Sequence[Row]:
        """Make one or some."""
        return list(self)[index]

    def _row(self, line: ShownLine, owners: tuple[str, ...]) -> Row:
        kind, _, key = line.key.partition(":")
        shown = json_codec.decode_as(line.shown, dict)
        return Row(
            subject=Subject(kind=kind, key=key, title=line.title, url=line.url, owners=owners),
            body={name: shown[name] for name in self._fields if name in shown},
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
