"""Pages of lists: a cursor is the key of the last one that was seen, never a position."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from ccm_core.errors import UsageError
from ccm_core.web.whole_number import whole_number

if TYPE_CHECKING:
    from ccm_core.web.question import Question

T = TypeVar("T")

SIZE, MOST = 100, 500


def page_size(question: Question) -> int:
    """Return how many entries a page has.

    Raises:
        UsageError: ``limit`` is no number from 1 to 500.
    """
    text = question.asked("limit", str(SIZE))
    number = whole_number(text, len(str(MOST)))
    if number is None or not 1 <= number <= MOST:
        raise UsageError(f"limit {text!r}: expected a number from 1 to {MOST}")
    return number


def page_of(
    items: Sequence[T], size: int, cursor: str, key: Callable[[T], str]
) -> tuple[Sequence[T], str | None]:
    """Return the entries after a cursor, and the cursor of the next page; None: it is the last.

    Raises:
        UsageError: The entry that the cursor names is not among them any more.
    """
    begin = 0
    if cursor:
        keys = [key(item) for item in items]
        if cursor not in keys:
            raise UsageError(f"cursor {cursor!r}: it is not in the list any more; begin again")
        begin = keys.index(cursor) + 1
    shown = items[begin : begin + size]
    is_last = begin + size >= len(items)
    return shown, None if is_last or not shown else key(shown[-1])
