"""The fields of a view's rows that sections of the report show, from lines: no row is read."""

from __future__ import annotations

from collections.abc import Collection
from itertools import groupby, islice
from operator import itemgetter
from typing import TYPE_CHECKING

from ccm_core.model import json_codec
from ccm_core.model.evaluation.derived import rows_kind
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.model.json_codec import JsonObject
from ccm_core.store.codec.compression import Compressor, Decompressor
from ccm_core.store.derived.line_roots import ListDigest, subject_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ccm_core.store.evaluations.derived_bodies import KeptBodies

_TOGETHER = 1000
"""Lines that are in memory at a time."""


class ShownFields:
    """The fields of very many rows in little memory: some are decoded at a time."""

    def __init__(self) -> None:
        """Begin without rows."""
        self._compressor, self._length = Compressor(), 0
        self._by_kind: dict[str, list[bytes]] = {}

    def add(self, kind: str, rows: Sequence[str]) -> None:
        """Pack the next rows of subjects of a kind, each a JSON object."""
        packed = self._compressor.compress(f"[{','.join(rows)}]".encode())
        self._by_kind.setdefault(kind, []).append(packed)
        self._length += len(rows)

    def of(self, fields: Sequence[str]) -> Collection[JsonObject]:
        """Return these fields of each row alone; nothing else of it is decoded."""
        return _Decoded(self, json_codec.objects_of(fields))

    def decoded(self, decode: Callable[[bytes], Sequence[JsonObject]]) -> Iterator[JsonObject]:
        """Yield one after the other, in the order of their subjects."""
        decompressor = Decompressor()
        for _, packed in sorted(self._by_kind.items()):
            for some in packed:
                yield from decode(decompressor.read(some))

    def __len__(self) -> int:
        """Return how many rows there are."""
        return self._length


@dataclass(frozen=True, slots=True)
class _Decoded(Collection[JsonObject]):
    """Some of the fields of each row, decoded when they are looked at."""

    rows: ShownFields
    decode: Callable[[bytes], Sequence[JsonObject]]

    def __iter__(self) -> Iterator[JsonObject]:
        return self.rows.decoded(self.decode)

    def __len__(self) -> int:
        return len(self.rows)

    def __contains__(self, fields: object) -> bool:
        return any(fields == other for other in self)


def shown_fields(bodies: KeptBodies, view: str) -> ShownFields:
    """Return the fields of a view's rows, without what was final before the period.

    Raises:
        IntegrityError: The lines are not those that the evaluation left.
    """
    state, digest, rows = bodies.state, ListDigest(), ShownFields()
    lines = subject_lines(bodies.transaction, state.connection, view, state.period_since)
    while some := list(islice(lines, _TOGETHER)):
        digest.add([text for text, *_ in some])
        in_period = ((kind, shown) for _, is_in_period, kind, shown in some if is_in_period)
        for kind, of_kind in groupby(in_period, key=itemgetter(0)):
            rows.add(kind, [shown for _, shown in of_kind])
    if digest.root != state.lines.get(f"subject/{view}"):
        problem = "its lines are not those that the evaluation left"
        raise bodies.damage(rows_kind(view), problem)
    return rows
