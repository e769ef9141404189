"""The fields of a view's rows that sections of the report show, from lines: no row is read."""

from __future__ import annotations

from collections.abc import Collection
from itertools import groupby, islice
from typing import TYPE_CHECKING

from ccm_core.model import json_codec
from ccm_core.model.evaluation.derived import rows_kind
from ccm_core.model.json_codec import JsonObject
from ccm_core.store.codec.compression import Compressor, Decompressor
from ccm_core.store.derived.line_roots import ListDigest, subject_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ccm_core.store.evaluations.derived_bodies import KeptBodies

_TOGETHER = 1000
"""Lines that are in memory at a time."""


class ShownFields(Collection[JsonObject]):
    """The fields of very many rows in little memory: some are decoded at a time."""

    def __init__(self, rows: Iterable[tuple[str, str]]) -> None:
        """Pack the JSON objects of rows, each with the kind of its subject, sorted by kind."""
        compressor, self._length = Compressor(), 0
        by_kind: dict[str, list[bytes]] = {}
        for kind, of_kind in groupby(rows, key=lambda row: row[0]):
            packed = by_kind.setdefault(kind, [])
            while some := [text for _, text in islice(of_kind, _TOGETHER)]:
                packed.append(compressor.compress(f"[{','.join(some)}]".encode()))
                self._length += len(some)
        self._packed = [part for kind in sorted(by_kind) for part in by_kind[kind]]

    def __len__(self) -> int:
        """Return how many rows there are."""
        return self._length

    def __iter__(self) -> Iterator[JsonObject]:
        """Decode one after the other, in the order of their subjects."""
        decompressor = Decompressor()
        for packed in self._packed:
            yield from json_codec.decode_as(decompressor.read(packed), list)

    def __contains__(self, fields: object) -> bool:
        """Return whether a row has exactly these."""
        return any(fields == other for other in self)


def shown_fields(bodies: KeptBodies, view: str) -> ShownFields:
    """Return the fields of a view's rows, without what was final before the period.

    Raises:
        IntegrityError: The lines are not those that the evaluation left.
    """
    state, digest = bodies.state, ListDigest()

    def compared() -> Iterator[tuple[str, str]]:
        lines = subject_lines(bodies.transaction, state.connection, view, state.period_since)
        while some := list(islice(lines, _TOGETHER)):
            digest.add([text for text, *_ in some])
            yield from ((kind, shown) for _, is_in_period, kind, shown in some if is_in_period)

    rows = ShownFields(compared())
    if digest.root != state.lines.get(f"subject/{view}"):
        problem = "its lines are not those that the evaluation left"
        raise bodies.damage(rows_kind(view), problem)
    return rows
