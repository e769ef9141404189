"""Many rows, a handful at a time: so memory stays small and a statement stays short."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

T = TypeVar("T")

_SIZE = 500


def batches(items: Iterable[T]) -> Iterator[list[T]]:
    """Cut what may be long into lists of a few hundred."""
    remaining = iter(items)
    while batch := list(islice(remaining, _SIZE)):
        yield batch
