"""Lay out a timeline: lanes, what is known of each, and the gaps in it."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING

from ccm_core.model.evidence.window import Window, union
from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.report.content import phrases

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ccm_core.sdk.report_figures import Lane, Timeline, TimelineGap

FOLD = 25
"""Lanes that are shown expanded; those with gaps, or not fully known, first."""
MOST = 300
"""Lanes that are drawn at all; the page counts the others."""
MOST_GAPS = 500
"""Gaps in the list below a timeline."""

_MIN_WIDTH = 0.35
"""Percent: a gap of minutes in a month can still be seen."""
_TICKS = 8
_STEPS = (1, 2, 7, 14, 28, 91, 182, 365)
"""Days from one tick to the next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneSegment:
    """One part of a lane."""

    tone: str
    """``pass``, ``fail``."""
    start: float
    """Percent from the left."""
    width: float
    """Percent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaneLayout:
    """One lane as it is shown."""

    title: str
    group: str
    url: str | None
    segments: tuple[LaneSegment, ...]
    label: str
    """Such as ``2 gaps, 3h10m``."""
    tone: str
    """The status whose shape stands beside it."""
    gaps: tuple[TimelineGap, ...]
    missing: float
    """Seconds without cover."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A mark on the axis of time."""

    start: float
    """Percent from the left."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineLayout:
    """A timeline as it is shown."""

    title: str
    about: str
    covered: str
    gap: str
    window: Window
    lanes: tuple[LaneLayout, ...]
    left_out: int
    ticks: tuple[Tick, ...]
    now: float | None
    """Percent from the left; None where it lies outside."""
    gaps: tuple[tuple[str, TimelineGap], ...]
    """The name of each lane with one of its gaps, the first ones."""
    more_gaps: int
    summary: str
    """Such as ``7 of 60 have a gap``."""


def lay_out_timeline(figure: Timeline, now: datetime) -> TimelineLayout:
    """Lay a timeline out. Groups stay together; the one with the longest gaps comes first."""
    window = figure.window
    drawn = [lane for group in _groups(figure, window) for lane in group]
    titled_gaps = [
        (" · ".join(text for text in (lane.group, lane.title) if text), gap)
        for lane in drawn
        for gap in lane.gaps
    ]
    with_gaps = sum(bool(lane.gaps) for lane in drawn)
    unknown = sum(lane.tone == "insufficient" for lane in drawn)
    summary = (
        f"{with_gaps:,} of {len(drawn):,} {'has' if with_gaps == 1 else 'have'} a {figure.gap}"
    )
    return TimelineLayout(
        title=figure.title,
        about=figure.about,
        covered=figure.covered,
        gap=figure.gap,
        window=window,
        lanes=tuple(drawn[:MOST]),
        left_out=max(0, len(drawn) - MOST),
        ticks=tuple(_ticks(window)),
        now=_position(now, window) if window.since <= now < window.until else None,
        gaps=tuple(titled_gaps[:MOST_GAPS]),
        more_gaps=max(0, len(titled_gaps) - MOST_GAPS),
        summary=summary + (f", {unknown:,} not known" if unknown else ""),
    )


def _groups(figure: Timeline, window: Window) -> Iterable[Sequence[LaneLayout]]:
    lanes = sorted(enumerate(figure.lanes), key=lambda pair: (pair[1].group, pair[0]))
    groups = [
        [_lane(lane, window, figure.gap) for _, lane in members]
        for _, members in groupby(lanes, key=lambda pair: pair[1].group or (pair[1].title, pair[0]))
    ]
    return sorted(groups, key=_rank)


def _rank(lanes: Sequence[LaneLayout]) -> tuple[float, bool, str, str]:
    return (
        -max(lane.missing for lane in lanes),
        not any(lane.tone == "insufficient" for lane in lanes),
        lanes[0].group.casefold(),
        lanes[0].title.casefold(),
    )


def _lane(lane: Lane, window: Window, gap: str) -> LaneLayout:
    observed = union(
        part for looked_at in lane.observed if (part := looked_at.intersection(window))
    )
    gaps = tuple(sorted(lane.gaps, key=lambda entry: entry.window.since))
    # Adjacent gaps are one gap, whatever their causes.
    joined = union(entry.window for entry in gaps)
    missing = sum((part.length for part in joined), timedelta()).total_seconds()
    label = "not known"
    if observed:
        count = phrases.count(len(joined), gap)
        label = f"{count}, {phrases.duration(missing)}" if gaps else f"no {gap}"
    return LaneLayout(
        title=lane.title,
        group=lane.group,
        url=lane.url,
        segments=tuple(_segments(observed, gaps, window)),
        label=label,
        tone=("fail" if gaps else "pass") if observed else "insufficient",
        gaps=gaps,
        missing=missing,
    )


def _segments(
    observed: Iterable[Window], gaps: Iterable[TimelineGap], window: Window
) -> Iterator[LaneSegment]:
    for part in observed:
        yield _segment("pass", part, window)
    visible = (gap.window.intersection(window) for gap in gaps)
    for part in union(gap for gap in visible if gap):
        yield _segment("fail", part, window)


def _segment(tone: str, part: Window, window: Window) -> LaneSegment:
    start, end = (_position(instant, window) for instant in (part.since, part.until))
    width = max(end - start, _MIN_WIDTH)
    return LaneSegment(tone=tone, start=round(min(start, 100 - width), 3), width=round(width, 3))


def _position(instant: datetime, window: Window) -> float:
    return round(100 * ((instant - window.since) / window.length), 3)


def _ticks(window: Window) -> Iterator[Tick]:
    days = window.length / timedelta(days=1)
    step = timedelta(days=next((step for step in _STEPS if days / step <= _TICKS), _STEPS[-1]))
    at = window.since.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    while at < window.until:
        yield Tick(start=_position(at, window), text=f"{at:%b} {at.day}")
        at += step
