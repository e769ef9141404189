"""Which row belongs to which leaf, when some of them are not what they were."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

Said: TypeAlias = Mapping[str, Any]
"""A leaf, or what a row says in its form."""

_MOST = 200
"""Beyond so many that fit nowhere, the nearest is not looked for: everything is wrong."""


def pairs(
    leaves: Sequence[Said], rows: Sequence[Said]
) -> tuple[Sequence[tuple[int, int]], Sequence[int], Sequence[int]]:
    """Pair leaves with rows by their places: those that are equal, then those that are most alike.

    Returns:
        The pairs, the leaves that no row is like, and the rows that no leaf is like.
    """
    waiting = defaultdict(list)
    for place, row in enumerate(rows):
        waiting[_mark(row)].append(place)
    paired, missing = [], []
    for place, leaf in enumerate(leaves):
        same = waiting.get(_mark(leaf))
        if same:
            paired.append((place, same.pop(0)))
        else:
            missing.append(place)
    extra = sorted(place for places in waiting.values() for place in places)
    if max(len(missing), len(extra)) <= _MOST:
        _pair_alike(leaves, rows, paired, missing, extra)
    return paired, missing, extra


def differences(leaf: Said, row: Said) -> Sequence[str]:
    """Name the fields in which a row does not say what its leaf says."""
    return [name for name in {**leaf, **row} if leaf.get(name) != row.get(name)]


def _pair_alike(
    leaves: Sequence[Said],
    rows: Sequence[Said],
    paired: list[tuple[int, int]],
    missing: list[int],
    extra: list[int],
) -> None:
    ranked = sorted(
        (len(differences(leaves[one], rows[other])), one, other)
        for one in missing
        for other in extra
    )
    for unlike, one, other in ranked:
        fields = len({*leaves[one], *rows[other]})
        if one in missing and other in extra and unlike * 2 <= fields:
            paired.append((one, other))
            missing.remove(one)
            extra.remove(other)


def _mark(said: Said) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, repr(value)) for name, value in said.items()))
