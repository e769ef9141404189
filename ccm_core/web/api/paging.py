"""Pages of lists: a cursor is the key of the last one that was seen, never a position."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from ccm_core.errors import UsageError

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
    if not (text.isascii() and text.isdigit() and len(text) < 4 and 1 <= int(text) <= MOST):  # noqa: PLR2004 - digits of the most
        raise UsageError(f"limit {text!r}: expected a number from 1 to {MOST}")
    return int(text)


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


def after_key(keys: Iterable[str], cursor: str, size: int) -> Sequence[str]:
    """Return the keys after a cursor, one more than a page has where there are more."""
    return list(islice((key for key in keys if key > cursor), size + 1))
