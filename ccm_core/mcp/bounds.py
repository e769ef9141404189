"""Answers are bounded: lists page by page, and what is still too long is cut, and says so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ccm_core.model.json_codec import encode

_STEPS = ((2000, 100), (800, 40), (300, 20), (120, 10), (60, 4), (30, 1))
"""Characters of each text, and entries of each list, from the most to the least."""
_DEEPEST = 12


def fitting(
    items: Sequence[Any], most: int, key: Callable[[Any], str], following: str | None
) -> tuple[Sequence[Any], str | None, bool]:
    """Return the first entries that fit into some bytes, at least one of them.

    Returns:
        The entries, the cursor of what comes after them (None: nothing does), and whether one of
        them had to be cut.
    """
    kept: list[Any] = []
    size, was_cut = 0, False
    for item in items:
        entry, is_cut = shortened(item, most // 2)
        size += len(encode(entry))
        if kept and size > most:
            return kept, key(items[len(kept) - 1]), was_cut
        kept.append(entry)
        was_cut |= is_cut
    return kept, following, was_cut


def shortened(value: Any, most: int) -> tuple[Any, bool]:
    """Return a JSON value that takes no more than some bytes, and whether it had to be cut."""
    if len(encode(value)) <= most:
        return value, False
    for length, number in _STEPS:
        cut = _cut(value, length, number, _DEEPEST)
        if len(encode(cut)) <= most:
            return cut, True
    return f"left out: it takes more than {most} bytes", True


def _cut(value: Any, length: int, number: int, depth: int) -> Any:
    if isinstance(value, str):
        rest = len(value) - length
        return value if rest <= 0 else f"{value[:length]}… ({rest} more characters)"
    if depth == 0 and isinstance(value, (dict, list, tuple)):
        return "…"
    if isinstance(value, dict):
        kept = list(value.items())[: max(number, 40)]
        return {
            _cut(name, length, number, 0): _cut(entry, length, number, depth - 1)
            for name, entry in kept
        }
    if isinstance(value, (list, tuple)):
        rest = len(value) - number
        cut = [_cut(entry, length, number, depth - 1) for entry in value[:number]]
        return cut if rest <= 0 else [*cut, f"… ({rest} more)"]
    return value
