"""Which row belongs to which leaf, when some of them are not what they were."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

Fields: TypeAlias = Mapping[str, Any]
"""A leaf, or a row in the form of a leaf."""

_MAX_UNMATCHED = 200
"""With more that match nothing, the most alike are not looked for: everything is wrong."""


def match_rows(
    leaves: Sequence[Fields], rows: Sequence[Fields]
) -> tuple[Sequence[tuple[int, int]], Sequence[int], Sequence[int]]:
    """Match leaves with rows by index: those that are equal, then those that are most alike.

    Returns:
        The pairs, the leaves that no row is like, and the rows that no leaf is like.
    """
    candidates = defaultdict(list)
    for index, row in enumerate(rows):
        candidates[_identity(row)].append(index)
    pairs, missing = [], []
    for index, leaf in enumerate(leaves):
        equal = candidates.get(_identity(leaf))
        if equal:
            pairs.append((index, equal.pop(0)))
        else:
            missing.append(index)
    extra = sorted(index for indexes in candidates.values() for index in indexes)
    if max(len(missing), len(extra)) <= _MAX_UNMATCHED:
        _match_alike(leaves, rows, pairs, missing, extra)
    return pairs, missing, extra


def differing_fields(leaf: Fields, row: Fields) -> Sequence[str]:
    """Return the names of the fields in which a row and its leaf differ."""
    return [name for name in {**leaf, **row} if leaf.get(name) != row.get(name)]


def _match_alike(
    leaves: Sequence[Fields],
    rows: Sequence[Fields],
    pairs: list[tuple[int, int]],
    missing: list[int],
    extra: list[int],
) -> None:
    ranked = sorted(
        (len(differing_fields(leaves[leaf], rows[row])), leaf, row)
        for leaf in missing
        for row in extra
    )
    for differing, leaf, row in ranked:
        fields = len({*leaves[leaf], *rows[row]})
        if leaf in missing and row in extra and differing * 2 <= fields:
            pairs.append((leaf, row))
            missing.remove(leaf)
            extra.remove(row)


def _identity(fields: Fields) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, repr(value)) for name, value in fields.items()))
