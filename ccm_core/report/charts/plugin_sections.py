"""Lay out the sections that plugins add to the page."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ccm_core.model.frozen_dataclass import dataclass
from ccm_core.report.charts.histogram import HistogramLayout, lay_out_histogram
from ccm_core.report.charts.section_bounds import bounded_figures, drawn_sections
from ccm_core.report.charts.timeline import TimelineLayout, lay_out_timeline
from ccm_core.report.types import Section
from ccm_core.sdk.report_figures import Distribution, Table, Timeline

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from ccm_core.report.types import ReportInput
    from ccm_core.sdk.report_figures import Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureLayout:
    """One figure, under the name of its kind; the others are None."""

    title: str
    timeline: TimelineLayout | None = None
    distribution: HistogramLayout | None = None
    table: Table | None = None
    more_rows: int = 0
    """Rows of the table that a page cannot draw."""

    @property
    def left_out(self) -> int:
        """Return how many of its lines a page cannot draw."""
        if self.timeline is not None:
            return self.timeline.left_out + self.timeline.more_gaps
        return self.distribution.left_out if self.distribution is not None else self.more_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionLayout:
    """One section of one connection."""

    section: Section
    first: bool
    """Whether it is the first of its name: the one that is linked."""
    last: bool
    """Whether it is the last of its name."""
    several: bool
    """Whether another connection has the same section: then each names its connection."""
    figures: tuple[FigureLayout, ...]
    absent: tuple[str, ...]
    """Connections whose section of this name a page cannot draw as well."""


def lay_out_sections(inputs: ReportInput) -> tuple[SectionLayout, ...]:
    """Lay the sections out that a page draws, by rank, name and connection."""
    ordered = sorted(
        inputs.sections, key=lambda section: (section.rank, section.name, section.connection)
    )
    drawn = drawn_sections(ordered)
    names = [section.name for section in drawn]
    numbers = Counter(section.name for section in ordered)
    figures = [_figure(figure, inputs.evaluation.evaluated_at) for figure in _figures(drawn)]
    bounded = _bounded(figures)
    return tuple(
        SectionLayout(
            section=section,
            first=names.index(section.name) == index,
            last=section.name not in names[index + 1 :],
            several=numbers[section.name] > 1,
            figures=tuple(next(bounded) for _ in section.figures),
            absent=_absent(section.name, ordered, drawn),
        )
        for index, section in enumerate(drawn)
    )


def _figures(sections: Sequence[Section]) -> Iterator[Figure]:
    for section in sections:
        yield from section.figures


def _absent(name: str, ordered: Sequence[Section], drawn: Sequence[Section]) -> tuple[str, ...]:
    present = {section.connection for section in drawn if section.name == name}
    return tuple(
        section.connection
        for section in ordered
        if section.name == name and section.connection not in present
    )


def _figure(figure: Figure, now: datetime) -> TimelineLayout | HistogramLayout | Table:
    match figure:
        case Timeline():
            return lay_out_timeline(figure, now)
        case Distribution():
            return lay_out_histogram(figure)
        case Table():
            return figure


def _bounded(
    layouts: Sequence[TimelineLayout | HistogramLayout | Table],
) -> Iterator[FigureLayout]:
    for layout, bounded in zip(layouts, bounded_figures(layouts), strict=True):
        match bounded:
            case TimelineLayout():
                yield FigureLayout(title=bounded.title, timeline=bounded)
            case HistogramLayout():
                yield FigureLayout(title=bounded.title, distribution=bounded)
            case Table():
                more = len(layout.rows) - len(bounded.rows) if isinstance(layout, Table) else 0
                yield FigureLayout(title=bounded.title, table=bounded, more_rows=more)
