"""The lines of a view's subjects with the fields that reports show: no row is read for them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, islice
from typing import TYPE_CHECKING, overload

from ccm_core.model import json_codec
from ccm_core.model.evaluation.derived import ShownLine, rows_kind
from ccm_core.store.codec.compression import Compressor, Decompressor
from ccm_core.store.derived.line_roots import ListDigest, subject_lines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ccm_core.store.evaluations.derived_bodies import KeptBodies

_TOGETHER = 1000
"""Lines that are in memory at a time."""


class ShownLines(Sequence[ShownLine]):
    """Lines in little memory: each is made when somebody looks at it."""

    def __init__(self, texts: Iterable[str]) -> None:
        """Pack lines, each a JSON array that begins with the name, and sort the kinds in them."""
        compressor, self._length = Compressor(), 0
        by_kind: dict[str, list[bytes]] = {}
        for kind, of_kind in groupby(texts, key=_kind):
            packed = by_kind.setdefault(kind, [])
            while some := list(islice(of_kind, _TOGETHER)):
                packed.append(compressor.compress(f"[{','.join(some)}]".encode()))
                self._length += len(some)
        self._packed = [part for kind in sorted(by_kind) for part in by_kind[kind]]

    def __len__(self) -> int:
        """Return how many there are."""
        return self._length

    def __iter__(self) -> Iterator[ShownLine]:
        """Make one after the other."""
        decompressor = Decompressor()
        for packed in self._packed:
            yield from json_codec.decode_as(decompressor.read(packed), list[ShownLine])

    @overload
    def __getitem__(self, index: int) -> ShownLine: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[ShownLine]: ...
    def __getitem__(self, index: int | slice) -> ShownLine | Sequence[ShownLine]:
        """Make one or some."""
        return list(self)[index]


def _kind(line: str) -> str:
    return line.partition(":")[0]


def shown_lines(bodies: KeptBodies, view: str) -> ShownLines:
    """Return the lines of a view's subjects, without what was final before the period.

    Raises:
        IntegrityError: They are not those that the evaluation left.
    """
    state, digest = bodies.state, ListDigest()

    def compared() -> Iterator[str]:
        lines = subject_lines(bodies.transaction, state.connection, view, state.period_since)
        while some := list(islice(lines, _TOGETHER)):
            digest.add([text for text, _ in some])
            yield from (text for text, is_in_period in some if is_in_period)

    lines = ShownLines(compared())
    if digest.root != state.lines.get(f"subject/{view}"):
        problem = "its lines are not those that the evaluation left"
        raise bodies.damage(rows_kind(view), problem)
    return lines
