"""The arithmetic of a timeline: lanes, what is known of each, and the gaps in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from ccm_core.model.evidence.window import Window, union
from ccm_core.report.content import phrases

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ccm_core.sdk.report_figures import Lane, Timeline, TimelineGap

FOLD = 25
"""Lanes that are shown unfolded; those with gaps, or of which something is not known, first."""
MOST = 300
"""Lanes that are drawn at all; the page says how many are left out."""
MOST_GAPS = 500
"""Gaps in the list below a timeline."""

_LEAST = 0.35
"""Per cent: a gap of minutes in a month can still be seen."""
_TICKS = 8
_STEPS = (1, 2, 7, 14, 28, 91, 182, 365)
"""Days from one tick to the next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One stretch of a lane."""

    tone: str
    """``pass``, ``fail``."""
    start: float
    """Per cent from the left."""
    width: float
    """Per cent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnLane:
    """One lane as it is shown."""

    title: str
    group: str
    url: str | None
    blocks: tuple[Block, ...]
    said: str
    """Such as ``2 gaps, 3 h 10 min``."""
    tone: str
    """The status whose shape stands beside it."""
    gaps: tuple[TimelineGap, ...]
    missing: float
    """Seconds without cover."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A mark on the axis of time."""

    at: float
    """Per cent from the left."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnTimeline:
    """A timeline as it is shown."""

    title: str
    about: str
    covered: str
    gap: str
    window: Window
    lanes: tuple[DrawnLane, ...]
    left_out: int
    ticks: tuple[Tick, ...]
    now: float | None
    """Per cent from the left; None where it lies outside."""
    gaps: tuple[tuple[str, TimelineGap], ...]
    """The name of each lane with one of its gaps, the first ones."""
    more_gaps: int
    counted: str
    """Such as ``7 of 60 have a gap``."""


def timeline(given: Timeline, now: datetime) -> DrawnTimeline:
    """Lay a timeline out. Groups stay together; the one that lacks most comes first."""
    window = given.window
    drawn = [lane for group in _groups(given, window) for lane in group]
    named = [
        (" · ".join(part for part in (lane.group, lane.title) if part), gap)
        for lane in drawn
        for gap in lane.gaps
    ]
    with_gaps = sum(bool(lane.gaps) for lane in drawn)
    unknown = sum(lane.tone == "insufficient" for lane in drawn)
    said = f"{with_gaps:,} of {len(drawn):,} {'has' if with_gaps == 1 else 'have'} a {given.gap}"
    return DrawnTimeline(
        title=given.title,
        about=given.about,
        covered=given.covered,
        gap=given.gap,
        window=window,
        lanes=tuple(drawn[:MOST]),
        left_out=max(0, len(drawn) - MOST),
        ticks=tuple(_ticks(window)),
        now=_place(now, window) if window.since <= now < window.until else None,
        gaps=tuple(named[:MOST_GAPS]),
        more_gaps=max(0, len(named) - MOST_GAPS),
        counted=said + (f", {unknown:,} not known" if unknown else ""),
    )


def _groups(given: Timeline, window: Window) -> Iterable[Sequence[DrawnLane]]:
    lanes = sorted(enumerate(given.lanes), key=lambda one: (one[1].group, one[0]))
    groups = [
        [_lane(lane, window, given.gap) for _, lane in members]
        for _, members in groupby(lanes, key=lambda one: one[1].group or (one[1].title, one[0]))
    ]
    return sorted(groups, key=_rank)


def _rank(lanes: Sequence[DrawnLane]) -> tuple[float, bool, str, str]:
    return (
        -max(lane.missing for lane in lanes),
        not any(lane.tone == "insufficient" for lane in lanes),
        lanes[0].group.casefold(),
        lanes[0].title.casefold(),
    )


def _lane(lane: Lane, window: Window, gap: str) -> DrawnLane:
    known = union(part for one in lane.known if (part := one.intersection(window)))
    gaps = tuple(sorted(lane.gaps, key=lambda one: one.window.since))
    # What touches is one gap, whatever its causes.
    stretches = union(one.window for one in gaps)
    missing = sum((one.length for one in stretches), timedelta()).total_seconds()
    said = "not known"
    if known:
        many = phrases.count(len(stretches), gap)
        said = f"{many}, {phrases.span(missing)}" if gaps else f"no {gap}"
    return DrawnLane(
        title=lane.title,
        group=lane.group,
        url=lane.url,
        blocks=tuple(_blocks(known, gaps, window)),
        said=said,
        tone=("fail" if gaps else "pass") if known else "insufficient",
        gaps=gaps,
        missing=missing,
    )


def _blocks(
    known: Iterable[Window], gaps: Iterable[TimelineGap], window: Window
) -> Iterator[Block]:
    for one in known:
        yield _block("pass", one, window)
    for part in union(cut for gap in gaps if (cut := gap.window.intersection(window))):
        yield _block("fail", part, window)


def _block(tone: str, part: Window, window: Window) -> Block:
    start, end = (_place(instant, window) for instant in (part.since, part.until))
    width = max(end - start, _LEAST)
    return Block(tone=tone, start=round(min(start, 100 - width), 3), width=round(width, 3))


def _place(instant: datetime, window: Window) -> float:
    return round(100 * ((instant - window.since) / window.length), 3)


def _ticks(window: Window) -> Iterator[Tick]:
    days = window.length / timedelta(days=1)
    step = timedelta(days=next((one for one in _STEPS if days / one <= _TICKS), _STEPS[-1]))
    at = window.since.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    while at < window.until:
        yield Tick(at=_place(at, window), text=f"{at:%b} {at.day}")
        at += step
