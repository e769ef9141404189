"""Evidence gaps: when nothing is proven, of what, and why."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from ccm_core.bundle.verifier.spans import Window, instant_text, subtract, union

Gap = dict[str, Any]
"""An evidence gap, its instants as such."""


def gap_of(
    window: Window, reason: str, connection: str = "", kind: str = "", subjects: Sequence[str] = ()
) -> Gap:
    """Return an evidence gap."""
    return {
        "connection": connection,
        "kind": kind,
        "since": window[0],
        "until": window[1],
        "reason": reason,
        "subjects": list(subjects),
    }


def continues(previous: Gap, gap: Gap) -> bool:
    """Return whether a gap is the rest of the one before it."""
    same = all(previous[name] == gap[name] for name in ("reason", "subjects"))
    return bool(same and previous["until"] == gap["since"])


def distinct(gaps: Iterable[Gap]) -> list[Gap]:
    """Return each gap once, in order."""
    fields = ("since", "until", "connection", "kind", "reason", "subjects")
    by_fields = {tuple(map(str, map(gap.get, fields))): gap for gap in gaps}
    return sorted(by_fields.values(), key=lambda gap: tuple(gap[name] for name in fields))


def coverage(gaps: Iterable[Gap], period: Window) -> float:
    """Return the share of a period without gaps; those of named objects do not count."""
    if period[0] >= period[1]:
        return 0.0
    missing = union((gap["since"], gap["until"]) for gap in gaps if not gap["subjects"])
    covered = subtract([period], missing)
    return sum((end - since for since, end in covered), timedelta()) / (period[1] - period[0])


def left_untold(
    off: Mapping[str, Sequence[tuple[datetime, str]]],
    names: Collection[str],
    moments: Sequence[datetime],
    period: Window,
) -> Iterator[Gap]:
    """Yield the times of which nothing is concluded: a rule was off, or a control has a scope.

    Args:
        off: By rule or control: the moments of the evaluations that it is so in, and why.
        names: Those that are asked about.
        moments: Those of the evaluations of the period, sorted.
        period: The part of it that has elapsed.
    """
    ends = dict(zip(moments, [*moments[1:], period[1]]))
    for name in sorted(names):
        open_gap: Gap | None = None
        for at, why in sorted(off.get(name, ())):
            if at not in ends:
                continue
            gap = gap_of((at, ends[at]), why)
            if open_gap is not None and continues(open_gap, gap):
                open_gap["until"] = gap["until"]
                continue
            if open_gap is not None:
                yield open_gap
            open_gap = gap
        if open_gap is not None:
            yield open_gap


def gap_texts(gap: Gap) -> Gap:
    """Return a gap with its instants as text."""
    return {**gap, "since": instant_text(gap["since"]), "until": instant_text(gap["until"])}
