"""Bound the sections of plugins: those with most to fix, and the worst lines of each figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, TypeAlias

from ccm_core.report.charts.histogram import GroupLayout, HistogramLayout
from ccm_core.report.charts.timeline import LaneLayout, TimelineLayout
from ccm_core.report.content.bounds.page_bounds import MOST, drawn_bytes
from ccm_core.report.content.fair_shares import fair_lengths, fair_shares
from ccm_core.sdk.report_figures import Cell, Distribution, Table, Timeline, TimelineGap, Tone

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ccm_core.report.types import Section
    from ccm_core.sdk.report_figures import Figure

MOST_SECTIONS = 40
"""Sections of all connections together: each has axes, headings and a key."""
SECTION_BYTES = 900_000
"""For the lines of all figures together."""

_LANE, _SEGMENT, _GAP, _GROUP, _ROW, _CELL = 520, 65, 260, 900, 60, 130
"""Bytes of each, without its texts."""

Line: TypeAlias = LaneLayout | GroupLayout | tuple[str, TimelineGap] | tuple[Cell, ...]


def drawn_sections(sections: Sequence[Section]) -> tuple[Section, ...]:
    """Return the sections that a page draws: of each name those with most to fix.

    Args:
        sections: Sorted by name, those of one name together.
    """
    by_name = [[*members] for _, members in groupby(sections, key=lambda one: one.name)]
    shares = fair_shares([len(members) for members in by_name], MOST_SECTIONS)
    return tuple(
        section
        for members, share in zip(by_name, shares, strict=True)
        for section in _worst(members, max(share, 1))
    )


def _worst(sections: Sequence[Section], number: int) -> Iterator[Section]:
    """Yield the worst sections, in their own order."""
    if len(sections) <= number:
        yield from sections
        return
    ranked = sorted(range(len(sections)), key=lambda index: (_rank(sections[index]), index))
    chosen = {*ranked[:number]}
    yield from (section for index, section in enumerate(sections) if index in chosen)


def _rank(section: Section) -> tuple[bool, int]:
    return (section.failure is None, -sum(map(_to_fix, section.figures)))


def _to_fix(figure: Figure) -> int:
    match figure:
        case Timeline():
            return sum(bool(lane.gaps) for lane in figure.lanes)
        case Distribution():
            limit = figure.limit
            late = (
                0
                if limit is None
                else sum(value > limit for group in figure.groups for value in group.seconds)
            )
            return late + sum(group.never for group in figure.groups)
        case Table():
            return sum(any(cell.tone is Tone.BAD for cell in row) for row in figure.rows)


def bounded_figures(
    layouts: Sequence[TimelineLayout | HistogramLayout | Table],
) -> Iterator[TimelineLayout | HistogramLayout | Table]:
    """Yield figures whose lines a page can draw together."""
    lengths = iter(
        fair_lengths([*_lines(layouts)], _line_bytes, SECTION_BYTES, MOST),
    )
    for layout in layouts:
        match layout:
            case TimelineLayout():
                yield _shorter_timeline(layout, next(lengths), next(lengths))
            case HistogramLayout():
                yield _shorter_histogram(layout, next(lengths))
            case Table():
                yield replace(layout, rows=layout.rows[: next(lengths)])


def _lines(layouts: Iterable[TimelineLayout | HistogramLayout | Table]) -> Iterator[Sequence[Line]]:
    for layout in layouts:
        match layout:
            case TimelineLayout():
                yield layout.lanes
                yield layout.gaps
            case HistogramLayout():
                yield layout.groups
            case Table():
                yield layout.rows


def _line_bytes(line: Line) -> int:
    if isinstance(line, LaneLayout):
        texts = drawn_bytes(line.title, line.url, line.label, line.label, line.group)
        return _LANE + _SEGMENT * len(line.segments) + texts
    if isinstance(line, GroupLayout):
        return _GROUP + 2 * drawn_bytes(line.title)
    parts = [text for part in line for text in _texts(part)]
    width = _ROW + _CELL * len(line) if line and isinstance(line[0], Cell) else _GAP
    return width + drawn_bytes(*parts)


def _texts(part: Cell | str | TimelineGap) -> tuple[str | None, ...]:
    if isinstance(part, Cell):
        return (part.text, part.url)
    return (part,) if isinstance(part, str) else (part.title,)


def _shorter_timeline(layout: TimelineLayout, lanes: int, gaps: int) -> TimelineLayout:
    return replace(
        layout,
        lanes=layout.lanes[:lanes],
        left_out=layout.left_out + len(layout.lanes) - lanes,
        gaps=layout.gaps[:gaps],
        more_gaps=layout.more_gaps + len(layout.gaps) - gaps,
    )


def _shorter_histogram(layout: HistogramLayout, groups: int) -> HistogramLayout:
    """Leave out the earliest groups."""
    more = len(layout.groups) - groups
    return replace(layout, groups=layout.groups[more:], left_out=layout.left_out + more)
